"""`hubbub admin` itself: its options, and the commands about the server as a whole."""

from typing import Annotated

import typer

from hubbub.wiring.admin import users as of_users
from hubbub.wiring.admin.context import WRONG_USAGE, Terminal, fail, open_terminal
from hubbub.wiring.admin.output import print_card, print_json, print_table
from hubbub.wiring.admin.rooms import rooms
from hubbub.wiring.admin.users import users

OUTBOX_COLUMNS = ("chat", "first", "last", "pending", "oldest_at", "attempts", "claimed_until")
AUDIT_COLUMNS = ("at", "by", "address", "act", "subject", "detail")

admin = typer.Typer(
    help="Administer a running server, as whoever holds its secret: reads the configuration that `hubbub serve` reads.",
    no_args_is_help=True,
    add_completion=False,
)
outbox = typer.Typer(help="What is stored but not yet on the bus.", no_args_is_help=True)
admin.add_typer(users, name="users")
admin.add_typer(rooms, name="rooms")
admin.add_typer(outbox, name="outbox")
admin.command()(of_users.grant)
admin.command()(of_users.withdraw)


@admin.callback()
def options(
    context: typer.Context,
    *,
    config: Annotated[str | None, typer.Option(help="The server's TOML file.")] = None,
    data: Annotated[str | None, typer.Option(help="The server's data directory.")] = None,
    url: Annotated[
        str | None, typer.Option(help="Where it is; without it, host and port of the settings.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before what cannot be undone.")] = False,
) -> None:
    """Exit status: 0 done, 1 refused by the server or not there, 2 wrong usage."""
    context.obj = open_terminal(config, data, url, json=json, yes=yes)


@admin.command()
def health(context: typer.Context) -> None:
    """The node that answers, and who else serves."""
    terminal: Terminal = context.obj
    answer = terminal.ask("GET", "health")
    terminal.print_card(answer)


@admin.command()
def audit(
    context: typer.Context,
    before: Annotated[int, typer.Option(help="Only what was done before this (ms since the epoch).")] = 2**53,
) -> None:
    """What administrators did, the latest first."""
    terminal: Terminal = context.obj
    page = terminal.ask("GET", "audit", before=before)
    terminal.print_table(page, "lines", AUDIT_COLUMNS)


@admin.command()
def switches(
    context: typer.Context,
    feature: Annotated[str, typer.Argument(help="typing, presence, receipts or search.")] = "",
    mode: Annotated[str, typer.Argument(help="on, off, auto, or default: as the settings say.")] = "",
) -> None:
    """What the server lets go under load; with FEATURE and MODE, switch it on every node."""
    terminal: Terminal = context.obj
    if feature and not mode:
        fail("say which mode: on, off, auto or default", WRONG_USAGE)
    if feature:
        answer = terminal.ask("PUT", "switches/{}", feature, body={"mode": mode})
    else:
        answer = terminal.ask("GET", "switches")
    terminal.print_table(answer, "switches", ("feature", "on", "mode", "set_by"))


@outbox.command("show")
def show_outbox(context: typer.Context) -> None:
    """How much waits, since when, and in which chats."""
    terminal: Terminal = context.obj
    _print_outbox(terminal, terminal.ask("GET", "outbox"))


@outbox.command()
def retry(context: typer.Context) -> None:
    """Put it on the bus now, whoever has claimed it."""
    terminal: Terminal = context.obj
    _print_outbox(terminal, terminal.ask("POST", "outbox/retry"))


def _print_outbox(terminal: Terminal, view: dict[str, object]) -> None:
    if terminal.json:
        print_json(view)
        return
    print_card({"pending": view["pending"], "oldest_at": view["oldest_at"]})
    if view["chats"]:
        print_table(view["chats"], OUTBOX_COLUMNS)  # type: ignore[arg-type]
