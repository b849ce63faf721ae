"""PROXY headers, whole, byte by byte, and with what follows them."""

import struct

import pytest

from hubbub.codec.proxy_header import (
    LONGEST_BLOCK,
    LONGEST_LINE,
    SIGNATURE,
    ProxyHeaderReader,
    ProxyHeaderViolation,
)

V4 = bytes([192, 0, 2, 7, 192, 0, 2, 1]) + struct.pack(">HH", 50_000, 8090)
V6 = bytes.fromhex("20010db8000000000000000000000007") + bytes(16) + struct.pack(">HH", 50_000, 8090)
LINE = b"PROXY TCP4 192.0.2.7 192.0.2.1 50000 8090\r\n"


def block(kind: int, family: int, data: bytes) -> bytes:
    return SIGNATURE + bytes([kind, family]) + struct.pack(">H", len(data)) + data


def read(stream: bytes, most: int = 10_000) -> tuple[str | None, bytes]:
    """The address, and what was left unread."""
    reader, at = ProxyHeaderReader(), 0
    while reader.wanted and at < len(stream):
        size = min(reader.wanted, most)
        reader.feed(stream[at : at + size])
        at += size
    assert not reader.wanted
    return reader.address, stream[at:]


HEADERS = {
    "1: IPv4": (LINE, "192.0.2.7"),
    "1: IPv6": (b"PROXY TCP6 2001:db8::7 ::1 50000 8090\r\n", "2001:db8::7"),
    "1: unknown": (b"PROXY UNKNOWN\r\n", None),
    "1: unknown, with what is to be ignored": (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", None),
    "2: IPv4": (block(0x21, 0x11, V4), "192.0.2.7"),
    "2: IPv6": (block(0x21, 0x21, V6), "2001:db8::7"),
    "2: with more behind the addresses": (block(0x21, 0x11, V4 + b"\x04\x00\x01x"), "192.0.2.7"),
    "2: the proxy itself": (block(0x20, 0x00, b""), None),
    "2: the proxy itself, with addresses": (block(0x20, 0x11, V4), None),
    "2: a Unix socket": (block(0x21, 0x31, bytes(216)), None),
}


@pytest.mark.parametrize("most", [1, 10_000])
@pytest.mark.parametrize("name", HEADERS)
def test_whom_it_brings_is_read_and_not_a_byte_of_what_follows(name: str, most: int) -> None:
    header, address = HEADERS[name]
    assert read(header + b"\x16\x03\x01HUB1", most) == (address, b"\x16\x03\x01HUB1")


@pytest.mark.parametrize(
    "stream",
    [
        b"HUB1\0\1\0\0\0\2{}",
        b"GET / HTTP/1.1\r\n",
        b"PROXY TCP4 localhost 192.0.2.1 50000 8090\r\n",
        b"PROXY TCP6 192.0.2.7 192.0.2.1 50000 8090\r\n",
        b"PROXY TCP4 192.0.2.7\r\n",
        b"PROXY UDP4 192.0.2.7 192.0.2.1 50000 8090\r\n",
        b"PROXY TCP4 " + b"1" * LONGEST_LINE,
        block(0x11, 0x11, V4),
        block(0x22, 0x11, V4),
        block(0x21, 0x11, V4[:7]),
        block(0x21, 0x11, bytes(LONGEST_BLOCK + 1)),
    ],
)
def test_what_is_no_header_is_refused(stream: bytes) -> None:
    with pytest.raises(ProxyHeaderViolation):
        read(stream)
