"""What a node may let go under load so that messages go on (docs/protocol.md §7), and who says when. Pure.

Mode of a feature: `on`, `off`, or `auto`: the node decides by its own pressure, one feature more every two seconds that there is some, one
back after a longer while that there is little. In between nothing changes, so that nothing is switched to and fro. Pressure is how
late its event loop is, or how much waits for peers that read too slowly: both are what pushes nobody needs would add to.
"""

from collections.abc import Mapping
from math import inf
from typing import Literal, Protocol

from msgspec import Struct

Feature = Literal["typing", "presence", "receipts", "search"]
Mode = Literal["on", "off", "auto"]
FEATURES: tuple[Feature, ...] = ("typing", "presence", "receipts", "search")  # in the order they are let go
TICKS_PER_SECOND = 4
CALM = 0.5  # of the pressure that lets go
PRESSED_TICKS = 2 * TICKS_PER_SECOND


class Offered(Protocol):
    """What is asked before a feature costs anything: Switches, or Everything."""

    def is_on(self, feature: Feature) -> bool:
        """Whether this node offers it now."""


class Everything:
    """Nothing is ever let go."""

    def is_on(self, _feature: Feature) -> bool:
        """Yes."""
        return True


class SwitchView(Struct, kw_only=True):
    """A feature as administrators see it. `set_by`: where its mode comes from."""

    feature: Feature
    mode: Mode
    on: bool
    set_by: Literal["settings", "administrator"]


class Switches:
    """`settings` are the modes to begin with. Pressure is a tick later than `late_ms`, or more than `waiting_bytes` that wait.

    One comes back after `calm_seconds` without any half of either.
    """

    def __init__(
        self,
        settings: Mapping[Feature, Mode],
        late_ms: float,
        waiting_bytes: float = inf,
        calm_seconds: int = 30,
    ) -> None:
        self._settings = settings
        self._late_ms = late_ms
        self._waiting_bytes = waiting_bytes
        self._calm_ticks = calm_seconds * TICKS_PER_SECOND
        self._set: Mapping[Feature, Mode] = {}
        self._let_go = 0
        self._pressed = 0
        self._calm = 0
        self._off: frozenset[Feature] = frozenset()
        self._decide()

    def is_on(self, feature: Feature) -> bool:
        """Whether this node offers it now."""
        return feature not in self._off

    @property
    def off(self) -> list[Feature]:
        """What it does not offer."""
        return [feature for feature in FEATURES if feature in self._off]

    def set(self, modes: Mapping[Feature, Mode]) -> None:
        """What administrators have set, in place of the settings; a feature they did not name is as the settings say."""
        self._set = modes
        self._decide()

    def view(self) -> list[SwitchView]:
        """Every feature."""
        return [
            SwitchView(
                feature=each,
                mode=self._mode(each),
                on=self.is_on(each),
                set_by="administrator" if each in self._set else "settings",
            )
            for each in FEATURES
        ]

    def tick(self, late_ms: float, waiting_bytes: int) -> None:
        """A quarter of a second has passed, and this much more; so much waits for slow peers."""
        pressure = max(late_ms / self._late_ms, waiting_bytes / self._waiting_bytes)
        pressed, calm = pressure > 1, pressure < CALM
        self._pressed = self._pressed + 1 if pressed else 0
        self._calm = self._calm + 1 if calm else 0
        if self._pressed == PRESSED_TICKS:
            self._change(+1)
        elif self._calm == self._calm_ticks:
            self._change(-1)

    def _change(self, by: int) -> None:
        self._pressed = self._calm = 0
        self._let_go = min(max(self._let_go + by, 0), len(self._automatic()))
        self._decide()

    def _mode(self, feature: Feature) -> Mode:
        return self._set.get(feature, self._settings[feature])

    def _automatic(self) -> list[Feature]:
        return [each for each in FEATURES if self._mode(each) == "auto"]

    def _decide(self) -> None:
        off = [each for each in FEATURES if self._mode(each) == "off"]
        self._off = frozenset([*off, *self._automatic()[: self._let_go]])
