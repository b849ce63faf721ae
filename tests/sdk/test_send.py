"""`hubbub send` against a real server: what a cron job sees."""

from tests.sdk.conftest import Person, Start

from hubbub.testing.server_process import ServerProcess
from hubbub_client.events import Message


def test_a_cron_job_tries_again_and_is_heard_once(
    server: ServerProcess, person: Person, start: Start
) -> None:
    alice = person("alice")
    room = alice.create_room(f"cron {alice.user}")
    way_in = ("--server", server.root, "--user", alice.user, "--password-env", "PASSWORD")
    job = ("hubbub", "send", *way_in, "--to", room.name, "--msg-id", "nightly-1", "-v")
    assert start(*job, "backup", "done").ends() == (0, f"{room.chat} #2\n", "")
    assert start(*job, "backup", "done").ends() == (0, f"{room.chat} #2 (sent before)\n", "")
    status, _, errors = start(*job, "something else").ends()
    assert (status, "msg_id was used for something else" in errors) == (1, True)
    assert start(*job[:-3], "-").ends("from a pipe\nin two lines\n")[0] == 0
    said = [entry.content for entry in alice.history(room.chat).entries if isinstance(entry, Message)]
    assert said == ["backup done", "from a pipe\nin two lines"]
    assert len(alice.sessions()) == 1


def test_who_is_not_logged_in_is_told_how(server: ServerProcess, start: Start) -> None:
    status, _, errors = start(
        "hubbub", "send", "--server", server.root, "--state", ".", "--to", "x", "hi"
    ).ends()
    assert status == 77
    assert "hubbub chat" in errors
    assert "HUBBUB_TOKEN" in errors
