"""A node's clock is an hour ahead (libfaketime)."""

import json
from datetime import UTC, datetime
from pathlib import Path

from hubbub.operate.cluster.server import Server
from hubbub.operate.drill.scene import Scene

AHEAD_SECONDS = 3_600
MOST_SECONDS = 2.0  # between a commit and its acknowledgement on a busy machine
LIBRARIES = "/usr/lib/*/faketime/libfaketime.so.1"


def library() -> str:
    """Where Debian puts it; empty without it."""
    return str(next(Path("/").glob(LIBRARIES.removeprefix("/")), ""))


def _ahead(node: Server) -> float:
    """Of this machine's clock, by the first line of the node's log (s): it was written before now."""
    said: str = json.loads(node.log().splitlines()[0])["@timestamp"]
    return (datetime.fromisoformat(said) - datetime.now(UTC)).total_seconds()


async def run(scene: Scene) -> None:
    """The two who are measured are on that node; the crowd signs up on either, and roams over both."""
    await scene.start_services()
    scene.add_node()
    wrong = {
        "LD_PRELOAD": library(),
        "FAKETIME": f"+{AHEAD_SECONDS}s",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    scene.add_node(wrong)
    await scene.open()
    scene.tell(f"node1 is {AHEAD_SECONDS:,} s ahead")
    scene.listener.nodes = scene.nodes[:1]
    scene.listener.client.drop()
    await scene.talk("one clock is wrong", 2 * scene.seconds)
    await scene.judge()
    skew = scene.speaker.skew
    scene.expect(
        "entries made there have the right time, the database's",
        f"at most {skew:.2f} s from this machine's clock",
        passed=0 < skew < MOST_SECONDS,
    )
    ahead = _ahead(scene.nodes[1])
    scene.expect(
        "its clock really is wrong", f"its log is {ahead:,.0f} s ahead", passed=ahead > AHEAD_SECONDS / 2
    )
    closed = {each.client.close_code for each in scene.crowd.talkers} & {4500, 4501}
    scene.expect(
        "tokens of one node are good on the other",
        f"closed as unauthenticated: {len(closed)}",
        passed=not closed,
    )
