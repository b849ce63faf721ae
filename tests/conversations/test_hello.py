"""How a conversation begins: the handshake, `hello`, who may come (docs/protocol.md §1, §2, §4)."""

import pytest

from hubbub_conformance.conversation import Stage
from hubbub_conformance.profiles import ALL_WIRES, TIGHT, WEBSOCKET
from hubbub_conformance.raw_websocket import HandshakeRejected, RawWebSocket


async def test_welcome_says_who_one_is_and_what_there_is(stage: Stage) -> None:
    alice = await stage.signs_up("alice")
    connection = await alice.opens()
    welcome = await connection.asks("hello", token=alice.token, device="phone")
    assert (welcome["user"], welcome["device"]) == (alice.user, "phone")
    assert (welcome["chats"], welcome["more"], welcome["gone"]) == ([], False, [])
    assert welcome["heartbeat_ms"] == 30_000
    assert "heads" not in welcome
    assert welcome["session"] in [
        each["session"] for each in (await alice.http.get("/sessions")).gives(200)["sessions"]
    ]


async def test_a_client_without_a_device_is_given_one(stage: Stage) -> None:
    one, other = await stage.people("alice", "bob")
    assert one.welcome["device"]
    assert one.welcome["device"] != other.welcome["device"]


@WEBSOCKET
@pytest.mark.parametrize(
    ("offered", "chosen"),
    [((), None), (("hubbub.v1.json",), "hubbub.v1.json"), (("nonsense", "hubbub.v1.json"), "hubbub.v1.json")],
)
async def test_json_is_spoken_unless_something_else_is_offered(
    stage: Stage, offered: tuple[str, ...], chosen: str | None
) -> None:
    alice = await (await stage.signs_up("alice")).opens(subprotocols=offered)
    assert alice.socket.subprotocol == chosen
    await alice.greets()


@WEBSOCKET
async def test_only_unknown_sub_protocols_are_refused(stage: Stage) -> None:
    with pytest.raises(HandshakeRejected) as refused:
        await RawWebSocket.connect(stage.server.websocket, subprotocols=["nonsense", "hubbub.v9.json"])
    assert refused.value.status == 400


@WEBSOCKET
async def test_there_is_one_path(stage: Stage) -> None:
    with pytest.raises(HandshakeRejected) as refused:
        await RawWebSocket.connect(stage.server.root.replace("http", "ws") + "/elsewhere")
    assert refused.value.status == 404


@WEBSOCKET
async def test_foreign_pages_are_refused_and_our_own_is_not(stage: Stage) -> None:
    with pytest.raises(HandshakeRejected) as refused:
        await RawWebSocket.connect(stage.server.websocket, origin="https://evil.example")
    assert refused.value.status == 403
    alice = await (await stage.signs_up("alice")).opens(origin=stage.server.root)
    await alice.greets()


@pytest.mark.settings(**TIGHT)
async def test_a_list_of_origins_is_exact(stage: Stage) -> None:
    alice = await stage.signs_up("alice")
    await (await alice.opens(origin="https://chat.example")).greets()
    await (await alice.opens(origin="https://chat.example:443")).greets()
    for other in ("http://chat.example", "https://chat.example:8443", "https://chat.example.evil", "null"):
        with pytest.raises(HandshakeRejected) as refused:
            await RawWebSocket.connect(stage.server.websocket, origin=other)
        assert refused.value.status == 403, other


@WEBSOCKET
async def test_a_token_in_the_header_needs_none_in_hello(stage: Stage) -> None:
    alice = await stage.signs_up("alice")
    connection = await alice.opens(headers={"Authorization": f"Bearer {alice.token}"})
    assert (await connection.asks("hello"))["user"] == alice.user


@WEBSOCKET
async def test_a_bad_token_in_the_header_fails_hello(stage: Stage) -> None:
    connection = await (await stage.signs_up("alice")).opens(headers={"Authorization": "Bearer nonsense"})
    await connection.is_refused("unauthenticated", "hello")
    await connection.is_closed(4500)


@WEBSOCKET
async def test_a_token_in_the_url_is_not_looked_at(stage: Stage) -> None:
    alice = await stage.signs_up("alice")
    socket = await RawWebSocket.connect(f"{stage.server.websocket}?token={alice.token}")
    await socket.send('{"type":"hello","id":1}')
    assert b"unauthenticated" in (await socket.receive()).data
    await socket.abandon()


@pytest.mark.parametrize("token", [None, "", "nonsense", "a.b.c", "x" * 100_000], ids=str)
async def test_a_bad_token_gets_its_error_and_the_end(stage: Stage, token: str | None) -> None:
    connection = await (await stage.signs_up("alice")).opens()
    await connection.is_refused("unauthenticated", "hello", **({} if token is None else {"token": token}))
    bye = await connection.is_closed(4500)
    assert bye is not None


async def test_before_hello_there_is_nothing_to_ask(stage: Stage) -> None:
    connection = await (await stage.signs_up("alice")).opens()
    await connection.is_refused("unauthenticated", "ping")
    await connection.is_refused("unauthenticated", "create_room", name="Early")
    await connection.socket.send_payload(b"no envelope")
    await connection.eventually_hears("error", code="bad_request")


async def test_after_an_early_request_hello_is_still_welcome(stage: Stage) -> None:
    connection = await (await stage.signs_up("alice")).opens()
    await connection.is_refused("unauthenticated", "chats")
    await connection.greets()


async def test_a_second_hello_is_refused(stage: Stage) -> None:
    [alice] = await stage.people("alice")
    await alice.is_refused("bad_request", "hello", token=alice.person.token)
    await alice.asks("ping")


async def test_requests_sent_right_behind_hello_wait_for_the_welcome(stage: Stage) -> None:
    alice = await stage.signs_up("alice")
    connection = await alice.opens()
    hello = await connection.says("hello", token=alice.token)
    room = await connection.says("create_room", name="Hasty")
    ping = await connection.says("ping")
    assert (await connection.next())["type"] == "welcome"
    assert (await connection.answer(room))["type"] == "room"
    assert (await connection.answer(ping))["type"] == "pong"
    assert hello != room


@ALL_WIRES
@pytest.mark.settings(**TIGHT)
async def test_hello_must_come_in_time(stage: Stage) -> None:
    alice = await stage.signs_up("alice")
    late, silent = await alice.opens(), await alice.opens()
    await late.is_refused("unauthenticated", "ping")
    for each in (late, silent):
        assert await each.is_closed(4002) is not None


@ALL_WIRES
@pytest.mark.settings(**TIGHT)
async def test_nobody_has_more_connections_than_allowed(stage: Stage) -> None:
    alice = await stage.signs_up("alice")
    first, second = await alice.connects(), await alice.connects()
    third = await alice.opens()
    await third.says("hello", token=alice.token)
    await third.is_closed(4503)
    await first.leaves()
    await alice.connects()
    await second.asks("ping")
    await (await stage.signs_up("bob")).connects()


@pytest.mark.settings(**TIGHT)
async def test_connections_that_come_at_once_are_counted_too(stage: Stage) -> None:
    alice = await stage.signs_up("alice")
    crowd = [await alice.opens() for _ in range(6)]
    for each in crowd:
        await each.says("hello", token=alice.token)
    first = [await each.next() for each in crowd]
    assert sorted(each["type"] for each in first) == ["bye"] * 4 + ["welcome"] * 2
