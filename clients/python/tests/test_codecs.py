"""One suite for both codecs: the same words, whatever the bytes are. What the bytes are is told after it."""

import json
from typing import Any, NamedTuple

import msgspec
import pytest
from clients.python.tests import server_words
from clients.python.tests.server_words import Fields, ServerWords
from hypothesis import given
from hypothesis import strategies as st

from hubbub_client.wire.chat_pb2 import ClientEnvelope, ServerEnvelope
from hubbub_client.wire.codec import BadEnvelope, Codec, Incoming
from hubbub_client.wire.entries import Edited, Message, UnknownEntry
from hubbub_client.wire.json_codec import JsonCodec
from hubbub_client.wire.protobuf_codec import ProtobufCodec
from hubbub_client.wire.pushes import Bye, ChatVisible, Presence, Resync, ServerPing
from hubbub_client.wire.replies import Error, Page, Presences, Sent, Welcome
from hubbub_client.wire.requests import REQUESTS, Hello, History, Ping, React, Request, Send, SetTyping, Write


class Sides(NamedTuple):
    """A codec, and what a server of its kind says and hears."""

    codec: Codec
    server: ServerWords

    def decode(self, fields: Fields) -> Incoming:
        return self.codec.decode(self.server.encode(fields))

    def heard(self, request: Request, request_id: int | None) -> Fields:
        return self.server.decode(self.codec.encode(request, request_id))


@pytest.fixture(params=["json", "protobuf"])
def sides(request: pytest.FixtureRequest) -> Sides:
    if request.param == "json":
        return Sides(JsonCodec(), server_words.JSON)
    return Sides(ProtobufCodec(), server_words.PROTOBUF)


def test_a_request_carries_type_id_and_what_was_set(sides: Sides) -> None:
    send = Send(msg_id="m1", msg_type="private", to="bob", content="hé")
    assert sides.heard(send, 7) == {
        "type": "send", "id": 7, "msg_id": "m1", "msg_type": "private", "to": "bob", "content": "hé",
    }  # fmt: skip
    assert sides.heard(History(chat="c"), 8) == {"type": "history", "id": 8, "chat": "c"}
    assert sides.heard(React(msg_id="m", chat="c", seq=1, emoji="x", on=False), 9)["on"] is False
    assert sides.heard(Hello(token="t", cursors={"c": 3}), 0)["cursors"] == {"c": 3}
    typing = {"type": "typing", "chat": "c", "on": True}
    assert sides.heard(SetTyping(chat="c", on=True), None) == typing
    assert sides.heard(Ping(), 1) == {"type": "ping", "id": 1}


SAMPLES: dict[str, Any] = {"cursors": {"c": 1}, "users": ["a"], "limit": 2, "on": False, "public": True}


def filled(kind: type[Request]) -> Request:
    """A request with every field set."""
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    integers = {"seq", "before", "after", "until", "reply_to"} - ({"after"} if kind is not History else set())
    words = {"msg_type": "group", "role": "admin", "chats": "none"}
    rest = {name: 5 if name in integers else words.get(name, f"a {name}") for name in fields}
    return kind(**{name: SAMPLES.get(name, rest[name]) for name in fields})


@pytest.mark.parametrize("kind", REQUESTS, ids=lambda kind: kind.__name__)
def test_every_request_says_the_same_in_both(kind: type[Request]) -> None:
    request = filled(kind)
    said = json.loads(JsonCodec().encode(request, 4))
    assert server_words.PROTOBUF.decode(ProtobufCodec().encode(request, 4)) == said


def test_every_request_of_the_contract_is_there() -> None:
    names = {request.__struct_config__.tag for request in REQUESTS}
    assert names == {
        "hello", "send", "edit", "delete", "react", "received", "read", "history", "chats",
        "create_room", "rooms", "join", "leave", "rename", "invite", "kick", "ban", "unban",
        "mute", "set_role", "members", "befriend", "accept", "decline", "unfriend", "block",
        "unblock", "friends", "profile", "typing", "presence", "ping",
    }  # fmt: skip
    assert names | {"pong"} == {field.name for field in ClientEnvelope.DESCRIPTOR.oneofs[0].fields}
    assert all(request.writes == issubclass(request, Write) for request in REQUESTS)


def test_replies_have_ids_pushes_have_none(sides: Sides) -> None:
    sent = {"type": "sent", "id": 3, "msg_id": "m", "chat": "c", "seq": 4, "ts": 5, "duplicate": True}
    assert sides.decode(sent) == Incoming(3, Sent(msg_id="m", chat="c", seq=4, ts=5, duplicate=True))
    refused = {"type": "error", "code": "bad_request", "message": ""}
    assert sides.decode(refused) == Incoming(None, Error(code="bad_request"))
    assert sides.decode(refused | {"id": 0}) == Incoming(0, Error(code="bad_request"))
    assert sides.decode({"type": "resync"}) == Incoming(None, Resync())
    assert sides.decode({"type": "ping"}) == Incoming(None, ServerPing())
    bye = {"type": "bye", "code": 1012, "reason": "r", "reconnect_in_ms": 0}
    assert sides.decode(bye) == Incoming(None, Bye(code=1012, reason="r", reconnect_in_ms=0))


def test_a_message_in_its_present_form(sides: Sides) -> None:
    word = sides.decode({
        "type": "message", "chat": "c", "seq": 2, "ts": 9, "msg_id": "m", "msg_type": "group", "from": "bob",
        "to": "c", "content": "x", "edited": 4, "reactions": {"+": {"count": 2, "mine": True}}, "as_of": 6,
    }).word  # fmt: skip
    assert isinstance(word, Message)
    assert (word.sender, word.edited, word.reactions["+"].mine, word.as_of) == ("bob", 4, True, 6)
    assert (word.reply_to, word.deleted) == (None, False)


SUMMARY = {
    "chat": "c", "msg_type": "group", "name": "n", "public": False, "role": "owner", "head": 2, "received": 1,
    "read": 1, "unread": 1,
    "last": {"type": "renamed", "chat": "c", "seq": 2, "ts": 1, "from": "a", "name": "n"},
}  # fmt: skip


def test_welcome_with_its_chats(sides: Sides) -> None:
    fields = {
        "type": "welcome", "id": 0, "user": "a", "device": "d", "session": "s", "epoch": "e", "server_time": 1,
        "heartbeat_ms": 5, "chats": [SUMMARY], "more": True, "heads": {"x": 7}, "gone": ["y"],
    }  # fmt: skip
    welcome = sides.decode(fields).word
    assert isinstance(welcome, Welcome)
    assert (welcome.heartbeat_ms, welcome.heads, welcome.gone, welcome.more) == (5, {"x": 7}, ["y"], True)
    summary = welcome.chats[0]
    assert (summary.role, summary.public, summary.peer, summary.unread) == ("owner", False, None, 1)
    assert summary.newest is not None
    assert summary.newest.seq == 2


def test_an_unknown_time_is_none(sides: Sides) -> None:
    assert sides.decode({"type": "presence", "user": "a", "online": False}).word == Presence(
        user="a", online=False, last_seen=None
    )
    listed = [{"user": "a", "online": True, "last_seen": 3}, {"user": "b", "online": False}]
    word = sides.decode({"type": "presences", "id": 1, "presences": listed}).word
    assert isinstance(word, Presences)
    assert [each.last_seen for each in word.presences] == [3, None]


# What is to come


def test_json_words_to_come_are_ignored() -> None:
    codec = JsonCodec()
    assert codec.decode(b'{"type":"fireworks","colour":1}') == Incoming(None, None)
    assert codec.decode(b'{"type":"ok","id":1,"future":[1]}').id == 1


def test_json_lists_hold_entries_of_kinds_to_come() -> None:
    codec = JsonCodec()
    page = codec.decode(
        b'{"type":"page","id":1,"chat":"c","more":false,"entries":['
        b'{"type":"edited","chat":"c","seq":1,"ts":1,"from":"a","target":1,"deleted":true},'
        b'{"type":"pinned","chat":"c","seq":2,"ts":1,"by":"a"}]}'
    ).word
    assert isinstance(page, Page)
    edited, unknown = page.entries
    assert isinstance(edited, Edited)
    assert edited.deleted
    assert unknown == UnknownEntry(chat="c", seq=2)
    chat = codec.decode(
        b'{"type":"chat","chat":"c","msg_type":"group","name":"n","head":2,"received":0,"read":0,"unread":1,'
        b'"last":{"type":"pinned","chat":"c","seq":2}}'
    ).word
    assert isinstance(chat, ChatVisible)
    assert chat.newest == UnknownEntry(chat="c", seq=2)


FUTURE = b"\xfa\x07\x02\x08\x01"  # field 127, a message this version knows nothing of


def test_protobuf_words_to_come_are_ignored() -> None:
    codec = ProtobufCodec()
    assert codec.decode(FUTURE) == Incoming(None, None)
    assert codec.decode(b"\x08\x01" + FUTURE) == Incoming(1, None)
    assert codec.decode(ServerEnvelope(id=1, ok={}).SerializeToString() + FUTURE).id == 1


def test_protobuf_history_keeps_the_place_of_entries_to_come() -> None:
    """Nothing of such an entry can be read; but history has no holes, so its seq is known from its neighbours."""
    codec = ProtobufCodec()
    known = {"deleted": {"chat": "c", "seq": 6, "ts": 1, "from": "a", "target": 1}}
    said = ServerEnvelope(id=1, page={"chat": "c", "entries": [{}, known, {}]})
    page = codec.decode(said.SerializeToString()).word
    assert isinstance(page, Page)
    assert [entry.seq for entry in page.entries] == [5, 6, 7]
    assert page.entries[0] == UnknownEntry(chat="c", seq=5)
    only = codec.decode(ServerEnvelope(id=1, page={"chat": "c", "entries": [{}]}).SerializeToString()).word
    assert isinstance(only, Page)
    assert only.entries == []
    summary = {name: value for name, value in SUMMARY.items() if name != "last"} | {"last": {}}
    chat = codec.decode(ServerEnvelope(chat=summary).SerializeToString()).word
    assert isinstance(chat, ChatVisible)
    assert chat.newest is None


# What is wrong


@pytest.mark.parametrize(
    "envelope", [b"", b"[]", b"\xff", b'{"id":1}', b'{"type":"sent","id":1}', b'{"type":1}']
)
def test_what_is_no_json_envelope_is_refused(envelope: bytes) -> None:
    with pytest.raises(BadEnvelope):
        JsonCodec().decode(envelope)


@pytest.mark.parametrize("envelope", [b"\xff", b"\x08", b'{"type":"ok","id":1}', b"\x12\x05\x0a\x01"])
def test_what_is_no_protobuf_envelope_is_refused(envelope: bytes) -> None:
    with pytest.raises(BadEnvelope):
        ProtobufCodec().decode(envelope)


OBJECTS = st.recursive(st.none() | st.text(), lambda inner: st.dictionaries(st.text(), inner))


@given(st.binary(max_size=60) | OBJECTS.map(lambda value: json.dumps(value).encode()))
def test_nothing_but_bad_envelope_comes_of_noise(envelope: bytes) -> None:
    for codec in (JsonCodec(), ProtobufCodec()):
        try:
            codec.decode(envelope)
        except BadEnvelope:
            continue


def test_signs_of_life_are_short() -> None:
    assert JsonCodec().encode(Ping(), 1) == b'{"type":"ping","id":1}'
    assert ProtobufCodec().encode(Ping(), 1) == b"\x08\x01\x5a\x00"
    assert JsonCodec().encode_pong() == b'{"type":"pong"}'
    assert ProtobufCodec().encode_pong() == b"\x62\x00"
