"""Every screen is accessible (axe), in both themes and high contrast; in both languages; and fits a narrow phone."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.web.conftest import ROOT, Visitors
from tests.web.screens import ROOM, furnish, overlays, panes
from tests.web.visitor import Visitor

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PHONE = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
SETTLED = """() => Promise.allSettled(  // colours on the way from one to another are no colours
  document.getAnimations()
    .filter((each) => each.effect.getComputedTiming().iterations !== Infinity)
    .map((each) => each.finished),
)"""
LATIN = re.compile(r"[A-Za-z]{3,}")
NAMES = {"Hubbub", "Ctrl", "English", "Enter", "Esc", "Shift"}  # words that are the same in every language
GIVEN = {"ada", "ben", "cem", "dana", "eli", "hana", "Pocket", "Tea"}  # people and rooms of this module


def scan(visitor: Visitor) -> list[str]:
    """What axe-core finds on the screen as it is: rule, element, and what is wrong with it."""
    page = visitor.page
    page.evaluate(SETTLED)
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(Path(AXE).read_text())
    found: Any = page.evaluate("() => axe.run({ resultTypes: ['violations'] }).then((all) => all.violations)")
    return [
        f"{each['id']}: {node['target']} {node['failureSummary']}" for each in found for node in each["nodes"]
    ]


def test_every_screen_is_accessible(visitors: Visitors) -> None:
    ada = visitors.stranger("ada").visits()
    found = {"entrance": scan(ada)}
    ada.signs_up()
    furnish(ada, visitors.comes("ben"))
    for screen in panes(ada):
        found[screen] = scan(ada)
    ada.opens(ROOM)
    found["a room"] = scan(ada)
    for screen in overlays(ada):
        found[screen] = scan(ada)
    assert {screen: each for screen, each in found.items() if each} == {}, json.dumps(found, indent=1)


@pytest.mark.parametrize(
    ("looks", "attribute"),
    [
        ({"color_scheme": "dark"}, ("data-theme", "dark")),
        ({"contrast": "more"}, ("data-contrast", "more")),
    ],
    ids=["dark", "high contrast"],
)
def test_other_looks_are_accessible_too(
    visitors: Visitors, looks: dict[str, str], attribute: tuple[str, str], request: pytest.FixtureRequest
) -> None:
    name = "cem" if "dark" in request.node.name else "dana"
    host = visitors.comes(name, **looks)
    expect(host.page.locator("html")).to_have_attribute(*attribute)
    host.makes_room(name)
    host.says("**bold** `code` https://example.org")
    host.sees_state("bold", "Sent")
    found = {"a room": scan(host)}
    for screen in overlays(host):
        found[screen] = scan(host)
    assert {screen: each for screen, each in found.items() if each} == {}


def test_a_chinese_browser_is_spoken_to_in_chinese(visitors: Visitors) -> None:
    hana = visitors.stranger("hana", locale="zh-CN").visits()
    expect(hana.page.locator("html")).to_have_attribute("lang", "zh-Hans")
    spoken = words_of(hana)
    hana.page.get_by_role("button", name="创建账号").or_(hana.page.locator(".turn button")).first.click()
    hana.page.locator("#user").fill("hana")
    hana.page.locator("#password").fill("correct horse battery")
    hana.page.locator("form button[type=submit]").click()
    expect(hana.page.get_by_role("navigation")).to_be_visible()
    spoken += words_of(hana)
    for at in range(3):
        hana.page.get_by_role("navigation").get_by_role("button").nth(at).click()
        spoken += words_of(hana)
    assert len(spoken) > 40
    assert [text for text in spoken if set(LATIN.findall(text)) - NAMES - GIVEN] == []


def words_of(visitor: Visitor) -> list[str]:
    """Every text and label on the screen."""
    texts: list[str] = visitor.page.evaluate(
        """() => [
          ...document.body.innerText.split('\\n'),
          ...[...document.querySelectorAll('[aria-label], [title], [placeholder]')].flatMap((each) =>
            ['aria-label', 'title', 'placeholder'].map((name) => each.getAttribute(name) ?? '')),
        ]"""
    )
    return [text for text in texts if text.strip()]


def overflow(visitor: Visitor) -> int:
    """Pixels by which the page is wider than the phone."""
    wide: int = visitor.page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    return wide


def test_a_narrow_phone_shows_everything_one_after_the_other(visitors: Visitors) -> None:
    eli = visitors.stranger("eli", **PHONE).visits()
    assert overflow(eli) <= 0
    eli.signs_up()
    eli.makes_room("Pocket")
    eli.composer.fill("a-very-long-word-" * 20)
    eli.page.get_by_role("button", name="Send").click()
    eli.sees("a-very-long-word-")
    assert overflow(eli) <= 0
    eli.page.get_by_role("button", name="Back").click()
    for _ in panes(eli):
        assert overflow(eli) <= 0
    for _ in overlays(eli):
        assert overflow(eli) <= 0
