"""Entries on traces, from when this node knows of them until all its connections were given them, perhaps once they were read from the log."""

from collections.abc import Sequence

from hubbub.push.channel import Channel, FanOut
from hubbub.push.latency import Since
from hubbub.runtime.tracing import Contexts, Traces


class FanOuts:
    """Those under way, by channel; sampling bounds how many."""

    def __init__(self, traces: Traces) -> None:
        self._traces = traces
        self._waiting: dict[Channel, list[FanOut]] = {}

    def begin(self, channel: Channel, parents: Contexts, since: Since) -> None:
        """What is passed on next is on these traces."""
        if parents:
            spans = [self._traces.child("fan-out", parent) for parent in parents]
            self._waiting.setdefault(channel, []).append(FanOut(spans, since))

    def passed_on(self, channel: Channel) -> Sequence[FanOut]:
        """The steps to take behind what was passed on just now."""
        return self._waiting.pop(channel, ()) if self._waiting else ()
