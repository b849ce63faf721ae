"""From signing up to an edited message without touching a mouse."""

from playwright.sync_api import expect
from tests.web.conftest import Visitors
from tests.web.visitor import PASSWORD, Visitor


def tabs_to(visitor: Visitor, role: str, name: str) -> None:
    """Press Tab until the control has the focus; each stop on the way must be visible."""
    wanted = visitor.page.get_by_role(role, name=name).first  # type: ignore[arg-type]
    expect(wanted).to_be_visible()
    for _ in range(60):
        if wanted.evaluate("each => each === document.activeElement"):
            return
        visitor.page.keyboard.press("Tab")
    message = f"Tab does not lead to the {role} {name}"
    raise AssertionError(message)


def test_everything_by_keys(visitors: Visitors) -> None:
    kim = visitors.stranger("kim").visits()
    keys = kim.page.keyboard
    tabs_to(kim, "button", "Create account")
    keys.press("Enter")
    tabs_to(kim, "textbox", "User name")
    keys.type("kim")
    tabs_to(kim, "textbox", "Password")
    keys.type(PASSWORD)
    keys.press("Enter")
    kim.is_in()
    tabs_to(kim, "button", "New room")
    keys.press("Enter")
    expect(kim.page.get_by_label("Name")).to_be_focused()
    keys.type("Keys")
    keys.press("Enter")
    expect(kim.composer).to_be_focused()
    keys.type("typed wrnog")
    keys.press("Enter")
    kim.sees_state("typed wrnog", "Sent")  # what is on its way cannot be edited yet
    keys.press("ArrowUp")
    expect(kim.composer).to_have_value("typed wrnog")
    keys.press("Control+a")
    keys.type("typed right")
    keys.press("Enter")
    expect(kim.sees("typed right")).to_contain_text("(edited)")
    keys.press("Control+k")
    expect(kim.page.get_by_role("dialog").get_by_role("combobox")).to_be_focused()
    keys.type("Keys")
    keys.press("Enter")
    expect(kim.page.get_by_role("dialog")).to_have_count(0)
    expect(kim.composer).to_be_focused()
    tabs_to(kim, "log", "Messages in Keys")
    keys.press("ArrowUp")
    expect(kim.page.get_by_role("article", name="kim: typed right")).to_be_focused()
    keys.press("Delete")
    expect(kim.page.get_by_role("dialog")).to_be_visible()
    tabs_to(kim, "button", "Delete")
    keys.press("Enter")
    expect(kim.history.filter(has_text="This message was deleted.")).to_be_visible()
