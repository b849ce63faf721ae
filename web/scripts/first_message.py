"""How much the web app costs before the first message is seen: bytes of JavaScript, and seconds on a slow link.

    make app && .venv/bin/python web/scripts/first_message.py

The link is Chromium's own throttle at what Lighthouse calls slow 4G (1.6 Mbit/s down, 750 kbit/s up, 150 ms round trip) and
at regular 3G (700 kbit/s, 300 ms); the processor is slowed down four times. The browser is new: nothing is kept from before.
"""

import shutil
import tempfile
import time
from pathlib import Path
from urllib.request import Request, urlopen

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from hubbub.testing.server_process import ServerProcess

FLAGS = ["--no-sandbox", "--disable-gpu"]
LIMIT = (
    150 * 1024
)  # bytes of compressed JavaScript before anything is seen: what a slow link carries in two seconds
SLOWER = 4  # the processor of a cheap phone, against this one
LINKS = {"no throttle": None, "slow 4G": (1_600, 750, 150), "3G": (700, 400, 300)}  # kbit/s down, up; ms
PASSWORD = "correct horse battery"


def main() -> None:
    """Print a line for each link."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        server = ServerProcess(Path(folder), {})
        server.start()
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        try:
            report(browser, server.root)
        finally:
            browser.close()
            server.crash()


def report(browser: Browser, root: str) -> None:
    """Sizes, then times."""
    scripts = prepare(browser, root)
    sizes = {path: size_of(root, path) for path in scripts}
    for path, size in sizes.items():
        print(f"{size:>8,} bytes  {path}")
    total = sum(sizes.values())
    print(
        f"{total:>8,} bytes of JavaScript, brotli, before the first message ({total / LIMIT:.0%} of {LIMIT:,})"
    )
    for name, link in LINKS.items():
        print(f"{first_message(browser, root, link):8.2f} s  from the address to the first message, {name}")


def prepare(browser: Browser, root: str) -> list[str]:
    """Somebody signs up and says something; returns the scripts that were needed to see it."""
    page = browser.new_context().new_page()
    page.goto(root)
    page.get_by_role("button", name="Create account").click()
    page.locator("#user").fill("alice")
    page.locator("#password").fill(PASSWORD)
    page.locator("form button[type=submit]").click()
    page.get_by_role("button", name="New room").click()
    page.locator("#room-name").fill("Lobby")
    page.get_by_role("button", name="Create room").click()
    page.locator("textarea").fill("first")
    page.locator("textarea").press("Enter")
    page.get_by_role("img", name="Sent", exact=True).wait_for()
    page.context.close()
    return scripts_of(browser, root)


def scripts_of(browser: Browser, root: str) -> list[str]:
    """The scripts a phone fetches from the address to the first message; lazy ones of wide screens are not among them."""
    page = browser.new_context(viewport={"width": 360, "height": 740}, service_workers="block").new_page()
    asked: list[str] = []
    page.on(
        "request", lambda request: asked.append(request.url) if request.resource_type == "script" else None
    )
    see_first(page, root)
    page.context.close()
    return [url.removeprefix(root) for url in asked]


def see_first(page: Page, root: str) -> None:
    """From the address over the log-in to the message, as fast as a program types."""
    page.goto(root)
    page.locator("#user").fill("alice")
    page.locator("#password").fill(PASSWORD)
    page.locator("form button[type=submit]").click()
    page.locator("a.chat").first.click()
    page.locator(".content").first.wait_for()


def size_of(root: str, path: str) -> int:
    """What comes over the wire, without headers."""
    with urlopen(Request(root + path, headers={"Accept-Encoding": "br"})) as answer:
        return len(answer.read())


def first_message(browser: Browser, root: str, link: tuple[int, int, int] | None) -> float:
    """Seconds, the log-in included."""
    context = browser.new_context(viewport={"width": 360, "height": 740}, service_workers="block")
    page = context.new_page()
    if link is not None:
        throttle(context.new_cdp_session(page), *link)
    began = time.monotonic()
    see_first(page, root)
    took = time.monotonic() - began
    context.close()
    return took


def throttle(session: CDPSession, down: int, up: int, round_trip: int) -> None:
    """Slow the page's network (kbit/s, ms) and processor."""
    session.send("Network.enable")
    limits = {"downloadThroughput": down * 125, "uploadThroughput": up * 125, "latency": round_trip}
    session.send("Network.emulateNetworkConditions", {"offline": False, **limits})
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})


if __name__ == "__main__":
    main()
