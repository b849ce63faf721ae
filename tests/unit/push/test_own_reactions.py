"""Whoever reacted to a message that a gap brings sees the reaction as theirs."""

from tests.unit.push.stage import Stage, said

from hubbub.model.entries import Reacted, Reaction


def reacted(chat: str, user: str, emoji: str, *, on: bool = True) -> Reacted:
    return Reacted(chat=chat, sender=user, target=1, emoji=emoji, on=on, ts=1)


def test_a_gap_with_a_reacted_message_tells_each_who_reacted_and_nobody_else_that_it_was_them() -> None:
    """Found by the cluster test: the other device of who reacted was told `mine: false`."""
    stage = Stage()
    stage.chat("r1", "alice", "bob", "carol")
    alice, bob, carol = peers = [stage.come(user) for user in ("alice", "bob", "carol")]
    stage.commit("r1", said("r1"), reacted("r1", "alice", "👍"), reacted("r1", "bob", "👍"),
                 reacted("r1", "bob", "🎉"), reacted("r1", "bob", "🎉", on=False))  # fmt: skip
    message = stage.logs["r1"][0] = said("r1")
    message.seq, message.reactions, message.as_of = 1, {"👍": Reaction(count=2, mine=False)}, 5
    stage.compare()
    stage.compare()
    stage.flush()
    heard = {peer.user: peer.heard() for peer in peers}
    assert [[each["seq"] for each in told] for told in heard.values()] == [[1, 2, 3, 4, 5]] * 3
    assert {user: told[0]["reactions"] for user, told in heard.items()} == {
        alice.user: {"👍": {"count": 2, "mine": True}},
        bob.user: {"👍": {"count": 2, "mine": True}},
        carol.user: {"👍": {"count": 2, "mine": False}},
    }
