"""Pictures of users: looked at before they are kept, because everybody's browser will decode them (docs/protocol.md §6)."""

from collections.abc import Awaitable, Callable

from hubbub.codec.pictures import read_picture
from hubbub.model.avatars import MAX_BYTES, MAX_SIDE, Avatar, AvatarStore, is_name, name_of
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.replies import ProfileListing


class Avatars:
    """One's own picture, and those of others. `on_changed(profile)` runs after the commit."""

    def __init__(self, store: AvatarStore, on_changed: Callable[[ProfileListing], Awaitable[None]]) -> None:
        self._store = store
        self._on_changed = on_changed

    async def put(self, user: str, data: bytes) -> ProfileListing:
        """Show the user with this picture. Refused: bad_request, too_long, not_found, unavailable."""
        profile = await self._store.put(user, _checked(data))
        if profile is None:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such user.")
        await self._on_changed(profile)
        return profile

    async def get(self, name: str) -> Avatar:
        """The picture of that name. Refused: not_found, unavailable."""
        found = await self._store.find(name) if is_name(name) else None
        if found is None:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such picture.")
        return found


def _checked(data: bytes) -> Avatar:
    if len(data) > MAX_BYTES:
        raise Refused(ErrorCode.TOO_LONG, f"A picture has at most {MAX_BYTES} bytes.")
    picture = read_picture(data)
    if picture is None:
        raise Refused(ErrorCode.BAD_REQUEST, "The picture must be a whole PNG, JPEG or WebP.")
    if max(picture.width, picture.height) > MAX_SIDE:
        raise Refused(ErrorCode.TOO_LONG, f"A picture has at most {MAX_SIDE} x {MAX_SIDE} pixels.")
    return Avatar(name=name_of(data), media_type=picture.media_type, data=data)
