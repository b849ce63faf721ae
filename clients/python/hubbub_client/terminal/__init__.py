"""`hubbub chat` and `hubbub-chat`: a plain line-mode terminal chat.

program.py    options, the way in, the loop        entrance.py   sign up or log in, in one flow
keyboard.py   lines from a person or a pipe        screen.py     lines to a terminal or a pipe
talk.py       what is open, what arrives           commands.py   THE TABLE of what can be typed
phrases.py    what is said, pure                   state.py      what is remembered, and where
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from hubbub_client.addresses import read_address
from hubbub_client.terminal.entrance import NoEntry
from hubbub_client.terminal.program import FAILED, Options, read_password, start

DEFAULT_URL = "http://127.0.0.1:8080"

app = typer.Typer(add_completion=False, pretty_exceptions_show_locals=False)


@app.command()
def chat(
    *,
    url: Annotated[str, typer.Argument(envvar="HUBBUB_URL", help="The server.")] = DEFAULT_URL,
    user: Annotated[
        str | None, typer.Option("--user", "-u", help="Your name there; a new one is signed up.")
    ] = None,
    password_file: Annotated[
        Path | None, typer.Option(help="A file whose first line is the password.")
    ] = None,
    password_env: Annotated[
        str | None, typer.Option(help="The environment variable that holds the password.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="Where to remember sessions; without it, your state directory.")
    ] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Lines in, lines out, as when standard input is a pipe.")
    ] = False,
    colour: Annotated[
        bool | None, typer.Option("--color/--no-color", help="Without it: colours on a terminal only.")
    ] = None,
) -> None:
    """Talk at a Hubbub server in this terminal. Type /help there to see what you can do."""
    try:
        address = read_address(url).api or url
        password = read_password(password_file, password_env)
    except (NoEntry, OSError, ValueError) as error:
        typer.echo(f"! {error}", err=True)
        raise typer.Exit(FAILED) from error
    plain = plain or not (sys.stdin.isatty() and sys.stdout.isatty())
    raise typer.Exit(start(Options(address, user, password, state, plain, colour)))


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of `hubbub-chat`; `hubbub chat` hands over its arguments."""
    name = "hubbub-chat" if arguments is None else "hubbub chat"
    app(args=None if arguments is None else list(arguments), prog_name=name)
