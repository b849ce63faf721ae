"""Who is told of which alert, asked of amtool; what Alertmanager does with it is in test_watching.py."""

import re
import subprocess

import pytest
import yaml
from tests.deploy.places import DEPLOY

from hubbub.operate.cluster.service import find_program

FILE = DEPLOY / "alertmanager" / "alertmanager.yaml"
RULES = DEPLOY / "prometheus" / "hubbub.rules.yaml"


def amtool(*arguments: str) -> str:
    done = subprocess.run(
        [find_program("amtool"), *arguments], capture_output=True, text=True, check=False, cwd=FILE.parent
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def test_amtool_takes_the_configuration_and_its_templates() -> None:
    assert "1 templates" in amtool("check-config", FILE.name)


@pytest.mark.parametrize(
    ("severity", "receivers"),
    [
        ("critical", "webhook,on-call"),
        ("warning", "webhook,team"),
        ("info", "webhook,mail"),
        ("", "webhook,mail"),
    ],
)
def test_an_alert_goes_where_its_severity_says_and_to_the_webhook(severity: str, receivers: str) -> None:
    routes = ("config", "routes", "test", f"--config.file={FILE.name}", f"--verify.receivers={receivers}")
    assert receivers in amtool(*routes, "alertname=HubbubErrors", f"severity={severity}")


def test_every_way_of_telling_is_used_and_its_secret_is_no_text() -> None:
    configuration = yaml.safe_load(FILE.read_text())
    ways = {way for receiver in configuration["receivers"] for way in receiver if way != "name"}
    assert ways == {"wechat_configs", "email_configs", "webhook_configs"}
    secrets = re.findall(
        r"^ [^#\n]*(?:password|secret|token|credentials)\w*: ([^\s}]+)", FILE.read_text(), re.MULTILINE
    )
    assert secrets
    assert [each for each in secrets if not each.startswith("/etc/") and each != "WECOM_SECRET"] == []


def test_severities_and_inhibitions_are_those_of_the_rules() -> None:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    alerts = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    assert {each["labels"]["severity"] for each in alerts} == {"critical", "warning", "info"}
    names = {each["alert"] for each in alerts}
    for rule in yaml.safe_load(FILE.read_text())["inhibit_rules"]:
        matchers = [each.split(" ", 2) for each in rule["source_matchers"] + rule["target_matchers"]]
        for _, operator, value in matchers:
            pattern = value.strip('"')
            assert any(re.fullmatch(pattern, name) for name in names), (operator, value)
            alternatives = re.search(r"\((.*)\)", pattern)
            for each in alternatives[1].split("|") if alternatives else ():
                assert f"Hubbub{each}" in names
