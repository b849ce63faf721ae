"""What a single machine needs: the systemd unit and the kernel's settings."""

import re
import subprocess
import sys
from pathlib import Path

from tests.deploy.places import DEPLOY

from hubbub.operate.cluster.service import find_program

UNIT = DEPLOY / "systemd" / "hubbub.service"
SYSCTL = DEPLOY / "sysctl" / "99-hubbub.conf"
EXPOSURE = re.compile(r"Overall exposure level for \S+ ([\d.]+)")
SAFE = 2.0  # of 10, as systemd-analyze counts; a unit without any hardening has 9.6


def installed(folder: Path) -> Path:
    """The unit as it stands, but for the place of the program: systemd looks whether that can be run."""
    unit = folder / UNIT.name
    hubbub = Path(sys.executable).with_name("hubbub")
    unit.write_text(UNIT.read_text().replace("/opt/hubbub/bin/hubbub", str(hubbub)))
    return unit


def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    done = subprocess.run(
        [find_program("systemd-analyze"), "verify", installed(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_unit_is_hardened() -> None:
    done = subprocess.run(
        [find_program("systemd-analyze"), "security", "--offline=yes", "--no-pager", UNIT],
        capture_output=True,
        text=True,
        check=True,
    )
    found = EXPOSURE.search(done.stdout.replace(":", ""))
    assert found is not None, done.stdout
    assert float(found[1]) < SAFE


def test_the_kernel_knows_every_setting() -> None:
    keys = re.findall(r"^([a-z0-9_.]+) = ", SYSCTL.read_text(), re.MULTILINE)
    assert keys
    assert [key for key in keys if not Path("/proc/sys", *key.split(".")).exists()] == []
