"""`hubbub chat` and `hubbub send`: what stands on their command lines."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from hubbub_client.terminal.options import FAILED, Options
from hubbub_client.terminal.place import Place
from hubbub_client.terminal.send import Failed, Order, send
from hubbub_client.wire.codecs import CodecName

DEFAULT_URL = "http://127.0.0.1:8080"
PATIENCE_S = 30.0

Server = Annotated[str, typer.Argument(envvar="HUBBUB_URL", help="The server: http://, ws:// or tcp://.")]
ServerOption = Annotated[
    str, typer.Option("--server", "-s", envvar="HUBBUB_URL", help="The server: http://, ws:// or tcp://.")
]
Api = Annotated[
    str | None, typer.Option(envvar="HUBBUB_API", help="Its HTTP API, needed with tcp:// and tls:// only.")
]
Codec = Annotated[CodecName, typer.Option(envvar="HUBBUB_CODEC", help="json or protobuf.")]
User = Annotated[str | None, typer.Option("--user", "-u", help="Your name there; a new one is signed up.")]
PasswordFile = Annotated[Path | None, typer.Option(help="A file whose first line is the password.")]
PasswordEnv = Annotated[str | None, typer.Option(help="The environment variable that holds the password.")]
State = Annotated[
    Path | None, typer.Option(help="Where sessions are remembered; without it, your state directory.")
]


def _fail(error: Exception, status: int = FAILED) -> NoReturn:
    typer.echo(f"! {error}", err=True)
    raise typer.Exit(status) from error


def chat(
    *,
    url: Server = DEFAULT_URL,
    user: User = None,
    api: Api = None,
    codec: Codec = "json",
    password_file: PasswordFile = None,
    password_env: PasswordEnv = None,
    state: State = None,
    plain: Annotated[
        bool,
        typer.Option("--plain", help="Lines in, lines out: for pipes, dumb terminals and screen readers."),
    ] = False,
    light: Annotated[
        bool | None, typer.Option("--light/--dark", help="Colours for a light or a dark terminal.")
    ] = None,
    colour: Annotated[
        bool | None, typer.Option("--color/--no-color", help="With --plain: colours on a terminal only.")
    ] = None,
) -> None:
    """Talk at a Hubbub server in this terminal. F1 there shows every key."""
    try:
        place = Place(url, codec, api)
        password = read_password(password_file, password_env)
    except (OSError, ValueError) as error:
        _fail(error)
    piped = not (sys.stdin.isatty() and sys.stdout.isatty())
    options = Options(place, user, password, state, colour=colour, light=light)
    raise typer.Exit(_run(options, plain=plain or piped or os.environ.get("TERM") == "dumb", piped=piped))


def _run(options: Options, *, plain: bool, piped: bool) -> int:
    """What a face needs is imported when it is shown."""
    if plain:
        from hubbub_client.terminal.plain import program as line_mode  # noqa: PLC0415

        return line_mode.start(options, piped=piped)
    from hubbub_client.terminal import app  # noqa: PLC0415

    return app.start(options)


def say(
    *,
    text: Annotated[list[str] | None, typer.Argument(help="The message; without it, standard input.")] = None,
    to: Annotated[str, typer.Option("--to", "-t", help="A room by name or id, or @user.")],
    url: ServerOption = DEFAULT_URL,
    api: Api = None,
    codec: Codec = "json",
    token: Annotated[
        str | None, typer.Option(envvar="HUBBUB_TOKEN", help="A token, instead of the remembered session.")
    ] = None,
    user: User = None,
    password_file: PasswordFile = None,
    password_env: PasswordEnv = None,
    state: State = None,
    msg_id: Annotated[
        str | None, typer.Option(help="A name for this message: however often you try, it is sent once.")
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds to try.")] = PATIENCE_S,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Print chat and number.")] = False,
) -> None:
    """Send one message, and return when it is durable.

    Exit status: 0 sent, 1 refused, 2 wrong usage, 75 nobody knows or not now (try again), 77 not logged in.
    """
    try:
        password = read_password(password_file, password_env)
        place = Place(url, codec, api)
        content = _content(text)
        order = Order(place, to, content, msg_id, token, user, password, state, timeout)
        sent = asyncio.run(send(order))
    except Failed as failed:
        _fail(failed, failed.status)
    except (OSError, ValueError) as error:
        _fail(error)
    if verbose:
        typer.echo(f"{sent.chat} #{sent.seq}{' (sent before)' if sent.duplicate else ''}")


def _content(text: list[str] | None) -> str:
    """What is said: the arguments, or everything on standard input. Raises typer.BadParameter."""
    if text and text != ["-"]:
        return " ".join(text)
    if not text and sys.stdin.isatty():
        raise typer.BadParameter('say what: hubbub send --to lobby "text", or pipe it in')
    content = sys.stdin.read().rstrip("\n")
    if not content:
        raise typer.BadParameter("there is nothing to send")
    return content


def read_password(file: Path | None, variable: str | None) -> str | None:
    """The password from the first line of a file or from an environment variable. Raises ValueError, OSError."""
    if file is not None:
        return file.read_text(encoding="utf-8").splitlines()[0] if file.stat().st_size else ""
    if variable is None:
        return None
    password = os.environ.get(variable)
    if password is None:
        raise ValueError(f"there is no environment variable {variable}")
    return password
