"""`/rooms`: making, finding and naming rooms."""

from typing import Annotated, Any

from litestar import Controller, Response, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Struct

from hubbub.accept.http.asking import Ask, authenticate
from hubbub.accept.http.documentation import AUTHENTICATED, answers
from hubbub.model.commands import CreateRoom, MsgId, Rename, Rooms
from hubbub.model.replies import Done, RoomList, RoomMade


class NewRoom(Struct, kw_only=True, forbid_unknown_fields=True):
    """`name`: 1-80 characters; a `public` room can be found and joined by anyone."""

    name: str
    public: bool = False
    msg_id: MsgId | None = None


class NewName(Struct, kw_only=True, forbid_unknown_fields=True):
    """1-80 characters."""

    name: str
    msg_id: MsgId | None = None


class RoomsController(Controller):
    """Rooms."""

    path = "/rooms"
    tags = ("Rooms",)
    guards = (authenticate,)
    security = AUTHENTICATED

    @get(responses=answers(RoomList))
    async def find_rooms(
        self,
        ask: Ask,
        wanted: Annotated[str | None, QueryParameter(name="query")] = None,
        after: FromQuery[str | None] = None,
    ) -> Response[Any]:
        """Public rooms whose name contains `query`, in the order of their ids."""
        return await ask.answer(Rooms, query=wanted, after=after)

    @post(responses=answers(RoomMade, 201))
    async def create_room(self, ask: Ask, data: JSONBody[NewRoom]) -> Response[Any]:
        """A new room; the caller is its owner."""
        return await ask.answer(CreateRoom, 201, name=data.name, public=data.public, msg_id=data.msg_id)

    @patch("/{chat:str}", responses=answers(Done))
    async def rename(self, ask: Ask, chat: FromPath[str], data: JSONBody[NewName]) -> Response[Any]:
        """A new name for a room."""
        return await ask.answer(Rename, chat=chat, name=data.name, msg_id=data.msg_id)
