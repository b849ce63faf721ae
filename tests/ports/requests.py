"""Random requests of three users in two rooms and in private; rooms are given by number."""

from typing import Any

from hypothesis import strategies as st

from hubbub.model import commands as c

USERS = ("alice", "bob", "carol", "dave")
Asked = tuple[str, type[c.Command], dict[str, Any]]

ROOMS = 2
users = st.sampled_from(USERS[:3])
rooms = st.integers(0, ROOMS - 1)
seqs = st.integers(1, 12)
contents = st.sampled_from(["one", "two", "three"])
msg_ids = st.sampled_from([f"m{number}" for number in range(6)])
maybe = st.none() | msg_ids


def in_room(command: type[c.Command], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.tuples(
        users, st.just(command), st.fixed_dictionaries({"chat": rooms, "msg_id": maybe} | fields)
    )


def with_user(command: type[c.Command]) -> st.SearchStrategy[Any]:
    return st.tuples(users, st.just(command), st.fixed_dictionaries({"user": users, "msg_id": maybe}))


SEND = {"content": contents, "msg_id": msg_ids, "reply_to": st.none() | seqs}
asked: st.SearchStrategy[Asked] = st.one_of(
    st.tuples(
        users, st.just(c.Send), st.fixed_dictionaries({"msg_type": st.just("group"), "to": rooms} | SEND)
    ),
    st.tuples(
        users, st.just(c.Send), st.fixed_dictionaries({"msg_type": st.just("private"), "to": users} | SEND)
    ),
    in_room(c.Edit, seq=seqs, content=contents),
    in_room(c.Delete, seq=seqs),
    in_room(c.React, seq=seqs, emoji=st.sampled_from(["👍", "🎉"]), on=st.booleans()),
    in_room(c.Read, seq=seqs),
    in_room(c.Received, seq=seqs),
    in_room(c.Join),
    in_room(c.Leave),
    in_room(c.Rename, name=contents),
    in_room(c.Invite, user=users),
    in_room(c.Kick, user=users),
    in_room(c.Ban, user=users),
    in_room(c.Unban, user=users),
    in_room(c.Mute, user=users, until=st.sampled_from([0, 2**50])),
    in_room(c.SetRole, user=users, role=st.sampled_from(["owner", "admin", "member"])),
    *map(with_user, (c.Befriend, c.Accept, c.Decline, c.Unfriend, c.Block, c.Unblock)),
)


def named(fields: dict[str, Any], made: list[str]) -> dict[str, Any]:
    """The fields with the rooms' ids."""
    return {
        name: made[value] if isinstance(value, int) and name in {"chat", "to"} else value
        for name, value in fields.items()
    }
