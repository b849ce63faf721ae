"""Two people who talk all the time: when was each message said, acknowledged, heard? That is what users see of a trouble."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from hubbub.operate.drill.network import now
from hubbub.operate.drill.outcome import Window
from hubbub.operate.proof.crowd import Roamer
from hubbub.operate.proof.history import Envelope
from hubbub.operate.proof.talker import TRY_LATER

INTERVAL = 0.1  # seconds between two messages


@dataclass
class Utterance:
    """Seconds; None: not yet."""

    said: float
    acknowledged: float | None = None
    heard: float | None = None
    refusals: int = 0


class Speaker(Roamer):
    """Says something every tenth of a second, and again, with the same `msg_id`, what was left undecided."""

    room: str
    record: dict[str, Utterance]
    skew: float = 0.0
    """The largest difference (s) between an entry's time and this machine's clock when it was acknowledged."""

    async def _act(self) -> None:
        await asyncio.sleep(INTERVAL)
        if self.client.is_open and not self.ground.resting:
            msg_id = self._msg_id()
            self.record[msg_id] = Utterance(now())
            await self._ask(
                {"type": "send", "msg_type": "group", "to": self.room, "content": msg_id, "msg_id": msg_id}
            )

    def _decided(self, body: Envelope, answer: Envelope | None) -> None:
        super()._decided(body, answer)
        utterance = self.record.get(body["msg_id"])
        if utterance is not None and answer is not None and answer["type"] == "sent":
            utterance.acknowledged = utterance.acknowledged or now()
            self.skew = max(self.skew, abs(self.clock() - answer["ts"] / 1000))
        elif utterance is not None and answer is not None and answer.get("code") in TRY_LATER:
            utterance.refusals += 1

    @staticmethod
    def clock() -> float:
        """This machine's, in seconds since the Unix epoch."""
        return time.time()


class Listener(Roamer):
    """Hears it."""

    record: dict[str, Utterance]

    def hear(self, envelope: Envelope) -> None:
        """Note when."""
        super().hear(envelope)
        utterance = self.record.get(envelope.get("msg_id", "")) if envelope["type"] == "message" else None
        if utterance is not None and utterance.heard is None:
            utterance.heard = now()

    async def _act(self) -> None:
        await asyncio.sleep(INTERVAL)


def window(name: str, begin: float, end: float, record: Sequence[Utterance]) -> Window:
    """What was said between two moments; the silence is the longest time within without an acknowledgement."""
    said = [each for each in record if begin <= each.said < end]
    answered = sorted(
        each.acknowledged for each in record if each.acknowledged and begin <= each.acknowledged < end
    )
    moments = [begin, *answered, end]
    waits = [each.acknowledged - each.said for each in said if each.acknowledged]
    ways = [each.heard - each.said for each in said if each.heard]
    return Window(
        name=name,
        seconds=end - begin,
        said=len(said),
        refused=sum(each.refusals for each in said),
        acknowledged_p50=quantile(waits, 0.5),
        acknowledged_p99=quantile(waits, 0.99),
        silence=1000 * max(later - earlier for earlier, later in pairwise(moments)),
        heard_p50=quantile(ways, 0.5),
        heard_p99=quantile(ways, 0.99),
    )


def quantile(seconds: Sequence[float], share: float) -> float | None:
    """In ms."""
    return 1000 * sorted(seconds)[min(len(seconds) - 1, int(share * len(seconds)))] if seconds else None
