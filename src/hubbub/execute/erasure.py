"""A user is erased: what they said becomes deleted entries, they leave every room, their names go (docs/operations.md).

Each step does a bounded part and may be repeated, by whoever asks, on any node; so an erasure that was interrupted goes on where it
was. Everything a chat's log shows of it is an entry of its own, and the seqs go on without a hole.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from msgspec.structs import replace

from hubbub.model import transcript
from hubbub.model.administration import (
    ERASED_NAME,
    AdministrationStore,
    Audit,
    Commit,
    ErasureStep,
    ErasureStore,
)
from hubbub.model.chats import GROUP
from hubbub.model.draft import Draft
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.identity import Caller
from hubbub.model.ids import private_chat
from hubbub.model.ports import Desk
from hubbub.model.proposals import Proposal
from hubbub.model.replies import Done, FriendPush, Ok, ProfileListing, Reply
from hubbub.model.sessions import OnRevoked

AT_A_TIME = 200  # messages of one step: a transaction or a few, each short enough that nobody else's message waits long
SETTLED_MS = (
    3_000  # a revoked connection is closed on every node within a second: so long something may still come
)


class Erasure:
    """`on_profile` tells everybody of the name that is gone, as where users change theirs."""

    def __init__(
        self,
        users: AdministrationStore,
        store: ErasureStore,
        desk: Desk,
        commit: Commit,
        on_revoked: OnRevoked,
        on_profile: Callable[[ProfileListing], Awaitable[None]],
        audit: Audit,
    ) -> None:
        self._users = users
        self._store = store
        self._desk = desk
        self._commit = commit
        self._on_revoked = on_revoked
        self._on_profile = on_profile
        self._audit = audit

    async def step(self, caller: Caller, user: str, now: int) -> ErasureStep:
        """Do the next part. Refused: not_found, forbidden."""
        began = await self._begin(caller, user, now)
        erased = (
            await self._said(user)
            or await self._reactions(user)
            or await self._rooms(user)
            or await self._pairs(user)
        )
        if erased or now - began < SETTLED_MS:
            return ErasureStep(done=False, erased=erased)
        await self._store.finish(user)
        await self._on_profile(ProfileListing(user=user, display_name=ERASED_NAME))
        return ErasureStep(done=True, erased=0)

    async def _begin(self, caller: Caller, user: str, now: int) -> int:
        """Close the account; when that was."""
        card = await self._users.user(user)
        if card is None:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such user.")
        if caller.user == user:
            raise Refused(ErrorCode.FORBIDDEN, "Not yourself: ask another administrator.")
        if card.erased_at is None:
            await self._audit(caller, "erase", user, now)
        ended = await self._store.begin(user, now)
        if ended:
            self._on_revoked(ended)
        return card.erased_at or now

    async def _said(self, user: str) -> int:
        found = await self._store.said(user, AT_A_TIME)
        by_chat: dict[str, list[int]] = defaultdict(list)
        for each in found:
            by_chat[each.chat].append(each.seq)
        for chat, seqs in by_chat.items():
            await self._change(user, chat, seqs, partial(_do_erase, user, seqs))
        if found:
            await self._store.forget(user, found)
        return len(found)

    async def _reactions(self, user: str) -> int:
        found = await self._store.reactions(user, AT_A_TIME)
        by_chat: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for chat, seq, emoji in found:
            by_chat[chat].append((seq, emoji))
        for chat, given in by_chat.items():
            seqs = sorted({seq for seq, _ in given})
            await self._change(user, chat, seqs, partial(_do_take_back, user, given))
        return len(found)

    async def _rooms(self, user: str) -> int:
        rooms = [chat.id for chat in await self._desk.chats.of_user(user) if chat.msg_type == GROUP]
        for chat in rooms[:AT_A_TIME]:
            await self._change(user, chat, (), partial(_do_leave, user))
        return len(rooms)

    async def _pairs(self, user: str) -> int:
        known = await self._desk.people.relations(user)
        peers = [*known.friends, *known.incoming, *known.outgoing, *known.blocked][:AT_A_TIME]
        for peer in peers:
            await self._change(user, private_chat(user, peer), (), partial(_do_part, user, peer))
        return len(peers)

    async def _change(
        self, user: str, chat: str, targets: Sequence[int], decide: Callable[[Draft, int], Reply]
    ) -> None:
        found = await self._desk.chats.load(chat)
        if found is not None:
            await self._commit(
                Proposal(user=user, chat=chat, people=found.people, targets=tuple(targets), decide=decide)
            )


def _do_erase(user: str, seqs: Sequence[int], draft: Draft, _now: int) -> Reply:
    for seq in seqs:
        target = draft.target(seq)
        if target is not None and target.entry.sender == user and not target.entry.deleted:
            transcript.erase(draft, user, target.entry)
    return _done(draft)


def _do_take_back(user: str, given: Sequence[tuple[int, str]], draft: Draft, _now: int) -> Reply:
    for seq, emoji in given:
        target = draft.target(seq)
        if target is not None and (emoji, user) in target.reactions:
            target.reactions.discard((emoji, user))
            transcript.react(draft, user, target.entry, emoji, on=False)
    return _done(draft)


def _do_leave(user: str, draft: Draft, _now: int) -> Reply:
    if draft.member(user) is not None:
        transcript.leave(draft, user)
    return _done(draft)


def _do_part(user: str, peer: str, draft: Draft, _now: int) -> Reply:
    """No friendship, request or block of the user's is left; the peer's own block stays theirs."""
    pair = draft.pair
    if pair.friends or pair.requested_by or user in pair.blockers:
        draft.set_pair(replace(pair, friends=False, requested_by=None, blockers=pair.blockers - {user}))
        if not pair.blockers:
            draft.note(peer, FriendPush(user=user, change="removed"))
    return Ok()


def _done(draft: Draft) -> Done:
    return Done(chat=draft.id, seq=draft.head, ts=draft.ts)
