"""`hubbub forecast` as an operator runs it: statistics and plots included, from a file and from a real Prometheus."""

import csv
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from urllib.request import urlopen

import pytest
from bench.forecast import KINDS, STEP, outlook
from tests.services.prometheus import SCRAPES, PastPrometheus, Prometheus

from hubbub.operate.cluster.service import WITHIN
from hubbub.operate.forecast.models import BASELINE, CHALLENGER
from hubbub.testing.traffic import DAY, Traffic

HUBBUB = Path(sys.executable).with_name("hubbub")
DOCS = Path(__file__).parents[2] / "docs" / "forecast.md"
DAYS = 10
CONNECTIONS = Traffic(noise=0.05, growth=0.1)
MESSAGES = Traffic(level=40.0, noise=0.05)
PNG = b"\x89PNG\r\n\x1a\n"


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([HUBBUB, "forecast", *arguments], capture_output=True, text=True, check=False)


def began() -> float:
    """So that a history of `DAYS` ends now."""
    return time.time() // STEP * STEP - DAYS * DAY


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("history") / "history.csv"
    with path.open("w", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["time", "connections"])
        writer.writerows(CONNECTIONS.points(DAYS, STEP, began()))
    return path


@pytest.fixture(scope="module")
def prometheus() -> Iterator[Prometheus]:
    sent = [(at, rate * SCRAPES) for at, rate in MESSAGES.points(DAYS, SCRAPES, began())]
    totals = accumulate(count for _, count in sent)
    running = PastPrometheus(
        {
            "hubbub_connections": CONNECTIONS.points(DAYS, SCRAPES, began()),
            "hubbub_entries_committed_total": [
                (at, total) for (at, _), total in zip(sent, totals, strict=True)
            ],
        }
    )
    running.start()
    yield running
    running.discard()


@pytest.mark.parametrize("kind", KINDS)
def test_the_figures_of_the_page_are_those_of_the_bench(kind: str) -> None:
    found = outlook(KINDS[kind])
    errors = [f"{found.backtests[name].error:.1%}".replace("%", " %") for name in (BASELINE, CHALLENGER)]
    row = f"| {kind} | {' | '.join(errors)} | {found.model} | {'yes' if found.trusted else 'no'} |"
    assert row in DOCS.read_text()


def test_a_file_becomes_a_forecast_a_picture_and_metrics(history: Path, tmp_path: Path) -> None:
    picture, metrics = tmp_path / "forecast.png", tmp_path / "hubbub.prom"
    done = run("--csv", history, "--plot", picture, "--textfile", metrics)
    assert done.returncode == 0, done.stderr
    assert f"connections: {CHALLENGER} is better than {BASELINE}, by " in done.stdout
    assert picture.read_bytes().startswith(PNG)
    found = re.search(r"^hubbub_forecast_connections (\S+)$", metrics.read_text(), re.MULTILINE)
    assert found is not None
    said = float(found[1])
    _, measured = list(CONNECTIONS.points(DAYS, STEP, began()))[-1]
    assert said == pytest.approx(measured, rel=0.5)


def test_prometheus_is_asked_for_both_series(prometheus: Prometheus) -> None:
    done = run("--prometheus", prometheus.url, "--where", 'namespace="chat"', "--history", f"{DAYS}d")
    assert done.returncode == 0, done.stderr
    trusted = re.findall(r"^│ (\w+) +│ [\d.]+ days │ [\d.]+% +│ [\d.]+% +│ yes", done.stdout, re.MULTILINE)
    assert trusted == ["connections", "messages"]


def test_a_matcher_that_matches_nothing_is_named(prometheus: Prometheus) -> None:
    done = run("--prometheus", prometheus.url, "--where", 'namespace="chta"')
    assert (done.returncode, done.stdout) == (1, "")
    assert "hubbub: cannot forecast: the history is empty" in done.stderr


def test_too_short_a_history_is_refused(prometheus: Prometheus) -> None:
    done = run("--prometheus", prometheus.url, "--history", "3d")
    assert done.returncode == 1
    assert "9 are needed" in done.stderr


def test_it_serves_until_it_is_told_to_end(prometheus: Prometheus, tmp_path: Path) -> None:
    command = [
        "--prometheus",
        prometheus.url,
        "--history",
        f"{DAYS}d",
        "--listen",
        "127.0.0.1:0",
        "--every",
        "1h",
    ]
    with subprocess.Popen([HUBBUB, "forecast", *command], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        url = ""
        for line in process.stderr:
            url = url or "".join(re.findall(r"http://[\d.:]+/metrics", line))
            if '"series":"messages"' in line:
                break
        with urlopen(url, timeout=WITHIN) as answer:
            assert b"\nhubbub_forecast_connections " in answer.read()
        process.send_signal(signal.SIGTERM)
        assert process.wait(WITHIN) == 0


def test_a_prometheus_that_is_away_is_asked_again(tmp_path: Path) -> None:
    command = [
        "--prometheus",
        "http://127.0.0.1:1",
        "--every",
        "1s",
        "--textfile",
        str(tmp_path / "hubbub.prom"),
    ]
    with subprocess.Popen([HUBBUB, "forecast", *command], stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        tries = [line for _, line in zip(range(2), process.stderr, strict=False)]
        process.send_signal(signal.SIGTERM)
        assert process.wait(WITHIN) == 0
    assert ["no new forecast" in line for line in tries] == [True, True]
