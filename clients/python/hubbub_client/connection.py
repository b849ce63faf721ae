"""The three states of a client (protocol.md §4). Pure: an event and the time in, the next state and actions out.

    disconnected --Start, TimerDue--> connecting --Welcomed--> connected
    connected, connecting --Lost, DialFailed--> disconnected (a timer runs, unless the close code says stop)

The driver (link.py) performs the actions in order and feeds what happens back as events. An event that has no row in
the table for the present state is late news, and ignored.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from hubbub_client.backoff import SETTLED_S, wait_s
from hubbub_client.closing import ABNORMAL, AfterClose, rule_for

CROWDED_WAIT_S = 60.0
"""After 4503 the client tries again after 60 s, at most (protocol.md §4)."""


class Status(StrEnum):
    """The three states."""

    DISCONNECTED = "disconnected"
    CONNECTING = "connecting"
    CONNECTED = "connected"


@dataclass(frozen=True, slots=True)
class Connection:
    """Everything the machine remembers. `waiting`: a timer runs. `renew`: the next attempt needs a new token."""

    status: Status = Status.DISCONNECTED
    attempt: int = 0
    connected_at: float = 0.0
    waiting: bool = False
    renew: bool = False
    bye_code: int | None = None
    bye_wait_s: float | None = None


@dataclass(frozen=True, slots=True)
class Around:
    """What the machine may know of the world: seconds of a monotonic clock, a chance in 0 .. 1, and the limit."""

    now: float
    chance: float
    max_attempts: int


# Events


@dataclass(frozen=True, slots=True)
class Start:
    """The application wants to be connected, now."""


@dataclass(frozen=True, slots=True)
class TimerDue:
    """The wait is over."""


@dataclass(frozen=True, slots=True)
class TokenRenewed:
    """There is a fresh token."""


@dataclass(frozen=True, slots=True)
class TokenRefused:
    """There will be no fresh token: somebody has to log in."""

    reason: str


@dataclass(frozen=True, slots=True)
class DialFailed:
    """No connection came about."""

    reason: str


@dataclass(frozen=True, slots=True)
class Welcomed:
    """The server answered hello with welcome."""


@dataclass(frozen=True, slots=True)
class ByeSaid:
    """The server announced the end of the connection (`code` none: it only said when to come back)."""

    code: int | None
    reconnect_in_s: float | None


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection ended."""

    code: int = ABNORMAL


@dataclass(frozen=True, slots=True)
class Stop:
    """The application wants to be disconnected."""


# Actions


@dataclass(frozen=True, slots=True)
class RenewToken:
    """Get a new token; answer with TokenRenewed, TokenRefused or DialFailed."""


@dataclass(frozen=True, slots=True)
class Dial:
    """Connect and say hello; answer with Welcomed, DialFailed or Lost."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Answer with TimerDue after `seconds`; `reason` tells a person why."""

    seconds: float
    attempt: int
    reason: str


@dataclass(frozen=True, slots=True)
class HangUp:
    """Close what is open, stop timers."""


@dataclass(frozen=True, slots=True)
class Halt:
    """The client has stopped and says so; only the application's Start brings it back."""

    reason: str
    code: int | None = None


Action = RenewToken | Dial | Wait | HangUp | Halt
Step = tuple[Connection, tuple[Action, ...]]


def step(connection: Connection, event: object, around: Around) -> Step:
    """The next state and what to do now."""
    row = TABLE.get((connection.status, type(event)))
    return (connection, ()) if row is None else row(connection, event, around)


def _start(connection: Connection, event: Start, around: Around) -> Step:
    """Also ends a wait: whoever asks does not want to wait any longer."""
    dialling, actions = _dial(Connection(renew=connection.renew))
    return dialling, (HangUp(), *actions)


def _timer_due(connection: Connection, event: TimerDue, around: Around) -> Step:
    return _dial(connection) if connection.waiting else (connection, ())


def _dial(connection: Connection) -> Step:
    action = RenewToken() if connection.renew else Dial()
    return replace(connection, status=Status.CONNECTING, waiting=False, bye_code=None, bye_wait_s=None), (
        action,
    )


def _renewed(connection: Connection, event: TokenRenewed, around: Around) -> Step:
    return replace(connection, renew=False), (Dial(),)


def _refused(connection: Connection, event: TokenRefused, around: Around) -> Step:
    return Connection(), (HangUp(), Halt(event.reason))


def _welcomed(connection: Connection, event: Welcomed, around: Around) -> Step:
    return replace(connection, status=Status.CONNECTED, connected_at=around.now), ()


def _bye(connection: Connection, event: ByeSaid, around: Around) -> Step:
    code = connection.bye_code if event.code is None else event.code
    return replace(connection, bye_code=code, bye_wait_s=event.reconnect_in_s), ()


def _dial_failed(connection: Connection, event: DialFailed, around: Around) -> Step:
    return _come_back(connection, event.reason, wait_s(connection.attempt, around.chance), around)


def _lost(connection: Connection, event: Lost, around: Around) -> Step:
    """The close code decides; a connection cut after `bye` ended with the code that `bye` named."""
    code = connection.bye_code if event.code == ABNORMAL and connection.bye_code else event.code
    rule = rule_for(code)
    if rule.then is AfterClose.STOP:
        return Connection(), (HangUp(), Halt(rule.text, code))
    settled = connection.status is Status.CONNECTED and around.now - connection.connected_at >= SETTLED_S
    counted = replace(connection, attempt=0 if settled else connection.attempt)
    renewing = replace(counted, renew=connection.renew or rule.then is AfterClose.RENEW)
    return _come_back(renewing, rule.text, _wait_after(counted, rule.then, around.chance), around)


def _wait_after(connection: Connection, then: AfterClose, chance: float) -> float:
    asked = connection.bye_wait_s
    if then is AfterClose.LATER:
        return CROWDED_WAIT_S if asked is None else min(asked, CROWDED_WAIT_S)
    return wait_s(connection.attempt, chance) if asked is None else asked


def _come_back(connection: Connection, reason: str, seconds: float, around: Around) -> Step:
    if connection.attempt >= around.max_attempts:
        text = f"{reason}; gave up after {connection.attempt} attempts"
        return Connection(renew=connection.renew), (HangUp(), Halt(text))
    attempt = connection.attempt + 1
    waiting = Connection(attempt=attempt, waiting=True, renew=connection.renew)
    return waiting, (HangUp(), Wait(seconds, attempt, reason))


def _stop(connection: Connection, event: Stop, around: Around) -> Step:
    return Connection(), (HangUp(), Halt("stopped by the application", 1000))


Row = Callable[[Connection, Any, Around], Step]

TABLE: Mapping[tuple[Status, type], Row] = {
    (Status.DISCONNECTED, Start): _start,
    (Status.DISCONNECTED, TimerDue): _timer_due,
    (Status.DISCONNECTED, Stop): _stop,
    (Status.CONNECTING, TokenRenewed): _renewed,
    (Status.CONNECTING, TokenRefused): _refused,
    (Status.CONNECTING, DialFailed): _dial_failed,
    (Status.CONNECTING, Welcomed): _welcomed,
    (Status.CONNECTING, ByeSaid): _bye,
    (Status.CONNECTING, Lost): _lost,
    (Status.CONNECTING, Stop): _stop,
    (Status.CONNECTED, ByeSaid): _bye,
    (Status.CONNECTED, Lost): _lost,
    (Status.CONNECTED, Stop): _stop,
}
