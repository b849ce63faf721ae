"""What framed TCP has of its own (docs/protocol.md §1): frames, noise, the codec of the first frame, ping and pong, TLS."""

import struct

import pytest

from hubbub_conformance.codecs import JSON as JSON_CODEC
from hubbub_conformance.conversation import Connection, Stage
from hubbub_conformance.profiles import ALL_WIRES, HASTY, TCP, TIGHT
from hubbub_conformance.raw_tcp import data_frame

pytestmark = TCP
LARGEST = 131_072


def header(magic: bytes = b"HUB1", version: int = 1, length: int = 2) -> bytes:
    return struct.pack(">4sHI", magic, version, length)


async def test_noise_before_a_frame_is_skipped(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    for number, noise in enumerate((b"GET / HTTP/1.1\r\n\r\n", b"HUB", b"HHUHUBHUB0", b"\0" * 65_536)):
        ping = alice.wire.codec.encode({"type": "ping", "id": 1_000 + number})
        await alice.socket.send_bytes(noise + data_frame(alice.wire.codec.number, ping))
        await alice.answer(1_000 + number)


async def test_a_frame_may_come_in_any_pieces(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    frame = data_frame(alice.wire.codec.number, alice.wire.codec.encode({"type": "ping", "id": 77}))
    for at in range(len(frame)):
        await alice.socket.send_bytes(frame[at : at + 1])
    await alice.answer(77)


async def breaks_off(connection: Connection) -> None:
    """The error, the goodbye with its code, the end."""
    error = await connection.next()
    assert (error["type"], error["code"], "id" in error) == ("error", "protocol_error", False)
    bye = await connection.is_closed(4502)
    assert bye is not None


@pytest.mark.parametrize("first", [True, False], ids=["at once", "after hello"])
@pytest.mark.parametrize(
    "stream",
    [
        b"\0" * 65_537,
        header(version=0x0002),
        header(version=0x0201),
        header(version=0xFFFF),
        header(length=LARGEST + 1),
        header(length=2**32 - 1),
    ],
    ids=["noise", "version", "codec", "both", "too long", "far too long"],
)
async def test_what_is_no_frame_of_ours_is_a_protocol_error(
    stage: Stage, stream: bytes, *, first: bool
) -> None:
    alice = await stage.signs_up("alice")
    connection = await alice.opens()
    if not first:
        await connection.greets()
    if stream[4:6] == b"\0\1":
        stream = stream[:4] + bytes((connection.wire.codec.number, 1)) + stream[6:]
    await connection.socket.send_bytes(stream)
    await breaks_off(connection)


async def test_the_largest_envelope_is_read(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    codec = alice.wire.codec
    ping = {"type": "ping", "id": 5, "traceparent": ""}
    room = (
        LARGEST - len(codec.encode(ping)) - (2 if codec is not JSON_CODEC else 0)
    )  # a longer length takes 2 bytes more
    whole = codec.encode(ping | {"traceparent": "x" * room})
    assert len(whole) == LARGEST
    await alice.socket.send_payload(whole)
    await alice.answer(5)


async def test_a_frame_of_another_codec_is_a_protocol_error(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    await alice.socket.send_bytes(data_frame(1 - alice.wire.codec.number, b""))
    await breaks_off(alice)


async def test_a_frame_of_nothing_is_a_frame(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    await alice.socket.send_payload(b"")
    await alice.hears("error", code="bad_request")
    await alice.asks("ping")


@pytest.mark.settings(**HASTY)
async def test_a_silent_peer_is_asked_and_lives_if_it_answers(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    codec = alice.wire.codec
    for _ in range(3):
        assert codec.decode(await alice.socket.receive_payload()) == {"type": "ping"}
        await alice.sends({"type": "pong"})
    await alice.asks("ping")


@ALL_WIRES
@pytest.mark.settings(HUBBUB_LIMITS_CONNECTIONS_PER_ADDRESS=2)
async def test_an_address_has_so_many_places_on_all_wires_together(stage: Stage) -> None:
    alice, bob = await stage.people("alice", "bob")
    if alice.wire.is_tcp:
        await (await alice.person.opens()).is_closed(4503)
    await bob.leaves()
    third = await alice.person.connects()
    await third.leaves()


@pytest.mark.settings(**TIGHT)
async def test_who_sends_nothing_but_nonsense_is_closed(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    for _ in range(1_000):
        await alice.socket.send_payload(b"nonsense")
    await alice.is_closed(4029)
