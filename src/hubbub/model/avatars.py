"""Pictures users show themselves with: how they are named, how large they may be, and where they are kept."""

import hashlib
import re
from typing import Protocol

from msgspec import Struct

from hubbub.model.replies import ProfileListing

MAX_BYTES = 65_535  # a BLOB of MySQL; a photograph of 256 x 256 pixels takes a third of it
MAX_SIDE = 1_024  # pixels: 4 MB once decoded, whatever the file says in a few bytes
PATH = "/api/v1/avatars/"
_NAME = re.compile(r"[0-9a-f]{40}")


class Avatar(Struct, frozen=True, kw_only=True):
    """A row: a picture that was looked at, named after its content."""

    name: str
    media_type: str
    data: bytes

    @property
    def path(self) -> str:
        """What stands in the profile: where clients get the picture, below the server's root."""
        return f"{PATH}{self.name}"


class AvatarStore(Protocol):
    """Pictures at rest: persist/avatars. Each user has one at most. Each call is one transaction."""

    async def put(self, user: str, avatar: Avatar) -> ProfileListing | None:
        """Keep the picture instead of the former one and show it in the profile, given as it is then; None: no such user."""

    async def find(self, name: str) -> Avatar | None:
        """The picture of that name, None if nobody shows it (any more)."""


def name_of(data: bytes) -> str:
    """160 bits of the content: nobody finds a picture by guessing, and what it names never changes."""
    return hashlib.blake2b(data, digest_size=20).hexdigest()


def is_name(name: str) -> bool:
    """Whether a picture could have this name."""
    return _NAME.fullmatch(name) is not None
