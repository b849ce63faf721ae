"""What stands after a command. Every function raises Complaint with what to type instead."""

from hubbub_client.terminal.plain.talk import Complaint, Talk


def needed(rest: str, usage: str) -> str:
    """Everything after the command, which must be something."""
    if not rest:
        raise Complaint(f"Say which: {usage}")
    return rest


def named_user(rest: str, usage: str) -> str:
    """A user, with or without @."""
    return needed(rest, usage).split()[0].removeprefix("@")


def two_words(rest: str, usage: str) -> tuple[str, str]:
    """A word, and the rest."""
    first, _, second = rest.partition(" ")
    if not second.strip():
        raise Complaint(f"Something is missing: {usage}")
    return first, second.strip()


def message_seq(talk: Talk, word: str, *, mine: bool) -> int:
    """A message by its number (4 or #4), or `last`."""
    if word.lower() == "last":
        last = talk.log(talk.here()).newest(mine=mine)
        if last is None:
            raise Complaint("There is no such message yet; messages have numbers: #4 is the fourth entry.")
        return last.seq
    if not word.removeprefix("#").isdigit():
        raise Complaint(f"{word} is no message: use the number in front of it, as in #4, or the word last.")
    return int(word.removeprefix("#"))
