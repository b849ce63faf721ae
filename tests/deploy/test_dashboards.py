"""The dashboards are what their source makes, of metrics that are declared. That their queries are answered is in test_watching.py."""

import re
from runpy import run_path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from tests.deploy.places import DEPLOY

from hubbub.runtime.metrics import METRICS, PREFIX

FOLDER = DEPLOY / "grafana"


@pytest.fixture(scope="module")
def source() -> SimpleNamespace:
    return SimpleNamespace(**run_path(str(FOLDER / "dashboards.py")))


def test_what_is_committed_is_what_is_made(source: SimpleNamespace) -> None:
    committed = {path.name: path.read_text() for path in (FOLDER / "dashboards").glob("*.json")}
    assert committed == source.files(), "`make dashboards` writes them"


def test_panels_of_a_page_do_not_overlap(source: SimpleNamespace) -> None:
    for dashboard in source.DASHBOARDS:
        places = [each["gridPos"] for each in source.panels(dashboard)]
        cells = [
            (x, y)
            for place in places
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        ]
        assert len(cells) == len(set(cells)), dashboard.name
        assert max(x for x, _ in cells) < source.COLUMNS


def test_every_metric_is_on_a_page() -> None:
    text = "".join(path.read_text() for path in (FOLDER / "dashboards").glob("*.json"))
    shown = {
        re.sub(r"_(bucket|sum|count)$", "", name) for name in re.findall(rf"\b{PREFIX}([a-z_]+[a-z])", text)
    }
    assert {metric.name for metric in METRICS} - shown == set()


def test_grafana_of_compose_has_them() -> None:
    compose: dict[str, Any] = yaml.safe_load((DEPLOY / "compose" / "full.yaml").read_text())
    mounts = dict(each.split(":")[:2] for each in compose["services"]["grafana"]["volumes"])
    provisioning = DEPLOY / "compose" / "grafana" / "dashboards.yaml"
    [provider] = yaml.safe_load(provisioning.read_text())["providers"]
    assert mounts["../grafana/dashboards"] == provider["options"]["path"]
    assert mounts["./grafana/dashboards.yaml"].startswith("/etc/grafana/provisioning/dashboards/")
