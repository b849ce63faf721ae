"""What was said to servers in a run, and that none of it stands in their logs."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

import httpx

from hubbub_conformance.conversation import Connection, Stage

BODIES = frozenset({"content", "emoji"})
SECRETS = frozenset({"token", "refresh_token", "password"})
IDENTIFIERS = frozenset(
    {"@timestamp", "chat", "user.id", "source.address", "trace.id", "url", "internal", "tcp"}
)
OF_A_TABLE = frozenset({"event.action"})  # names of commands: somebody may well say "hello"
SHORT = 12  # characters: a word such as "first" stands in our own texts; it is only looked for as the whole of a field


def _strings(value: object, names: frozenset[str]) -> Iterator[str]:
    """The texts under these names, however deep."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in names and isinstance(inner, str):
                yield inner
            else:
                yield from _strings(inner, names)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner, names)


def leaves(line: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Every field of a log line, by its dotted name."""
    for name, value in line.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


class Overheard:
    """`said`: every body, token and password that a stage's people sent or were given."""

    def __init__(self) -> None:
        self.said: set[str] = set()

    def listen(self, stage: Stage) -> None:
        """From now on."""
        stage.client.event_hooks["request"].append(self._request)
        stage.client.event_hooks["response"].append(self._response)
        keep = stage.keep

        def keep_and_hear(connection: Connection) -> Connection:
            self._hear(connection)
            return keep(connection)

        stage.keep = keep_and_hear  # type: ignore[method-assign]

    def _hear(self, connection: Connection) -> None:
        sends = connection.sends

        async def noted(envelope: object) -> None:
            self._note(envelope)
            await sends(envelope)

        connection.sends = noted  # type: ignore[method-assign]

    async def _request(self, request: httpx.Request) -> None:
        self.said.update(request.headers.get("authorization", "").split()[1:])
        self._note_json(request.content)

    async def _response(self, response: httpx.Response) -> None:
        self._note_json(await response.aread())

    def _note_json(self, body: bytes) -> None:
        try:
            self._note(json.loads(body))
        except ValueError:
            return

    def _note(self, said: object) -> None:
        self.said.update(each for each in _strings(said, BODIES | SECRETS) if each)

    def found_in(self, log: Iterable[str]) -> list[str]:
        """Fields of log lines that repeat what was said, as `name: text`."""
        fields = {leaf for line in log for leaf in leaves(json.loads(line)) if leaf[0] not in OF_A_TABLE}
        words = {(name, text) for name, text in fields if isinstance(text, str) and name not in IDENTIFIERS}
        repeated = [f"{name}: {text}" for name, text in fields if text in self.said]
        long = [each for each in self.said if len(each) >= SHORT]
        return repeated + [f"{name}: {text}" for name, text in words if any(each in text for each in long)]
