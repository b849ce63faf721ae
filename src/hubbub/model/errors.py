"""Every way a request can be refused and a connection closed, and what the client should do then.

Source: docs/protocol.md §4 (close codes) and §5 (error codes), §6 (HTTP statuses).
"""

from enum import Enum, StrEnum


class ErrorCode(StrEnum):
    """The `code` of an `error` reply."""

    BAD_REQUEST = "bad_request"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    NOT_A_MEMBER = "not_a_member"
    NOT_FRIENDS = "not_friends"
    BLOCKED = "blocked"
    MUTED = "muted"
    BANNED = "banned"
    CONFLICT = "conflict"
    PROTOCOL_ERROR = "protocol_error"
    TOO_LONG = "too_long"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


HTTP_STATUS = {
    ErrorCode.BAD_REQUEST: 400,
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.NOT_A_MEMBER: 403,
    ErrorCode.NOT_FRIENDS: 403,
    ErrorCode.BLOCKED: 403,
    ErrorCode.MUTED: 403,
    ErrorCode.BANNED: 403,
    ErrorCode.CONFLICT: 409,
    ErrorCode.PROTOCOL_ERROR: 400,
    ErrorCode.TOO_LONG: 400,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.UNAVAILABLE: 503,
    ErrorCode.INTERNAL: 500,
}

ADVICE = {
    ErrorCode.BAD_REQUEST: "The request is malformed; see docs/protocol.md.",
    ErrorCode.UNAUTHENTICATED: "Log in, then say hello with the token.",
    ErrorCode.FORBIDDEN: "Your role does not allow this.",
    ErrorCode.NOT_FOUND: "There is no such thing, or it is not yours to see.",
    ErrorCode.NOT_A_MEMBER: "Join the room first.",
    ErrorCode.NOT_FRIENDS: "You are not friends; send a friend request first.",
    ErrorCode.BLOCKED: "You have blocked this user; unblock them first.",
    ErrorCode.MUTED: "You are muted in this room.",
    ErrorCode.BANNED: "This user is banned from the room.",
    ErrorCode.CONFLICT: "This contradicts something that already exists.",
    ErrorCode.PROTOCOL_ERROR: "The bytes do not follow the protocol.",
    ErrorCode.TOO_LONG: "Shorten it.",
    ErrorCode.RATE_LIMITED: "Too many requests; wait and retry.",
    ErrorCode.UNAVAILABLE: "Nothing was changed; retry later with the same msg_id.",
    ErrorCode.INTERNAL: "A bug in the server; retry with the same msg_id.",
}


class Refused(Exception):
    """A request was refused and changed nothing (protocol.md §3.6).

    `retry_after_ms` is set for `rate_limited` only.
    """

    def __init__(self, code: ErrorCode, message: str = "", retry_after_ms: int | None = None) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message or ADVICE[code]
        self.retry_after_ms = retry_after_ms


class CommitUnknownError(Exception):
    """The database went away during COMMIT and nobody can say yet whether it happened (protocol.md §3.6).

    The connection is closed with 4000 without an answer; the client asks again with the same msg_id.
    """


class CloseCode(Enum):
    """Close codes of protocol.md §4: the number on the wire and the name in `bye`."""

    NORMAL = (1000, "normal")
    GOING_AWAY = (1001, "going_away")
    PROTOCOL = (1002, "protocol_error")
    UNSUPPORTED = (1003, "unsupported_data")
    INVALID_DATA = (1007, "invalid_data")
    TOO_BIG = (1009, "message_too_big")
    SERVICE_RESTART = (1012, "service_restart")
    INTERNAL = (4000, "internal")
    SLOW_CONSUMER = (4001, "slow_consumer")
    HELLO_TIMEOUT = (4002, "hello_timeout")
    NO_HEARTBEAT = (4003, "no_heartbeat")
    FLOODING = (4029, "flooding")
    UNAUTHENTICATED = (4500, "unauthenticated")
    SESSION_REVOKED = (4501, "session_revoked")
    PROTOCOL_ERROR = (4502, "protocol_error")
    TOO_MANY_CONNECTIONS = (4503, "too_many_connections")

    def __init__(self, number: int, reason: str) -> None:
        self.number = number
        self.reason = reason
