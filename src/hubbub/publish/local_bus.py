"""The bus of a single process: what is published is heard at once, in order, by the one hub there is."""

from collections.abc import Callable, Sequence

from hubbub.model.proposals import Committed

Hear = Callable[[Sequence[Committed]], None]


class LocalBus:
    """Implements publish.relay.Bus."""

    def __init__(self, hear: Hear) -> None:
        self._hear = hear

    def publish(self, committed: Sequence[Committed]) -> None:
        """Give it to the hub."""
        self._hear(committed)
