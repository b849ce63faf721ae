"""The Compose files against the schema of the Compose specification, and against what a container of ours needs."""

import re
import subprocess
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from cryptography import x509
from tests.deploy.places import DEPLOY

from hubbub.operate.cluster.postgres import BINARIES, SETTINGS, Postgres
from hubbub.operate.cluster.service import await_true, find_program, running
from hubbub.operate.doctor.services import FIRST_TO_GO

COMPOSE = DEPLOY / "compose"
FILES = sorted(COMPOSE.glob("*.yaml"))
SCHEMA = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
DRAIN = 10  # seconds: the default of drain_seconds
ONCE = "service_completed_successfully"

Service = dict[str, Any]


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text())
    return content


def services() -> list[Any]:
    return [
        pytest.param(service, id=f"{path.stem}-{name}")
        for path in FILES
        for name, service in read(path)["services"].items()
    ]


NODES = [
    each
    for each in services()
    if each.values[0]["image"].startswith("hubbub:") and "stop_grace_period" in each.values[0]
]
EACH_FILE = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
EACH_SERVICE = pytest.mark.parametrize("service", services())


@EACH_FILE
def test_the_specification_allows_it(path: Path) -> None:
    jsonschema.Draft7Validator(yaml.safe_load(SCHEMA.read_text())).validate(read(path))


@EACH_FILE
def test_what_is_mounted_exists(path: Path) -> None:
    volumes = set(read(path).get("volumes", {}))
    mounts = (mount for service in read(path)["services"].values() for mount in service.get("volumes", []))
    sources = {mount.split(":")[0] for mount in mounts}
    ours = {each for each in sources - volumes if not each.startswith("/var/")}
    assert [each for each in ours if not (path.parent / each).exists()] == []


@EACH_FILE
def test_who_waits_for_health_waits_for_somebody_who_has_it(path: Path) -> None:
    there = read(path)["services"]
    for service in there.values():
        for name, wait in service.get("depends_on", {}).items():
            image_has_it = there[name]["image"].startswith("hubbub:")
            assert wait["condition"] == ONCE or "healthcheck" in there[name] or image_has_it


@EACH_SERVICE
def test_an_image_has_its_exact_version(service: Service) -> None:
    assert re.search(r":v?\d+\.\d+(\.\d+)?(-\w+)*$", service["image"])


@EACH_SERVICE
def test_nothing_is_open_to_the_world(service: Service) -> None:
    """A published port goes past most firewalls: Docker writes its own rules."""
    assert [port for port in service.get("ports", []) if not port.startswith("127.0.0.1:")] == []


@EACH_SERVICE
def test_a_secret_has_no_default(service: Service) -> None:
    given = service.get("environment", {})
    secret = {
        name: str(value) for name, value in given.items() if re.search("PASSWORD|SECRET|DATABASE_URL", name)
    }
    assert [name for name, value in secret.items() if not re.search(r"\$\{\w+:\?", value)] == []


@pytest.mark.parametrize("node", NODES)
def test_a_node_may_write_nothing_but_its_data_and_is_given_time_to_drain(node: Service) -> None:
    assert node["read_only"]
    assert node["cap_drop"] == ["ALL"]
    assert int(node["stop_grace_period"].removesuffix("s")) > DRAIN + 10


@pytest.mark.parametrize("name", ["grafana/datasources.yaml", "prometheus/prometheus.yaml"])
def test_who_is_asked_is_there(name: str) -> None:
    there = set(read(COMPOSE / "full.yaml")["services"])
    asked = set(re.findall(r"([a-z][\w-]+):\d{4}\b", (COMPOSE / name).read_text()))
    assert asked
    assert asked <= there


def test_a_latency_leads_to_jaeger_and_redis_keeps_what_must_stay() -> None:
    """Prometheus throws exemplars away unless told otherwise; `allkeys-lru` would let go of who is there before of history."""
    there = read(COMPOSE / "full.yaml")["services"]
    assert "--enable-feature=exemplar-storage" in there["prometheus"]["command"]
    by_type = {each["type"]: each for each in read(COMPOSE / "grafana" / "datasources.yaml")["datasources"]}
    [way] = by_type["prometheus"]["jsonData"]["exemplarTraceIdDestinations"]
    assert (way["name"], way["datasourceUid"]) == ("trace_id", by_type["jaeger"]["uid"])
    assert FIRST_TO_GO in there["redis"]["command"]


def test_prometheus_takes_its_configuration(tmp_path: Path) -> None:
    for source in (COMPOSE / "prometheus" / "prometheus.yaml", DEPLOY / "prometheus" / "hubbub.rules.yaml"):
        (tmp_path / source.name).write_text(source.read_text())
    check = [find_program("promtool"), "check", "config", tmp_path / "prometheus.yaml"]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_certificate_is_made_once(tmp_path: Path) -> None:
    make = ["sh", COMPOSE / "certificate.sh", tmp_path]
    subprocess.run(make, check=True, capture_output=True)
    made = (tmp_path / "hubbub.pem").read_bytes()
    certificate = x509.load_pem_x509_certificate(made)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert b"PRIVATE KEY" in made
    subprocess.run(make, check=True, capture_output=True)
    assert (tmp_path / "hubbub.pem").read_bytes() == made


class Standby(Postgres):
    """What deploy/compose/postgres/standby.sh makes and runs."""

    def __init__(self, primary: Postgres) -> None:
        self._primary = primary
        super().__init__()

    def prepare(self) -> None:
        (self.folder / "standby.sh").write_bytes((COMPOSE / "postgres" / "standby.sh").read_bytes())

    def command(self) -> Sequence[str]:
        tools = f"PATH={BINARIES}:/usr/bin:/bin"
        followed = [
            "PRIMARY=127.0.0.1",
            f"PGPORT={self._primary.port}",
            f"PGDATA={self.folder}/data",
            "PGPASSWORD=secret",
        ]
        own = ["-p", str(self.port), "-k", str(self.folder), "-c", "listen_addresses=127.0.0.1"]
        own += ["-c", f"max_connections={SETTINGS['max_connections']}"]  # a standby may not have fewer
        return ["/usr/bin/env", "-", tools, *followed, "bash", "standby.sh", *own]


@pytest.fixture
def primary() -> Iterator[Postgres]:
    server = Postgres()
    with running(server):
        script = server.folder / "primary.sh"
        script.write_bytes((COMPOSE / "postgres" / "primary.sh").read_bytes())
        given = [
            f"PATH={BINARIES}:/usr/bin:/bin",
            "PGHOST=127.0.0.1",
            f"PGPORT={server.port}",
            f"PGDATA={server.folder}/data",
        ]
        given += ["POSTGRES_USER=hubbub", "POSTGRES_DB=postgres", "POSTGRES_PASSWORD=secret"]
        server.run("/usr/bin/env", "-", *given, "bash", "primary.sh")
        server.sql("SELECT pg_reload_conf()")
        yield server


@pytest.fixture
def standby(primary: Postgres) -> Iterator[Standby]:
    server = Standby(primary)
    with running(server):
        yield server


def test_the_standby_follows_the_primary(primary: Postgres, standby: Standby) -> None:
    primary.sql("CREATE TABLE kept (seq int)")
    await_true(
        lambda: standby.sql("SELECT to_regclass('kept')") == "kept", lambda: "the standby does not follow"
    )
    assert standby.sql("SELECT pg_is_in_recovery()") == "t"
