"""Every example runs, and does what its first lines say."""

from tests.sdk.conftest import PATIENCE, Person, Start

from hubbub.testing.server_process import ServerProcess
from hubbub_client.events import Message
from hubbub_client.sync import Client


def heard(client: Client, sender: str, count: int) -> list[str | None]:
    """What `sender` says, until it has said so much."""
    said: list[str | None] = []
    for event in client.events(PATIENCE):
        if isinstance(event, Message) and event.sender == sender:
            said.append(event.content)
        if len(said) == count:
            break
    return said


def test_the_echo_bot_answers_once_though_it_is_killed(
    server: ServerProcess, person: Person, start: Start
) -> None:
    alice = person("alice")
    room = alice.create_room(f"room of {alice.user}", public=True)
    bot = f"echo-{alice.user}"
    arguments = ("echo_bot", server.root, bot, "--room", room.name, "--store", "echo.db")
    first = start(*arguments)
    assert first.line() == f"{bot} listens"
    alice.send(room.chat, "not for you")
    alice.send(room.chat, f"{bot}: hello")
    assert heard(alice, bot, 1) == ["hello"]
    first.kill()
    alice.send(room.chat, f"{bot}: while you were dead")
    assert start(*arguments).line() == f"{bot} listens"
    assert heard(alice, bot, 1) == ["while you were dead"]
    alice.befriend(bot)
    next(event for event in alice.events(PATIENCE) if getattr(event, "change", None) == "accepted")
    alice.send_direct(bot, "in private")
    assert heard(alice, bot, 1) == ["in private"]
    said = [entry for entry in alice.history(room.chat).entries if isinstance(entry, Message)]
    assert [each.content for each in said if each.sender == bot] == ["hello", "while you were dead"]


def test_the_bridge_carries_both_ways(server: ServerProcess, person: Person, start: Start) -> None:
    alice, bob = person("alice"), person("bob")
    here = alice.create_room(f"here {alice.user}", public=True)
    there = bob.create_room(f"there {bob.user}", public=True)
    user = f"bridge-{alice.user}"
    bridge = start("bridge", server.root, here.name, server.websocket, there.name, "--user", user)
    assert bridge.line() == "the bridge stands"
    alice.send(here.chat, "hello over there")
    assert heard(bob, user, 1) == [f"{alice.user}: hello over there"]
    bob.send(there.chat, "hello yourself")
    assert heard(alice, user, 1) == [f"{bob.user}: hello yourself"]


def test_the_alert_comes_when_a_command_fails(server: ServerProcess, person: Person, start: Start) -> None:
    alice, bob = person("alice"), person("bob")
    room = alice.create_room(f"ops {alice.user}", public=True)
    bob.join(room.chat)
    tokens = alice._client._credentials._tokens
    assert tokens is not None
    watch = ("alert", server.root, "--to", room.name, "--")
    assert start(*watch, "true", HUBBUB_TOKEN=tokens.token).ends()[0] == 0
    failed = start(*watch, "sh", "-c", "echo disk full; exit 3", HUBBUB_TOKEN=tokens.token)
    assert failed.ends()[0] == 3
    assert heard(bob, alice.user, 1) == ["`sh -c echo disk full; exit 3` failed with 3:\ndisk full"]
