"""Other servers under our load: the real ones where npm and pip have them, and frames of the documentation for Centrifugo.

Centrifugo is a Go program that neither registry has, so its adapter is held here to the exchange that
https://centrifugal.dev/docs/transports/client_protocol shows. `bench/against.py --serve broadcast centrifuge` holds it to
the library that the server is made of, where there is Go.
"""

import json
import subprocess
import sys
from pathlib import Path

from peers.centrifugo import Centrifugo
from peers.conversation import Delivered, Failed, Say
from peers.socketio import SocketIo

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120
CONNECTIONS, CHANNELS, MESSAGES = 20, 4, 20


def test_every_server_that_can_be_started_delivers_everything() -> None:
    options = (
        "--connections",
        "20",
        "--channels",
        "4",
        "--rate",
        "40",
        "--seconds",
        "0.5",
        "--processes",
        "2",
    )
    command = [sys.executable, str(ROOT / "bench" / "against.py"), "--json", *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert done.returncode == 0, done.stderr
    record = json.loads(done.stdout)

    assert set(record["counts"]) == {"broadcast", "socketio", "hubbub"}
    for name, counts in record["counts"].items():
        assert counts["failures"] == [], name
        assert counts["published"] == counts["asked"] == MESSAGES, name
        assert counts["delivered"] == counts["expected"] == MESSAGES * CONNECTIONS // CHANNELS, name
        assert record["measured"][f"{name}: server CPU of a delivery"] > 0


TWO_PUBLICATIONS_AND_A_REPLY = (
    '{"push":{"channel":"chat","pub":{"data":{"content":"one"},"info":{"user":"","client":"c1"},"offset":1}}}\n'
    '{"push":{"channel":"other","pub":{"data":{"content":"not ours"}}}}\n{"id":3,"publish":{}}'
)
CENTRIFUGO = (
    # what the server says, what the client answers, what it has learned
    ('{"id":1,"connect":{"client":"9ac9de4e-5289-4ad6-9aa7-8447f007083e","version":"6.0.0","ping":25,"pong":true}}',
     ['{"id":2,"subscribe":{"channel":"chat"}}'], []),
    ('{"id":2,"subscribe":{"recoverable":true,"epoch":"xcf4w","positioned":true}}', [], ["Joined"]),
    ("{}", ["{}"], []),
    (TWO_PUBLICATIONS_AND_A_REPLY, [], ["Delivered", "Published"]),
    ('{"push":{"channel":"chat","join":{"info":{"user":"42","client":"c2"}}}}', [], []),
    ('{"id":4,"error":{"code":103,"message":"permission denied"}}', [], ["Failed"]),
    ('{"push":{"disconnect":{"code":3001,"reason":"shutdown"}}}', [], ["Failed"]),
)  # fmt: skip


def test_centrifugo_is_spoken_as_its_documentation_shows() -> None:
    spoken = Centrifugo("chat", 0, "the-token")
    assert [json.loads(each) for each in spoken.opening()] == [{"id": 1, "connect": {"token": "the-token"}}]
    for said, answers, learned in CENTRIFUGO:
        heard = list(spoken.hear(said.encode()))
        assert [each.message.decode() for each in heard if isinstance(each, Say)] == answers
        assert [type(each).__name__ for each in heard if not isinstance(each, Say)] == learned
        assert [each.content for each in heard if isinstance(each, Delivered)] in ([], ["one"])
    published = json.loads(spoken.publish("hello"))
    assert published == {"id": 3, "publish": {"channel": "chat", "data": {"content": "hello"}}}
    assert json.loads(spoken.publish("again"))["id"] == 4


def test_a_server_that_says_no_ends_the_load() -> None:
    spoken = SocketIo("chat", 0, "")
    assert [type(each) for each in spoken.hear(b'44{"message":"Not authorized"}')] == [Failed]
