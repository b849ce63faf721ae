"""The Compose files against the schema of the Compose specification, and against what a container of ours needs."""

import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from tests.deploy.places import DEPLOY

FILES = sorted((DEPLOY / "compose").glob("*.yaml"))
SCHEMA = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
DRAIN = 10  # seconds: the default of drain_seconds


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text())
    return content


def services() -> list[Any]:
    return [
        pytest.param(service, id=f"{path.stem}-{name}")
        for path in FILES
        for name, service in read(path)["services"].items()
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_specification_allows_it(path: Path) -> None:
    jsonschema.Draft7Validator(yaml.safe_load(SCHEMA.read_text())).validate(read(path))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_mounted_exists(path: Path) -> None:
    volumes = set(read(path).get("volumes", {}))
    sources = {
        mount.split(":")[0]
        for service in read(path)["services"].values()
        for mount in service.get("volumes", [])
    }
    assert [each for each in sources - volumes if not (path.parent / each).exists()] == []


@pytest.mark.parametrize("service", services())
def test_an_image_has_its_exact_version(service: dict[str, Any]) -> None:
    assert re.search(r":v?\d+\.\d+(\.\d+)?(-\w+)*$", service["image"])


@pytest.mark.parametrize("service", services())
def test_nothing_is_open_to_the_world_but_the_proxy(service: dict[str, Any]) -> None:
    """A published port goes past most firewalls: Docker writes its own rules."""
    for port in service.get("ports", []):
        assert port.startswith("127.0.0.1:")


NODES = [
    each
    for each in services()
    if each.values[0]["image"].startswith("hubbub:") and "restart" in each.values[0]
]


@pytest.mark.parametrize("node", NODES)
def test_a_node_may_write_nothing_but_its_data_and_is_given_time_to_drain(node: dict[str, Any]) -> None:
    assert node["read_only"]
    assert node["cap_drop"] == ["ALL"]
    assert int(node["stop_grace_period"].removesuffix("s")) > DRAIN + 10
