"""The parts of plays that are asked over HTTP (docs/protocol.md §6)."""

import json
from typing import Any

import httpx

from hubbub_conformance.codecs import Envelope


class Unheard(AssertionError):
    """The server said something else, or nothing."""


class Answer:
    """The answer to an HTTP request."""

    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.content = response.content

    @property
    def body(self) -> Any:  # noqa: ANN401 - JSON
        """The parsed body."""
        return json.loads(self.content)

    def gives(self, status: int) -> Any:  # noqa: ANN401 - JSON
        """Its body, if it has the status (None for 204, which has none)."""
        if self.status != status or (status == httpx.codes.NO_CONTENT and self.content):
            raise Unheard(f"expected {status}, got {self.status}: {self.content!r}")
        return self.body if self.content else None

    def refuses(self, status: int, code: str) -> Envelope:
        """Its body, if it is a problem document with the status and the code (docs/protocol.md §6)."""
        if self.headers.get("content-type") != "application/problem+json":
            raise Unheard(f"no problem document: {self.status} {self.headers} {self.content!r}")
        body: Envelope = self.gives(status)
        if body.get("code") != code or not isinstance(body.get("detail"), str):
            raise Unheard(f"expected {code}: {body}")
        return body


class Http:
    """Requests of one person, or of a stranger (`token` None)."""

    def __init__(self, client: httpx.AsyncClient, token: str | None) -> None:
        self.client = client
        self.headers = {} if token is None else {"Authorization": f"Bearer {token}"}

    async def get(self, path: str, **query: Any) -> Answer:  # noqa: ANN401 - whatever a query takes
        return await self._ask("GET", path, params=query)

    async def post(self, path: str, body: object = None, **headers: str) -> Answer:
        return await self._ask("POST", path, json=body, headers=headers)

    async def put(self, path: str, body: object = None, **headers: str) -> Answer:
        return await self._ask("PUT", path, json=body, headers=headers)

    async def patch(self, path: str, body: object = None, **headers: str) -> Answer:
        return await self._ask("PATCH", path, json=body, headers=headers)

    async def delete(self, path: str, **headers: str) -> Answer:
        return await self._ask("DELETE", path, headers=headers)

    async def _ask(self, method: str, path: str, **rest: Any) -> Answer:  # noqa: ANN401 - httpx's
        given = {name: value for name, value in rest.items() if value is not None}
        given["headers"] = self.headers | {
            name.replace("_", "-"): value for name, value in given.get("headers", {}).items()
        }
        return Answer(await self.client.request(method, path, **given))
