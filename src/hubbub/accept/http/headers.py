"""What every answer says to browsers: nothing is kept, framed, guessed or loaded."""

from litestar.datastructures import MutableScopeHeaders
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from hubbub.accept.http.pages import POLICY as PAGE_POLICY

DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
SECURED = {
    "Strict-Transport-Security": "max-age=31536000"
}  # a year; subdomains are somebody else's to promise


def with_security_headers(app: ASGIApp, *, secure: bool = False) -> ASGIApp:
    """Around an application: adds what the answer does not have yet. Reached over https, it is to stay so."""
    said = HEADERS | (SECURED if secure else {})

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                for name, value in said.items():
                    headers.setdefault(name, value)
                is_page = headers.get("Content-Type", "").startswith("text/html")
                headers.setdefault("Content-Security-Policy", PAGE_POLICY if is_page else DATA_POLICY)
            await send(message)

        await app(scope, receive, send_with_headers)

    return wrapped
