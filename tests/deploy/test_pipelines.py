"""Three pipelines, one course: the same stages in the same order, by the same make targets."""

import json
import re
from collections.abc import Callable
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from tests.deploy.places import ROOT

JENKINS, GITLAB, GITHUB = (
    ROOT / "Jenkinsfile",
    ROOT / ".gitlab-ci.yml",
    ROOT / ".github" / "workflows" / "ci.yml",
)
SCHEMAS = files("check_jsonschema") / "builtin_schemas" / "vendor"
MAKE = re.compile(r"make ((?:[a-z-]+ )*[a-z-]+(?: [A-Z]+=\S+)*)")
ORDER = [
    ("unit tests", ["check"]),
    ("code scan", ["scan"]),
    ("image", ["image"]),
    ("push", ["image PUSH=1"]),
    ("deploy to staging", ["deploy-staging"]),
    ("interface tests", ['smoke interface URL="$STAGING_URL"']),
    ("approval", []),
    ("deploy to production", ["deploy-production"]),
    ("smoke test", ['smoke URL="$PRODUCTION_URL"']),
]
BACK = "rollback-production"

Course = list[tuple[str, list[str]]]


def made(text: str) -> list[str]:
    return [found.rstrip("'") for found in MAKE.findall(text)]


def jenkins() -> Course:
    stages = re.split(r"stage\('([^']+)'\)", JENKINS.read_text())[1:]
    return [
        (name.lower(), [target for target in made(body) if target != BACK])
        for name, body in zip(stages[::2], stages[1::2], strict=True)
    ]


def gitlab() -> Course:
    config = yaml.safe_load(GITLAB.read_text())
    jobs = [each for name, each in config.items() if isinstance(each, dict) and "script" in each]
    in_stage = {stage: [job for job in jobs if job["stage"] == stage] for stage in config["stages"]}
    return [
        (stage, list(chain.from_iterable(made("\n".join(job["script"])) for job in found)))
        for stage, found in in_stage.items()
    ]


def github() -> Course:
    jobs: dict[str, Any] = yaml.safe_load(GITHUB.read_text())["jobs"]
    after: dict[str | None, dict[str, Any]] = {
        job.get("needs"): job for job in jobs.values() if job["name"] != "Rollback"
    }
    names = {id(job): name for name, job in jobs.items()}
    course, job = [], after.get(None)
    while job is not None:
        runs = "\n".join(step.get("run", "") for step in job["steps"])
        course.append((job["name"].lower(), made(runs)))
        job = after.get(names[id(job)])
    return course


@pytest.mark.parametrize("course", [jenkins, gitlab, github])
def test_the_course_is_the_same_everywhere(course: Callable[[], Course]) -> None:
    assert course() == ORDER


@pytest.mark.parametrize("path", [JENKINS, GITLAB, GITHUB], ids=lambda path: path.name)
def test_a_failed_smoke_test_takes_production_back(path: Path) -> None:
    text = path.read_text()
    assert made(text)[-1] == BACK
    assert "fail" in text[text.index("smoke URL=") : text.index(BACK)].lower()


def test_make_knows_every_target() -> None:
    lines = re.findall(r"^([a-z][a-z -]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    known = {target for line in lines for target in line.split()}
    asked = {word for _, targets in ORDER for target in targets for word in target.split() if "=" not in word}
    assert (asked | {BACK}) - known == set()


@pytest.mark.parametrize(
    ("path", "schema"),
    [(GITLAB, "gitlab-ci.json"), (GITHUB, "github-workflows.json")],
    ids=["gitlab", "github"],
)
def test_the_schema_allows_it(path: Path, schema: str) -> None:
    config = yaml.safe_load(path.read_text())
    config = {
        "on" if key is True else key: value for key, value in config.items()
    }  # YAML 1.1 reads `on` as true
    jsonschema.Draft7Validator(json.loads((SCHEMAS / schema).read_text())).validate(config)


def test_the_jenkinsfile_closes_what_it_opens() -> None:
    """No Jenkins is here to read it; this much can be seen without one."""
    text = re.sub(r"//[^\n]*|'[^'\n]*'|\"[^\"\n]*\"", "", JENKINS.read_text())
    opened: list[str] = []
    for mark in re.findall(r"[{}()\[\]]", text):
        if mark in "{([":
            opened.append(mark)
        else:
            assert opened.pop() + mark in {"{}", "()", "[]"}
    assert opened == []


def test_the_scan_reads_folders_that_exist() -> None:
    properties = dict(
        re.findall(r"^([\w.]+)=(.*)$", (ROOT / "sonar-project.properties").read_text(), re.MULTILINE)
    )
    folders = [*properties["sonar.sources"].split(","), *properties["sonar.tests"].split(",")]
    assert [folder for folder in folders if not (ROOT / folder).is_dir()] == []
