"""`make conformance`: the plays of hubbub_conformance, asked of a server of ours as of any other, at its addresses."""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from hubbub.testing.server_process import ServerProcess

HERE = Path(__file__).parent


def main() -> int:
    """Exit status: that of the run."""
    with TemporaryDirectory() as data:
        server = ServerProcess(Path(data), {})
        server.start()
        try:
            addresses = ["--http", server.root, "--ws", server.websocket, "--tcp", server.tcp]
            command = [sys.executable, "-m", "hubbub_conformance", *addresses, *sys.argv[1:]]
            return subprocess.run(command, check=False, cwd=HERE).returncode
        finally:
            server.stop()


if __name__ == "__main__":
    sys.exit(main())
