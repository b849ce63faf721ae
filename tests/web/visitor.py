"""Somebody in front of a browser: what they do, and what they see, in the words of the screen.

    alice = visitors.comes("alice")          # a browser of her own, signed up
    alice.opens(room)
    alice.says("hello")
    bob.sees("hello")

Nothing sleeps: Playwright waits for what is named, and fails with a picture if it does not come.
"""

import re
from pathlib import Path
from typing import Self

from playwright.sync_api import Browser, BrowserContext, Locator, Page, WebSocketRoute, expect
from tests.web.watching import Watch

PASSWORD = "correct horse battery"
PATIENCE_MS = (
    60_000  # a hung app fails the test instead of hanging it; on a busy machine everything takes its time
)
expect.set_options(timeout=PATIENCE_MS)


class Visitor:
    """One person with one browser profile; `page` is their tab."""

    def __init__(self, browser: Browser, origin: str, name: str, **options: object) -> None:
        self.name = name
        self.shown = name
        self.origin = origin
        self.context: BrowserContext = browser.new_context(**options)  # type: ignore[arg-type]
        self.context.set_default_timeout(PATIENCE_MS)
        self.context.tracing.start(screenshots=True, snapshots=True)
        self.watch = Watch(self.context, origin)
        self.page: Page = self.context.new_page()
        self._sockets: list[WebSocketRoute] = []
        self._unplugged = False

    def leaves_behind(self, folder: Path) -> None:
        """A picture and a trace, for whoever wonders why a test failed."""
        folder.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=folder / f"{self.name}.png")
        self.context.tracing.stop(path=folder / f"{self.name}.zip")

    def has_a_plug(self) -> Self:
        """So that it can be pulled: an emulated loss of the network leaves the sockets that are open as they are."""
        self.context.route_web_socket("**/ws", self._plugged)
        return self

    def _plugged(self, socket: WebSocketRoute) -> None:
        if self._unplugged:
            socket.close()
            return
        socket.connect_to_server()
        self._sockets.append(socket)

    def goes_offline(self) -> None:
        """Pull it."""
        self._unplugged = True
        self.context.set_offline(True)
        while self._sockets:
            self._sockets.pop().close()

    def comes_online(self) -> None:
        """Put it back in."""
        self._unplugged = False
        self.context.set_offline(False)

    # ── coming in ───────────────────────────────────────────────────────────────────────────────────────────────

    def visits(self) -> Self:
        """Open the app."""
        self.page.goto(self.origin)
        return self

    def signs_up(self, display_name: str = "") -> Self:
        """Make an account through the form."""
        page = self.page
        page.get_by_role("button", name="Create account").click()
        page.get_by_label("User name").fill(self.name)
        page.get_by_label("Display name").fill(display_name)
        self.shown = display_name or self.name
        self._gives_password("Create account")
        return self

    def logs_in(self) -> Self:
        """Come back to an account there is."""
        self.page.get_by_label("User name").fill(self.name)
        self._gives_password("Log in")
        return self

    def _gives_password(self, button: str) -> None:
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name=button).first.click()
        self.is_in()

    def is_in(self) -> None:
        """The app is there, with its parts."""
        expect(self.page.get_by_role("navigation", name="Main")).to_be_visible()

    # ── friends and rooms ───────────────────────────────────────────────────────────────────────────────────────

    def goes_to(self, pane: str) -> None:
        """Chats, Friends or Rooms."""
        self.page.get_by_role("navigation", name="Main").get_by_role("button", name=pane).click()

    def befriends(self, other: "Visitor") -> None:
        """Ask, and be accepted."""
        self.goes_to("Friends")
        self.page.get_by_label("Add a friend").fill(other.name)
        self.page.get_by_role("button", name="Send request").click()
        other.goes_to("Friends")
        other.page.get_by_role("region", name="They asked you").get_by_role("button", name="Accept").click()
        expect(other.page.get_by_role("region", name="Friends")).to_contain_text(self.shown)

    def makes_room(self, name: str) -> None:
        """A public room, which is open then."""
        self.page.get_by_role("button", name="New room").click()
        dialog = self.page.get_by_role("dialog")
        dialog.get_by_label("Name").fill(name)
        dialog.get_by_role("button", name="Create room").click()
        self._is_in_chat(name)

    def joins(self, room: str) -> None:
        """By the directory of public rooms."""
        self.goes_to("Rooms")
        row = self.page.get_by_role("listitem").filter(has_text=room)
        row.get_by_role("button", name="Join").click()
        self._is_in_chat(room)

    def opens(self, chat: str) -> None:
        """One of their chats."""
        self.goes_to("Chats")
        self.page.get_by_role("list", name="Chats").get_by_role("link").filter(has_text=chat).click()
        self._is_in_chat(chat)

    def _is_in_chat(self, name: str) -> None:
        """Until then what was open before is there, behind a dialog too: what Playwright fills in would go there."""
        expect(self.page.get_by_role("textbox", name=f"Message to {name}", exact=True)).to_be_visible()

    # ── talking ─────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def composer(self) -> Locator:
        """Where one writes."""
        return self.page.get_by_role("textbox", name=re.compile("^Message to "))

    @property
    def history(self) -> Locator:
        """The messages of the open chat."""
        return self.page.get_by_role("article")

    def message(self, text: str, *, exact: bool = False) -> Locator:
        """The message that says this: among other things, or (`exact`) nothing else."""
        return self.history.filter(has=self.page.locator(".content").get_by_text(text, exact=exact))

    def says(self, text: str) -> None:
        """Write and send."""
        self.composer.fill(text)
        self.composer.press("Enter")

    def sees(self, text: str, *, exact: bool = False) -> Locator:
        """The message is there, once."""
        expect(self.message(text, exact=exact)).to_have_count(1)
        return self.message(text, exact=exact)

    def sees_state(self, text: str, state: str) -> None:
        """What the mark beside their own message says: Sent, Delivered, Read …"""
        expect(self.message(text).get_by_role("img", name=state)).to_be_visible()

    def transcript(self) -> list[str]:
        """What the messages of the open chat say, from top to bottom, as far as they are rendered."""
        return self.history.locator(".content").all_inner_texts()
