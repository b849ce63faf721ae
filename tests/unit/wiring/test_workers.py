"""What workers and their supervisor tell each other."""

import os

from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics

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


def page(count: float, exemplar: str = "") -> str:
    """OpenMetrics of a worker: a bucket, and a counter, whose family has another name than its samples."""
    bucket = f'hubbub_wait_seconds_bucket{{le="+Inf"}} {count}{exemplar}'
    return f"# TYPE hubbub_wait_seconds histogram\n{bucket}\n# TYPE hubbub_made counter\nhubbub_made_total {count}\n# EOF\n"


def test_of_the_exemplars_of_a_bucket_the_newest_is_kept() -> None:
    older, newer = (
        f' # {{trace_id="{trace}"}} 0.{at} 17000000{at}.5' for trace, at in (("aa", 10), ("bb", 11))
    )
    for texts in ([page(1, older), page(2, newer), page(3)], [page(3, newer), page(2), page(1, older)]):
        families = {family.name: family for family in open_metrics(put_together(texts))}
        [bucket] = families["hubbub_wait_seconds"].samples
        assert bucket.value == 6
        assert bucket.exemplar is not None
        assert (bucket.exemplar.labels, bucket.exemplar.value) == ({"trace_id": "bb"}, 0.11)
        assert families["hubbub_made"].samples[0].value == 6


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
