"""Runs the Autobahn WebSocket conformance cases against a server that echoes, and prints how it behaved.

    python tests/conformance/autobahn/run.py                            groups 1 to 7 and 10, our own echo.py
    python tests/conformance/autobahn/run.py --large --cases '9.*'      limits and performance, a minute
    python tests/conformance/autobahn/run.py --url ws://127.0.0.1:9001 --cases '1.*,7.*'    any other server

The first run makes .cache/autobahn: a virtual environment with `requirements.txt`, the testsuite's sdist from the
package index, and its cases ported to Python 3 (port.py). The exit status is 1 if any case is neither OK nor
INFORMATIONAL.
"""

# ruff: noqa: T201 (what it prints is what it is run for)
import argparse
import contextlib
import fnmatch
import json
import os
import subprocess
import sys
import venv
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from port import port_cases

HERE = Path(__file__).parent
CACHE = HERE.parents[2] / ".cache" / "autobahn"
PYTHON = CACHE / "venv" / "bin" / "python"
SDIST = "autobahntestsuite==25.10.1"
CASES = CACHE / f"cases-{zlib.crc32((HERE / 'port.py').read_bytes()):08x}"
FINE = frozenset({"OK", "INFORMATIONAL"})


class Outcome(NamedTuple):
    case: str
    behavior: str
    close: str
    result: str

    @property
    def verdict(self) -> str:
        """The worse of the two: what the server did, and how the connection ended."""
        return self.close if self.behavior in FINE and self.close not in FINE else self.behavior

    @property
    def group(self) -> str:
        return self.case.split(".")[0]


def prepare() -> None:
    """Make what is missing in the cache."""
    if not PYTHON.exists():
        venv.create(CACHE / "venv", with_pip=True)
    if not (CACHE / "installed").exists():
        _pip("install", "--requirement", str(HERE / "requirements.txt"))
        (CACHE / "installed").touch()
    if not CASES.exists():
        _pip("download", "--no-deps", "--no-binary", ":all:", "--dest", str(CACHE), SDIST)
        port_cases(next(CACHE.glob("autobahntestsuite-*.tar.gz")), CASES)


def _pip(*arguments: str) -> None:
    options = ("--quiet", "--disable-pip-version-check")
    subprocess.run([PYTHON, "-m", "pip", *arguments, *options], check=True)


def run(url: str, patterns: Sequence[str], jobs: int) -> list[Outcome]:
    """Outcomes of the cases matching any of `patterns` (`1.*`), in the testsuite's order."""
    known = _client("--list").split()
    chosen = [case for case in known if any(fnmatch.fnmatch(case, pattern) for pattern in patterns)]
    lines = _client(url, str(jobs), *chosen).splitlines()
    outcomes = [Outcome(**json.loads(line)) for line in lines]
    return sorted(outcomes, key=lambda outcome: known.index(outcome.case))


@contextlib.contextmanager
def echo_server(*options: str) -> Iterator[str]:
    """The URL of echo.py, while it runs."""
    command = [sys.executable, str(HERE / "echo.py"), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def _client(*arguments: str) -> str:
    command = [PYTHON, HERE / "fuzzing_client.py", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(CASES)}
    return subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE, text=True).stdout


def table(outcomes: Iterable[Outcome]) -> str:
    """One line per group and behaviour, then one per case that is not fine."""
    outcomes = list(outcomes)
    counts = Counter((outcome.group, outcome.verdict) for outcome in outcomes)
    lines = [f"group {group:>3}  {count:>4} {verdict}" for (group, verdict), count in counts.items()]
    lines += [
        f"{outcome.case:>9}  {outcome.verdict}: {outcome.result}"
        for outcome in outcomes
        if outcome.verdict not in FINE
    ]
    return "\n".join([*lines, f"{len(outcomes)} cases"])


def main() -> int:
    parser = argparse.ArgumentParser(description="Run the Autobahn conformance cases.")
    parser.add_argument(
        "--url", help="of a server that echoes, such as ws://127.0.0.1:9001; default: echo.py"
    )
    parser.add_argument("--large", action="store_true", help="echo.py accepts messages of 16 MiB (group 9)")
    parser.add_argument("--cases", default="1.*,2.*,3.*,4.*,5.*,6.*,7.*,10.*")
    parser.add_argument("--jobs", type=int, default=8, help="cases at the same time; 1 to measure group 9")
    parser.add_argument("--json", action="store_true", help="print one JSON object per case instead")
    arguments = parser.parse_args()
    prepare()
    own_server = echo_server(*["--large"] * arguments.large)
    with contextlib.nullcontext(arguments.url) if arguments.url else own_server as url:
        outcomes = run(url, arguments.cases.split(","), arguments.jobs)
    if arguments.json:
        print("\n".join(json.dumps({**o._asdict(), "verdict": o.verdict}) for o in outcomes))
    else:
        print(table(outcomes))
    return 0 if outcomes and all(outcome.verdict in FINE for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
