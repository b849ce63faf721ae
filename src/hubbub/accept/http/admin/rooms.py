"""`/admin/rooms`: every room of the server, without being a member."""

from typing import Annotated

from litestar import Controller, delete, get, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from msgspec import Struct

from hubbub.accept.http.admin.right import authorize
from hubbub.accept.http.asking import Ask, body_of
from hubbub.accept.http.documentation import AUTHENTICATED, answers
from hubbub.model.administration import BanList, RoomCard, RoomPage
from hubbub.model.replies import MemberList

Searched = Annotated[str, QueryParameter(name="query", description="Part of a name, or a chat id.")]


class NewOwner(Struct, kw_only=True, forbid_unknown_fields=True):
    """A member of the room."""

    user: str


class AdminRoomsController(Controller):
    """Rooms of this server. No route gives what was said in them."""

    path = "/admin/rooms"
    tags = ("Administration",)
    guards = (authorize,)
    security = AUTHENTICATED

    @get(responses=answers(RoomPage))
    async def find_rooms(self, ask: Ask, searched: Searched = "", after: FromQuery[str] = "") -> RoomPage:
        """Rooms whose name contains `query`, private and closed ones too, in the order of their ids."""
        return await ask.services.admin.rooms.find(searched, after)

    @get("/{chat:str}", responses=answers(RoomCard))
    async def show_room(self, ask: Ask, chat: FromPath[str]) -> RoomCard:
        """One room."""
        return await ask.services.admin.rooms.show(chat)

    @delete("/{chat:str}", status_code=200, responses=answers(RoomCard))
    async def close_room(self, ask: Ask, chat: FromPath[str]) -> RoomCard:
        """Remove everybody and take it out of the directory. Its log is kept, as the protocol promises."""
        return await ask.services.admin.rooms.close(ask.caller, chat, ask.now)

    @get("/{chat:str}/members", responses=answers(MemberList))
    async def list_room_members(
        self, ask: Ask, chat: FromPath[str], after: FromQuery[str] = ""
    ) -> dict[str, object]:
        """Its members, in the order of their handles."""
        return body_of(await ask.services.admin.rooms.members(chat, after, ask.now))

    @get("/{chat:str}/bans", responses=answers(BanList))
    async def list_room_bans(self, ask: Ask, chat: FromPath[str]) -> BanList:
        """Who may not come back."""
        return await ask.services.admin.rooms.bans(chat)

    @put("/{chat:str}/owner", responses=answers(RoomCard))
    async def set_owner(self, ask: Ask, chat: FromPath[str], data: JSONBody[NewOwner]) -> RoomCard:
        """Make a member its owner; whoever was becomes an admin of the room."""
        return await ask.services.admin.rooms.set_owner(ask.caller, chat, data.user, ask.now)
