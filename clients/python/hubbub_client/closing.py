"""What a client does after a close code: the table of protocol.md §4."""

from enum import Enum
from typing import NamedTuple

ABNORMAL = 1006
"""The code RFC 6455 §7.4.1 gives to a connection that ended without a close frame."""

SESSION_REVOKED = 4501
"""The close code after which no token of the session is worth keeping (protocol.md §4)."""


class AfterClose(Enum):
    """What to do next."""

    STOP = "stop"
    """Coming back would end the same way."""
    RECONNECT = "reconnect"
    """Come back after `reconnect_in_ms` of `bye`, else after a random wait."""
    RENEW = "renew"
    """Get a new token, then come back."""
    LATER = "later"
    """Come back after a minute, or sooner if `bye` said so."""


class Rule(NamedTuple):
    """One row: the codes from `first` to `last`, what to do, and what to tell a person."""

    first: int
    last: int
    then: AfterClose
    text: str


RULES: tuple[Rule, ...] = (
    Rule(1000, 1000, AfterClose.STOP, "the server ended the connection"),
    Rule(1001, 1001, AfterClose.RECONNECT, "the server is going away"),
    Rule(1002, 1003, AfterClose.STOP, "server and client do not understand each other (a bug)"),
    Rule(1007, 1007, AfterClose.STOP, "server and client do not understand each other (a bug)"),
    Rule(1009, 1009, AfterClose.STOP, "an envelope was too big (a bug)"),
    Rule(1012, 1012, AfterClose.RECONNECT, "the server restarts"),
    Rule(4000, 4000, AfterClose.RECONNECT, "the server had an internal error"),
    Rule(4001, 4001, AfterClose.RECONNECT, "this client read too slowly"),
    Rule(4002, 4002, AfterClose.RECONNECT, "logging in took too long"),
    Rule(4003, 4003, AfterClose.RECONNECT, "the server did not hear from this client"),
    Rule(4029, 4029, AfterClose.RECONNECT, "this client sent too much"),
    Rule(4500, 4500, AfterClose.RENEW, "the session needs a new token"),
    Rule(4501, 4501, AfterClose.STOP, "the session was ended: log in again"),
    Rule(4502, 4502, AfterClose.STOP, "server and client do not understand each other (a bug)"),
    Rule(4503, 4503, AfterClose.LATER, "this user has too many connections"),
    Rule(4504, 4999, AfterClose.STOP, "the server does not want this client as it is"),
)
_OTHERS = Rule(0, 65_535, AfterClose.RECONNECT, "it broke off")


def rule_for(code: int) -> Rule:
    """The row for a close code; codes not listed come back (protocol.md §4)."""
    return next((rule for rule in RULES if rule.first <= code <= rule.last), _OTHERS)
