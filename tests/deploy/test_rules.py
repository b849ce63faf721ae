"""The rules of deploy/prometheus: checked and played by promtool, and made of metrics that a real server has."""

import re
import subprocess
from urllib.request import urlopen

import pytest
from tests.deploy.places import DEPLOY

from hubbub.operate.cluster.service import find_program
from hubbub.operate.forecast.export import UNITS
from tests.conftest import Servers

FOLDER = DEPLOY / "prometheus"
METRIC = re.compile(r"\bhubbub_[a-z_]+[a-z]")
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


def test_every_metric_named_is_measured(servers: Servers) -> None:
    with urlopen(servers.get({})[0].internal + "/metrics") as answer:
        measured = set(METRIC.findall(answer.read().decode()))
    texts = [path.read_text() for path in DEPLOY.rglob("*") if path.is_file()]
    named = {name for text in texts for name in METRIC.findall(text)}
    assert named - measured - FORECAST - RENAMED == set()
