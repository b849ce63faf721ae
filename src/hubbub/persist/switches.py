"""What administrators have switched, in the database: every node reads it each second, and after a restart."""

from functools import partial

import msgspec
from sqlalchemy import delete, insert, select

from hubbub.model.features import Feature, Mode, Switches
from hubbub.persist.engine import Database
from hubbub.persist.failures import unavailable_when_down
from hubbub.persist.lane import Lane
from hubbub.persist.tables import meta

KEY = "switches"
_decode = msgspec.json.Decoder(dict[Feature, Mode]).decode


class StoredSwitches:
    """The row of `meta`, and the switches of this node that follow it."""

    def __init__(self, database: Database, switches: Switches) -> None:
        self._database = database
        self._switches = switches

    async def poll(self) -> None:
        """Read it. Raises the database's errors."""
        async with self._database.reading() as lane:
            self._switches.set(await _stored(lane))

    @unavailable_when_down
    async def set(self, feature: Feature, mode: Mode | None) -> None:
        """Set a feature's mode on all nodes; None: as each one's settings say."""
        self._switches.set(await self._database.transact(partial(_store, feature, mode)))


async def _stored(lane: Lane) -> dict[Feature, Mode]:
    found = await lane.scalar(select(meta.c.value).where(meta.c.key == KEY))
    return {} if found is None else _decode(found)


async def _store(feature: Feature, mode: Mode | None, lane: Lane) -> dict[Feature, Mode]:
    modes = {name: kept for name, kept in (await _stored(lane)).items() if name != feature}
    if mode is not None:
        modes[feature] = mode
    await lane.execute(delete(meta).where(meta.c.key == KEY))
    await lane.execute(insert(meta).values(key=KEY, value=msgspec.json.encode(modes).decode()))
    return modes
