"""`/admin/users`: found, banned, let in again, given the right, another password, logged out."""

from typing import Annotated

from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.response import Stream
from msgspec import Struct

from hubbub.accept.http.admin.right import authorize
from hubbub.accept.http.asking import Ask, check_text
from hubbub.accept.http.documentation import AUTHENTICATED, answers
from hubbub.accept.http.sessions import SessionList
from hubbub.model.administration import ErasureStep, Export, UserCard, UserPage, UserState
from hubbub.model.errors import ErrorCode, Refused


class NewPassword(Struct, kw_only=True, forbid_unknown_fields=True):
    """At least as long as `GET /server` says; at most 1,024 characters."""

    password: str


class Confirmation(Struct, kw_only=True, forbid_unknown_fields=True):
    """The handle once more, typed: there is no way back."""

    user: str


class AdminUsersController(Controller):
    """Users of this server."""

    path = "/admin/users"
    tags = ("Administration",)
    guards = (authorize,)
    security = AUTHENTICATED

    @get(responses=answers(UserPage))
    async def find_users(
        self,
        ask: Ask,
        searched: Annotated[
            str, QueryParameter(name="query", description="Part of a handle or a name.")
        ] = "",
        only: Annotated[
            UserState, QueryParameter(description="Only those who are banned, or administer.")
        ] = "any",
        after: FromQuery[str] = "",
    ) -> UserPage:
        """Users whose handle or name contains `query`, in the order of their handles."""
        return await ask.services.admin.users.find(searched, only, after)

    @get("/{user:str}", responses=answers(UserCard))
    async def show_user(self, ask: Ask, user: FromPath[str]) -> UserCard:
        """One user."""
        return await ask.services.admin.users.show(user)

    @put("/{user:str}/ban", responses=answers(UserCard))
    async def ban_user(self, ask: Ask, user: FromPath[str]) -> UserCard:
        """Close the account: nobody logs in, every session and connection ends."""
        return await ask.services.admin.users.ban(ask.caller, user, ask.now)

    @delete("/{user:str}/ban", status_code=200, responses=answers(UserCard))
    async def unban_user(self, ask: Ask, user: FromPath[str]) -> UserCard:
        """Open the account again."""
        return await ask.services.admin.users.unban(ask.caller, user, ask.now)

    @put("/{user:str}/right", responses=answers(UserCard))
    async def grant(self, ask: Ask, user: FromPath[str]) -> UserCard:
        """Let the user administer this server."""
        return await ask.services.admin.users.set_admin(ask.caller, user, ask.now, admin=True)

    @delete("/{user:str}/right", status_code=200, responses=answers(UserCard))
    async def withdraw(self, ask: Ask, user: FromPath[str]) -> UserCard:
        """Take the right back, at once. Nobody takes their own."""
        return await ask.services.admin.users.set_admin(ask.caller, user, ask.now, admin=False)

    @put("/{user:str}/password", responses=answers(UserCard))
    async def set_password(self, ask: Ask, user: FromPath[str], data: JSONBody[NewPassword]) -> UserCard:
        """Another password; every session of the user ends."""
        check_text(data)
        return await ask.services.admin.users.set_password(ask.caller, user, data.password, ask.now)

    @get("/{user:str}/sessions", responses=answers(SessionList))
    async def list_user_sessions(self, ask: Ask, user: FromPath[str]) -> SessionList:
        """The user's living sessions, the last used first."""
        return SessionList(sessions=await ask.services.admin.users.sessions(user, ask.now))

    @delete("/{user:str}/sessions", responses=answers(None, 204))
    async def end_user_sessions(self, ask: Ask, user: FromPath[str]) -> None:
        """End all of them; their connections are closed within a second."""
        await ask.services.admin.users.revoke(ask.caller, user, None, ask.now)

    @delete("/{user:str}/sessions/{session:str}", responses=answers(None, 204))
    async def end_user_session(self, ask: Ask, user: FromPath[str], session: FromPath[str]) -> None:
        """End one of them."""
        await ask.services.admin.users.revoke(ask.caller, user, session, ask.now)

    @get("/{user:str}/export", responses=answers(Export))
    async def export_user(self, ask: Ask, user: FromPath[str]) -> Stream:
        """Everything of theirs as one document: profile, friends, sessions, chats with receipts, reactions, messages."""
        pieces = await ask.services.admin.exports.export(ask.caller, user, ask.now)
        return Stream(pieces, media_type="application/json")

    @post("/{user:str}/erase", status_code=200, responses=answers(ErasureStep))
    async def erase_user(self, ask: Ask, user: FromPath[str], data: JSONBody[Confirmation]) -> ErasureStep:
        """Erase a bounded part of what is theirs; ask again until it is `done`. Messages become deleted entries."""
        if data.user != user:
            raise Refused(ErrorCode.BAD_REQUEST, "The confirmation names another user.")
        return await ask.services.admin.erasure.step(ask.caller, user, ask.now)
