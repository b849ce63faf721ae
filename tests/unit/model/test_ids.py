import pytest

from hubbub.model import ids


@pytest.mark.parametrize("name", ["al", "a1", "0x", "a_b.c-d", "a" * 32])
def test_handles_that_may_be_signed_up_with(name: str) -> None:
    assert ids.is_handle(name)


@pytest.mark.parametrize(
    "name", ["", "a", "a" * 33, "Alice", "-ab", ".ab", "_ab", "a b", "a:b", "é1", "ab\n", "a/b"]
)
def test_names_that_may_not(name: str) -> None:
    assert not ids.is_handle(name)


def test_a_private_chat_has_one_id_whoever_asks() -> None:
    assert ids.private_chat("alice", "bob") == ids.private_chat("bob", "alice")
    assert ids.private_chat("alice", "bob") != ids.private_chat("alice", "carol")
    assert ids.private_chat("ab", "c") != ids.private_chat("a", "bc")
    assert "alice" not in ids.private_chat("alice", "bob")


def test_rooms_and_private_chats_never_share_an_id() -> None:
    assert ids.room(bytes(10))[0] != ids.private_chat("alice", "bob")[0]


@pytest.mark.parametrize("subject", ["", "a" * 129, "a b", "a/b", "a\0", "a\x7f", "\ud800"])
def test_subjects_that_may_not_become_names(subject: str) -> None:
    assert ids.external_user("corp", subject) is None


def test_an_external_user_cannot_be_mistaken_for_an_own_one() -> None:
    assert ids.external_user("corp", "alice") == "corp:alice"
    assert not ids.is_handle("corp:alice")
