"""Two people with a browser each talk through a real server."""

from playwright.sync_api import expect
from tests.web.conftest import ROOT, Visitors

PICTURE = ROOT / "web" / "public" / "icon-180.png"


def test_from_signing_up_to_a_message_that_was_read(visitors: Visitors) -> None:
    alice, bob = visitors.comes("alice", "Alice A."), visitors.comes("bob")
    alice.befriends(bob)
    bob.opens("Alice A.")
    bob.says("hello alice")
    bob.sees_state("hello alice", "Sent")
    alice.opens("bob")
    alice.sees("hello alice")
    bob.sees_state("hello alice", "Read")
    alice.says("hello bob")
    bob.sees("hello bob")


def test_a_picture_is_seen_by_the_other_and_opens_large(visitors: Visitors) -> None:
    ella, finn = visitors.comes("ella"), visitors.comes("finn")
    ella.befriends(finn)
    ella.opens("finn")
    finn.page.get_by_title("Settings").click()
    settings = finn.page.get_by_role("dialog", name="Settings")
    settings.get_by_label("Choose a picture").set_input_files(PICTURE)
    expect(settings.get_by_role("button", name="Remove picture")).to_be_visible()
    ella.page.get_by_role("button", name="Show the picture").click()
    large = ella.page.get_by_role("img", name="Picture of finn")
    expect(large).to_be_visible()
    large.evaluate("(image) => image.decode()")
    assert large.evaluate("(image) => image.naturalWidth") == 256


def test_a_room_with_an_answer_an_edit_a_reaction_and_a_deletion(visitors: Visitors) -> None:
    carol, dave = visitors.comes("carol"), visitors.comes("dave")
    carol.makes_room("Tea")
    dave.joins("Tea")
    elsewhere = visitors.stranger("carol").visits()
    elsewhere.logs_in()
    expect(elsewhere.page.get_by_role("list", name="Chats")).to_contain_text("dave joined")
    carol.says("who pours?")
    dave.sees("who pours?").hover()
    dave.message("who pours?").get_by_role("button", name="Reply").click()
    dave.says("I do")
    expect(carol.sees("I do")).to_contain_text("who pours?")
    carol.composer.press("ArrowUp")
    expect(carol.composer).to_have_value("who pours?")
    carol.says("who pours the tea?")
    expect(dave.sees("who pours the tea?")).to_contain_text("(edited)")
    carol.message("I do").hover()
    carol.message("I do").get_by_role("button", name="Add a reaction").click()
    carol.page.get_by_role("group", name="Smileys").get_by_role("button").first.click()
    mark = dave.message("I do").locator(".reactions button")
    expect(mark).to_have_attribute("aria-pressed", "false")
    mark.click()
    expect(carol.message("I do").locator(".reactions button")).to_contain_text("2")
    dave.message("I do").hover()
    dave.message("I do").get_by_role("button", name="More").click()
    dave.page.get_by_role("menuitem", name="Delete").click()
    dave.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(carol.history.filter(has_text="This message was deleted.")).to_be_visible()
