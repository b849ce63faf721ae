"""Each import contract of pyproject.toml is broken once, on a copy, and lint-imports must say so by its name."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = Path(sys.executable).with_name("lint-imports")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

STAGES = "Stages import only the stages below them"
MODEL = "Model imports nothing of ours"
FEATURES = "Features do not import each other"
PURE = "Codec and model are pure"
CLOCK = "Use cases read no clock and toss no coin"
WEB = "Only accept knows the web server"
DATABASE = "Only persist knows the database"
STATISTICS = "Only the forecast knows statistics and plots"
TRACES = "Only one module knows OpenTelemetry"
SERVERS = "Only persist and the buses know Redis and NATS"
CLIENT = "The client knows nothing of the server"
SERVER = "The server knows nothing of the client, but for the command that starts it"
PROOF = "The proof knows nothing of what it proves"

# contract, the module planted, what it imports
VIOLATIONS = [
    (STAGES, "hubbub.accept.planted", "hubbub.wiring"),
    (STAGES, "hubbub.dispatch.planted", "hubbub.accept"),
    (STAGES, "hubbub.execute.planted", "hubbub.dispatch"),
    (STAGES, "hubbub.execute.planted", "hubbub.persist"),
    (STAGES, "hubbub.persist.planted", "hubbub.publish"),
    (STAGES, "hubbub.publish.planted", "hubbub.push"),
    (STAGES, "hubbub.push.planted", "hubbub.execute"),
    (STAGES, "hubbub.codec.planted", "hubbub.runtime"),
    (STAGES, "hubbub.runtime.planted", "hubbub.push"),
    (STAGES, "hubbub.model.planted", "hubbub.codec"),
    (STAGES, "hubbub.wiring.planted", "hubbub.testing"),
    (STAGES, "hubbub.operate.planted", "hubbub.wiring"),
    (STAGES, "hubbub.accept.planted", "hubbub.operate"),
    (MODEL, "hubbub.model.planted", "hubbub.runtime"),
    (FEATURES, "hubbub.execute.planted", "hubbub.execute.neighbour"),
    (PURE, "hubbub.codec.planted", "asyncio"),
    (PURE, "hubbub.model.planted", "asyncio"),
    (CLOCK, "hubbub.execute.planted", "time"),
    (CLOCK, "hubbub.model.planted", "random"),
    (WEB, "hubbub.push.planted", "uvicorn"),
    (WEB, "hubbub.wiring.planted", "litestar"),
    (DATABASE, "hubbub.execute.planted", "sqlalchemy"),
    (DATABASE, "hubbub.publish.planted", "alembic"),
    (SERVERS, "hubbub.publish.planted", "redis"),
    (SERVERS, "hubbub.push.planted", "nats"),
    (STATISTICS, "hubbub.wiring.planted", "statsmodels"),
    (TRACES, "hubbub.push.planted", "opentelemetry"),
    (PROOF, "hubbub.operate.proof.planted", "hubbub.codec"),
    (CLIENT, "hubbub_client.planted", "hubbub.model"),
    (SERVER, "hubbub.push.planted", "hubbub_client"),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The two packages, side by side, under the contracts in force."""
    without = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src" / "hubbub", tmp_path / "hubbub", ignore=without)
    shutil.copytree(ROOT / "clients" / "python" / "hubbub_client", tmp_path / "hubbub_client", ignore=without)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def plant(root: Path, module: str, line: str) -> None:
    path = root.joinpath(*module.split(".")).with_suffix(".py")
    path.parent.mkdir(exist_ok=True)
    path.write_text(f'"""Planted."""\n\n{line}\n')


def lint(root: Path) -> tuple[int, list[str], str]:
    """Exit status, names of the broken contracts, the report."""
    done = subprocess.run(
        [LINT, "--no-cache", "--no-logo"],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, re.findall(r"^(.+) BROKEN", done.stdout, re.MULTILINE), done.stdout + done.stderr


def test_the_tree_keeps_its_contracts(copy: Path) -> None:
    status, broken, report = lint(copy)
    assert (status, broken) == (0, []), report


@pytest.mark.parametrize(("contract", "module", "imported"), VIOLATIONS)
def test_a_planted_violation_is_caught_by_name(contract: str, module: str, imported: str, copy: Path) -> None:
    plant(copy, "hubbub.execute.neighbour", "")
    plant(copy, module, f"import {imported}")
    status, broken, report = lint(copy)
    assert status == 1, report
    assert contract in broken, report
    assert f"{module} -> {imported}" in report


def test_a_new_folder_needs_a_place(copy: Path) -> None:
    plant(copy, "hubbub.elsewhere.__init__", "")
    status, _, report = lint(copy)
    assert status == 1, report
    assert "elsewhere" in report


def test_every_contract_has_a_violation_planted() -> None:
    assert {contract["name"] for contract in CONTRACTS} == {contract for contract, _, _ in VIOLATIONS}
