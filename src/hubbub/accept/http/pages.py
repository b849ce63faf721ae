"""Pages for people: the landing page, and the API's documentation from its OpenAPI document. No scripts, nothing loaded."""

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from html import escape
from typing import Any

from litestar import MediaType, Request, Response, get
from litestar.openapi.plugins import OpenAPIRenderPlugin

from hubbub.accept.http.services import Services

STYLE = """
:root { color-scheme: light dark; --ink: #1c1e21; --paper: #fbfbfa; --faint: #6a6f76; --line: #dedfe1; --mark: #1f6f54; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e7e9; --paper: #16181b; --faint: #9aa0a8; --line: #2e3238; --mark: #6fcfa9; }
}
body { margin: 0 auto; max-width: 46rem; padding: 4rem 1.5rem; font: 1rem/1.6 system-ui, sans-serif;
  color: var(--ink); background: var(--paper); }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.1rem; margin: 2.5rem 0 .5rem; }
p { margin: .5rem 0; }
a { color: var(--mark); }
pre, code { font: .9rem/1.6 ui-monospace, monospace; }
pre { padding: .8rem 1rem; border: 1px solid var(--line); border-radius: 6px; overflow-x: auto; }
dt { margin-top: 1.2rem; } dd { margin: 0; color: var(--faint); }
.method { display: inline-block; min-width: 4.2rem; color: var(--mark); font-weight: 600; }
"""
_HASH = b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"


def page(title: str, body: str) -> str:
    """A whole document around `body`."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


_LANDING = """<main>
<h1>Hubbub is running</h1>
<p>This is a chat server. Talk from a terminal:</p>
<pre><code>hubbub chat {origin}</code></pre>
<p>It asks for a name and a password, and signs you up if you are new. Start it twice to have somebody to talk to.</p>
<h2>Build on it</h2>
<p>The <a href="/api/docs">HTTP API</a> is under <code>/api/v1</code>
(<a href="/api/docs/openapi.json">OpenAPI</a>); the chat itself flows over WebSocket at <code>/ws</code>.</p>
</main>"""


@get("/", media_type=MediaType.HTML, include_in_schema=False)
async def landing(request: Request[Any, Any, Any]) -> Response[str]:
    """What stands at the root of a server without the web app."""
    services: Services = request.app.state.services
    origin = escape((services.policy.public_url or str(request.base_url)).rstrip("/"))
    return Response(page("Hubbub", _LANDING.format(origin=origin)))


class PlainDocumentation(OpenAPIRenderPlugin):
    """The OpenAPI document as one page, made here: it works offline and under a strict policy."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:  # noqa: ARG002
        """The page."""
        info = openapi_schema["info"]
        parts = [
            f"<main>\n<h1>{escape(info['title'])}</h1>",
            f"<p>{escape(info.get('description') or '')}</p>",
            '<p>The whole document: <a href="/api/docs/openapi.json">openapi.json</a>.</p>',
            *_sections(openapi_schema),
            "</main>",
        ]
        return page(info["title"], "\n".join(parts)).encode()


def _sections(document: dict[str, Any]) -> Iterator[str]:
    tags: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            tag = (operation.get("tags") or ["Other"])[0]
            tags.setdefault(tag, []).append(_operation(method, path, operation))
    for tag, operations in sorted(tags.items()):
        yield f"<h2>{escape(tag)}</h2>\n<dl>\n" + "\n".join(operations) + "\n</dl>"


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    query = [each["name"] for each in operation.get("parameters") or () if each["in"] == "query"]
    asked = f"?{'&amp;'.join(f'{escape(name)}=' for name in query)}" if query else ""
    body = _body_name(operation)
    takes = f" &larr; {escape(body)}" if body else ""
    statuses = " ".join(sorted(operation.get("responses") or ()))
    said = escape((operation.get("description") or "").strip())
    return (
        f'<dt><code><span class="method">{escape(method.upper())}</span>{escape(path)}{asked}{takes}</code></dt>\n'
        f"<dd>{said} <code>{escape(statuses)}</code></dd>"
    )


def _body_name(operation: dict[str, Any]) -> str:
    content = (operation.get("requestBody") or {}).get("content") or {}
    for media in content.values():
        schema = media.get("schema") or {}
        options = [schema, *(schema.get("oneOf") or ())]
        named = [each["$ref"].rsplit("/", 1)[-1] for each in options if "$ref" in each]
        if named:
            return str(named[0])
    return ""
