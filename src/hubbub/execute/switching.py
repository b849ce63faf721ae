"""Administrators let features go, and bring them back, on every node (model/features)."""

from typing import Protocol

from hubbub.model.administration import Audit
from hubbub.model.features import Feature, Mode, Switches, SwitchView
from hubbub.model.identity import Caller


class SwitchStore(Protocol):
    """What is switched on all nodes: persist/switches."""

    async def set(self, feature: Feature, mode: Mode | None) -> None:
        """Set a feature's mode; None: as the settings say."""


class Switching:
    """The switches of this node, and those of all."""

    def __init__(self, switches: Switches, store: SwitchStore, audit: Audit) -> None:
        self._switches = switches
        self._store = store
        self._audit = audit

    @property
    def off(self) -> list[Feature]:
        """What this node does not offer now."""
        return self._switches.off

    def show(self) -> list[SwitchView]:
        """Every feature, as this node offers it now."""
        return self._switches.view()

    async def set(self, caller: Caller, feature: Feature, mode: Mode | None, now: int) -> list[SwitchView]:
        """Other nodes follow within a second."""
        await self._store.set(feature, mode)
        await self._audit(caller, "switch", feature, now, mode or "as the settings say")
        return self.show()
