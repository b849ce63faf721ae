"""Rooms: the directory, and the members of one. Pure."""

from hubbub_client.terminal.desk.chat import Chat
from hubbub_client.terminal.desk.choices import Choice, Row, fits, heading
from hubbub_client.terminal.desk.desk import Desk
from hubbub_client.terminal.safe_text import one_line
from hubbub_client.terminal.wording import clock
from hubbub_client.wire.replies import RoomMember

RANKS = {"member": 0, "admin": 1, "owner": 2}
"""Nobody acts on an equal or higher role (protocol.md §2, rights in a room)."""

MUTES = {"10 minutes": 10, "an hour": 60, "a day": 24 * 60, "a year": 365 * 24 * 60}


def directory_rows(desk: Desk, query: str) -> list[Row]:
    """Public rooms whose name fits, and a new one of that name."""
    rows = [
        Row(
            room.chat,
            one_line(room.name),
            (Choice("enter", "open", "open", (room.chat,)) if room.chat in desk.chats else _join(room.chat),),
            "#",
            f"{room.members} {'member' if room.members == 1 else 'members'}"
            + (", you are in" if room.chat in desk.chats else ""),
        )
        for room in sorted(desk.directory, key=lambda room: not _begins(room.name, query))
        if fits(room.name, query)
    ]
    name = query.strip()
    if name:
        rows += [
            heading("or make one"),
            Row("public", f"Make “{name}”, which anybody may join", (_make(name, public=True),), "+"),
            Row("private", f"Make “{name}” for those you invite", (_make(name, public=False),), "+"),
        ]
    return rows or [heading("no public rooms yet: type a name to make one")]


def _begins(name: str, query: str) -> bool:
    return name.casefold().startswith(query.strip().casefold())


def _join(chat: str) -> Choice:
    return Choice("enter", "join", "join", (chat,))


def _make(name: str, *, public: bool) -> Choice:
    return Choice("enter", "make", "create_room", (name, int(public)))


def member_rows(desk: Desk, chat: Chat, query: str, now_ms: int) -> list[Row]:
    """What can be done about a room, and who is in it; about a person, if the chat is private."""
    if chat.peer is not None:
        return _private_rows(desk, chat)
    rows = [*_room_rows(chat), heading("members")]
    ranked = sorted(chat.members or (), key=lambda each: (-RANKS.get(each.role, 0), each.user))
    rows += [
        _member(desk, chat, member, now_ms)
        for member in ranked
        if fits(f"{member.user} {member.display_name}", query)
    ]
    if chat.members is None:
        rows.append(Row("loading", "…"))
    return rows


def _private_rows(desk: Desk, chat: Chat) -> list[Row]:
    user = chat.peer or ""
    name = one_line(user)
    unfriend = Choice("enter", "end it", "unfriend", (user,), f"End the friendship with {name}?")
    block = Choice("enter", "block", "block", (user,), f"Hear nothing more from {name}?")
    unblock = Choice("enter", "unblock", "unblock", (user,))
    if user in desk.people.blocked:
        return [Row("unblock", f"Unblock {name}", (unblock,))]
    return [
        Row("unfriend", f"End the friendship with {name}", (unfriend,)),
        Row("block", f"Block {name}", (block,)),
    ]


def _room_rows(chat: Chat) -> list[Row]:
    rank = RANKS.get(chat.role, 0)
    invite = Choice("enter", "invite", "invite_whom", (chat.id,))
    leave = Choice("enter", "leave", "leave", (chat.id,), f"Leave {chat.label}?")
    rows = [Row("invite", "Invite a friend", (invite,), "+")] if rank > 0 or chat.summary.public else []
    if rank > 0:
        rows.append(
            Row("rename", "Rename this room", (Choice("enter", "rename", "rename_to", (chat.id,)),), "✎")
        )
        rows.append(
            Row("unban", "Let somebody come back", (Choice("enter", "unban", "unban_whom", (chat.id,)),), "↺")
        )
    return [*rows, Row("leave", "Leave this room", (leave,), "←")]


def _member(desk: Desk, chat: Chat, member: RoomMember, now_ms: int) -> Row:
    muted = member.muted_until is not None and member.muted_until > now_ms
    until = f", muted until {clock(member.muted_until or 0, now_ms)}" if muted else ""
    shown = f" ({one_line(member.display_name)})" if member.display_name not in ("", member.user) else ""
    mark = "●" if desk.people.online(member.user) else "○"
    you = " (you)" if member.user == desk.me else ""
    name = one_line(member.user)
    return Row(
        f"member {member.user}",
        f"{name}{you}{shown}",
        _about(desk, chat, member),
        mark,
        f"{member.role}{until}",
    )


def _about(desk: Desk, chat: Chat, member: RoomMember) -> tuple[Choice, ...]:
    """What this user may do about a member: talk to friends, moderate those of a lower role."""
    if member.user == desk.me:
        return ()
    user, name = member.user, one_line(member.user)
    friend = user in desk.people.friends
    choices = [
        Choice("enter", "talk", "talk", (user,))
        if friend
        else Choice("enter", "befriend", "befriend", (user,))
    ]
    if RANKS.get(chat.role, 0) > max(RANKS.get(member.role, 0), 0):
        choices += [
            Choice("m", "mute", "mute_how_long", (chat.id, user)),
            Choice("k", "kick", "kick", (chat.id, user), f"Remove {name} from {chat.label}?"),
            Choice("b", "ban", "ban", (chat.id, user), f"Remove {name} from {chat.label} for good?"),
        ]
    if chat.role == "owner":
        choices.append(Choice("r", "role", "role_for", (chat.id, user)))
    return tuple(choices)


def mute_rows(chat: str, user: str) -> list[Row]:
    """For how long somebody is silenced."""
    rows = [
        Row(words, f"Mute for {words}", (Choice("enter", "mute", "mute", (chat, user, minutes)),))
        for words, minutes in MUTES.items()
    ]
    return [*rows, Row("end", "Let them speak again", (Choice("enter", "unmute", "mute", (chat, user, 0)),))]


def role_rows(chat: str, user: str) -> list[Row]:
    """What somebody shall be."""
    sure = {"owner": f"Hand this room over to {one_line(user)}?"}
    return [
        Row(
            role,
            f"Make {one_line(user)} {role}",
            (Choice("enter", "make", "set_role", (chat, user, role), sure.get(role, "")),),
        )
        for role in ("member", "admin", "owner")
    ]


def invite_rows(desk: Desk, chat: Chat, query: str) -> list[Row]:
    """Friends who are not here yet."""
    here = {member.user for member in chat.members or ()}
    rows = [
        Row(user, one_line(user), (Choice("enter", "invite", "invite", (chat.id, user)),), "+")
        for user in desk.people.friends
        if user not in here and fits(user, query)
    ]
    return rows or [heading("only friends can be invited: F2 asks somebody")]
