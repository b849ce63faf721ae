"""What can go wrong, and what to do about it."""

from collections.abc import Mapping


class HubbubError(Exception):
    """Anything this package raises on purpose."""


ADVICE: Mapping[str, str] = {
    "bad_request": "the request was malformed",
    "unauthenticated": "log in again",
    "forbidden": "your role does not allow this",
    "not_found": "there is no such thing, or it is not yours to see",
    "not_a_member": "join first",
    "not_friends": "become friends first",
    "blocked": "you blocked this user: unblock first",
    "muted": "you are muted here; wait, or ask an admin",
    "banned": "you are banned here",
    "conflict": "it is taken, or this msg_id was used for something else",
    "protocol_error": "server and client do not understand each other: update one of them",
    "too_long": "make it shorter",
    "rate_limited": "wait and try again",
    "unavailable": "nothing was changed; try again later",
    "internal": "nothing was changed; the server has a bug",
}
"""Every error code of protocol.md §5, and what a person can do."""


class RequestRefused(HubbubError):
    """The server said no; nothing was changed (protocol.md §3.6)."""

    def __init__(self, code: str, message: str = "", retry_after_ms: int | None = None) -> None:
        super().__init__(f"{code}: {message or self.advice_for(code)}")
        self.code = code
        self.message = message
        self.retry_after_ms = retry_after_ms

    @staticmethod
    def advice_for(code: str) -> str:
        """What a person can do about an error code."""
        return ADVICE.get(code, "the server refused")

    @property
    def advice(self) -> str:
        """What a person can do about this refusal."""
        return self.advice_for(self.code)


class Undecided(HubbubError):
    """No answer came: the write may have happened or not.

    A message stays in the outbox and is sent again, under the same msg_id, when there is a connection; how it went is
    told by a Delivered or NotDelivered event. Any other write: call it again with the same msg_id, which is once.
    """

    def __init__(self, msg_id: str, why: str) -> None:
        super().__init__(f"undecided ({why}); msg_id {msg_id}")
        self.msg_id = msg_id


class NoAnswer(HubbubError):
    """No answer came to a request that only reads."""


class OutboxFull(HubbubError):
    """Too much is waiting for answers; nothing was sent of this one."""


class Stopped(HubbubError):
    """The client has stopped and does not try to connect; `code` is the close code, if one said so."""

    def __init__(self, reason: str, code: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class Unreachable(HubbubError):
    """The HTTP API did not answer."""


class StoreInUse(HubbubError):
    """Another process works with this state file."""
