from pathlib import Path

import pytest
from prometheus_client import generate_latest

from hubbub.operate.forecast.export import Exported
from hubbub.operate.forecast.models import BASELINE, CHALLENGER, seasonal_naive
from hubbub.operate.forecast.outlook import Outlook, Terms, look_ahead
from hubbub.operate.forecast.series import regular
from hubbub.testing.traffic import DAY, Traffic

STEP = 3_600.0
MODELS = {BASELINE: seasonal_naive, CHALLENGER: seasonal_naive}


def look(name: str, traffic: Traffic) -> Outlook:
    return look_ahead(name, regular(traffic.points(9, STEP), STEP), Terms(), MODELS)


@pytest.fixture
def connections() -> Outlook:
    return look("connections", Traffic())


def readings(exported: Exported) -> dict[str, float]:
    lines = generate_latest(exported.registry).decode().splitlines()
    return {
        name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[0] != "#")
    }


def test_nothing_is_said_before_the_first_forecast() -> None:
    assert readings(Exported(STEP, lambda: 0.0)) == {}


def test_a_scrape_is_told_the_most_until_ahead(connections: Outlook) -> None:
    moment = [connections.history.end]
    exported = Exported(2 * STEP, lambda: moment[0])
    exported.renew((connections, look("messages", Traffic(level=40))))
    said = readings(exported)
    assert said["hubbub_forecast_connections"] == max(connections.values[:3])
    assert said["hubbub_forecast_messages_per_second"] > 0
    assert said["hubbub_forecast_made_timestamp_seconds"] == connections.history.end
    assert said['hubbub_forecast_trusted{series="connections"}'] == 1.0
    moment[0] += 12 * STEP
    assert readings(exported)["hubbub_forecast_connections"] == max(connections.values[12:15])


def test_a_forecast_that_has_run_out_says_nothing(connections: Outlook) -> None:
    moment = [connections.history.end]
    exported = Exported(STEP, lambda: moment[0])
    exported.renew((connections,))
    moment[0] += DAY
    assert "hubbub_forecast_connections" not in readings(exported)


def test_what_is_not_trusted_is_left_out_and_said_to_be() -> None:
    poor = look("connections", Traffic(swing=0.0, noise=0.5))
    exported = Exported(STEP, lambda: poor.history.end)
    exported.renew((poor,))
    said = readings(exported)
    assert "hubbub_forecast_connections" not in said
    assert said['hubbub_forecast_trusted{series="connections"}'] == 0.0
    assert said['hubbub_forecast_error_ratio{series="connections"}'] > 0.25


def test_a_textfile_takes_the_place_of_the_last_one(connections: Outlook, tmp_path: Path) -> None:
    path = tmp_path / "hubbub.prom"
    path.write_text("old")
    exported = Exported(STEP, lambda: connections.history.end)
    exported.renew((connections,))
    exported.write(path)
    assert "\nhubbub_forecast_connections " in path.read_text()
    assert [each.name for each in tmp_path.iterdir()] == ["hubbub.prom"]
