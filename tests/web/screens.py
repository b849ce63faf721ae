"""The main screens of the app, one after the other, with something on each of them."""

from collections.abc import Iterator

from playwright.sync_api import expect
from tests.web.visitor import Visitor

WORDS = "Good morning! **Tea** is at _four_:\n- `green`\n- black\n> who pours?\nhttps://example.org/tea"
ROOM = "Tea"


def furnish(host: Visitor, guest: Visitor) -> None:
    """A friend, and a room with two people, formatted words, an answer and a reaction."""
    host.befriends(guest)
    host.makes_room(ROOM)
    guest.joins(ROOM)
    host.says(WORDS)
    guest.sees("Good morning!")
    guest.says("I do")
    host.sees("I do").hover()
    host.message("I do").get_by_role("button", name="Add a reaction").click()
    host.page.get_by_role("group", name="Smileys").get_by_role("button").first.click()
    expect(host.message("I do").locator(".reactions button")).to_be_visible()


def panes(host: Visitor, names: tuple[str, ...] = ("Rooms", "Friends", "Chats")) -> Iterator[str]:
    """The three lists, each while it is open."""
    for name in names:
        host.goes_to(name)
        tab = host.page.get_by_role("navigation").get_by_role("button", name=name)
        expect(tab).to_have_attribute("aria-current", "page")
        yield name


def overlays(host: Visitor) -> Iterator[str]:
    """What lies over everything, by its keys and buttons; Esc closes each."""
    page = host.page
    for name, key in (("switcher", "Control+k"), ("settings", None), ("new room", None)):
        if key:
            page.keyboard.press(key)
        else:
            page.get_by_role("complementary", name="Chats, friends and rooms").get_by_role(
                "button", name=name
            ).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        yield name
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
