"""The page of administrators: who sees the way there, what is done on it, and that it is fit to be looked at and heard."""

import time

import httpx
import pytest
from playwright.sync_api import Locator, expect
from tests.web.conftest import Visitors
from tests.web.test_looks import PHONE, scan
from tests.web.visitor import PASSWORD, Visitor

from hubbub.codec.access_tokens import mint
from hubbub.model.administration import OPERATOR, OPERATOR_SESSION
from hubbub.testing.server_process import ServerProcess


def grant(server: ServerProcess, user: str) -> None:
    """As `hubbub admin grant` does."""
    secret = (server.data / "secret").read_bytes().strip()
    token, _ = mint(OPERATOR, OPERATOR_SESSION, int(time.time() * 1000), 60_000, secret)
    headers = {"authorization": f"Bearer {token}"}
    httpx.put(f"{server.http}/admin/users/{user}/right", headers=headers, timeout=60).raise_for_status()


def administers(visitor: Visitor, server: ServerProcess, section: str = "") -> None:
    """Given the right, and on the page."""
    grant(server, visitor.name)
    visitor.page.goto(f"{visitor.origin}/#/admin/{section}")
    visitor.page.reload()
    expect(visitor.page.get_by_role("heading", name="Administration")).to_be_visible()


def opened(visitor: Visitor, name: str, row: str) -> Locator:
    """The dialog of one user or room."""
    visitor.page.get_by_role("list", name=name).get_by_role("button").filter(has_text=row).click()
    dialog = visitor.page.get_by_role("dialog", name=row)
    expect(dialog).to_be_visible()
    return dialog


def confirms(visitor: Visitor, action: str) -> None:
    """Says yes to the question."""
    question = visitor.page.get_by_role("dialog").last
    question.get_by_role("button", name=action).click()


def test_a_user_is_found_banned_and_let_in_again(visitors: Visitors, server: ServerProcess) -> None:
    root, mia = visitors.comes("root"), visitors.comes("mia")
    expect(root.page.get_by_role("button", name="Administer this server")).to_have_count(0)
    grant(server, "root")
    root.page.reload()
    root.page.get_by_role("button", name="Administer this server").click()
    root.page.get_by_role("textbox", name="Search users").fill("mi")
    expect(root.page.get_by_role("list", name="Users").get_by_role("listitem")).to_have_count(1)
    dialog = opened(root, "Users", "mia")
    dialog.get_by_role("button", name="Ban").click()
    confirms(root, "Ban")
    expect(dialog.get_by_text("Logged in nowhere")).to_be_visible()
    expect(mia.page.get_by_label("Password", exact=True)).to_be_visible()
    dialog.get_by_role("button", name="End the ban").click()
    root.page.keyboard.press("Escape")  # before the answer: the dialog stays closed when it comes
    expect(root.page.get_by_role("list", name="Users").get_by_text("Banned")).to_have_count(0)
    expect(root.page.get_by_role("dialog")).to_have_count(0)
    mia.logs_in()


def test_a_session_is_ended_from_there(visitors: Visitors, server: ServerProcess) -> None:
    admin, noa = visitors.comes("admin.of.sessions"), visitors.comes("noa")
    administers(admin, server)
    dialog = opened(admin, "Users", "noa")
    dialog.get_by_role("button", name="Log out everywhere").click()
    confirms(admin, "Log out everywhere")
    expect(dialog.get_by_text("Logged in nowhere")).to_be_visible()
    expect(noa.page.get_by_label("Password", exact=True)).to_be_visible()


def test_an_erasure_is_typed_and_others_see_it_happen(visitors: Visitors, server: ServerProcess) -> None:
    admin, oda, pat = visitors.comes("admin.of.erasures"), visitors.comes("oda"), visitors.comes("pat")
    pat.makes_room("Gone")
    oda.joins("Gone")
    oda.says("what oda said")
    pat.sees("what oda said")
    administers(admin, server)
    dialog = opened(admin, "Users", "oda")
    erase = dialog.get_by_role("button", name="Erase for ever")
    expect(erase).to_be_disabled()
    dialog.get_by_label("The user name once more").fill("oda")
    erase.click()
    expect(admin.page.get_by_role("dialog").get_by_text("Erased.", exact=True)).to_be_visible()
    expect(pat.message("what oda said")).to_have_count(0)
    expect(admin.page.get_by_role("dialog", name="Deleted user")).to_be_visible()


def test_a_room_gets_another_owner_and_is_closed(visitors: Visitors, server: ServerProcess) -> None:
    admin, quin, rae = visitors.comes("admin.of.rooms"), visitors.comes("quin"), visitors.comes("rae")
    quin.makes_room("Closing")
    rae.joins("Closing")
    administers(admin, server, "rooms")
    dialog = opened(admin, "Rooms", "Closing")
    dialog.get_by_role("button", name="Make owner: rae").click()
    confirms(admin, "Make owner")
    expect(dialog.get_by_role("button", name="Make owner: quin")).to_be_visible()
    dialog.get_by_role("button", name="Close room").click()
    confirms(admin, "Close room")
    expect(dialog.get_by_role("button", name="Close room")).to_have_count(0)
    admin.page.keyboard.press("Escape")
    row = admin.page.get_by_role("list", name="Rooms").get_by_role("listitem").filter(has_text="Closing")
    expect(row).to_contain_text("Closed")


def test_what_is_let_go_under_load_is_switched_after_a_question(
    visitors: Visitors, server: ServerProcess
) -> None:
    admin = visitors.comes("admin.of.switches")
    administers(admin, server, "server")
    switches = admin.page.get_by_role("region", name="What is let go under load")
    typing = switches.get_by_role("group", name="Typing")
    typing.get_by_text("Off", exact=True).click()
    admin.page.get_by_role("dialog", name="Typing: Off").get_by_role("button", name="Cancel").click()
    expect(typing.get_by_role("radio", name="Default")).to_be_checked()
    for mode, state in (
        ("Off", "Off: an administrator switched it off"),
        ("Automatic", "On; goes off by itself under load"),
        ("Default", "On, also under load"),
    ):
        typing.get_by_text(mode, exact=True).click()
        confirms(admin, "Switch")
        expect(typing.get_by_role("radio", name=mode)).to_be_checked()
        expect(switches.get_by_role("listitem").filter(has_text="Typing")).to_contain_text(state)
        offered = httpx.get(f"{server.http}/server", timeout=30).json()["off"]
        assert offered == (["typing"] if mode == "Off" else [])
    audit = admin.page.get_by_role("region", name="What administrators did")
    expect(audit).to_contain_text("admin.of.switches switched typing")


@pytest.mark.parametrize("looks", [{"color_scheme": "dark"}, PHONE], ids=["dark", "phone"])
def test_the_page_is_accessible_and_fits(
    visitors: Visitors, server: ServerProcess, looks: dict[str, object], request: pytest.FixtureRequest
) -> None:
    name = f"admin.{request.node.callspec.id}"
    admin = visitors.comes(name, **looks)
    found: dict[str, list[str]] = {}
    for section in ("users", "rooms", "server"):
        administers(admin, server, section)
        expect(admin.page.locator("[aria-busy=true], .waiting")).to_have_count(0)
        found[section] = scan(admin)
        wide = admin.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, section
    administers(admin, server)
    admin.page.get_by_role("textbox", name="Search users").fill(name)
    expect(admin.page.get_by_role("list", name="Users").get_by_role("listitem")).to_have_count(1)
    dialog = opened(admin, "Users", name)
    expect(dialog.get_by_role("button", name="Log out", exact=False).first).to_be_visible()
    found["a user"] = scan(admin)
    assert {screen: each for screen, each in found.items() if each} == {}


def test_a_chinese_administrator_reads_chinese(visitors: Visitors, server: ServerProcess) -> None:
    hua = visitors.stranger("hua", locale="zh-CN").visits()
    hua.page.locator(".turn button").first.click()
    hua.page.locator("#user").fill("hua")
    hua.page.locator("#password").fill(PASSWORD)
    hua.page.locator("form button[type=submit]").click()
    expect(hua.page.get_by_role("navigation").first).to_be_visible()
    grant(server, "hua")
    for section, label in (("users", "用户"), ("rooms", "房间"), ("server", "服务器")):
        hua.page.goto(f"{hua.origin}/#/admin/{section}")
        hua.page.reload()
        expect(hua.page.get_by_role("heading", name="管理", exact=True)).to_be_visible()
        chosen = hua.page.get_by_role("navigation", name="栏目").locator("[aria-current=page]")
        expect(chosen).to_have_text(label)
