"""Makes web-*.webp: the web app as Debian's Chromium shows it, on a real server with people who have talked.

    make app && .venv/bin/python docs/images/screenshots.py

web/scripts/company.mjs makes the people and what they say; nothing else is prepared.
"""

import base64
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from hubbub.testing.server_process import ServerProcess

HERE = Path(__file__).parent
COMPANY = HERE.parents[1] / "web" / "scripts" / "company.mjs"
FLAGS = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
QUALITY = 82  # of WebP: text stays sharp at a tenth of a PNG
SETTINGS = {"HUBBUB_LIMITS_SEND_PER_SECOND": "1000", "HUBBUB_LIMITS_SEND_BURST": "1000"}
WIDE: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
COMMON: dict[str, Any] = {"timezone_id": "Europe/Berlin", "locale": "en-GB"}


@contextmanager
def company() -> Iterator[ServerProcess]:
    """A server with six people on it."""
    with tempfile.TemporaryDirectory() as folder:
        server = ServerProcess(Path(folder), SETTINGS)
        server.start()
        try:
            subprocess.run(["node", str(COMPANY), server.root, "150"], check=True, stdout=subprocess.DEVNULL)
            yield server
        finally:
            server.crash()


def enters(browser: Browser, server: ServerProcess, **options: Any) -> Page:  # noqa: ANN401 - Playwright's own
    """Mei's browser, logged in."""
    page = browser.new_context(**COMMON | options).new_page()
    page.goto(server.root)
    page.locator("#user").fill("mei")
    page.locator("#password").fill("correct horse battery")
    page.locator("form button[type=submit]").click()
    page.locator("a.chat").first.wait_for()
    return page


def opens(page: Page, chat: str) -> None:
    """A chat, with all its pieces there."""
    page.locator("a.chat").filter(has_text=chat).click()
    page.locator("article").last.wait_for()
    page.wait_for_load_state("networkidle")


def takes(page: Page, name: str) -> None:
    """Keep what is on the screen, once nothing moves any more."""
    page.evaluate(
        "Promise.all(document.getAnimations().filter((each) => each.effect.getTiming().iterations === 1).map((each) => each.finished))"
    )
    session = page.context.new_cdp_session(page)
    shot = session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    (HERE / f"web-{name}.webp").write_bytes(base64.b64decode(shot["data"]))
    page.context.close()


def pictures(browser: Browser, server: ServerProcess) -> None:
    """The screens the README shows."""
    for name, options in {"light": {}, "dark": {"color_scheme": "dark", "locale": "zh-CN"}}.items():
        page = enters(browser, server, **WIDE | options)
        opens(page, "Launch")
        takes(page, name)
    page = enters(browser, server, **PHONE)
    takes(page, "phone-list")
    page = enters(browser, server, **PHONE, color_scheme="dark")
    opens(page, "Launch")
    takes(page, "phone-chat")


def main() -> None:
    """All of them, anew."""
    with company() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        pictures(browser, server)
        browser.close()


if __name__ == "__main__":
    main()
