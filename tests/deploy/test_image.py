"""The image cannot be built here (no Docker engine), but all it is made of can be tried: the linter, and every command it runs."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest
from tests.deploy.places import DEPLOY, ROOT

DOCKERFILE = DEPLOY / "docker" / "Dockerfile"
QUICKLY = {
    "wheel --quiet --no-cache-dir": "wheel --quiet",
    "install --quiet --no-cache-dir": "install --quiet --no-compile",
}
HADOLINT = Path(sys.executable).with_name("hadolint")


def instructions() -> list[tuple[str, str]]:
    """(word, rest) of each instruction, in order, comments dropped and continued lines joined."""
    lines = "\n".join(line for line in DOCKERFILE.read_text().splitlines() if not line.startswith("#"))
    joined = re.sub(r"\s*\\\n\s*", " ", lines)
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def stages() -> list[list[tuple[str, str]]]:
    found: list[list[tuple[str, str]]] = []
    for word, rest in instructions():
        if word == "FROM":
            found.append([])
        found[-1].append((word, rest))
    return found


def test_hadolint_has_nothing_to_say() -> None:
    done = subprocess.run([HADOLINT, DOCKERFILE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_every_image_has_its_exact_version() -> None:
    images = [rest.split()[0] for word, rest in instructions() if word == "FROM"]
    assert images
    assert [image for image in images if not re.search(r":\d+\.\d+\.\d+-\w", image)] == []


def test_it_does_not_run_as_root() -> None:
    users = [rest for word, rest in stages()[-1] if word == "USER"]
    assert users
    assert users[-1].split(":")[0].isdigit()  # Kubernetes' runAsNonRoot can only judge a number
    assert int(users[-1].split(":")[0]) > 0


def test_it_is_what_the_labels_say() -> None:
    image = dict(word_and_rest for word_and_rest in stages()[-1])
    labels = dict(re.findall(r'([\w.]+)="([^"]*)"', image["LABEL"]))
    assert labels["org.opencontainers.image.base.name"] == image["FROM"]
    assert labels["hubbub.sbom"].startswith("/opt/hubbub/")
    assert {"title", "description", "licenses", "version", "revision", "created"} <= {
        name.removeprefix("org.opencontainers.image.") for name in labels
    }


def test_what_is_copied_is_not_ignored() -> None:
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {
        source
        for word, rest in instructions()
        if word == "COPY" and "--from" not in rest
        for source in rest.split()[:-1]
    }
    assert copied == kept


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of the image as far as its commands made it: the build stage's COPY and RUN, below a folder of ours."""
    root = tmp_path_factory.mktemp("image")
    pip = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    for word, rest in stages()[1]:
        if word == "COPY" and "--from" in rest:
            stand_in(root / "src" / rest.split()[-1])
        elif word == "COPY":
            copy(root / "src", rest.split())
        elif word == "RUN":
            here = re.sub(r"(?<![\w.])/(opt|src|wheels)\b", rf"{root}/\1", rest)
            for deployed, quick in QUICKLY.items():
                here = here.replace(deployed, quick)
            subprocess.run(["sh", "-ec", here], cwd=root / "src", env=os.environ | pip, check=True)
    return root


def stand_in(web_app: Path) -> None:
    """Node's stage is not run here: one page instead of what it makes."""
    web_app.mkdir()
    (web_app / "index.html").write_text("<!doctype html>")


def copy(place: Path, names: list[str]) -> None:
    for name in names[:-1]:
        target = place / names[-1] / ("" if name == names[-1] else Path(name).name)
        if (ROOT / name).is_dir():
            copytree(
                ROOT / name, target, ignore=ignore_patterns("__pycache__", "*_pb2.py*", "*.egg-info", "web")
            )
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((ROOT / name).read_bytes())


def test_the_commands_make_a_program_that_runs(built: Path) -> None:
    done = subprocess.run(
        [built / "opt/hubbub/bin/hubbub", "config", "--json"], cwd=built, capture_output=True, check=True
    )
    assert json.loads(done.stdout)
    assert list((built / "opt/hubbub").glob("lib/*/site-packages/hubbub/accept/http/web/index.html"))
    assert "sqlalchemy==" in (built / "opt/hubbub/packages.txt").read_text().lower()


def test_the_environment_is_made_of_settings(built: Path) -> None:
    """The server refuses HUBBUB_ variables it does not know, so a typing error in ENV would show only at the first start."""
    said = dict(re.findall(r'(HUBBUB_\w+)="([^"]*)"', dict(stages()[-1])["ENV"]))
    assert said
    subprocess.run(
        [built / "opt/hubbub/bin/hubbub", "config"],
        cwd=built,
        env=os.environ | said,
        capture_output=True,
        check=True,
    )
