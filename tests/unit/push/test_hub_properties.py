"""However batches are lost, repeated and reordered, and whoever comes, goes, stalls and drains: no silent hole."""

from typing import Any
from unittest.mock import patch

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.unit.push.stage import LINES, OTHER_LINES, Peer, Stage, changed

from hubbub.codec.wires import Wire
from hubbub.model.proposals import Committed
from hubbub.push import hub as hub_module
from hubbub.push import mailbox as mailbox_module

BOUND, HIGH = 1_500, 400
USERS, CHATS = ("alice", "bob", "carol"), ("r1", "r2")


class View:
    """What one client holds: for each chat the last seq it has, None where it is no member."""

    def __init__(self, peer: Peer, positions: dict[str, int]) -> None:
        self.peer = peer
        self.last: dict[str, int] = positions

    def read(self) -> None:
        for envelope in self.peer.heard():
            self.take(envelope)

    def ask_again(self) -> None:
        """The client asks for its chats: those it does not have any more are dropped."""
        local = self.peer.hub.local(self.peer.user)
        assert local is not None
        self.last = {chat: last for chat, last in self.last.items() if chat in (local.channels or {})}

    def take(self, envelope: dict[str, Any]) -> None:
        chat = envelope.get("chat")
        if envelope["type"] == "chat":
            assert chat not in self.last
            self.last[chat] = envelope["head"]
        elif envelope["type"] == "resync" and chat is None:
            self.ask_again()
        elif envelope["type"] == "resync":
            assert envelope["after"] == self.last[chat]
            assert envelope["next"] > envelope["after"]
            self.last[chat] = envelope["next"] - 1
        elif "seq" in envelope:
            assert envelope["seq"] == self.last[chat] + 1
            self.last[chat] = envelope["seq"]
            if envelope.get("change") in {"left", "kicked"} and envelope["user"] == self.peer.user:
                del self.last[chat]


class HubMachine(RuleBasedStateMachine):
    """Rules are what may happen between two turns of the loop."""

    @initialize()
    def open(self) -> None:
        self.patches = [
            patch.object(hub_module, "SLICE", 2),
            patch.object(mailbox_module, "HIGH_WATER", HIGH),
        ]
        for each in self.patches:
            each.start()
        self.stage = Stage(bound=BOUND, high=HIGH)
        self.stage.chat("r1", *USERS)
        self.stage.chat("r2", "alice")
        self.bus: list[Committed] = []
        self.views: list[View] = []

    def teardown(self) -> None:
        try:
            self.settle_down()
        finally:
            for each in self.patches:
                each.stop()

    # ── the log ─────────────────────────────────────────────────────────────────────────────────────────────────

    @rule(chat=st.sampled_from(CHATS), count=st.integers(1, 3), size=st.sampled_from([1, 100, 300]))
    def say(self, chat: str, count: int, size: int) -> None:
        self.bus.append(self.stage.say(chat, count, "x" * size))

    @rule(chat=st.sampled_from(CHATS), user=st.sampled_from(USERS))
    def come_or_go(self, chat: str, user: str) -> None:
        change = "left" if user in self.stage.chats[chat].members else "joined"
        self.bus.append(self.stage.commit(chat, changed(chat, user, change)))

    # ── the bus ─────────────────────────────────────────────────────────────────────────────────────────────────

    @precondition(lambda self: self.bus)
    @rule(at=st.integers(0, 20), keep=st.booleans(), lose=st.integers(0, 9))
    def deliver(self, at: int, keep: bool, lose: int) -> None:
        committed = self.bus[at % len(self.bus)]
        if not keep:
            self.bus.remove(committed)
        if lose:
            self.stage.publish(committed)

    @precondition(lambda self: self.bus)
    @rule()
    def deliver_in_order(self) -> None:
        self.stage.publish(*self.bus)
        self.bus.clear()

    @rule()
    def fill(self) -> None:
        self.stage.fill()

    @rule()
    def compare(self) -> None:
        self.stage.compare()

    # ── the connections ─────────────────────────────────────────────────────────────────────────────────────────

    @rule(user=st.sampled_from(USERS), wire=st.sampled_from([LINES, OTHER_LINES]))
    def come(self, user: str, wire: Wire) -> None:
        peer = self.stage.come(user, wire)
        local = self.stage.hub.local(user)
        assert local is not None
        positions = {chat: channel.position for chat, channel in (local.channels or {}).items()}
        self.views.append(View(peer, positions))

    @precondition(lambda self: self.views)
    @rule(at=st.integers(0, 9))
    def go(self, at: int) -> None:
        view = self.views.pop(at % len(self.views))
        self.stage.go(view.peer)
        self.stage.hub.forget(view.peer.user)

    @precondition(lambda self: self.views)
    @rule(at=st.integers(0, 9))
    def stop_reading(self, at: int) -> None:
        self.views[at % len(self.views)].peer.manual.stop_reading()

    @precondition(lambda self: self.views)
    @rule(at=st.integers(0, 9), most=st.sampled_from([100, 300, 2**30]))
    def read_a_little(self, at: int, most: int) -> None:
        self.views[at % len(self.views)].peer.manual.read(most)

    @precondition(lambda self: self.views)
    @rule(at=st.integers(0, 9))
    def go_on_reading(self, at: int) -> None:
        self.views[at % len(self.views)].peer.manual.go_on_reading()

    @rule()
    def flush_once(self) -> None:
        self.stage.flusher.flush()

    @rule()
    def flush(self) -> None:
        self.stage.flush()

    # ── what always holds ───────────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def every_view_is_a_contiguous_run_or_an_announced_hole(self) -> None:
        for view in getattr(self, "views", []):
            view.read()

    def settle_down(self) -> None:
        """Everything arrives, everybody reads: all end at the heads, and nobody is missed."""
        for view in self.views:
            view.peer.manual.go_on_reading()
        self.stage.compare()
        for _ in range(20):
            self.stage.fill()
            self.stage.flush()
        for view in self.views:
            view.read()
            local = self.stage.hub.local(view.peer.user)
            assert local is not None
            assert view.last == {chat: len(self.stage.logs[chat]) for chat in local.channels or {}}
            assert not view.peer.stalled
            assert view.peer.missed is None


HubMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, report_multiple_bugs=False)
TestHub = HubMachine.TestCase
