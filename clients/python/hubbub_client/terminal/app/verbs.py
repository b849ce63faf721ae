"""THE TABLE: what each verb of a choice does in the application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from hubbub_client.terminal.desk import going, message_rows, people_rows, room_rows
from hubbub_client.terminal.desk.chat import Chat
from hubbub_client.terminal.desk.choices import Choice, Row, Sheet, heading

if TYPE_CHECKING:
    from hubbub_client.terminal.app.chat_app import HubbubApp


class Verb(NamedTuple):
    """What is done; `stays`: the list stays open, for there may be more to do in it."""

    run: Callable[..., Awaitable[None]]
    stays: bool = False


# Sheets that are opened by keys or by choices


def switcher(app: HubbubApp) -> Sheet:
    """Go to a chat."""
    return Sheet(
        "switch", "Go to", lambda query: going.switch_rows(app.desk, query), "a chat, a person, a word"
    )


def search(app: HubbubApp, words: str = "") -> Sheet:
    """Search what was said."""
    return Sheet(
        "search", "Search", lambda query: going.search_rows(app.desk, query, app.now_ms()), "words", words
    )


def people(app: HubbubApp) -> Sheet:
    """Friends, requests, blocks."""
    return Sheet(
        "people", "People", lambda query: people_rows.people_rows(app.desk, query, app.now_ms()), "a name"
    )


def rooms(app: HubbubApp, words: str = "") -> Sheet:
    """The directory."""
    return Sheet("rooms", "Rooms", lambda query: room_rows.directory_rows(app.desk, query), "a name", words)


def this_chat(app: HubbubApp, chat: Chat) -> Sheet:
    """Members, and what can be done about a chat."""
    ask = None if chat.peer is not None else "a member"
    return Sheet(
        "chat", chat.label, lambda query: room_rows.member_rows(app.desk, chat, query, app.now_ms()), ask
    )


def sure(choice: Choice) -> Sheet:
    """A question before what cannot be taken back."""
    yes = Choice("enter", "yes", choice.verb, choice.args)
    rows = [Row("no", "No", (Choice("enter", "no", "nothing"),)), Row("yes", f"Yes, {choice.label}", (yes,))]
    return Sheet("sure", choice.sure, lambda _: rows)


def _words(
    name: str, title: str, ask: str, label: str, verb: str, *args: str | int, arrive: str = ""
) -> Sheet:
    """A field for a word that a verb wants."""

    def rows(query: str) -> list[Row]:
        if not query.strip():
            return [heading(ask)]
        choice = Choice("enter", "do it", verb, (*args, query.strip()))
        return [Row("do", label.format(query.strip()), (choice,))]

    return Sheet(name, title, rows, ask, arrive)


# Going


async def _nothing(app: HubbubApp) -> None:
    return


async def _open(app: HubbubApp, chat: str) -> None:
    await app.go(chat)


async def _show(app: HubbubApp, chat: str, seq: int) -> None:
    await app.go(chat)
    app.mark(seq)


async def _search(app: HubbubApp, words: str) -> None:
    app.show_sheet(search(app, words))


async def _rooms(app: HubbubApp, words: str) -> None:
    app.show_sheet(rooms(app, words))


async def _talk(app: HubbubApp, user: str) -> None:
    chat = app.desk.with_peer(user)
    if chat is None:
        app.tell(f"There is no chat with {user} yet.")
        return
    await app.go(chat.id)


# People


def _person(name: str) -> Callable[[HubbubApp, str], Awaitable[None]]:
    async def run(app: HubbubApp, user: str) -> None:
        await app.deeds.people(getattr(app.deeds.client, name), user)

    return run


async def _befriend(app: HubbubApp, user: str) -> None:
    await app.deeds.people(app.deeds.client.befriend, user)
    app.tell(f"Asked {user}; you are told when they accept.")


# Rooms


async def _create_room(app: HubbubApp, name: str, public: int) -> None:
    await app.deeds.create_room(name, public=bool(public))


async def _join(app: HubbubApp, chat: str) -> None:
    await app.deeds.join(chat)


async def _leave(app: HubbubApp, chat: str) -> None:
    await app.deeds.client.leave(chat)


def _in_room(name: str) -> Callable[[HubbubApp, str, str], Awaitable[None]]:
    async def run(app: HubbubApp, chat: str, what: str) -> None:
        await getattr(app.deeds.client, name)(chat, what)
        if (here := app.desk.chats.get(chat)) is not None:
            await app.deeds.learn_members(here)

    return run


async def _mute(app: HubbubApp, chat: str, user: str, minutes: int) -> None:
    await app.deeds.mute(chat, user, minutes)


async def _set_role(app: HubbubApp, chat: str, user: str, role: str) -> None:
    await app.deeds.set_role(chat, user, role)


async def _mute_how_long(app: HubbubApp, chat: str, user: str) -> None:
    app.show_sheet(Sheet("mute", f"Mute {user}", lambda _: room_rows.mute_rows(chat, user)))


async def _role_for(app: HubbubApp, chat: str, user: str) -> None:
    app.show_sheet(Sheet("role", f"The role of {user}", lambda _: room_rows.role_rows(chat, user)))


async def _invite_whom(app: HubbubApp, chat: str) -> None:
    here = app.desk.chats[chat]
    title = f"Invite to {here.label}"
    app.show_sheet(
        Sheet("invite", title, lambda query: room_rows.invite_rows(app.desk, here, query), "a friend")
    )


async def _rename_to(app: HubbubApp, chat: str) -> None:
    name = app.desk.chats[chat].summary.name
    app.show_sheet(
        _words("rename", "Rename this room", "another name", "Call it “{}”", "rename", chat, arrive=name)
    )


async def _unban_whom(app: HubbubApp, chat: str) -> None:
    app.show_sheet(_words("unban", "Let somebody come back", "a name", "Let {} come back", "unban", chat))


# Messages


async def _reply(app: HubbubApp, chat: str, seq: int) -> None:
    app.writer.reply(seq)


async def _edit(app: HubbubApp, chat: str, seq: int) -> None:
    app.writer.change(seq)


async def _delete(app: HubbubApp, chat: str, seq: int) -> None:
    await app.deeds.client.delete(chat, seq)


async def _react(app: HubbubApp, chat: str, seq: int, emoji: str) -> None:
    await app.deeds.react(app.desk.chats[chat], seq, emoji)


async def _react_how(app: HubbubApp, chat: str, seq: int) -> None:
    here = app.desk.chats[chat]
    sheet = Sheet(
        "react", "React", lambda query: message_rows.emoji_rows(here, seq, query), "or any other emoji"
    )
    app.show_sheet(sheet)


VERBS: Mapping[str, Verb] = {
    "nothing": Verb(_nothing),
    "open": Verb(_open),
    "show": Verb(_show),
    "search": Verb(_search),
    "rooms": Verb(_rooms),
    "talk": Verb(_talk),
    "befriend": Verb(_befriend, stays=True),
    "accept": Verb(_person("accept"), stays=True),
    "decline": Verb(_person("decline"), stays=True),
    "unfriend": Verb(_person("unfriend"), stays=True),
    "block": Verb(_person("block"), stays=True),
    "unblock": Verb(_person("unblock"), stays=True),
    "create_room": Verb(_create_room),
    "join": Verb(_join),
    "leave": Verb(_leave),
    "invite": Verb(_in_room("invite"), stays=True),
    "kick": Verb(_in_room("kick"), stays=True),
    "ban": Verb(_in_room("ban"), stays=True),
    "unban": Verb(_in_room("unban")),
    "rename": Verb(_in_room("rename")),
    "mute": Verb(_mute),
    "set_role": Verb(_set_role),
    "mute_how_long": Verb(_mute_how_long),
    "role_for": Verb(_role_for),
    "invite_whom": Verb(_invite_whom),
    "rename_to": Verb(_rename_to),
    "unban_whom": Verb(_unban_whom),
    "reply": Verb(_reply),
    "edit": Verb(_edit),
    "delete": Verb(_delete),
    "react": Verb(_react),
    "react_how": Verb(_react_how),
}


def run(app: HubbubApp, choice: Choice) -> Awaitable[Any]:
    """Do what was chosen."""
    return VERBS[choice.verb].run(app, *choice.args)
