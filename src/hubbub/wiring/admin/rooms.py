"""`hubbub admin rooms …`."""

from typing import Annotated

import typer

from hubbub.wiring.admin.context import Terminal
from hubbub.wiring.admin.output import print_card, print_json

COLUMNS = ("chat", "name", "public", "members", "owners", "head", "changed_at")
MEMBER_COLUMNS = ("user", "display_name", "role", "muted_until", "read", "received")

rooms = typer.Typer(help="Rooms: find, look into, give another owner, close.", no_args_is_help=True)
Room = Annotated[str, typer.Argument(help="The room's chat id.")]
After = Annotated[str, typer.Option(help="Go on after this one.")]


@rooms.command("list")
def find(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="Part of a name, or a chat id.")] = "",
    after: After = "",
) -> None:
    """Rooms whose name contains QUERY, private and closed ones too."""
    terminal: Terminal = context.obj
    page = terminal.ask("GET", "rooms", query=query, after=after)
    terminal.print_table(page, "rooms", COLUMNS)


@rooms.command()
def show(context: typer.Context, room: Room) -> None:
    """One room, and who may not come back into it."""
    terminal: Terminal = context.obj
    card = terminal.ask("GET", "rooms/{}", room)
    bans = terminal.ask("GET", "rooms/{}/bans", room)["bans"]
    if terminal.json:
        print_json(card | {"bans": bans})
    else:
        print_card(card | {"bans": [f"{ban['user']} (by {ban['by']})" for ban in bans]})


@rooms.command()
def members(context: typer.Context, room: Room, after: After = "") -> None:
    """Who is in it."""
    terminal: Terminal = context.obj
    page = terminal.ask("GET", "rooms/{}/members", room, after=after)
    terminal.print_table(page, "members", MEMBER_COLUMNS)


@rooms.command()
def owner(
    context: typer.Context, room: Room, user: Annotated[str, typer.Argument(help="A member of it.")]
) -> None:
    """Make a member the owner; whoever was becomes an admin of the room."""
    terminal: Terminal = context.obj
    terminal.confirm(f"{user} will own the room.")
    terminal.print_card(terminal.ask("PUT", "rooms/{}/owner", room, body={"user": user}))


@rooms.command()
def close(context: typer.Context, room: Room) -> None:
    """Remove everybody and take it out of the directory. Its log is kept."""
    terminal: Terminal = context.obj
    card = terminal.ask("GET", "rooms/{}", room)
    terminal.confirm(f"All {card['members']} members of {card['name']!r} will be removed from it.")
    terminal.print_card(terminal.ask("DELETE", "rooms/{}", room))
