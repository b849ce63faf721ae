"""The list of people: who asks, who is a friend, who was asked, who is blocked. Pure."""

from hubbub_client.terminal.desk.choices import Choice, Row, fits, heading
from hubbub_client.terminal.desk.desk import Desk
from hubbub_client.terminal.safe_text import one_line
from hubbub_client.terminal.wording import clock


def people_rows(desk: Desk, query: str, now_ms: int) -> list[Row]:
    """Everybody whose name fits; a name that nobody here has may be asked."""
    people = desk.people
    parts = (
        ("want to be friends", [_incoming(user) for user in people.incoming if fits(user, query)]),
        ("friends", [_friend(desk, user, now_ms) for user in people.friends if fits(user, query)]),
        ("asked by you", [_outgoing(user) for user in people.outgoing if fits(user, query)]),
        ("blocked", [_blocked(user) for user in people.blocked if fits(user, query)]),
    )
    rows = [row for title, part in parts if part for row in (heading(title), *part)]
    name = query.strip().lstrip("@").lower()
    known = {*people.friends, *people.incoming, *people.outgoing, *people.blocked, desk.me}
    if name and name not in known:
        ask = Choice("enter", "ask", "befriend", (name,))
        rows.append(Row("ask", f"Ask @{name} to be friends", (ask, _block(name)), "+"))
    return rows or [heading("nobody yet: type a name to ask somebody")]


def _incoming(user: str) -> Row:
    choices = (
        Choice("enter", "accept", "accept", (user,)),
        Choice("d", "decline", "decline", (user,)),
        _block(user),
    )
    return Row(f"in {user}", one_line(user), choices, "?", "wants to be your friend", bright=True)


def _friend(desk: Desk, user: str, now_ms: int) -> Row:
    presence = desk.people.presence.get(user)
    seen = (
        ""
        if presence is None or presence.last_seen is None
        else f"last seen {clock(presence.last_seen, now_ms)}"
    )
    online = presence is not None and presence.online
    choices = (
        Choice("enter", "talk", "talk", (user,)),
        Choice("u", "unfriend", "unfriend", (user,), f"End the friendship with {one_line(user)}?"),
        _block(user),
    )
    return Row(
        f"friend {user}", one_line(user), choices, "●" if online else "○", "online" if online else seen
    )


def _outgoing(user: str) -> Row:
    back = Choice("u", "take back", "unfriend", (user,))
    return Row(f"out {user}", one_line(user), (back,), "…", "has not answered")


def _blocked(user: str) -> Row:
    return Row(f"blocked {user}", one_line(user), (Choice("u", "unblock", "unblock", (user,)),), "×")


def _block(user: str) -> Choice:
    return Choice("b", "block", "block", (user,), f"Hear nothing more from {one_line(user)}?")
