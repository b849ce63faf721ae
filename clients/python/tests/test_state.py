"""What a terminal remembers, and what `hubbub send` may borrow of it."""

from pathlib import Path

from hubbub_client.store import Tokens
from hubbub_client.terminal.state import borrow_session, last_user, open_store, remember_user

SERVER = "http://h:1"


def test_each_terminal_has_a_file_of_its_own(tmp_path: Path) -> None:
    first, second = (open_store(SERVER, "issuer:a/b", tmp_path) for _ in range(2))
    assert first.load().device != second.load().device
    assert len(list(tmp_path.glob("*/*.db"))) == 2
    first.close()
    again = open_store(SERVER, "issuer:a/b", tmp_path)
    remember_user(SERVER, tmp_path, "alice")
    assert (last_user(SERVER, tmp_path), last_user("http://h:2", tmp_path)) == ("alice", None)
    for store in (second, again):
        store.close()


def tokens(token: str) -> Tokens:
    return Tokens(user="alice", token=token, expires_at=5, refresh_token="refresh")


def test_a_session_is_borrowed_and_renewed_for_its_owner(tmp_path: Path) -> None:
    assert borrow_session(SERVER, "alice", tmp_path) is None
    terminal = open_store(SERVER, "alice", tmp_path)
    assert borrow_session(SERVER, "alice", tmp_path) is None
    terminal.save_tokens(tokens("first"))
    terminal.close()
    remember_user(SERVER, tmp_path, "alice")
    borrowed = borrow_session(SERVER, None, tmp_path)
    assert borrowed is not None
    assert borrowed.load().tokens == tokens("first")
    borrowed.save_tokens(tokens("second"))
    borrowed.close()
    again = open_store(SERVER, "alice", tmp_path)
    assert again.load().tokens == tokens("second")
    assert again.load().device != borrowed.load().device
    again.close()


def test_while_a_terminal_is_open_its_token_of_the_hour_is_lent(tmp_path: Path) -> None:
    """Not the refresh token, which may be used once: it would end the session of the terminal."""
    terminal = open_store(SERVER, "alice", tmp_path)
    terminal.save_tokens(tokens("now"))
    borrowed = borrow_session(SERVER, "alice", tmp_path)
    assert borrowed is not None
    assert borrowed.load().tokens == Tokens(user="alice", token="now")
    borrowed.close()
    beside = next(tmp_path.glob("*/*.token"))
    assert beside.stat().st_mode & 0o777 == 0o600
    terminal.save_tokens(None)
    assert borrow_session(SERVER, "alice", tmp_path) is None
    terminal.close()
