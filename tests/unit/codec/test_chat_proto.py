"""chat.proto says what the Structs say, and what it said once it says for ever."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from msgspec import NODEFAULT, Struct
from msgspec.structs import fields

from hubbub.codec import chat_pb2
from hubbub.model import entries, replies
from hubbub.model.commands import AnyCommand

ROOT = Path(__file__).parents[3]
RECORDED = Path(__file__).with_name("chat_proto.txt")
TYPES: Mapping[int, str] = {
    value: name.removeprefix("TYPE_").lower()
    for name, value in vars(FieldDescriptor).items()
    if name.startswith("TYPE_")
}
NEVER_ABSENT = {"id", "traceparent"}  # they stand in the envelope


def spoken(field: FieldDescriptor) -> str:
    """A field as a line of the record: message, number, name, how often, type."""
    kind = field.message_type.name if field.message_type else TYPES[field.type]
    if field.message_type and field.message_type.GetOptions().map_entry:
        key, value = field.message_type.fields
        often, kind = (
            "map",
            f"{TYPES[key.type]} {value.message_type.name if value.message_type else TYPES[value.type]}",
        )
    elif field.is_repeated:
        often = "repeated"
    elif field.containing_oneof is not None and field.containing_oneof.fields != [field]:
        often = f"oneof {field.containing_oneof.name}"
    else:
        often = "optional" if field.has_presence else "plain"
    return f"{field.containing_type.name} {field.number} {field.name}: {often} {kind}"


def now() -> Iterator[str]:
    for message in chat_pb2.DESCRIPTOR.message_types_by_name.values():
        yield from map(spoken, message.fields)


def test_no_number_no_name_and_no_type_ever_changes() -> None:
    gone = set(RECORDED.read_text().splitlines()) - set(now())
    assert gone == set(), "clients rely on these; add a field with another number instead"


def test_what_was_added_is_recorded() -> None:
    added = [line for line in now() if line not in RECORDED.read_text().splitlines()]
    assert added == [], f"append these lines to {RECORDED.name}; from then on they are fixed"


def message_of(envelope: Descriptor, tag: str) -> Descriptor:
    field = envelope.fields_by_name[tag]
    assert field.containing_oneof is not None
    return field.message_type


def structs(*bases: type[Struct]) -> list[type[Struct]]:
    return [
        each for base in bases for each in base.__subclasses__() if each.__struct_config__.tag is not None
    ]


CLIENT = chat_pb2.ClientEnvelope.DESCRIPTOR
SERVER = chat_pb2.ServerEnvelope.DESCRIPTOR
SAID = [*structs(replies.Reply, replies.Push, replies.Summary), *get_args(entries.Entry)]
LISTED = [
    replies.Summary, replies.RoomListing, replies.MemberListing, replies.ProfileListing, replies.PresenceListing,
    entries.Reaction,
]  # fmt: skip


@pytest.mark.parametrize("struct", get_args(AnyCommand), ids=lambda each: each.__name__)
def test_every_request_is_there_and_what_it_lacks_is_seen(struct: type[Struct]) -> None:
    message = message_of(CLIENT, str(struct.__struct_config__.tag))
    assert message.name == struct.__name__
    assert set(message.fields_by_name) == {each.encode_name for each in fields(struct)} - NEVER_ABSENT
    assert all(field.has_presence or field.is_repeated for field in message.fields)


@pytest.mark.parametrize("struct", SAID, ids=lambda each: each.__name__)
def test_every_reply_and_push_is_there(struct: type[Struct]) -> None:
    message = message_of(SERVER, str(struct.__struct_config__.tag))
    check_said(struct, message)


@pytest.mark.parametrize("struct", LISTED, ids=lambda each: each.__name__)
def test_what_stands_in_lists_is_there(struct: type[Struct]) -> None:
    check_said(struct, chat_pb2.DESCRIPTOR.message_types_by_name[struct.__name__])


def check_said(struct: type[Struct], message: Descriptor) -> None:
    """The same fields; those that may be left out or null, and no others, are optional."""
    assert message.name == struct.__name__
    assert set(message.fields_by_name) == {each.encode_name for each in fields(struct)} - NEVER_ABSENT
    for each in fields(struct):
        if each.encode_name in NEVER_ABSENT:
            continue
        field = message.fields_by_name[each.encode_name]
        may_lack = each.default is not NODEFAULT or type(None) in get_args(each.type)
        given_later = each.encode_name in {"seq", "ts"}  # by the journal, before anything is encoded
        assert field.is_repeated or field.has_presence == (may_lack and not given_later), field.full_name


def test_entries_are_listed_as_they_are_pushed() -> None:
    listed = {field.name: field.message_type for field in chat_pb2.Entry.DESCRIPTOR.fields}
    assert listed == {
        str(each.__struct_config__.tag): message_of(SERVER, str(each.__struct_config__.tag))
        for each in get_args(entries.Entry)
    }


def test_a_chat_is_pushed_as_it_is_listed() -> None:
    def lines(message: Descriptor) -> list[str]:
        return [spoken(field).partition(" ")[2] for field in message.fields]

    assert lines(chat_pb2.ChatPush.DESCRIPTOR) == lines(chat_pb2.Summary.DESCRIPTOR)


def test_the_python_client_has_the_same_file() -> None:
    """A package of its own, which the server is no part of, so it carries a copy: `cp` when this one changes."""
    copy = ROOT / "clients" / "python" / "hubbub_client" / "wire" / "chat.proto"
    assert copy.read_bytes() == (ROOT / "src" / "hubbub" / "codec" / "chat.proto").read_bytes()
