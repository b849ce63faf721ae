"""Whose address it is, and how many connections it may have."""

import pytest

from hubbub.accept.admission import Admission
from hubbub.codec.websocket_handshake import HandshakeRefused


def address(trusted: list[str], peer: str, forwarded: str | None = None) -> str:
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    return Admission(frozenset(), 1, trusted).address_of(peer, headers)


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded", "expected"),
    [
        ([], "203.0.113.9", "198.51.100.1", "203.0.113.9"),
        (["10.0.0.0/8"], "203.0.113.9", "198.51.100.1", "203.0.113.9"),
        (["10.0.0.0/8"], "10.1.1.1", "198.51.100.1", "198.51.100.1"),
        (["10.0.0.0/8"], "10.1.1.1", "6.6.6.6, 198.51.100.1, 10.2.2.2", "198.51.100.1"),
        (["10.0.0.0/8"], "10.1.1.1", "10.3.3.3,10.2.2.2", "10.3.3.3"),
        (["10.0.0.0/8"], "10.1.1.1", None, "10.1.1.1"),
        (["10.0.0.0/8"], "10.1.1.1", "198.51.100.1,,10.2.2.2", "10.2.2.2"),
        (["10.0.0.0/8"], "10.1.1.1", "garbage", "garbage"),
        (["fd00::/8"], "fd00::1", "2001:db8::7", "2001:db8::7"),
        (["10.0.0.0/8"], "", "198.51.100.1", ""),
    ],
)
def test_only_trusted_proxies_are_believed_from_the_right(
    trusted: list[str], peer: str, forwarded: str | None, expected: str
) -> None:
    assert address(trusted, peer, forwarded) == expected


def test_an_http_request_has_the_same_address() -> None:
    scope = {"client": ("10.1.1.1", 5), "headers": [(b"x-forwarded-for", b"198.51.100.1")]}
    assert Admission(frozenset(), 1, ["10.0.0.0/8"]).address_of_scope(scope) == "198.51.100.1"
    assert Admission(frozenset(), 1, []).address_of_scope({"client": None, "headers": []}) == ""


def test_places_are_counted_by_address_and_given_back() -> None:
    admission = Admission(frozenset(), 2, [])
    for _ in range(2):
        admission.enter("a")
    with pytest.raises(HandshakeRefused):
        admission.enter("a")
    admission.enter("b")
    admission.leave("a")
    admission.enter("a")


def test_who_has_no_connection_takes_no_memory() -> None:
    admission = Admission(frozenset(), 2, [])
    for number in range(100):
        admission.enter(str(number))
        admission.leave(str(number))
    assert not admission._open
