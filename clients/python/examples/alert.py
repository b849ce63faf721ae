"""Runs a command and tells a room when it fails, with the end of what it said.

    HUBBUB_TOKEN=... python alert.py http://127.0.0.1:8080 --to ops -- make backup

Without `async`: the blocking client. Its exit status is the command's.
"""

import argparse
import os
import subprocess
import sys

from hubbub_client import HubbubError
from hubbub_client.sync import Client

LINES = 10


def main() -> int:
    """Run, and tell if it failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--to", required=True, help="a room by name")
    parser.add_argument("command", nargs="+")
    asked = parser.parse_args()
    ran = subprocess.run(
        asked.command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    if ran.returncode:
        said = "\n".join(ran.stdout.splitlines()[-LINES:])
        alert(asked.url, asked.to, f"`{' '.join(asked.command)}` failed with {ran.returncode}:\n{said}")
    return ran.returncode


def alert(url: str, room: str, text: str) -> None:
    """Send it; returns when it is durable."""
    try:
        with Client(url, token=os.environ["HUBBUB_TOKEN"]) as client:
            client.connect()
            chat = next(each.chat for each in client.all_chats() if each.name == room)
            client.send(chat, text, timeout=60)
    except (HubbubError, StopIteration) as error:
        print(f"could not tell {room}: {error or 'no such room'}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
