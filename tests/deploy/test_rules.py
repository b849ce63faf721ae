"""The rules of deploy/prometheus: checked and played by promtool, and made of metrics that are declared."""

import re
import subprocess

import pytest
from tests.deploy.places import DEPLOY, ROOT

from hubbub.operate.cluster.service import find_program
from hubbub.operate.forecast.export import UNITS
from hubbub.runtime.metrics import METRICS, PREFIX

FOLDER = DEPLOY / "prometheus"
METRIC = re.compile(r"\bhubbub_[a-z_]+[a-z]")
PART = re.compile(r"_(bucket|sum|count)$")  # of a histogram
FORECAST = {f"hubbub_forecast_{unit}" for unit in UNITS.values()} | {
    "hubbub_forecast_made_timestamp_seconds",
    "hubbub_forecast_trusted",
    "hubbub_forecast_error_ratio",
}
RENAMED = {"hubbub_connections_ahead"}  # by prometheus-adapter


@pytest.mark.parametrize(
    "what", [("check", "rules", "hubbub.rules.yaml"), ("test", "rules", "hubbub.rules.test.yaml")]
)
def test_promtool_has_nothing_to_say(what: tuple[str, ...]) -> None:
    done = subprocess.run(
        [find_program("promtool"), *what], cwd=FOLDER, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_played() -> None:
    alerts = re.findall(r"alert: (\w+)", (FOLDER / "hubbub.rules.yaml").read_text())
    played = re.findall(
        r"alertname: (\w+)\n\s+exp_alerts:\n", (FOLDER / "hubbub.rules.test.yaml").read_text()
    )
    assert set(played) == set(alerts)


def test_every_alert_is_told_of_with_its_severity() -> None:
    rules = re.findall(
        r"alert: (\w+)\n(?:.*\n)*?\s+labels: {severity: (\w+)}", (FOLDER / "hubbub.rules.yaml").read_text()
    )
    rows = re.findall(
        r"^\| (`Hubbub.*?) \| (\w+) \|", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE
    )
    told = {(name, severity) for names, severity in rows for name in re.findall(r"\w+", names)}
    assert told == set(rules)


def test_every_metric_named_is_declared() -> None:
    """That what is declared is measured is in tests/operate/test_metrics.py."""
    declared = {PREFIX + metric.name for metric in METRICS}
    texts = [path.read_text() for path in DEPLOY.rglob("*") if path.is_file() and path.suffix != ".py"]
    named = {PART.sub("", name) for text in texts for name in METRIC.findall(text)}
    assert named - declared - FORECAST - RENAMED == set()
