import jwt
import pytest
from msgspec import Struct

from hubbub.codec.access_tokens import mint, read
from hubbub.codec.sealed import seal, unseal

NOW = 1_700_000_000_000
SECRET = b"0123456789abcdef0123456789abcdef"


class Note(Struct, kw_only=True):
    text: str


def opened(text: str, purpose: str = "note", secret: bytes = SECRET, now: int = NOW) -> Note | None:
    return unseal(text, Note, purpose, secret, now)


def test_what_was_sealed_is_read_again_until_it_expires() -> None:
    sealed = seal(Note(text="héllo"), "note", SECRET, NOW + 5_000)
    assert opened(sealed) == Note(text="héllo")
    assert opened(sealed, now=NOW + 4_999) is not None
    assert opened(sealed, now=NOW + 5_000) is None


def test_another_purpose_or_secret_does_not_open_it() -> None:
    sealed = seal(Note(text="x"), "note", SECRET, NOW + 5_000)
    assert opened(sealed, "letter") is None
    assert opened(sealed, secret=SECRET[::-1]) is None


def test_it_is_no_access_token_and_no_access_token_is_it() -> None:
    token, _ = mint("alice", "s1", NOW, 60_000, SECRET)
    assert opened(token) is None
    assert read(seal(Note(text="x"), "note", SECRET, NOW + 5_000), SECRET) is None


@pytest.mark.parametrize("text", ["", "a.b.c", "x" * 5_000, "é", jwt.encode({"text": "x"}, None, "none")])
def test_nonsense_is_nothing(text: str) -> None:
    assert opened(text) is None


def test_a_changed_letter_is_seen() -> None:
    sealed = seal(Note(text="x"), "note", SECRET, NOW + 5_000)
    for at in range(0, len(sealed), 7):
        changed = sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :]
        assert opened(changed) is None
