"""Each bench on a tiny scale: the numbers mean nothing here, the counts must be exact."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120  # for a hung bench, not for a slow machine


def record_of(name: str, *options: str) -> dict[str, Any]:
    """What the bench prints with --json."""
    command = [sys.executable, str(ROOT / "bench" / f"{name}.py"), "--json", *options]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert done.returncode == 0, done.stderr
    record: dict[str, Any] = json.loads(done.stdout)
    assert record["name"] == name
    return record


def test_ingest_stores_and_delivers_everything_it_acknowledges() -> None:
    options = (
        "--connections",
        "20",
        "--rooms",
        "4",
        "--window",
        "2",
        "--seconds",
        "1",
        "--warm-up",
        "0",
        "--half",
        "50",
    )
    record = record_of("ingest", "--processes", "2", *options)
    counts = record["counts"]

    assert counts["acknowledged"] > 0
    assert counts["stored"] == counts["acknowledged"]
    assert counts["delivered"] == counts["acknowledged"] * 5
    assert (counts["errors"], counts["lost_connections"]) == (0, 0)
    assert record["measured"]["durable, acknowledged messages"] > 0


def test_fanout_delivers_everything_in_one_flush_a_round() -> None:
    sized = ("--curve", "2", "--sizes", "10")
    options = ("--connections", "20", "--waiting", "4", "--blocks", "2", "--rounds", "2", *sized)
    counts = record_of("fanout", *options)["counts"]

    kinds = [kind for kind in counts if kind.startswith(("floor", "server"))]
    assert len(kinds) == 9
    for kind in kinds:
        assert counts[kind]["deliveries"] == counts[kind]["expected"], kind
    for kind in ("floor, 4 joined", "server, 4 joined"):  # the kernel may split one write, but not into four
        assert 1 <= counts[kind]["reads_per_connection_and_round"] < 4, kind
    for kind in ("server, 1 message", "server, 4 joined", "server, nobody listens"):
        assert counts[kind]["transactions_per_round"] == 1, kind
    assert counts["server, 4 joined"]["expected"] == 2 * 2 * 4 * 20
    assert (counts["errors"], counts["lost_connections"]) == ([], 0)


def test_idle_connections_are_all_there_when_memory_is_read() -> None:
    options = ("--connections", "40", "--warm-up", "10", "--rooms", "3", "--members", "6", "--quiet", "0.1")
    record = record_of("idle", *options)
    counts = record["counts"]

    assert (counts["alive"], counts["open_at_server"]) == (40, 40)
    assert counts["channels"] == counts["rooms"] == 20
    assert (counts["errors"], counts["lost_connections"]) == ([], 0)


def test_protobuf_takes_fewer_bytes_than_json_whatever_is_said() -> None:
    counts = record_of("codec", "--blocks", "1", "--block-seconds", "0.001")["counts"]

    assert len(counts) == 10
    for name, sizes in counts.items():
        assert 0 < sizes["protobuf"] < sizes["json"], name


def test_everybody_who_connects_is_welcomed_and_their_fellows_are_told() -> None:
    options = ("--connections", "40", "--rooms", "2", "--members", "10")
    record = record_of("connect", *options)

    for name in ("cold", "warm"):
        assert record["counts"][name] == {"welcomed": 40, "lost": 0, "errors": []}, name
    assert 0 < record["measured"]["cold: presence pushes per connect"] <= 9
    assert record["measured"]["warm: presence pushes per connect"] == 0


def test_all_are_resumed_after_a_kill_without_a_look_at_the_database_for_their_tokens() -> None:
    options = ("--connections", "40", "--rooms", "2", "--members", "10", "--behind", "0.5")
    counts = record_of("storm", *options)["counts"]

    for name in ("killed", "left"):
        assert counts[name] == {
            "resumed": 40,
            "connections": 40,
            "replayed": 20 * 2,
            "token_lookups": 0,
            "errors": 0,
        }, name


def test_every_message_of_an_open_loop_reaches_everybody() -> None:
    options = (
        "--connections",
        "20",
        "--rooms",
        "4",
        "--members",
        "10",
        "--rate",
        "40",
        "--seconds",
        "0.5",
        "--warm-up",
        "0",
    )
    counts = record_of("latency", *options)["counts"]

    for name in ("server", "reference"):
        assert counts[name] == {"messages": 20, "delivered": 200, "errors": 0}, name


def test_every_ping_is_answered() -> None:
    options = ("--connections", "5", "--windows", "1", "4", "--seconds", "0.2")
    counts = record_of("inbound", *options)["counts"]

    for name in ("1 at once", "4 at once"):
        assert counts[name]["answered"] > 0, name
        assert counts[name]["errors"] == 0, name


def test_history_is_asked_of_a_large_and_of_a_small_database() -> None:
    counts = record_of("history", "--entries", "2000", "--rooms", "2", "--count", "5")["counts"]

    assert counts == {
        "answered": dict.fromkeys(("page, hot", "page, cold", "send", "resume"), 5),
        "errors": 0,
    }


def test_every_fellow_hears_of_every_coming_and_going() -> None:
    options = ("--rooms", "2", "--members", "6", "--visitors", "3", "--rate", "30")
    counts = record_of("churn", *options)["counts"]

    assert counts["expected"] == counts["heard_online"] == counts["heard_offline"] == 2 * 3 * 3
    assert (counts["heard_in_crowds"], counts["errors"], counts["lost"]) == (0, 0, 0)


def test_who_does_not_read_is_told_of_their_hole_and_nobody_else_is() -> None:
    options = ("--members", "5", "--slow", "0.2", "--rate", "500", "--content", "8000", "--seconds", "2")
    counts = record_of("slow", *options)["counts"]

    assert (counts["slow"], counts["told_of_their_hole"], counts["told_in_vain"]) == (1, 1, 0)
    assert (counts["lost_connections"], counts["errors"], counts["connections"]) == (0, 0, 5)


def test_every_number_of_workers_stores_and_delivers_everything_it_acknowledges() -> None:
    mixes = ("--connections", "20", "--rooms", "4", "--large-rooms", "1", "--talkers", "3")
    options = (*mixes, "--seconds", "0.2", "--warm-up", "0", "--rounds", "1", "--workers", "1", "2")
    record = record_of("scale", *options)

    told = {"rooms of 5, all talk": 5, "rooms of 20, 3 talk": 20}
    for name, rounds in record["counts"].items():
        for counts in rounds:
            assert counts["stored"] == counts["acknowledged"] > 0
            assert counts["delivered"] == counts["acknowledged"] * told[name.rpartition(", ")[0]]
            assert (counts["errors"], counts["lost_connections"]) == (0, 0)
    for mix in told:
        assert record["measured"][f"{mix}, 2 workers against 1 worker: acknowledged messages"] > 0


def test_every_size_of_a_server_gets_the_same_traffic() -> None:
    world = ("--connections", "20", "--rooms", "4", "8", "--members", "5", "--crowd", "10")
    rates = ("--rate", "40", "--crowd-rate", "20", "--blocks", "1", "--seconds", "0.1")
    counts = record_of("flat", *world, *rates)["counts"]

    assert set(counts) == {"20 connections, 4 rooms", "20 connections, 8 rooms"}
    for name, seen in counts.items():
        assert seen["said"] == seen["acknowledged"] == 4 + 2, name
        assert seen["expected"] == seen["delivered"] == 4 * 5 + 2 * 10, name
        assert seen["pongs"] >= 20, name
        assert (seen["lost"], seen["errors"]) == (0, []), name
