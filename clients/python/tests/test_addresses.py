import pytest

from hubbub_client.addresses import is_this_machine, read_address


@pytest.mark.parametrize(
    ("url", "socket", "api"),
    [
        ("localhost:8080", "ws://localhost:8080/ws", "http://localhost:8080"),
        ("http://h:8080", "ws://h:8080/ws", "http://h:8080"),
        ("https://h/chat/", "wss://h/chat/ws", "https://h/chat"),
        ("ws://h:8080/ws", "ws://h:8080/ws", "http://h:8080"),
        ("wss://h/chat", "wss://h/chat/ws", "https://h/chat"),
        ("http://[::1]:1", "ws://[::1]:1/ws", "http://[::1]:1"),
        ("tcp://h:8090", "tcp://h:8090", None),
        ("tls://[::1]:8090/", "tls://[::1]:8090", None),
    ],
)
def test_an_address_says_where_both_are(url: str, socket: str, api: str | None) -> None:
    assert read_address(url) == (socket, api)


def test_the_api_may_be_elsewhere() -> None:
    assert read_address("tcp://h:8090", "https://h/chat/") == ("tcp://h:8090", "https://h/chat")
    assert read_address("ws://inside:1", "http://outside").api == "http://outside"
    with pytest.raises(ValueError, match="no address of an HTTP API"):
        read_address("tcp://h:1", "tcp://h:2")


@pytest.mark.parametrize(
    "bad", ["ftp://h", "http://", "http://[bad", "http://a b", "tcp://h", "tcp://h:8090/room", "tcp://h:port"]
)
def test_what_is_no_address_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match=r"address|URL|[Pp]ort"):
        read_address(bad)


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
