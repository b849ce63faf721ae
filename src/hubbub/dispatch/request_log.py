"""One log line for a request that is worth one: who asked what from where, what became of it, how long it took.

Never what was said: no bodies, no tokens, no query strings. A refusal's text is ours, and what it quotes of the request is left out.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from msgspec import Struct

from hubbub.model.commands import AnyCommand
from hubbub.model.errors import CommitUnknownError, ErrorCode, Refused
from hubbub.runtime.bounded_lines import BoundedLines
from hubbub.runtime.tracing import trace_id

log = structlog.get_logger("hubbub.requests")

OFF, NOTABLE, ALL = "off", "notable", "all"
KIND = "requests"
NS_PER_MS = 1_000_000
_FAULTS = frozenset({ErrorCode.UNAVAILABLE, ErrorCode.INTERNAL})
_QUOTED = re.compile(r"[\"'].*[\"']|(?<=unknown field ).*|(?<=parameter: ).*", re.DOTALL)


class Asked(Struct, kw_only=True):
    """A request as its line names it: `what` are the fields that say what was asked. Times in ms."""

    what: Mapping[str, object]
    user: str = ""
    address: str = ""
    traceparent: str | None = None
    began: int


class RequestLog:
    """`which`: OFF, NOTABLE (refused, failed, or slower than `slow_ms`) or ALL. `lines` bounds how many; `clock` gives ms."""

    def __init__(self, which: str, slow_ms: float, lines: BoundedLines, clock: Callable[[], int]) -> None:
        self._which = which
        self._slow_ms = slow_ms
        self._lines = lines
        self._clock = clock

    def notes(self, began: int, answer: object) -> bool:
        """Whether a request that came at `began` (ms) and is answered so now gets a line."""
        which = self._which
        if which != NOTABLE:
            return which == ALL
        return isinstance(answer, Exception) or self._clock() - began >= self._slow_ms

    def answered(self, asked: Asked, answer: object) -> None:
        """Write the line of a request that `notes` has said to write."""
        if not self._lines.take(KIND):
            return
        took = self._clock() - asked.began
        fields = fields_of(asked, took) | outcome_of(answer)
        if isinstance(answer, Exception):
            _say_refused(answer, fields)
        elif took >= self._slow_ms:
            log.warning("request slow", **fields)
        else:
            log.info("request", **fields)


def _say_refused(error: Exception, fields: Mapping[str, object]) -> None:
    if isinstance(error, Refused) and error.code not in _FAULTS:
        log.info("request refused", **fields)
    else:
        log.warning("request failed", **fields)


def command_asked(command: AnyCommand, user: str, address: str, wire: str, began: int) -> Asked:
    """A command from a socket, by its name and the chat it is about."""
    what = {"event.action": command.__struct_config__.tag, "wire": wire, "chat": _chat_of(command)}
    return Asked(what=what, user=user, address=address, traceparent=command.traceparent, began=began)


def _chat_of(command: Any) -> str | None:  # noqa: ANN401 - any command
    return getattr(command, "chat", None) or getattr(command, "to", None)


def fields_of(asked: Asked, took: int) -> dict[str, object]:
    """By their names in ECS, where it has one; what is not known is left out."""
    fields: dict[str, object] = {
        "user.id": asked.user,
        "source.address": asked.address,
        "trace.id": trace_id(asked.traceparent),
    }
    known = {name: value for name, value in (dict(asked.what) | fields).items() if value}
    return known | {"event.duration": took * NS_PER_MS}


def outcome_of(answer: object) -> dict[str, object]:
    """What became of it."""
    if not isinstance(answer, Exception):
        return {"event.outcome": "success"}
    if isinstance(answer, Refused):
        text = _QUOTED.sub("…", answer.message)
        return {"event.outcome": "failure", "error.code": answer.code.value, "error.message": text}
    code = "undecided" if isinstance(answer, CommitUnknownError) else ErrorCode.INTERNAL.value
    return {"event.outcome": "unknown", "error.code": code}
