"""What a chat looks like now: its latest messages with later changes worked in (protocol.md §2, present form). Pure."""

from msgspec.structs import replace

from hubbub_client.events import Deleted, Edited, Entry, Message, Reacted, Reaction

KEPT = 1_000
"""Messages kept per chat: some screens of scrolling. Changes to older ones are not worked in; history has them."""


class Transcript:
    """The messages of one chat, by seq, as seen by `user`."""

    def __init__(self, user: str, kept: int = KEPT) -> None:
        self._user = user
        self._kept = kept
        self._messages: dict[int, Message] = {}

    def __getitem__(self, seq: int) -> Message | None:
        """A message as it is now; none when it is not kept."""
        return self._messages.get(seq)

    def last(self, *, mine: bool | None = None) -> Message | None:
        """The newest message that is not deleted, of this user or of others if `mine` says so."""
        for seq in sorted(self._messages, reverse=True):
            message = self._messages[seq]
            if not message.deleted and mine in (None, message.sender == self._user):
                return message
        return None

    def clear(self) -> None:
        """Drop everything, as a Reset asks for."""
        self._messages.clear()

    def drop(self, seq: int) -> None:
        """Keep a message no longer."""
        self._messages.pop(seq, None)

    def apply(self, entry: Entry) -> Message | None:
        """Work an entry in; the message it made or changed, none when it changed nothing that is shown."""
        match entry:
            case Message():
                return self._add(entry)
            case Edited() | Deleted() | Reacted():
                return self._change(entry)
        return None

    def _add(self, message: Message) -> Message:
        held = self._messages.get(message.seq)
        if held is None or held.as_of < message.as_of:
            self._messages[message.seq] = held = message
        if len(self._messages) > self._kept:
            self.drop(min(self._messages))
        return held

    def _change(self, entry: Edited | Deleted | Reacted) -> Message | None:
        """A change that the message's present form includes already is ignored."""
        message = self._messages.get(entry.target)
        if message is None or entry.seq <= message.as_of:
            return None
        changed = self._messages[entry.target] = replace(self._changed(message, entry), as_of=entry.seq)
        return changed

    def _changed(self, message: Message, entry: Edited | Deleted | Reacted) -> Message:
        match entry:
            case Edited(content=str(content)):
                return replace(message, content=content, edited=entry.seq)
            case Reacted():
                return replace(message, reactions=self._reactions(message.reactions, entry))
        return replace(message, content=None, deleted=True, reactions={})

    def _reactions(self, now: dict[str, Reaction], entry: Reacted) -> dict[str, Reaction]:
        before = now.get(entry.emoji, Reaction(count=0))
        mine = entry.on if entry.sender == self._user else before.mine
        after = Reaction(count=before.count + (1 if entry.on else -1), mine=mine)
        rest = {emoji: reaction for emoji, reaction in now.items() if emoji != entry.emoji}
        return {**rest, entry.emoji: after} if after.count > 0 else rest
