"""Envelopes as JSON (docs/protocol.md §2): what is refused, with which id, and what comes through unchanged."""

import json as plain
from contextlib import suppress
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub.codec import json
from hubbub.model import commands as c
from hubbub.model.commands import AnyCommand
from hubbub.model.entries import Message
from hubbub.model.replies import Done, ErrorReply, PresencePush, Resync


def envelope(**fields: Any) -> bytes:  # noqa: ANN401
    return plain.dumps(fields).encode()


def refused(bytes_: bytes) -> json.MalformedError:
    with pytest.raises(json.MalformedError) as caught:
        json.decode(bytes_)
    return caught.value


@pytest.mark.parametrize(
    "bytes_",
    [
        b"", b"{", b"[]", b"null", b"1", b'"x"', b"\xff", b"{}", b'{"type":"ping"}', b'{"id":1}', b'{"type":1,"id":1}',
        b'{"type":"nothing","id":1}', b'{"type":"ping","id":-1}', b'{"type":"ping","id":4294967296}',
        b'{"type":"ping","id":1.5}', b'{"type":"ping","id":true}', b'{"type":"ping","id":"1"}', b"[" * 100_000,
        b'{"type":"ping","id":1' + b"0" * 5_000 + b"}",
    ],
)  # fmt: skip
def test_what_has_no_valid_type_and_id_is_refused_without_an_id(bytes_: bytes) -> None:
    assert refused(bytes_).id is None


@pytest.mark.parametrize(
    "fields",
    [
        {"type": "ping", "extra": 1},
        {"type": "send", "msg_type": "group", "to": "r", "content": "x"},
        {"type": "send", "msg_type": "other", "to": "r", "content": "x", "msg_id": "m"},
        {"type": "send", "msg_type": "group", "to": "r", "content": "x", "msg_id": ""},
        {"type": "send", "msg_type": "group", "to": "r", "content": "x", "msg_id": "m" * 65},
        {"type": "send", "msg_type": "group", "to": "r", "content": "a\0b", "msg_id": "m"},
        {"type": "send", "msg_type": "group", "to": 5, "content": "x", "msg_id": "m"},
        {"type": "history", "chat": "r", "limit": 301},
        {"type": "history", "chat": "r", "limit": 0},
        {"type": "edit", "chat": "r", "seq": 0, "content": "x"},
        {"type": "presence", "users": ["u"] * 201},
        {"type": "presence", "users": ["a", "b\0"]},
        {"type": "hello", "cursors": {"r": -1}},
        {"type": "hello", "cursors": {"r\0": 1}},
        {"type": "hello", "chats": "some"},
    ],
)
def test_a_request_that_is_wrong_otherwise_is_refused_with_its_id(fields: dict[str, Any]) -> None:
    malformed = refused(envelope(id=7, **fields))
    assert malformed.id == 7
    assert malformed.message.endswith(".")


def test_an_unpaired_surrogate_is_refused() -> None:
    bytes_ = b'{"type":"send","id":3,"msg_type":"group","to":"r","content":"\\ud800","msg_id":"m"}'
    assert refused(bytes_).id == 3


def test_every_request_may_carry_trace_context() -> None:
    for command in get_args(AnyCommand):
        assert "traceparent" in command.__struct_fields__
    assert json.decode(envelope(type="ping", id=1, traceparent="00-a-b-01")).traceparent == "00-a-b-01"


def test_typing_needs_no_id() -> None:
    assert json.decode(envelope(type="typing", chat="r", on=True)) == c.Typing(chat="r", on=True)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=64))
def test_any_text_comes_through(text: str) -> None:
    for ascii_only in (True, False):
        fields = {"type": "send", "id": 1, "msg_type": "group", "to": text, "content": text, "msg_id": "m"}
        decoded = json.decode(plain.dumps(fields, ensure_ascii=ascii_only).encode())
        assert isinstance(decoded, c.Send)
        assert (decoded.to, decoded.content) == (text, text)


@given(st.binary(max_size=200))
def test_bytes_are_decoded_or_refused_and_nothing_else(bytes_: bytes) -> None:
    with suppress(json.MalformedError):
        assert json.decode(bytes_).id is not None


def test_optional_fields_are_left_out_and_required_ones_never() -> None:
    assert plain.loads(json.encode(Done(id=5, chat="r", seq=0, ts=0))) == {
        "type": "done", "id": 5, "chat": "r", "seq": 0, "ts": 0,
    }  # fmt: skip
    assert plain.loads(json.encode(Resync())) == {"type": "resync"}
    assert plain.loads(json.encode(ErrorReply(code="bad_request", message="No."))) == {
        "type": "error", "code": "bad_request", "message": "No.",
    }  # fmt: skip
    pushed = plain.loads(json.encode(PresencePush(user="a", online=False, last_seen=None)))
    assert pushed == {"type": "presence", "user": "a", "online": False, "last_seen": None}


def test_an_entry_says_from_not_sender() -> None:
    entry = Message(chat="r", seq=1, ts=2, sender="a", msg_id="m", msg_type="group", to="r", content="x")
    assert plain.loads(json.encode(entry)) == {
        "type": "message", "chat": "r", "seq": 1, "ts": 2, "from": "a", "msg_id": "m", "msg_type": "group", "to": "r",
        "content": "x",
    }  # fmt: skip
    assert json.size_of(entry) == len(msgspec.json.encode(entry))
