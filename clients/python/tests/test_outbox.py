"""Messages on their way: in order per recipient, bounded, stored until they are decided."""

import asyncio

import pytest
from clients.python.tests.conftest import HurriedClock

from hubbub_client import MemoryStore, OutboxFull, RequestRefused, Stopped, Undecided
from hubbub_client.events import Delivered, NotDelivered
from hubbub_client.outbox import UNDECIDED_MAX, Outbox
from hubbub_client.wire.replies import Sent
from hubbub_client.wire.requests import Send


def send(msg_id: str, to: str = "r1") -> Send:
    return Send(msg_id=msg_id, msg_type="group", to=to, content=msg_id)


class Desk:
    """Decides what a test wants, when it wants it."""

    def __init__(self, clock: HurriedClock) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, Exception] = {}
        self.open = asyncio.Event()
        self.told: list[Delivered | NotDelivered] = []
        self.store = MemoryStore()
        self.outbox = Outbox(self.store, self._ask, self.told.append, clock)

    async def _ask(self, message: Send) -> Sent:
        self.asked.append(message.msg_id)
        await self.open.wait()
        if message.msg_id in self.answers:
            raise self.answers.pop(message.msg_id)
        return Sent(msg_id=message.msg_id, chat=message.to, seq=len(self.asked), ts=0)


@pytest.fixture
def desk(clock: HurriedClock) -> Desk:
    return Desk(clock)


async def test_one_recipient_gets_them_one_by_one_and_others_do_not_wait(desk: Desk) -> None:
    decisions = [desk.outbox.post(send(*each)) for each in (("a1", "a"), ("a2", "a"), ("b1", "b"))]
    await asyncio.sleep(0)
    assert desk.asked == ["a1", "b1"]
    assert [kept.msg_id for kept in desk.store.load().outbox] == ["a1", "a2", "b1"]
    desk.open.set()
    await asyncio.gather(*decisions)
    assert desk.asked == ["a1", "b1", "a2"]
    assert (desk.store.load().outbox, len(desk.outbox)) == ([], 0)


async def test_a_refusal_that_ends_by_itself_is_waited_out(desk: Desk) -> None:
    desk.open.set()
    desk.answers = {"m1": RequestRefused("rate_limited", "", 100), "m2": RequestRefused("forbidden")}
    first, second, third = (desk.outbox.post(send(name)) for name in ("m1", "m2", "m3"))
    assert (await first).msg_id == "m1"
    with pytest.raises(RequestRefused, match="forbidden"):
        await second
    await third
    assert desk.asked == ["m1", "m1", "m2", "m3"]


async def test_what_nobody_waits_for_is_told(desk: Desk) -> None:
    desk.answers = {"m2": RequestRefused("muted", "quiet")}
    desk.outbox.restore([send("m0")])
    desk.outbox.start()
    desk.outbox.post(send("m1")).cancel()
    desk.outbox.post(send("m2")).cancel()
    last = desk.outbox.post(send("m3"))
    desk.open.set()
    await last
    assert desk.told == [
        Delivered("m0", "r1", 1),
        Delivered("m1", "r1", 2),
        NotDelivered("m2", "r1", "m2", "muted", "quiet"),
    ]


async def test_stopping_leaves_it_undecided_and_starting_again_sends_it_once(desk: Desk) -> None:
    decision = desk.outbox.post(send("m1"))
    await asyncio.sleep(0)
    desk.outbox.stop("the session was ended")
    with pytest.raises(Undecided) as undecided:
        await decision
    assert (undecided.value.msg_id, len(desk.outbox)) == ("m1", 1)
    await desk.outbox.aclose()
    desk.open.set()
    desk.outbox.start()
    await desk.outbox.post(send("m2"))
    assert desk.told == [Delivered("m1", "r1", 2)]
    assert desk.asked == ["m1", "m1", "m2"]


async def test_a_stopped_link_ends_the_work_and_keeps_the_message(desk: Desk) -> None:
    desk.answers = {"m1": Stopped("gone")}
    desk.open.set()
    decision = desk.outbox.post(send("m1"))
    await asyncio.sleep(0)
    await desk.outbox.aclose()
    assert (decision.done(), len(desk.outbox), len(desk.store.load().outbox)) == (False, 1, 1)


async def test_it_is_bounded(desk: Desk) -> None:
    for number in range(UNDECIDED_MAX):
        desk.outbox.post(send(f"m{number}"))
    with pytest.raises(OutboxFull):
        desk.outbox.post(send("one more"))
    assert len(desk.store.load().outbox) == UNDECIDED_MAX
    await desk.outbox.aclose()
