"""The Python SDK of Hubbub, and the terminal chat built on it.

client.py       what applications use: signs in, stays connected, yields events
verbs.py        every request of the protocol as a method
link.py         drives the connection: dial, hello, read, write, heartbeat
connection.py   the three states of a client, pure        closing.py, backoff.py, heartbeat.py: its rules
flow.py         from pushes to events                      sequence.py: order without holes, pure
outbox.py       messages on their way                      acknowledge.py: what arrived, reported
inbox.py        events on their way to the application     transcript.py: what a chat looks like now, pure
store.py        what survives the process                  credentials.py, accounts.py: tokens, HTTP
transport/      how envelopes travel                       wire/: the words of protocol.md, and their codecs
sync.py         the same client for scripts, blocking
terminal/       `hubbub chat`
"""

from hubbub_client.accounts import SessionInfo
from hubbub_client.client import Client
from hubbub_client.connection import Status
from hubbub_client.errors import (
    HubbubError,
    NoAnswer,
    OutboxFull,
    RequestRefused,
    Stopped,
    StoreInUse,
    Undecided,
    Unreachable,
)
from hubbub_client.store import FileStore, MemoryStore, Store

__all__ = [
    "Client",
    "FileStore",
    "HubbubError",
    "MemoryStore",
    "NoAnswer",
    "OutboxFull",
    "RequestRefused",
    "SessionInfo",
    "Status",
    "Stopped",
    "Store",
    "StoreInUse",
    "Undecided",
    "Unreachable",
]
