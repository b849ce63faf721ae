"""`hubbub admin users …`."""

import os
import secrets
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from hubbub.wiring.admin.context import WRONG_USAGE, Terminal, fail, told
from hubbub.wiring.admin.output import print_json

COLUMNS = ("user", "display_name", "created_at", "last_seen", "admin", "banned_at", "erased_at")
SESSION_COLUMNS = ("session", "device", "created_at", "used_at", "expires_at")
PASSWORD_BYTES = 15
SETTLING_SECONDS = 0.5  # between two looks whether a connection that was open has said its last

users = typer.Typer(help="Users: find, ban, log out, reset the password.", no_args_is_help=True)
User = Annotated[str, typer.Argument(help="The user's handle.")]
After = Annotated[str, typer.Option(help="Go on after this one.")]


@users.command("list")
def find(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="Part of a handle or a name.")] = "",
    after: After = "",
    *,
    banned: Annotated[bool, typer.Option("--banned", help="Only those who are banned.")] = False,
    admins: Annotated[bool, typer.Option("--admins", help="Only administrators.")] = False,
) -> None:
    """Users whose handle or name contains QUERY."""
    terminal: Terminal = context.obj
    state = "banned" if banned else "admin" if admins else ""
    page = terminal.ask("GET", "users", query=query, only=state, after=after)
    terminal.print_table(page, "users", COLUMNS)


@users.command()
def show(context: typer.Context, user: User) -> None:
    """Everything known of one user but what they said."""
    terminal: Terminal = context.obj
    terminal.print_card(terminal.ask("GET", "users/{}", user))


@users.command()
def ban(context: typer.Context, user: User) -> None:
    """Close the account: nobody logs in, every session and connection ends."""
    terminal: Terminal = context.obj
    terminal.confirm(f"{user} will be logged out everywhere and cannot come back.")
    terminal.print_card(terminal.ask("PUT", "users/{}/ban", user))


@users.command()
def unban(context: typer.Context, user: User) -> None:
    """Open the account again."""
    terminal: Terminal = context.obj
    terminal.print_card(terminal.ask("DELETE", "users/{}/ban", user))


@users.command()
def password(
    context: typer.Context,
    user: User,
    *,
    stdin: Annotated[bool, typer.Option("--stdin", help="Read it from standard input.")] = False,
) -> None:
    """Another password, made here and printed once; every session of the user ends."""
    terminal: Terminal = context.obj
    terminal.confirm(f"{user} will be logged out everywhere.")
    new = sys.stdin.readline().rstrip("\n") if stdin else secrets.token_urlsafe(PASSWORD_BYTES)
    card = terminal.ask("PUT", "users/{}/password", user, body={"password": new})
    if stdin:
        terminal.print_card(card)
    elif terminal.json:
        print_json({"user": user, "password": new})
    else:
        typer.echo(new)


@users.command()
def sessions(context: typer.Context, user: User) -> None:
    """The user's sessions, the last used first."""
    terminal: Terminal = context.obj
    answer = terminal.ask("GET", "users/{}/sessions", user)
    terminal.print_table(answer, "sessions", SESSION_COLUMNS)


@users.command()
def revoke(
    context: typer.Context,
    user: User,
    session: Annotated[str, typer.Argument(help="Only this session; without it, all.")] = "",
) -> None:
    """Log the user out: one session, or all of them."""
    terminal: Terminal = context.obj
    if session:
        terminal.ask("DELETE", "users/{}/sessions/{}", user, session)
    else:
        terminal.confirm(f"{user} will be logged out everywhere.")
        terminal.ask("DELETE", "users/{}/sessions", user)


@users.command()
def export(
    context: typer.Context,
    user: User,
    out: Annotated[Path | None, typer.Option(help="The file; without it, standard output.")] = None,
) -> None:
    """Everything of theirs as one JSON document."""
    terminal: Terminal = context.obj
    told(lambda: _write(terminal.api.read("users/{}/export", user), out))


def _write(pieces: Iterator[bytes], out: Path | None) -> None:
    if out is None:
        sys.stdout.buffer.writelines(pieces)
        return
    with open(out, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.writelines(pieces)


@users.command()
def erase(
    context: typer.Context,
    user: User,
    confirm: Annotated[str, typer.Option(help="The handle once more; without it, it is asked for.")] = "",
) -> None:
    """Erase what they said and who they were. There is no way back; what was interrupted goes on when run again."""
    terminal: Terminal = context.obj
    terminal.ask("GET", "users/{}", user)
    if not confirm and sys.stdin.isatty():
        confirm = typer.prompt(
            f"All that {user} said will be gone for ever. Their handle once more", err=True
        )
    if confirm != user:
        fail("nothing was erased: the handle was not given once more (--confirm)", WRONG_USAGE)
    erased = 0
    while not (step := terminal.ask("POST", "users/{}/erase", user, body={"user": user}))["done"]:
        erased += step["erased"]
        if not step["erased"]:
            time.sleep(SETTLING_SECONDS)
    terminal.print_card({"user": user, "erased": erased})


def grant(context: typer.Context, user: User) -> None:
    """Let a user administer this server, in the web app too."""
    terminal: Terminal = context.obj
    terminal.confirm(f"{user} may then ban and erase everybody else.")
    terminal.print_card(terminal.ask("PUT", "users/{}/right", user))


def withdraw(context: typer.Context, user: User) -> None:
    """Take that right back."""
    terminal: Terminal = context.obj
    terminal.print_card(terminal.ask("DELETE", "users/{}/right", user))
