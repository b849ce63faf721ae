"""What a page must never do, watched from its first byte on: ask, complain, call elsewhere, or run what somebody wrote."""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Error, Page, Request

# A message of the page itself is no complaint; a network that is down is what some tests are about.
EXPECTED = ("net::ERR_", "Failed to load resource", "WebSocket connection to")
REPORT = """
addEventListener('securitypolicyviolation', (event) => {
  console.error(`CSP: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
Object.defineProperty(window, 'executed', {
  set(what) { console.error(`executed: ${what}`); },
});
"""


class Watch:
    """Everything that went wrong in the pages of one context; `origin` is the only one they may call."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self._origin = urlsplit(origin).netloc
        self.may_call = {self._origin}
        self.complaints: list[str] = []
        context.add_init_script(REPORT)
        context.on("page", self._page)
        context.on("request", self._request)
        context.route(self._is_elsewhere, lambda route: route.abort())  # nothing leaves this machine

    def _page(self, page: Page) -> None:
        page.on("dialog", self._dialog)
        page.on("console", self._console)
        page.on("pageerror", self._error)

    def _dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"a dialog: {dialog.message}")
        dialog.dismiss()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not any(word in message.text for word in EXPECTED):
            self.complaints.append(f"{message.type} on the console: {message.text}")

    def _error(self, error: Error) -> None:
        self.complaints.append(f"an error of the page: {error.message}")

    def _request(self, request: Request) -> None:
        """What the app's own page asks for; an identity provider's page is its own affair."""
        if self._is_elsewhere(request.url) and urlsplit(request.frame.url).netloc == self._origin:
            self.complaints.append(f"a request to {request.url}")

    def _is_elsewhere(self, url: str) -> bool:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc not in self.may_call
