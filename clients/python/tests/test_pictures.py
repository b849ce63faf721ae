"""What the application looks like, held against pictures: each a size, a theme, and some keys.

When it is meant to look otherwise: HUBBUB_PICTURES=accept pytest clients/python/tests/test_pictures.py, and look at what changed.
"""

import os
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from clients.python.tests.scene import disturb, furnish, still_app
from textual.pilot import Pilot

from hubbub_client.terminal.app.chat_app import HubbubApp
from hubbub_client.terminal.app.transcript import Transcript
from hubbub_client.terminal.desk.desk import Desk

PICTURES = Path(__file__).with_name("pictures")
SMALL, LARGE = (80, 24), (132, 36)
FONT_FROM_AFAR = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)  # a picture asks nobody for anything


class Shot(NamedTuple):
    """One picture."""

    size: tuple[int, int] = SMALL
    light: bool = False
    keys: tuple[str, ...] = ()
    more: Callable[[Desk], None] = lambda _: None


def unread(desk: Desk) -> None:
    """Somebody spoke while nobody looked."""
    desk.chats["r1"].new_after = 7


SHOTS = {
    "small-dark": Shot(),
    "small-light": Shot(light=True, more=unread),
    "wide-dark": Shot(LARGE),
    "wide-light": Shot(LARGE, light=True, more=disturb),
    "away": Shot(more=disturb),
    "people": Shot(keys=("f2",), more=disturb),
    "rooms": Shot(light=True, keys=("f3", "c")),
    "members": Shot(keys=("f4", "tab", *["down"] * 5)),
    "go-to": Shot(keys=("ctrl+k", "r", "a")),
    "search": Shot(light=True, keys=("ctrl+f", *"tuesday")),
    "marked": Shot(keys=("shift+tab", "up", "up", "up")),
    "reply": Shot(keys=("shift+tab", "up", "r", *"yes", "ctrl+j", *"indeed")),
    "keys": Shot(LARGE, keys=("f1",)),
}


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Days and times of day are those of Greenwich."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


async def sit_down(app: HubbubApp, pilot: Pilot[int], more: Callable[[Desk], None]) -> None:
    """Everything is on the desk, and on the screen."""
    while app._client is None:
        await pilot.pause()
    furnish(app.desk)
    more(app.desk)
    app._show()
    await pilot.pause()
    app.main.query_one(Transcript).scroll_end(animate=False)
    await pilot.pause()


@pytest.mark.parametrize("name", SHOTS)
async def test_it_looks_as_it_did(name: str, tmp_path: Path) -> None:
    shot = SHOTS[name]
    app = still_app(tmp_path, light=shot.light)
    async with app.run_test(size=shot.size) as pilot:
        await sit_down(app, pilot, shot.more)
        await pilot.press(*shot.keys)
        app._show()
        await pilot.pause()
        seen = FONT_FROM_AFAR.sub("", app.export_screenshot(title="hubbub chat", simplify=True))
    compare(PICTURES / f"{name}.svg", seen, tmp_path)


def compare(kept: Path, seen: str, tmp_path: Path) -> None:
    if os.environ.get("HUBBUB_PICTURES") == "accept":
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(seen)
    instead = tmp_path / kept.name
    instead.write_text(seen)
    assert kept.exists(), f"no picture yet: {instead}"
    assert kept.read_text() == seen, f"it looks otherwise: {instead}"
