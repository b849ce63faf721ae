"""The web app at the root: built files, read once at start and given from memory (docs/web.md).

`make app` and the building of a wheel put them into the folder `web` beside this file. Everything under `assets/` has a hash
of its content in its name and is kept for ever; the rest is asked about again each time, and answered 304.
"""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import cast

from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send
from msgspec import Struct

from hubbub.accept.http.services import HttpPolicy

FOLDER = Path(__file__).with_name("web")
PAGE = "index.html"
READS = frozenset({"GET", "HEAD"})
IMMUTABLE = "public, max-age=31536000, immutable"  # a year
ASK_AGAIN = "no-cache"
ENCODINGS = {"br": ".br", "gzip": ".gz"}  # the better first
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
UNDER_POLICY = (
    "text/html",
    "text/javascript",
)  # a service worker lives under the policy its own file came with
TRUSTED_TYPES = ("hubbub",)  # web/src/worker/register.ts: the one address a worker may have


class Asset(Struct, frozen=True, kw_only=True):
    """One file: its bytes by content coding ("" is as it is), and what is said of it."""

    bodies: Mapping[str, bytes]
    media_type: str
    etag: str
    cache: str


class WebApp(Struct, frozen=True, kw_only=True):
    """The files by path; the page stands at the root, and what it shows is in the fragment of its address."""

    files: Mapping[str, Asset]
    page: Asset

    def find(self, path: str) -> Asset | None:
        """What stands at this path of the public port; None if it is not the app's."""
        return self.page if path == "/" else self.files.get(path.removeprefix("/"))


def load_web_app(folder: Path = FOLDER) -> WebApp | None:
    """The app in a folder, None if it was not built."""
    if not (folder / PAGE).is_file():
        return None
    files = dict(_files(folder))
    return WebApp(page=files.pop(PAGE), files=files)


def _files(folder: Path) -> Iterator[tuple[str, Asset]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in MEDIA_TYPES:
            name = str(PurePosixPath(path.relative_to(folder)))
            yield name, _asset(path, name)


def _asset(path: Path, name: str) -> Asset:
    packed = {coding: Path(f"{path}{suffix}") for coding, suffix in ENCODINGS.items()}
    content = path.read_bytes()
    return Asset(
        bodies={coding: each.read_bytes() for coding, each in packed.items() if each.is_file()}
        | {"": content},
        media_type=MEDIA_TYPES[path.suffix],
        etag=hashlib.blake2b(content, digest_size=12).hexdigest(),
        cache=IMMUTABLE if name.startswith("assets/") else ASK_AGAIN,
    )


def with_web_app(app: ASGIApp, web_app: WebApp | None, policy: HttpPolicy) -> ASGIApp:
    """Around an application: what is the web app's is answered here, everything else there."""
    if web_app is None:
        return app
    said = content_policy(policy.public_url)

    async def routed(scope: Scope, receive: Receive, send: Send) -> None:
        asked = cast("HTTPScope", scope)  # the port's WebSockets never come here: accept/websocket
        asset = web_app.find(asked["path"]) if asked["method"] in READS else None
        if asset is None:
            await app(scope, receive, send)
        else:
            await _answer(asset, asked, send, said)

    return routed


def content_policy(public_url: str) -> str:
    """What the page may load and run: its own files, and nothing that was written into it (W3C CSP3, Trusted Types)."""
    socket = f" ws{public_url.removeprefix('http').rstrip('/')}" if public_url else ""
    allowed = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "'self' data: blob:",
        "font-src": "'self'",
        "media-src": "'self'",
        "connect-src": f"'self'{socket}",
        "manifest-src": "'self'",
        "worker-src": "'self'",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "require-trusted-types-for": "'script'",
        "trusted-types": " ".join(TRUSTED_TYPES),
    }
    return "; ".join(f"{name} {value}" for name, value in allowed.items())


async def _answer(asset: Asset, scope: HTTPScope, send: Send, policy: str) -> None:
    asked = {name: value.decode("latin-1") for name, value in scope["headers"]}
    coding = choose_coding(asked.get(b"accept-encoding", ""), asset.bodies)
    etag = f'"{asset.etag}{coding and "-"}{coding}"'
    body = asset.bodies[coding]
    headers = {"cache-control": asset.cache, "etag": etag, "vary": "accept-encoding"}
    if asset.media_type.startswith(UNDER_POLICY):
        headers["content-security-policy"] = policy
    status = 304 if _has(asked.get(b"if-none-match", ""), etag) else 200
    if status == 200:
        headers |= {"content-type": asset.media_type, "content-length": str(len(body))}
        headers |= {"content-encoding": coding} if coding else {}
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
    )
    shown = body if status == 200 and scope["method"] == "GET" else b""
    await send({"type": "http.response.body", "body": shown, "more_body": False})


def choose_coding(accepted: str, there: Mapping[str, bytes]) -> str:
    """The best content coding both have, "" for none (RFC 9110 §12.5.3). What is refused with q=0 is not taken."""
    wanted: dict[str, bool] = {}
    for each in accepted.lower().split(","):
        name, _, parameters = each.partition(";")
        wanted[name.strip()] = _quality(parameters) > 0
    taken = (coding for coding in ENCODINGS if coding in there and wanted.get(coding, wanted.get("*", False)))
    return next(taken, "")


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0


def _has(if_none_match: str, etag: str) -> bool:
    """Whether the client has this very file (RFC 9110 §13.1.2, weakly compared)."""
    held = {each.strip().removeprefix("W/") for each in if_none_match.split(",")}
    return etag in held or "*" in held
