"""Nothing anybody writes is run, loaded or asked for by somebody's browser, wherever it is shown.

Names, rooms and messages are each line of payloads.txt. Whatever a page would do wrong is watched (watching.py).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import expect
from tests.web.conftest import Visitors
from tests.web.visitor import PASSWORD, Visitor
from tests.web.watching import Watch

from hubbub.testing.server_process import ServerProcess

SETTINGS = {
    "HUBBUB_LIMITS_SEND_PER_SECOND": "0",
    "HUBBUB_LIMITS_CREATE_ROOM_PER_HOUR": "0",
    "HUBBUB_LIMITS_BEFRIEND_PER_HOUR": "0",
}
PAYLOADS = Path(__file__).with_name("payloads.txt").read_text().splitlines()
NAME = 80  # characters of a name
TALL = {"width": 1_280, "height": 12_000}  # pixels: every message is on the screen at once
FRAMES = 600  # of the page, until what it did wrong must have been heard of


class Mallory:
    """Somebody who talks to the API, where no form is in the way."""

    def __init__(self, server: ServerProcess, user: str, display_name: str = "") -> None:
        self.http = httpx.Client(base_url=server.http, timeout=60)
        new = {"user": user, "password": PASSWORD, "display_name": display_name or user}
        token = self.ask("POST", "/accounts", new)["token"]
        self.http.headers["Authorization"] = f"Bearer {token}"

    def ask(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        answer = self.http.request(method, path, json=body)
        assert answer.is_success, answer.text
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found

    def room(self, name: str) -> str:
        return str(self.ask("POST", "/rooms", {"name": name, "public": True})["chat"])

    def says(self, room: str, content: str, number: int, **more: object) -> None:
        said = {"content": content, "msg_id": f"m{number}"} | more
        self.ask("POST", f"/chats/{room}/entries", said)


@pytest.fixture(scope="module")
def mallory(server: ServerProcess) -> Iterator[Mallory]:
    made = Mallory(server, "mallory", PAYLOADS[2][:NAME])
    yield made
    made.http.close()


def presses_everything(visitor: Visitor) -> None:
    """Links lead out of the app at most, and are never scripts; spoilers and code are opened."""
    for link in visitor.page.locator("a[href]").all():
        href = link.get_attribute("href") or ""
        assert href.startswith(("#", "http://", "https://", "mailto:")), href
        if not href.startswith("#"):
            assert {"noopener", "noreferrer"} & set((link.get_attribute("rel") or "").split()), href
    visitor.page.evaluate("document.querySelectorAll('article button').forEach((each) => each.click())")


def test_messages_are_text(visitors: Visitors, mallory: Mallory) -> None:
    room = mallory.room("Payloads")
    for number, payload in enumerate(PAYLOADS):
        mallory.says(room, payload, number)
    mallory.says(room, "an answer", len(PAYLOADS), reply_to=4)
    alice = visitors.comes("alice", viewport=TALL)
    alice.joins("Payloads")
    expect(alice.history).to_have_count(len(PAYLOADS) + 1)
    expect(alice.message("an answer")).to_contain_text("onerror")
    presses_everything(alice)
    assert {payload for payload in PAYLOADS if payload.startswith("<img")} <= set(alice.transcript())


def test_names_are_text(visitors: Visitors, server: ServerProcess, mallory: Mallory) -> None:
    room = mallory.room(PAYLOADS[1][:NAME])
    bob = visitors.comes("bob")
    for number, payload in enumerate(PAYLOADS):
        if (
            number % 4 == 0
        ):  # each fourth as the name of a room, of a member, and of somebody who asks to be a friend
            mallory.room(payload[:NAME])
            other = Mallory(server, f"mallory.{number}", payload[:NAME])
            other.ask("POST", f"/rooms/{room}/members", {})
            other.ask("POST", "/friends", {"user": "bob"})
            other.says(room, f"I am {number}", number)
            other.http.close()
    bob.goes_to("Friends")
    expect(bob.page.get_by_role("region", name="They asked you")).to_contain_text("<svg onload")
    bob.goes_to("Rooms")
    bob.page.get_by_role("listitem").filter(has_text=PAYLOADS[1][:NAME]).first.get_by_role(
        "button", name="Join"
    ).click()
    bob.sees("I am 0")
    presses_everything(bob)
    bob.page.keyboard.press("Control+k")
    bob.page.get_by_role("dialog").get_by_role("combobox").fill("<")
    expect(bob.page.get_by_role("option").first).to_be_visible()
    bob.page.keyboard.press("Escape")


def test_a_link_into_the_app_carries_no_script(visitors: Visitors) -> None:
    carol = visitors.comes("carol")
    for payload in PAYLOADS[:12]:
        carol.page.goto(f"{carol.origin}/#/chat/{payload}")
        carol.page.reload()
        carol.is_in()


BREACHES = {
    "a script in an attribute": "try { document.body.setAttribute('onclick', '1') } catch { }",
    "a script as text": "const s = document.createElement('script'); s.append('executed = 1'); document.body.append(s)",
    "a picture from elsewhere": "document.body.append(Object.assign(new Image(), { src: 'https://evil.example/x.png' }))",
    "a call elsewhere": "fetch('https://evil.example/').catch(() => 0)",
    "a style": "document.body.append(Object.assign(document.createElement('style'), { textContent: 'p {}' }))",
    "markup": "try { document.body.innerHTML = '<p>' } catch { console.error('refused') }",
    "something that ran": "window.executed = 'it'",
    "a dialog": "alert('x')",
}


@pytest.mark.parametrize("breach", BREACHES.values(), ids=BREACHES)
def test_what_is_watched_for_would_be_seen(visitors: Visitors, breach: str) -> None:
    eve = visitors.stranger("eve").visits()
    eve.page.evaluate(f"() => {{ {breach} }}")
    watch: Watch = eve.watch
    for _ in range(FRAMES):
        if watch.complaints:
            break
        eve.page.evaluate("() => new Promise(requestAnimationFrame)")
    assert watch.complaints
    watch.complaints.clear()
