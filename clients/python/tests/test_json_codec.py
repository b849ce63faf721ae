import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubbub_client.wire.entries import Edited, Message, UnknownEntry
from hubbub_client.wire.json_codec import BadEnvelope, Incoming, JsonCodec
from hubbub_client.wire.pushes import ChatVisible, Resync
from hubbub_client.wire.replies import Error, Page, Sent
from hubbub_client.wire.requests import REQUESTS, Hello, History, Ping, React, Send, SetTyping, Write

CODEC = JsonCodec()


def test_a_request_carries_type_id_and_what_was_set() -> None:
    send = Send(msg_id="m1", msg_type="private", to="bob", content="hé")
    assert json.loads(CODEC.encode(send, 7)) == {
        "type": "send", "id": 7, "msg_id": "m1", "msg_type": "private", "to": "bob", "content": "hé",
    }  # fmt: skip
    assert json.loads(CODEC.encode(History(chat="c"), 8)) == {"type": "history", "id": 8, "chat": "c"}
    assert json.loads(CODEC.encode(React(msg_id="m", chat="c", seq=1, emoji="x", on=False), 9))["on"] is False
    assert json.loads(CODEC.encode(Hello(token="t", cursors={"c": 3}), 0))["cursors"] == {"c": 3}
    assert json.loads(CODEC.encode(SetTyping(chat="c", on=True), None)) == {
        "type": "typing",
        "chat": "c",
        "on": True,
    }


def test_every_request_of_the_contract_is_there() -> None:
    names = {request.__struct_config__.tag for request in REQUESTS}
    assert names == {
        "hello",
        "send",
        "edit",
        "delete",
        "react",
        "received",
        "read",
        "history",
        "chats",
        "create_room",
        "rooms",
        "join",
        "leave",
        "rename",
        "invite",
        "kick",
        "ban",
        "unban",
        "mute",
        "set_role",
        "members",
        "befriend",
        "accept",
        "decline",
        "unfriend",
        "block",
        "unblock",
        "friends",
        "profile",
        "typing",
        "presence",
        "ping",
    }
    assert all(request.writes == issubclass(request, Write) for request in REQUESTS)


def test_replies_have_ids_pushes_have_none() -> None:
    sent = b'{"type":"sent","id":3,"msg_id":"m","chat":"c","seq":4,"ts":5,"duplicate":true,"future":[1]}'
    assert CODEC.decode(sent) == Incoming(3, Sent(msg_id="m", chat="c", seq=4, ts=5, duplicate=True))
    assert CODEC.decode(b'{"type":"error","code":"bad_request","message":""}') == Incoming(
        None, Error(code="bad_request")
    )
    assert CODEC.decode(b'{"type":"resync"}') == Incoming(None, Resync())
    assert CODEC.decode(b'{"type":"fireworks","colour":1}') == Incoming(None, None)


def test_a_message_in_its_present_form() -> None:
    word = CODEC.decode(
        b'{"type":"message","chat":"c","seq":2,"ts":9,"msg_id":"m","msg_type":"group","from":"bob","to":"c",'
        b'"content":"x","edited":4,"reactions":{"+":{"count":2,"mine":true}},"as_of":6}'
    ).word
    assert isinstance(word, Message)
    assert (word.sender, word.edited, word.reactions["+"].mine, word.as_of) == ("bob", 4, True, 6)


def test_lists_hold_entries_of_kinds_to_come() -> None:
    page = CODEC.decode(
        b'{"type":"page","id":1,"chat":"c","more":false,"entries":['
        b'{"type":"edited","chat":"c","seq":1,"ts":1,"from":"a","target":1,"deleted":true},'
        b'{"type":"pinned","chat":"c","seq":2,"ts":1,"by":"a"}]}'
    ).word
    assert isinstance(page, Page)
    edited, unknown = page.entries
    assert isinstance(edited, Edited)
    assert edited.deleted
    assert unknown == UnknownEntry(chat="c", seq=2)
    chat = CODEC.decode(
        b'{"type":"chat","chat":"c","msg_type":"group","name":"n","head":2,"received":0,"read":0,"unread":1,'
        b'"last":{"type":"pinned","chat":"c","seq":2}}'
    ).word
    assert isinstance(chat, ChatVisible)
    assert chat.newest == UnknownEntry(chat="c", seq=2)


@pytest.mark.parametrize(
    "envelope", [b"", b"[]", b"\xff", b'{"id":1}', b'{"type":"sent","id":1}', b'{"type":1}']
)
def test_what_is_no_envelope_is_refused(envelope: bytes) -> None:
    with pytest.raises(BadEnvelope):
        CODEC.decode(envelope)


@given(st.binary(max_size=60) | st.recursive(st.none() | st.text(), lambda inner: st.dictionaries(st.text(), inner)).map(
    lambda value: json.dumps(value).encode()
))  # fmt: skip
def test_nothing_but_bad_envelope_comes_of_noise(envelope: bytes) -> None:
    try:
        CODEC.decode(envelope)
    except BadEnvelope:
        return


def test_ping_is_short() -> None:
    assert CODEC.encode(Ping(), 1) == b'{"type":"ping","id":1}'
