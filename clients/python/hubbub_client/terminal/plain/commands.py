"""What can be typed: THE TABLE of commands, and what each does."""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from msgspec import ValidationError
from rich.text import Text

from hubbub_client.errors import HubbubError
from hubbub_client.terminal.plain import phrases
from hubbub_client.terminal.plain.arguments import message_seq, named_user, needed, two_words
from hubbub_client.terminal.plain.talk import Complaint, Talk
from hubbub_client.terminal.wording import clock, label
from hubbub_client.wire.replies import PublicRoom, RoomMember

HISTORY_LINES = 30
ROLES = ("owner", "admin", "member")


class Command(NamedTuple):
    """One row: what to type after the name, what it does, and the function that does it."""

    usage: str
    text: str
    run: Callable[[Talk, str], Awaitable[None]]


async def run_line(talk: Talk, line: str) -> None:
    """Do what a line says; whatever goes wrong is said, and the conversation goes on."""
    try:
        await _run(talk, line.strip())
    except (HubbubError, Complaint, ValidationError) as error:
        talk.complain(error)


async def _run(talk: Talk, line: str) -> None:
    if not line:
        return
    if not line.startswith("/") or line.startswith("//"):
        await talk.say(line.removeprefix("/"))
        return
    word, _, rest = line[1:].partition(" ")
    command = COMMANDS.get(word.lower())
    if command is None:
        raise Complaint(
            f"There is no /{word}: /help lists what there is. A message may start with // to show a /."
        )
    await command.run(talk, rest.strip())


# Help and state


async def _help(talk: Talk, rest: str) -> None:
    for name, command in COMMANDS.items():
        usage = f"/{name} {command.usage}".rstrip()
        talk.screen.say(Text.assemble((f"  {usage:<30}", "bold"), command.text))
    talk.screen.say(
        "  Anything else is a message to the open chat. Messages are named by their number: #4, or last."
    )


async def _me(talk: Talk, rest: str) -> None:
    if rest:
        await talk.say(f"*{rest}*")
        return
    talk.screen.say(
        f"* you are {talk.me} at {talk.client.url}; {talk.client.status.value}; {talk.client.undecided} waiting"
    )


async def _name(talk: Talk, rest: str) -> None:
    await talk.client.set_display_name(needed(rest, "/name DISPLAY NAME"))
    talk.screen.say("* done")


async def _connect(talk: Talk, rest: str) -> None:
    talk.client.start()
    talk.screen.say("* trying …" if talk.client.status != "connected" else "* connected")


async def _quit(talk: Talk, rest: str) -> None:
    talk.leaving = True


async def _log_out(talk: Talk, rest: str) -> None:
    talk.leaving = True
    await talk.client.log_out()
    talk.screen.say("* logged out: the next start asks for your password")


async def _sessions(talk: Talk, rest: str) -> None:
    for each in await talk.client.sessions():
        used = clock(each.used_at, talk.now_ms())
        talk.screen.say(f"  {each.session}{' (this one)' if each.current else ''}, used at {used}")


# Chats


async def _chats(talk: Talk, rest: str) -> None:
    chats = await talk.client.all_chats()
    for summary in chats:
        unread = f"  {summary.unread} unread" if summary.unread else ""
        mark = ">" if summary.chat == talk.current else " "
        talk.screen.say(
            f"{mark} {label(summary, summary.chat):<24} {_kind(summary.public, summary.role)}{unread}"
        )
    if not chats:
        talk.screen.say(
            "* none yet: /friend USER asks somebody to talk, /room NAME makes a room, /rooms lists public ones."
        )


def _kind(public: bool | None, role: str | None) -> str:
    if role is None:
        return "private chat"
    return f"{'public' if public else 'private'} room, you are {role}"


async def _open(talk: Talk, rest: str) -> None:
    await talk.open(talk.find(needed(rest, "/open NAME or /open @USER")))


async def _history(talk: Talk, rest: str) -> None:
    before = int(rest.removeprefix("#")) if rest.removeprefix("#").isdigit() else None
    await talk.show_history(talk.here(), before=before, limit=HISTORY_LINES)


# Rooms


async def _room(talk: Talk, rest: str) -> None:
    name = needed(rest, "/room NAME, or /room NAME public")
    public = name.endswith(" public")
    room = await talk.client.create_room(name.removesuffix(" public").strip(), public=public)
    how = "anybody may /join it" if public else "bring friends in with /invite USER"
    talk.screen.say(f"* made {phrases.shown(room.name)}: {how}")
    talk.desk.open(room.chat)


async def _rooms(talk: Talk, rest: str) -> None:
    found = await talk.client.rooms(rest or None)
    for room in found.rooms:
        talk.screen.say(f"  {phrases.shown(room.name):<24} {room.members} members  ({room.chat})")
    if not found.rooms:
        talk.screen.say("* no public rooms: /room NAME public makes one.")
    if found.more:
        talk.screen.say("* there are more: /rooms WORD searches.")


async def _join(talk: Talk, rest: str) -> None:
    wanted = needed(rest, "/join NAME (see /rooms)")
    room = await _public_room(talk, wanted)
    with talk.expecting(room.chat):
        await talk.client.join(room.chat)
        await talk.open(room.chat)


async def _public_room(talk: Talk, wanted: str) -> PublicRoom:
    """A public room by name or id; what is not in the directory may be an id somebody told."""
    found = (await talk.client.rooms(wanted)).rooms
    exact = [room for room in found if wanted.casefold() in (room.name.casefold(), room.chat)]
    if len(exact) > 1:
        listed = ", ".join(
            f"{phrases.shown(room.name)} ({room.chat}, {room.members} members)" for room in exact
        )
        raise Complaint(f"Several rooms are called that: {listed}. /join takes the id in brackets, too.")
    return exact[0] if exact else PublicRoom(chat=wanted, name=wanted)


async def _leave(talk: Talk, rest: str) -> None:
    chat = talk.find(rest) if rest else talk.room_here().chat
    called = talk.label(chat)
    await talk.client.leave(chat)
    talk.screen.say(f"* you left {called}")


async def _rename(talk: Talk, rest: str) -> None:
    await talk.client.rename(talk.room_here().chat, needed(rest, "/rename NEW NAME"))


async def _members(talk: Talk, rest: str) -> None:
    chat, after = talk.room_here().chat, None
    while True:
        page = await talk.client.members(chat, after=after)
        for member in page.members:
            talk.screen.say(_member_line(member, talk.now_ms()))
        if not page.more or not page.members:
            return
        after = page.members[-1].user


def _member_line(member: RoomMember, now_ms: int) -> Text:
    line = Text.assemble("  ", phrases.name(member.user), f"  {member.role}, has read up to #{member.read}")
    muted = member.muted_until is not None and member.muted_until > now_ms
    return line.append(", muted", "red") if muted else line


async def _who(talk: Talk, rest: str) -> None:
    """Who is here: the people of the open chat, else the friends."""
    summary = talk.client.known.get(talk.current or "")
    if summary is None:
        users = (await talk.client.friends()).friends
    elif summary.peer is not None:
        users = [summary.peer]
    else:
        users = [member.user for member in (await talk.client.members(summary.chat, limit=200)).members]
    for each in await talk.client.presence(users[:200]) if users else []:
        seen = "" if each.last_seen is None else f", last seen {clock(each.last_seen, talk.now_ms())}"
        tail = "  online" if each.online else f"  not online{seen}"
        talk.screen.say(Text.assemble("  ", phrases.name(each.user), tail))
    if not users:
        talk.screen.say("* nobody yet: /friend USER asks somebody.")


async def _invite(talk: Talk, rest: str) -> None:
    for user in needed(rest, "/invite USER").split():
        await talk.client.invite(talk.room_here().chat, user.removeprefix("@"))


async def _kick(talk: Talk, rest: str) -> None:
    await talk.client.kick(talk.room_here().chat, named_user(rest, "/kick USER"))


async def _ban(talk: Talk, rest: str) -> None:
    await talk.client.ban(talk.room_here().chat, named_user(rest, "/ban USER"))


async def _unban(talk: Talk, rest: str) -> None:
    await talk.client.unban(talk.room_here().chat, named_user(rest, "/unban USER"))


async def _mute(talk: Talk, rest: str) -> None:
    user, minutes = two_words(rest, "/mute USER MINUTES, 0 ends it")
    if not minutes.isdigit():
        raise Complaint("For how many minutes? /mute USER MINUTES, 0 ends it")
    until = talk.now_ms() + int(minutes) * 60_000 if int(minutes) else 0
    await talk.client.mute(talk.room_here().chat, user.removeprefix("@"), until)


async def _role(talk: Talk, rest: str) -> None:
    user, role = two_words(rest, "/role USER owner|admin|member")
    match role:
        case "owner" | "admin" | "member":
            await talk.client.set_role(talk.room_here().chat, user.removeprefix("@"), role)
        case _:
            raise Complaint(f"A role is one of {', '.join(ROLES)}.")


# People


async def _friend(talk: Talk, rest: str) -> None:
    user = named_user(rest, "/friend USER")
    await talk.client.befriend(user)
    talk.screen.say(f"* asked {phrases.shown(user)}; you are told when they accept")


async def _friends(talk: Talk, rest: str) -> None:
    lists = await talk.client.friends()
    talk.desk.people.replace(lists)
    rows = {
        "friends": lists.friends,
        "want to be (/accept, /decline)": lists.incoming,
        "asked by you": lists.outgoing,
        "blocked": lists.blocked,
    }
    for title, users in rows.items():
        if users:
            talk.screen.say(f"  {title}: {phrases.shown(', '.join(users))}")
    if not any(rows.values()):
        talk.screen.say("* nobody yet: /friend USER asks somebody.")


async def _accept(talk: Talk, rest: str) -> None:
    user = named_user(rest, "/accept USER")
    await talk.client.accept(user)
    talk.screen.say(f"* you and {phrases.shown(user)} are friends now.  Type: /open @{phrases.shown(user)}")


async def _decline(talk: Talk, rest: str) -> None:
    await talk.client.decline(named_user(rest, "/decline USER"))
    talk.screen.say("* declined; they are not told")


async def _unfriend(talk: Talk, rest: str) -> None:
    await talk.client.unfriend(named_user(rest, "/unfriend USER"))


async def _block(talk: Talk, rest: str) -> None:
    user = named_user(rest, "/block USER")
    await talk.client.block(user)
    talk.desk.people.replace(await talk.client.friends())
    talk.screen.say(
        f"* blocked: {phrases.shown(user)} cannot write to you, and what they say in rooms is hidden"
    )


async def _unblock(talk: Talk, rest: str) -> None:
    user = named_user(rest, "/unblock USER")
    await talk.client.unblock(user)
    talk.desk.people.replace(await talk.client.friends())
    talk.screen.say("* unblocked; to talk again, be friends again: /friend")


# Messages


async def _reply(talk: Talk, rest: str) -> None:
    word, text = two_words(rest, "/reply NUMBER TEXT")
    await talk.say(text, reply_to=message_seq(talk, word, mine=False))


async def _edit(talk: Talk, rest: str) -> None:
    word, text = two_words(rest, "/edit NUMBER TEXT, or /edit last TEXT")
    await talk.client.edit(talk.here(), message_seq(talk, word, mine=True), text)


async def _delete(talk: Talk, rest: str) -> None:
    word = needed(rest, "/delete NUMBER, or /delete last")
    await talk.client.delete(talk.here(), message_seq(talk, word, mine=True))


async def _react(talk: Talk, rest: str) -> None:
    word, emoji = two_words(rest, "/react NUMBER EMOJI")
    await talk.client.react(talk.here(), message_seq(talk, word, mine=False), emoji)


async def _unreact(talk: Talk, rest: str) -> None:
    word, emoji = two_words(rest, "/unreact NUMBER EMOJI")
    await talk.client.react(talk.here(), message_seq(talk, word, mine=False), emoji, on=False)


COMMANDS: Mapping[str, Command] = {
    "help": Command("", "this list", _help),
    "chats": Command("", "your chats and what is unread", _chats),
    "open": Command("NAME|@USER", "talk there, and see the latest", _open),
    "friend": Command("USER", "ask somebody to be friends; then you can talk in private", _friend),
    "accept": Command("USER", "say yes to a friend request", _accept),
    "decline": Command("USER", "say no to a friend request", _decline),
    "friends": Command("", "friends, and who asks or was asked", _friends),
    "room": Command("NAME [public]", "make a room and open it", _room),
    "rooms": Command("[WORD]", "public rooms", _rooms),
    "join": Command("NAME", "enter a public room", _join),
    "invite": Command("USER …", "bring friends into this room", _invite),
    "leave": Command("[NAME]", "leave this room", _leave),
    "members": Command("", "who is in this room, their roles, how far they have read", _members),
    "who": Command("", "who is online here", _who),
    "history": Command("[#BEFORE]", "the latest of this chat, or what came before a number", _history),
    "reply": Command("#N TEXT", "answer a message", _reply),
    "edit": Command("#N TEXT", "change your message", _edit),
    "delete": Command("#N", "erase your message, for everybody", _delete),
    "react": Command("#N EMOJI", "react to a message", _react),
    "unreact": Command("#N EMOJI", "take a reaction back", _unreact),
    "rename": Command("NAME", "give this room another name", _rename),
    "kick": Command("USER", "remove somebody from this room", _kick),
    "ban": Command("USER", "remove somebody for good", _ban),
    "unban": Command("USER", "let somebody come back", _unban),
    "mute": Command("USER MINUTES", "silence somebody here; 0 ends it", _mute),
    "role": Command("USER ROLE", "make somebody owner, admin or member", _role),
    "unfriend": Command("USER", "end a friendship", _unfriend),
    "block": Command("USER", "hear nothing more from somebody", _block),
    "unblock": Command("USER", "take a block back", _unblock),
    "me": Command("[WHAT YOU DO]", "who you are here; with words: *what you do*", _me),
    "name": Command("DISPLAY NAME", "how others see you", _name),
    "sessions": Command("", "where you are logged in", _sessions),
    "connect": Command("", "try to connect now", _connect),
    "logout": Command("", "end this session and leave", _log_out),
    "quit": Command("", "leave; what happens meanwhile is here when you come back", _quit),
}
