"""The chart, by Helm's own library: linted, rendered for every set of values, and each manifest held against its schema."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import helm_python as helm
import jsonschema
import kubernetes_validate
import pytest
import yaml
from tests.deploy.places import DEPLOY
from tests.deploy.proxies import certify

from hubbub.accept.listener import LAST_WORDS_SECONDS
from hubbub.wiring.app import GOODBYE_SECONDS, LAST_COMMITS_SECONDS
from hubbub.wiring.settings import load_settings
from hubbub.wiring.settings.keys import KEYS, PROVIDER_KEYS

CHART = DEPLOY / "helm" / "hubbub"
DASHBOARDS = DEPLOY / "grafana" / "dashboards"
KUBERNETES = ("1.27", "1.34")  # the chart's least version, and a late one
VALUES: Mapping[str, Path | None] = {
    "default": None,
    **{path.stem.removesuffix("-values"): path for path in sorted((CHART / "ci").glob("*.yaml"))},
    **{name: DEPLOY / "helm" / f"{name}.yaml" for name in ("staging", "production")},
}
CUSTOM = yaml.safe_load((Path(__file__).parent / "custom_resources.yaml").read_text())
DEFINITIONS = {
    "texts": {"type": "object", "additionalProperties": {"type": "string"}},
    "selector": {"type": "object", "properties": {"matchLabels": {"$ref": "#/definitions/texts"}}},
    "mtls": {"type": "object", "properties": {"mode": {"enum": ["STRICT", "PERMISSIVE", "DISABLE"]}}},
}
PLAIN_SECRET = re.compile("secret|password|database_url|bus$", re.IGNORECASE)
SHARED: dict[str, Any] = {
    "store": {
        "kind": "shared",
        "database": {"secret": "database", "key": "url"},
        "bus": {"secret": "bus", "key": "url"},
    },
    "auth": {"secret": "auth", "key": "secret"},
}

SECRETS = [key.name for key in KEYS.values() if key.secret] + [
    f"auth.external.corp.{key.name}" for key in PROVIDER_KEYS.values() if key.secret
]

Manifest = dict[str, Any]


def values_of(name: str) -> dict[str, Any]:
    path = VALUES[name]
    return yaml.safe_load(path.read_text()) if path else {}


def render(values: dict[str, Any]) -> list[Manifest]:
    with helm.Chart.load(CHART) as chart:
        texts = chart.render(values, name="talk", namespace="chat")
    documents = (
        each for name, text in texts.items() if name.endswith(".yaml") for each in yaml.safe_load_all(text)
    )
    return [each for each in documents if each]


def only(manifests: list[Manifest], kind: str, name: str = "talk-hubbub") -> Manifest:
    (found,) = [each for each in manifests if each["kind"] == kind and each["metadata"]["name"] == name]
    return found


def pods(manifests: list[Manifest]) -> Iterator[Manifest]:
    for each in manifests:
        if each["kind"] in {"Deployment", "Job"}:
            yield each["spec"]["template"]


RENDERED = {name: render(values_of(name)) for name in VALUES}
EACH = pytest.mark.parametrize("name", VALUES)


@EACH
def test_helm_lint_has_nothing_to_say(name: str) -> None:
    report = helm.lint(CHART, values_of(name), strict=True)
    assert (report["messages"], report["errors"]) == ([], [])


@EACH
@pytest.mark.parametrize("version", KUBERNETES)
def test_every_manifest_is_what_kubernetes_takes(name: str, version: str) -> None:
    own = [each for each in RENDERED[name] if each["kind"] not in CUSTOM]
    assert own
    for manifest in own:
        kubernetes_validate.validate(manifest, version, strict=True)


@EACH
def test_every_custom_resource_is_what_its_operator_takes(name: str) -> None:
    for manifest in RENDERED[name]:
        if custom := CUSTOM.get(manifest["kind"]):
            assert manifest["apiVersion"] == custom["apiVersion"]
            jsonschema.validate(manifest["spec"], {**custom["spec"], "definitions": DEFINITIONS})


def test_every_kind_of_custom_resource_is_rendered_somewhere() -> None:
    kinds = {manifest["kind"] for manifests in RENDERED.values() for manifest in manifests}
    assert set(CUSTOM) <= kinds


@EACH
def test_every_node_is_given_time_to_drain(name: str) -> None:
    template = only(RENDERED[name], "Deployment")["spec"]["template"]["spec"]
    server = template["containers"][0]
    pause = int(server["lifecycle"]["preStop"]["exec"]["command"][1])
    drain = next(float(each["value"]) for each in server["env"] if each["name"] == "HUBBUB_DRAIN_SECONDS")
    needed = pause + drain + GOODBYE_SECONDS + LAST_COMMITS_SECONDS + LAST_WORDS_SECONDS
    assert template["terminationGracePeriodSeconds"] > needed


@EACH
def test_the_server_takes_its_environment(name: str, tmp_path: Path) -> None:
    """The settings refuse unknown variables and wrong values, so a typing error in the chart would stop every node."""
    stand_ins = {
        "HUBBUB_AUTH_SECRET": "x" * 32,
        "HUBBUB_AUTH_EXTERNAL_CORP_HMAC_SECRET": "x" * 32,
        "HUBBUB_DATABASE_URL": "postgresql://h/d",
        "HUBBUB_BUS": "redis://h",
    }
    server = only(RENDERED[name], "Deployment")["spec"]["template"]["spec"]["containers"][0]
    variables = {each["name"]: each.get("value") or stand_ins[each["name"]] for each in server["env"]}
    certify(tmp_path)
    here = {
        variable: value.replace("/etc/hubbub/tls", str(tmp_path)) for variable, value in variables.items()
    }
    load_settings({}, here, tmp_path)


@EACH
def test_secrets_are_references(name: str) -> None:
    assert "Secret" not in {manifest["kind"] for manifest in RENDERED[name]}
    for pod in pods(RENDERED[name]):
        for variable in pod["spec"]["containers"][0].get("env", []):
            assert "valueFrom" in variable or not PLAIN_SECRET.search(variable["name"])


@EACH
def test_no_pod_has_more_rights_than_it_needs(name: str) -> None:
    for pod in pods(RENDERED[name]):
        assert pod["spec"]["securityContext"]["runAsNonRoot"]
        assert not pod["spec"]["automountServiceAccountToken"]
        security = pod["spec"]["containers"][0]["securityContext"]
        assert security["readOnlyRootFilesystem"]
        assert security["capabilities"]["drop"] == ["ALL"]


@EACH
def test_selectors_select_the_nodes_and_nothing_else(name: str) -> None:
    manifests = RENDERED[name]
    node = only(manifests, "Deployment")["spec"]["template"]["metadata"]["labels"].items()
    selector = only(manifests, "Service")["spec"]["selector"].items()
    assert selector <= node
    assert [pod for pod in pods(manifests) if selector <= pod["metadata"]["labels"].items()] == [
        only(manifests, "Deployment")["spec"]["template"]
    ]


def test_the_embedded_store_has_one_writer() -> None:
    deployment = only(RENDERED["default"], "Deployment")["spec"]
    assert (deployment["replicas"], deployment["strategy"]) == (1, {"type": "Recreate"})
    assert only(RENDERED["default"], "PersistentVolumeClaim")


def test_framed_tcp_has_its_port_and_its_certificate() -> None:
    server = only(RENDERED["full"], "Deployment")["spec"]["template"]["spec"]
    mounted = {mount["name"]: mount["mountPath"] for mount in server["containers"][0]["volumeMounts"]}
    variables = {each["name"]: each.get("value") for each in server["containers"][0]["env"]}
    assert variables["HUBBUB_TCP_CERTIFICATE_FILE"] == f"{mounted['tls']}/tls.crt"
    (port,) = [each["containerPort"] for each in server["containers"][0]["ports"] if each["name"] == "tcp"]
    assert variables["HUBBUB_TCP_PORT"] == str(port)
    assert "tcp" in {each["targetPort"] for each in only(RENDERED["full"], "Service")["spec"]["ports"]}


def test_many_nodes_are_migrated_first_and_scaled_by_what_comes() -> None:
    manifests = RENDERED["full"]
    assert only(manifests, "Job", "talk-hubbub-migrate")["metadata"]["annotations"]["helm.sh/hook"] == (
        "pre-install,pre-upgrade"
    )
    assert "replicas" not in only(manifests, "Deployment")["spec"]
    scaler = only(manifests, "HorizontalPodAutoscaler")["spec"]
    assert [each["type"] for each in scaler["metrics"]] == ["Resource", "Pods", "External"]
    assert scaler["behavior"]["scaleDown"]["policies"] == [{"type": "Pods", "value": 1, "periodSeconds": 600}]


def test_the_sidecar_drains_as_long_as_the_node() -> None:
    template = only(RENDERED["istio"], "Deployment")["spec"]["template"]
    sidecar = json.loads(template["metadata"]["annotations"]["proxy.istio.io/config"])
    assert sidecar["terminationDrainDuration"] == f"{template['spec']['terminationGracePeriodSeconds']}s"
    variables = {each["name"]: each.get("value") for each in template["spec"]["containers"][0]["env"]}
    assert variables["HUBBUB_TRUSTED_PROXIES"] == "127.0.0.6"


def test_the_rules_of_the_chart_are_those_that_promtool_plays() -> None:
    rules = yaml.safe_load((DEPLOY / "prometheus" / "hubbub.rules.yaml").read_text())
    assert only(RENDERED["full"], "PrometheusRule")["spec"] == rules


def test_grafana_finds_the_dashboards_where_they_are_wanted() -> None:
    made = only(RENDERED["full"], "ConfigMap", "talk-hubbub-dashboards")
    assert made["metadata"]["labels"]["grafana_dashboard"] == "1"
    pages = {f"hubbub-{path.name}": json.loads(path.read_text()) for path in DASHBOARDS.glob("*.json")}
    assert {name: json.loads(text) for name, text in made["data"].items()} == pages != {}
    assert "ConfigMap" not in {each["kind"] for each in RENDERED["default"]}


def test_a_packed_chart_carries_what_it_links_to(tmp_path: Path) -> None:
    with helm.Chart.load(helm.package(CHART, destination=tmp_path)) as chart:
        texts = chart.render(values_of("full"), name="talk", namespace="chat")
    documents = yaml.safe_load_all(texts["hubbub/templates/monitoring.yaml"])
    kinds = ("ServiceMonitor", "PrometheusRule", "ConfigMap")
    assert list(documents) == [each for each in RENDERED["full"] if each["kind"] in kinds]


@pytest.mark.parametrize(
    "values",
    [
        {"replicas": 2},
        {"autoscaling": {"enabled": True}},
        {"store": {"kind": "shared"}},
        {**SHARED, "store": {**SHARED["store"], "bus": {"secret": "", "key": "url"}}},
        {**SHARED, "auth": {"secret": "", "key": "secret"}},
        {"image": {"tag": "latest"}},
        {"drain": {"second": 5}},
        {"monitoring": {"dashboards": True}},
        {"settings": {"drain_seconds": 5}},
        {"gateway": {"enabled": True, "create": True}},
        {"publicUrl": "chat.example.org"},
    ],
    ids=str,
)
def test_what_does_not_fit_together_is_refused(values: dict[str, Any]) -> None:
    with helm.Chart.load(CHART) as chart, pytest.raises(helm.HelmError):
        chart.validate_schema(chart.merge_values(values))


@pytest.mark.parametrize("key", SECRETS)
def test_a_secret_is_no_setting(key: str) -> None:
    with helm.Chart.load(CHART) as chart, pytest.raises(helm.HelmError):
        chart.validate_schema(chart.merge_values({"settings": {key: "hunter2"}}))


def test_what_fits_is_taken() -> None:
    with helm.Chart.load(CHART) as chart:
        chart.validate_schema(chart.merge_values({**SHARED, "replicas": 3, "settings": {"limits.crowd": 50}}))
