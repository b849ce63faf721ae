"""What this machine lacks is a skip for a developer and a failure in CI."""

import os
from typing import NoReturn

import pytest


def missing(what: str) -> NoReturn:
    (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{what} is missing: run `make services` as root")
