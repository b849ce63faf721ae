"""A long history: it opens where one reads on, scrolls back without a jump, and leads back to its end."""

import httpx
from playwright.sync_api import expect
from tests.web.conftest import Visitors
from tests.web.visitor import PASSWORD

from hubbub.testing.server_process import ServerProcess

SETTINGS = {"HUBBUB_LIMITS_SEND_PER_SECOND": "1000", "HUBBUB_LIMITS_SEND_BURST": "1000"}
SAID = 250  # more than two pages of what the app asks for at a time

# Scrolls up in steps and reports each one after which the message in the middle did not move by just the step.
JUMPS = """async () => {
  const view = document.querySelector('.viewport');
  const settled = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const middle = () => [...view.querySelectorAll('article')].find((row) => row.getBoundingClientRect().top > 300);
  const jumps = [];
  while (view.scrollTop > 0) {
    const row = middle();
    const key = row.dataset.key;
    const from = row.getBoundingClientRect().top;
    const step = Math.min(240, view.scrollTop);
    view.scrollBy(0, -step);
    await settled();
    const now = [...view.querySelectorAll('article')].find((each) => each.dataset.key === key);
    const moved = now ? now.getBoundingClientRect().top - from : NaN;
    if (!(Math.abs(moved - step) < 2)) jumps.push([key, step, moved]);
  }
  return jumps;
}"""


def _say(server: ServerProcess, user: str, room: str) -> None:
    with httpx.Client(base_url=server.http) as http:
        token = http.post("/sessions", json={"user": user, "password": PASSWORD}).json()["token"]
        http.headers["Authorization"] = f"Bearer {token}"
        for at in range(SAID):
            text = f"line {at} " + "and on it goes " * (at % 23)
            said = http.post(f"/chats/{room}/entries", json={"content": text, "msg_id": f"{at}"})
            assert said.status_code == 201, said.text


def test_it_opens_where_one_reads_on_scrolls_without_a_jump_and_leads_to_any_message(
    visitors: Visitors, server: ServerProcess
) -> None:
    dora, finn = visitors.comes("dora"), visitors.comes("finn")
    dora.makes_room("Annals")
    finn.joins("Annals")
    finn.says("I was here")
    dora.sees("I was here")
    room = dora.page.url.rsplit("/", 1)[-1]
    finn.page.goto("about:blank")
    _say(server, "dora", room)

    finn.visits().is_in()
    finn.opens("Annals")
    expect(finn.page.get_by_role("separator").filter(has_text="New messages")).to_be_in_viewport()
    expect(finn.message("line 0 ")).to_be_in_viewport()
    latest = finn.page.get_by_role("button", name="Jump to the latest message")
    expect(latest).to_contain_text("99+")
    latest.click()
    expect(finn.message(f"line {SAID - 1} ")).to_be_in_viewport()
    expect(finn.page.get_by_role("list", name="Chats").get_by_role("link")).not_to_contain_text("unread")
    assert finn.page.evaluate(JUMPS) == []
    expect(finn.page.get_by_text("This is where Annals begins.")).to_be_in_viewport()

    finn.page.goto(f"{finn.origin}/#/chat/{room}/40")
    there = finn.page.locator("article[data-seq='40']")
    expect(there).to_be_focused()
    expect(there).to_be_in_viewport()
    there.press("r")
    expect(finn.composer).to_be_focused()
    finn.says("found it")
    expect(finn.sees("found it")).to_be_in_viewport()
    finn.message("found it").get_by_title("Go to the original message").click()
    expect(there).to_be_in_viewport()
