"""Calls to services of others, where the configuration says they are: bounded in time, size and number.

No redirects (an address is what the configuration says, or nothing) and no proxies from the environment.
"""

import asyncio
import time
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPException, HTTPMessage
from typing import IO, Any
from urllib.error import HTTPError
from urllib.parse import urlencode

MAX_BYTES = 262_144  # no key set, discovery document or token is larger; a longer answer is refused
TIMEOUT_SECONDS = 5.0  # to connect, and between two pieces of an answer
WHOLE_SECONDS = 10.0  # for the whole answer, however slowly it drips
AT_ONCE = 4  # threads such calls may hold; who comes then waits for them, as long as an answer may take
_PIECE = 16_384
_threads = ThreadPoolExecutor(AT_ONCE, "outgoing")

FAILURES = (OSError, HTTPException, ValueError)


class AnsweredError(OSError):
    """The service answered, with this status and body, that it refuses."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"HTTP {status}")
        self.status = status
        self.body = body


async def get(url: str) -> bytes:
    """The body at `url`. Raises one of FAILURES."""
    return await _call(urllib.request.Request(url, headers={"Accept": "application/json"}))  # noqa: S310


async def post_form(url: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> bytes:
    """The body of the answer to a form. Raises one of FAILURES; AnsweredError for a status that is not 2xx."""
    said = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"} | dict(headers)
    return await _call(urllib.request.Request(url, urlencode(fields).encode(), said))  # noqa: S310


async def _call(request: urllib.request.Request) -> bytes:
    async with asyncio.timeout(2 * WHOLE_SECONDS):
        return await asyncio.get_running_loop().run_in_executor(_threads, _open, request)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        """None: the 3xx is an error."""


def _open(request: urllib.request.Request) -> bytes:
    deadline = time.monotonic() + WHOLE_SECONDS
    opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            return _read(answer, deadline)
    except HTTPError as error:
        with error:
            raise AnsweredError(error.code, _read(error, deadline)) from None


def _read(answer: Any, deadline: float) -> bytes:  # noqa: ANN401 - HTTPResponse, or an HTTPError around one
    body = bytearray()
    for piece in iter(partial(answer.read1, _PIECE), b""):  # `read` would wait for a whole piece
        body += piece
        if len(body) > MAX_BYTES:
            message = f"more than {MAX_BYTES} bytes"
            raise ValueError(message)
        if time.monotonic() > deadline:
            message = f"no whole answer within {WHOLE_SECONDS:g} s"
            raise TimeoutError(message)
    return bytes(body)
