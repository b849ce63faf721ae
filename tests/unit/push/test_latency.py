"""How long entries take is counted once they are written, and for each connection that got them."""

import pytest
from msgspec.structs import replace
from tests.unit.push.stage import Stage

from hubbub.runtime.histogram import Histogram


@pytest.fixture
def stage() -> Stage:
    """Two connections of one user, who is in a room."""
    made = Stage()
    made.chat("r", "alice")
    for _ in range(2):
        made.come("alice")
    made.flusher.flush_all()
    made.now = 1_000
    return made


def counted(histogram: Histogram) -> tuple[int, float]:
    """Deliveries, and the sum of their seconds."""
    return histogram.buckets()[-1][1], histogram.total


def test_from_the_accepted_command_to_the_write(stage: Stage) -> None:
    latency = stage.flusher.latency
    stage.publish(replace(stage.say("r"), accepted=750))
    assert counted(latency.local) == (0, 0.0)
    stage.now = 1_250
    stage.flusher.flush_all()
    assert counted(latency.local) == (2, 1.0)
    assert counted(latency.remote) == (0, 0.0)


def test_what_another_node_accepted_counts_from_there(stage: Stage) -> None:
    heard = stage.say("r")
    stage.hub.hear(heard.chat, heard.entries, 500)
    stage.flusher.flush_all()
    assert counted(stage.flusher.latency.remote) == (2, 1.0)


def test_what_the_bus_did_not_bring_counts_from_its_time_stamp(stage: Stage) -> None:
    missed = stage.say("r")
    missed.entries[0].ts = 0
    stage.compare()
    stage.flusher.flush_all()
    assert counted(stage.flusher.latency.remote) == (2, 2.0)


def test_a_clock_that_was_set_back_makes_no_time_negative(stage: Stage) -> None:
    stage.publish(replace(stage.say("r"), accepted=5_000))
    stage.flusher.flush_all()
    assert counted(stage.flusher.latency.local) == (2, 0.0)
