"""Asking a running server as its operator: each request carries a token signed with the server's own secret."""

import json
import time
from collections.abc import Iterator, Mapping
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

from hubbub.codec.access_tokens import mint
from hubbub.model.administration import OPERATOR, OPERATOR_SESSION

TOKEN_MS = 300_000  # the machine's clock and the database's may differ by some of it
ANSWER_SECONDS = 60.0  # closing a large room takes a while
CHUNK = 65_536


class AskingError(Exception):
    """The server refused, or did not answer; the message says which."""


class Api:
    """One server's `/admin`. `url` is the root of its public port."""

    def __init__(self, url: str, secret: bytes) -> None:
        self._url = url.rstrip("/")
        self._secret = secret

    def ask(self, method: str, path: str, *parts: str, body: object = None, **query: object) -> Any:  # noqa: ANN401
        """The answer, decoded; None where there is nothing to say. `parts` fill the `{}` of `path`, escaped."""
        with self._open(method, path, parts, body, query) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def read(self, path: str, *parts: str) -> Iterator[bytes]:
        """An answer of any length, piece by piece."""
        with self._open("GET", path, parts, None, {}) as answer:
            while piece := answer.read(CHUNK):
                yield piece

    def _open(
        self, method: str, path: str, parts: tuple[str, ...], body: object, query: Mapping[str, object]
    ) -> HTTPResponse:
        asked = urlencode({name: value for name, value in query.items() if value not in {"", None}})
        place = path.format(*(quote(part, safe="") for part in parts))
        url = f"{self._url}/api/v1/admin/{place}{'?' if asked else ''}{asked}"
        data = None if body is None else json.dumps(body).encode()
        headers = {"authorization": f"Bearer {self._token()}", "content-type": "application/json"}
        try:
            request = Request(url, data, headers, method=method)  # noqa: S310 - the operator names the server
            answer: HTTPResponse = urlopen(request, timeout=ANSWER_SECONDS)  # noqa: S310
        except HTTPError as refused:
            raise AskingError(_told(refused)) from None
        except (URLError, HTTPException, OSError) as error:
            reason = getattr(error, "reason", error)
            raise AskingError(
                f"no server answers at {self._url} ({reason}); is it running? See --url"
            ) from None
        return answer

    def _token(self) -> str:
        return mint(OPERATOR, OPERATOR_SESSION, int(time.time() * 1000), TOKEN_MS, self._secret)[0]


def _told(refused: HTTPError) -> str:
    """What the server said; one with another secret does not know us."""
    try:
        problem = json.loads(refused.read())
        detail = str(problem["detail"])
    except (ValueError, KeyError, TypeError):
        return f"HTTP {refused.code}: this is no Hubbub server, or something stands before it"
    if refused.code == 401:
        return "the server has another secret: give the same configuration as it has (--config, --data)"
    return detail
