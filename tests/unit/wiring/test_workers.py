"""What workers and their supervisor tell each other."""

import os

from hubbub.persist.nodes import Circle
from hubbub.wiring.gathered import put_together
from hubbub.wiring.settings import Settings
from hubbub.wiring.station import Station
from hubbub.wiring.supervisor import count_of

CIRCLE = Circle("v1", "v0")
ONE = """# HELP hubbub_commands_total Answered.
# TYPE hubbub_commands_total counter
hubbub_commands_total{command="send",outcome="ok"} 1.0
# HELP hubbub_outbox_oldest_seconds Age.
# TYPE hubbub_outbox_oldest_seconds gauge
hubbub_outbox_oldest_seconds 3.0
# HELP hubbub_data_disk_free_bytes Free.
# TYPE hubbub_data_disk_free_bytes gauge
hubbub_data_disk_free_bytes 10.0
"""
OTHER = """# HELP hubbub_commands_total Answered.
# TYPE hubbub_commands_total counter
hubbub_commands_total{command="send",outcome="ok"} 2.0
hubbub_commands_total{command="send",outcome="muted"} 5.0
# HELP hubbub_outbox_oldest_seconds Age.
# TYPE hubbub_outbox_oldest_seconds gauge
hubbub_outbox_oldest_seconds 4.0
# HELP hubbub_data_disk_free_bytes Free.
# TYPE hubbub_data_disk_free_bytes gauge
hubbub_data_disk_free_bytes 9.0
"""


def test_readings_of_workers_are_put_together_as_declared_and_stay_with_their_metric() -> None:
    assert put_together([ONE, OTHER]).splitlines() == [
        "# HELP hubbub_commands_total Answered.",
        "# TYPE hubbub_commands_total counter",
        'hubbub_commands_total{command="send",outcome="ok"} 3.0',
        'hubbub_commands_total{command="send",outcome="muted"} 5.0',
        "# HELP hubbub_outbox_oldest_seconds Age.",
        "# TYPE hubbub_outbox_oldest_seconds gauge",
        "hubbub_outbox_oldest_seconds 4.0",
        "# HELP hubbub_data_disk_free_bytes Free.",
        "# TYPE hubbub_data_disk_free_bytes gauge",
        "hubbub_data_disk_free_bytes 9.0",
    ]
    assert put_together([]) == ""


def test_a_station_survives_the_command_line() -> None:
    station = Station(slot=3, ready=7, lifeline=8, public=9, circle=CIRCLE, tcp=None, bus="unix:///run/bus")
    assert Station.parse(str(station)) == station


def test_a_worker_has_the_settings_of_all_but_its_own_pages_and_the_supervisors_bus() -> None:
    station = Station(slot=0, ready=7, lifeline=8, public=9, circle=CIRCLE, bus="unix:///run/bus")
    own = station.settings(Settings(internal_host="0.0.0.0", internal_port=8081, port=8080))
    assert (own.internal_host, own.internal_port, own.port, own.bus) == (
        "127.0.0.1",
        0,
        8080,
        "unix:///run/bus",
    )
    assert station.settings(Settings(bus="nats://bus")).bus == "nats://bus"


def test_auto_is_a_worker_for_each_core() -> None:
    assert count_of("auto") == len(os.sched_getaffinity(0))
    assert count_of("3") == 3


def test_a_worker_that_serves_says_where_its_pages_are() -> None:
    reading, writing = os.pipe()
    Station(slot=0, ready=writing, lifeline=0, public=0, circle=CIRCLE).say_ready("http://127.0.0.1:1")
    with os.fdopen(reading) as pipe:
        assert pipe.read() == "http://127.0.0.1:1\n"
