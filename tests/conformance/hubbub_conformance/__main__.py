"""Ask a server everything: `python -m hubbub_conformance --http http://… --ws ws://… --tcp host:port`.

Whatever else is given goes to pytest (`-k rooms`, `-x`, `-n 2`). The server must let one address sign up without limit
(`HUBBUB_LIMITS_SIGNUPS_PER_ADDRESS=0`) and have its other limits at their defaults; the plays make accounts and rooms in it.
Exit status: pytest's, 0 if all passed.
"""

import os
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PLAYS = next(place for place in (HERE / "plays", HERE.parents[1] / "conversations") if place.exists())


def main() -> int:
    """Run the plays."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        print(__doc__)  # noqa: T201
        return 0
    options = ["--noconftest", "--import-mode=importlib", "-q", "-c", os.devnull, "--rootdir", str(PLAYS)]
    plugins = ["-p", "hubbub_conformance.plugin", "-p", "no:cacheprovider", "-o", "asyncio_mode=auto"]
    return pytest.main([str(PLAYS), *options, *plugins, *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
