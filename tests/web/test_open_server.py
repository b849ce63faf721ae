"""A server that lets anyone write to anyone (`direct_policy`): the app offers it, and says who may write to whom."""

from playwright.sync_api import expect
from tests.web.conftest import Visitors

SETTINGS = {"HUBBUB_DIRECT_POLICY": "anyone"}


def test_who_is_no_friend_is_written_to_and_answers(visitors: Visitors) -> None:
    gil, hal = visitors.comes("gil"), visitors.comes("hal")
    gil.goes_to("Friends")
    gil.page.get_by_label("Add a friend").fill("nobody-of-that-name")
    gil.page.get_by_role("button", name="Write").click()
    dialog = gil.page.get_by_role("dialog", name="Write a message")
    dialog.get_by_role("textbox").fill("is anybody there?")
    dialog.get_by_role("button", name="Send").click()
    expect(dialog.get_by_role("alert")).to_contain_text("There is nobody of that name.")
    dialog.get_by_role("button", name="Cancel").click()
    gil.page.get_by_label("Add a friend").fill("hal")
    gil.page.get_by_role("button", name="Write").click()
    dialog.get_by_role("textbox").fill("we have not met")
    dialog.get_by_role("button", name="Send").click()
    gil.sees("we have not met")
    hal.opens("gil")
    hal.sees("we have not met")
    hal.says("pleased to meet you")
    gil.sees("pleased to meet you")
