"""Envelopes as Protobuf (chat.proto, docs/protocol.md §2) mean what they mean as JSON, refusals included."""

import json as plain
from contextlib import suppress
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from tests.unit.codec.structs import any_of

from hubbub.codec import json, protobuf
from hubbub.codec.chat_pb2 import ClientEnvelope, ServerEnvelope
from hubbub.codec.malformed import MalformedError
from hubbub.model import commands as c
from hubbub.model import replies as r
from hubbub.model.commands import AnyCommand
from hubbub.model.entries import Entry, Message
from hubbub.model.entries import Reaction as Given
from hubbub_conformance import codecs

COMMANDS = get_args(AnyCommand)
U32 = st.integers(0, 2**32 - 1)
SAID = [
    *(each for base in (r.Reply, r.Push, r.Summary) for each in base.__subclasses__()), *get_args(Entry)
]  # fmt: skip
Outcome = AnyCommand | tuple[int | None, str]


def said(envelope: dict[str, Any]) -> bytes:
    return codecs.PROTOBUF.encode(envelope)


def outcome(decode: Any, envelope: bytes) -> Outcome:  # noqa: ANN401
    try:
        command: AnyCommand = decode(envelope)
    except MalformedError as malformed:
        return malformed.id, malformed.message
    return command


def refused(envelope: bytes) -> tuple[int | None, str]:
    found = outcome(protobuf.decode, envelope)
    assert isinstance(found, tuple)
    return found


# ── requests ────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.one_of([any_of(each) for each in COMMANDS]))
def test_a_request_is_the_same_command_in_both_codecs(command: AnyCommand) -> None:
    envelope = msgspec.to_builtins(command)
    assert protobuf.decode(said(envelope)) == json.decode(plain.dumps(envelope).encode()) == command


@st.composite
def broken(draw: st.DrawFn) -> dict[str, Any]:
    """A request with one thing wrong that both codecs can say."""
    envelope: dict[str, Any] = msgspec.to_builtins(draw(st.one_of([any_of(each) for each in COMMANDS])))
    names = [name for name in envelope if name not in {"type", "cursors", "users"}]
    name = draw(st.sampled_from(names or ["traceparent"]))
    old = envelope.get(name)
    change = draw(st.sampled_from(["missing", "nul", "long", "short", "large"]))
    if change == "missing":
        envelope.pop(name, None)
    elif isinstance(old, str):
        envelope[name] = {"nul": f"a\0{old}", "long": "é" * 300, "short": "", "large": "nothing known"}[
            change
        ]
    elif type(old) is int and name not in {"id", "limit"}:
        envelope[name] = {"short": 0, "large": 2**64 - 1}.get(change, 2**53 + 1)
    elif name == "limit":
        envelope[name] = {"short": 0, "large": 2**32 - 1}.get(change, 301)
    return envelope


@given(broken())
def test_what_is_wrong_is_refused_in_the_same_words(envelope: dict[str, Any]) -> None:
    as_json = outcome(json.decode, plain.dumps(envelope).encode())
    assert outcome(protobuf.decode, said(envelope)) == as_json


def test_lists_that_are_too_long_are_refused_in_the_same_words() -> None:
    envelope = {"type": "profile", "id": 7, "users": ["bob"] * 201}
    assert refused(said(envelope)) == outcome(json.decode, plain.dumps(envelope).encode())


@pytest.mark.parametrize("envelope", [{"users": ["a", "b\0"]}, {"users": ["\0"]}], ids=str)
def test_nul_is_refused_within_lists(envelope: dict[str, Any]) -> None:
    assert refused(said({"type": "presence", "id": 7} | envelope))[0] == 7


def test_nul_is_refused_within_cursors() -> None:
    assert refused(said({"type": "hello", "id": 7, "cursors": {"r\0": 1}}))[0] == 7


FIELD_99 = b"\x98\x06\x01"  # varint
FIELD_99_TEXT = b"\x9a\x06\x01x"


@pytest.mark.parametrize("extra", [FIELD_99, FIELD_99_TEXT])
def test_an_unknown_field_is_refused_beside_the_request_and_within_it(extra: bytes) -> None:
    beside = said({"type": "ping", "id": 7}) + extra
    body = c.Ping(id=7)
    within = ClientEnvelope(id=body.id).SerializeToString() + bytes((11 << 3 | 2, len(extra))) + extra
    for envelope in (beside, within):
        assert refused(envelope) == (7, "Object contains unknown field `99`.")


@pytest.mark.parametrize(
    "envelope",
    [
        b"", b"\x08\x07", b"\xff", b"\x08", b"\x1a\xff", FIELD_99, b"{}", b'{"type":"ping","id":1}', b"\x0b" * 1_000,
        said({"type": "pong"}), said({"type": "pong", "id": 7}), said({"type": "ping"}), b"\x08\x07" + FIELD_99_TEXT,
    ],
)  # fmt: skip
def test_what_has_no_known_request_or_no_id_is_refused_without_an_id(envelope: bytes) -> None:
    assert refused(envelope)[0] is None


@pytest.mark.parametrize(
    "text", [b"\xff", b"\xed\xa0\x80", b"\xc3"], ids=["no UTF-8", "a surrogate", "cut off"]
)
def test_text_that_is_no_utf8_is_refused_under_the_request_s_id(text: bytes) -> None:
    body = bytes((1 << 3 | 2, len(text))) + text
    envelope = b"\x08\x07" + bytes((7 << 3 | 2, len(body))) + body
    assert refused(envelope) == (
        7,
        "The envelope is not a valid hubbub.v1.ClientEnvelope (Protobuf, strings in UTF-8).",
    )


def test_of_several_requests_in_one_envelope_the_last_counts_as_with_json_s_keys() -> None:
    twice = said({"type": "ping", "id": 1}) + said({"type": "friends", "id": 2})
    assert protobuf.decode(twice) == c.Friends(id=2)


@given(st.binary(max_size=200))
def test_bytes_are_decoded_or_refused_and_nothing_else(envelope: bytes) -> None:
    with suppress(MalformedError):
        protobuf.decode(envelope)


def test_only_a_pong_without_an_id_is_one() -> None:
    assert protobuf.is_pong(said({"type": "pong"}))
    assert json.is_pong(b' {"type" : "pong"}')
    for other in ({"type": "pong", "id": 0}, {"type": "ping"}, {"type": "ping", "id": 1}):
        assert not protobuf.is_pong(said(other))
        assert not json.is_pong(plain.dumps(other).encode())
    for garbage in (b"", b"\xff", b"{}", said({"type": "pong"}) + FIELD_99):
        assert not protobuf.is_pong(garbage)
        assert not json.is_pong(garbage)


# ── replies and pushes ──────────────────────────────────────────────────────────────────────────────────────────────


def spoken(struct: type[Struct]) -> st.SearchStrategy[Any]:
    if issubclass(struct, r.Reply):
        return any_of(struct, id=U32)
    return any_of(struct, code=U32) if struct is r.Bye else any_of(struct)


@given(st.one_of([spoken(each) for each in SAID]))
def test_a_client_reads_the_same_in_both_codecs_and_fewer_bytes(envelope: Struct) -> None:
    as_json, as_protobuf = json.encode(envelope), protobuf.encode(envelope)
    assert codecs.PROTOBUF.decode(as_protobuf) == codecs.JSON.decode(as_json)
    assert len(as_protobuf) <= len(as_json)


def test_entries_in_lists_are_named_by_their_field() -> None:
    entry = Message(chat="r", seq=1, ts=2, sender="a", msg_id="m", msg_type="group", to="r", content="x",
                    reactions={"👍": Given(count=2, mine=True)}, as_of=3)  # fmt: skip
    page = ServerEnvelope.FromString(protobuf.encode(r.Page(id=1, chat="r", entries=[entry], more=False)))
    assert page.page.entries[0].message.content == "x"
    assert page.page.entries[0].message.reactions["👍"].count == 2
    listed = r.ChatList(id=2, chats=[r.Summary(chat="r", msg_type="group", name="R", head=1, received=0, read=0,
                                               unread=1, last=entry)], more=True)  # fmt: skip
    assert ServerEnvelope.FromString(protobuf.encode(listed)).chats.chats[0].last.message.seq == 1


def test_a_false_or_empty_field_that_must_be_there_is_there() -> None:
    told = codecs.PROTOBUF.decode(
        protobuf.encode(r.Sent(id=0, msg_id="", chat="", seq=0, ts=0, duplicate=False))
    )
    assert told == {"type": "sent", "id": 0, "msg_id": "", "chat": "", "seq": 0, "ts": 0, "duplicate": False}
    assert codecs.PROTOBUF.decode(protobuf.encode(r.PresencePush(user="a", online=False, last_seen=None))) == {
        "type": "presence", "user": "a", "online": False, "last_seen": None,
    }  # fmt: skip
