"""What every command of `hubbub admin` has: the server to ask, how to print, and whether somebody was asked first."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import typer

from hubbub.wiring.admin.api import Api, AskingError
from hubbub.wiring.admin.output import Row, print_card, print_json, print_table
from hubbub.wiring.identity import SECRET_FILE
from hubbub.wiring.settings import Settings, SettingsRefused, load_settings

FAILED = 1
WRONG_USAGE = 2
EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104 - compared with, not bound to


@dataclass(kw_only=True)
class Terminal:
    """The options before the command's name."""

    api: Api
    json: bool
    yes: bool

    def ask(self, method: str, path: str, *parts: str, body: object = None, **query: object) -> Any:  # noqa: ANN401
        """Ask the server; what it refuses ends the program."""
        return told(lambda: self.api.ask(method, path, *parts, body=body, **query))

    def print_table(self, page: Row, rows: str, columns: Sequence[str]) -> None:
        """A page of the server's, whose rows stand under this name; that there are more, where it says so."""
        if self.json:
            print_json(page)
        else:
            print_table(page[rows], columns, more=page.get("more", False))

    def print_card(self, card: Row) -> None:
        """One thing."""
        if self.json:
            print_json(card)
        else:
            print_card(card)

    def confirm(self, sentence: str) -> None:
        """Ask before what cannot be undone, or hurts somebody. `--yes` has answered; a script without it is refused."""
        if self.yes:
            return
        if not os.isatty(0):
            fail(f"{sentence} Nobody is here to be asked: give --yes.", WRONG_USAGE)
        typer.confirm(f"{sentence} Go on?", abort=True, err=True)


def told(work: Callable[[], Any]) -> Any:  # noqa: ANN401 - the answer
    """Do it; what the server refuses ends the program with one line."""
    try:
        return work()
    except AskingError as error:
        fail(str(error), FAILED)


def fail(message: str, status: int) -> NoReturn:
    """End with a line on standard error."""
    typer.echo(f"hubbub: {message}", err=True)
    raise typer.Exit(status)


def open_terminal(
    config: str | None, data: str | None, url: str | None, *, json: bool, yes: bool
) -> Terminal:
    """A terminal on the server of this configuration."""
    try:
        settings = load_settings({"config": config, "data": data}, os.environ, Path.cwd()).settings
    except SettingsRefused as refused:
        fail(str(refused), WRONG_USAGE)
    return Terminal(api=Api(url or _place(settings), _secret(settings)), json=json, yes=yes)


def _place(settings: Settings) -> str:
    host = EVERY_ADDRESS.get(settings.host, settings.host)
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"


def _secret(settings: Settings) -> bytes:
    """The server's; unlike the server, never made here."""
    if settings.auth.secret:
        return settings.auth.secret.encode()
    path = Path(settings.data) / SECRET_FILE
    try:
        return path.read_bytes().strip()
    except OSError as error:
        fail(f"no secret in {path} ({error.strerror}): give the server's --config or --data", FAILED)
