"""Programs of the machine that these tests drive; `make services` installs them."""

import os
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def program(name: str) -> str:
    """Its path. Where it is missing: a failure in CI, elsewhere a skip."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if found is None and not os.environ.get("CI"):
        pytest.skip(f"{name} is missing: make services, as root")
    assert found is not None, f"{name} is missing: make services, as root"
    return found
