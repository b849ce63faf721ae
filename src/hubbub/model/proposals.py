"""What a use case asks the journal to make durable, and what the journal answers with after the commit."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec
from msgspec import Struct

from hubbub.model.chats import Chat, Held
from hubbub.model.commands import AnyCommand, Send
from hubbub.model.draft import Draft
from hubbub.model.entries import Entry
from hubbub.model.ids import private_chat
from hubbub.model.replies import FriendPush, Reply

Decide = Callable[[Draft, int], Reply]
Done = Callable[["Reply | Exception"], None]

_encode = msgspec.msgpack.Encoder().encode
_NOT_CONTENT = {"id", "traceparent", "msg_id"}


def chat_of(user: str, command: Send) -> str:
    """The chat a message goes to."""
    return command.to if command.msg_type == "group" else private_chat(user, command.to)


def digest(user: str, command: AnyCommand) -> str:
    """32 hex digits that are equal for a retry and differ for another request under the same `msg_id`.

    The way a message came (to a person over a socket, to their chat over HTTP) does not matter.
    """
    if type(command) is Send:
        parts: object = ("send", chat_of(user, command), command.content, command.reply_to)
    else:
        parts = [
            (name, getattr(command, name)) for name in command.__struct_fields__ if name not in _NOT_CONTENT
        ]
        parts = (command.__struct_config__.tag, parts)
    return hashlib.blake2b(_encode(parts), digest_size=16).hexdigest()


class Proposal:
    """A change of one chat.

    The journal first looks up (`user`, `msg_id`): a retry gets the first reply, another `digest` is a `conflict`.
    Else `decide(draft, now)` checks once more what may have changed since (it may raise `Refused`), changes the draft
    and gives the reply. `targets` are seqs whose messages `decide` needs to see. `people` lets a private chat be
    proposed to before it has a row; `fresh` is a room that is about to be made. `beside` are two people whose
    private chat `decide` looks at too (`draft.beside`), `guest` a user whose number of rooms counts (`draft.rooms`).
    `held` is what the user's right rested on when it was checked: if that is another by now, nothing is done. None: they were no
    member, or there is no `msg_id`, so that no retry names the same thing and nobody was refused it meanwhile.
    `accepted` is when its command was, in ms, and `trace` its traceparent if it is traced; the dispatcher says so.
    """

    __slots__ = (
        "accepted",
        "beside",
        "chat",
        "decide",
        "digest",
        "fresh",
        "guest",
        "held",
        "msg_id",
        "people",
        "targets",
        "trace",
        "user",
    )

    def __init__(
        self,
        *,
        user: str,
        chat: str,
        decide: Decide,
        msg_id: str | None = None,
        digest: str = "",
        people: tuple[str, str] | None = None,
        fresh: Chat | None = None,
        targets: tuple[int, ...] = (),
        beside: tuple[str, str] | None = None,
        guest: str | None = None,
        held: Held | None = None,
    ) -> None:
        self.accepted = 0
        self.trace: str | None = None
        self.user = user
        self.chat = chat
        self.decide = decide
        self.msg_id = msg_id
        self.digest = digest
        self.people = people
        self.fresh = fresh
        self.targets = targets
        self.beside = beside
        self.guest = guest
        self.held = held


def propose(
    user: str,
    command: AnyCommand,
    chat: Chat,
    decide: Decide,
    *,
    targets: tuple[int, ...] = (),
    beside: tuple[str, str] | None = None,
    guest: str | None = None,
    rests_on: Literal["since", "standing"] = "standing",
) -> Proposal:
    """The proposal that `command` of `user` makes to a chat that exists.

    Their right rests on their standing, or, where it does not matter whether they may speak, on being the member since then.
    """
    msg_id = getattr(command, "msg_id", None)
    member = chat.member(user)
    return Proposal(
        user=user,
        chat=chat.id,
        people=chat.people,
        msg_id=msg_id,
        digest=digest(user, command) if msg_id else "",
        targets=targets,
        beside=beside,
        guest=guest,
        held=None if member is None or msg_id is None else (rests_on, getattr(member, rests_on)),
        decide=decide,
    )


class Committed(Struct, kw_only=True):
    """What one transaction made of one chat, for the relay: entries in rising seq, and what to tell whom besides.

    `rights`: its `rights_version` moved. `shown`: a private chat became visible. `accepted`: when the first command of
    those that made it was, in ms. `traces`: the traceparents of those that are traced.
    """

    chat: Chat
    entries: Sequence[Entry]
    ordinals: Sequence[int]
    accepted: int = 0
    traces: tuple[str, ...] = ()
    rights: bool = False
    shown: bool = False
    notices: Sequence[tuple[str, FriendPush]] = ()
