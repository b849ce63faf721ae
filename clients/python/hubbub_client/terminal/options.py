"""What was asked for on the command line of `hubbub chat`, and how it may end."""

from dataclasses import dataclass
from pathlib import Path

from hubbub_client.terminal.place import Place

DONE, FAILED = 0, 1


@dataclass(frozen=True, slots=True)
class Options:
    """`colour` none: on a terminal only; `light` none: as the terminal says, else dark."""

    place: Place
    user: str | None = None
    password: str | None = None
    state: Path | None = None
    colour: bool | None = None
    light: bool | None = None
