import pytest

from hubbub_client.addresses import check_address, is_this_machine, socket_url


@pytest.mark.parametrize(
    ("url", "socket"),
    [
        ("http://h:8080", "ws://h:8080/ws"),
        ("https://h/chat", "wss://h/chat/ws"),
        ("http://[::1]:1", "ws://[::1]:1/ws"),
    ],
)
def test_the_socket_is_beside_the_api(url: str, socket: str) -> None:
    assert socket_url(url) == socket


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("http://127.0.0.1:8080", True),
        ("ws://[::1]:8080/ws", True),
        ("http://localhost", True),
        ("http://chat.localhost:1", True),
        ("https://chat.example.org", False),
        ("http://10.0.0.1", False),
        ("http://127.0.0.1.example.org", False),
        ("nonsense", False),
    ],
)
def test_which_addresses_are_this_machine(url: str, own: bool) -> None:
    assert is_this_machine(url) is own


def test_addresses_are_made_whole_or_refused() -> None:
    assert check_address("localhost:8080") == "http://localhost:8080"
    assert check_address("https://chat.example.org/") == "https://chat.example.org"
    for bad in ("ftp://h", "http://", "http://[bad", "http://a b"):
        with pytest.raises(ValueError, match=r"address|URL"):
            check_address(bad)
