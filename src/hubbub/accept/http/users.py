"""`/users` and `/presence`: how others are shown, and whether they are there."""

from typing import Annotated, Any

from litestar import Controller, Response, get
from litestar.params import FromPath, QueryParameter

from hubbub.accept.http.asking import Ask, authenticate, body_of
from hubbub.accept.http.documentation import AUTHENTICATED, answers
from hubbub.model.commands import Presence, Profile
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.replies import PresenceList, ProfileList, ProfileListing


class UsersController(Controller):
    """Other people."""

    tags = ("Users",)
    guards = (authenticate,)
    security = AUTHENTICATED

    @get("/users/{user:str}", responses=answers(ProfileListing))
    async def profile(self, ask: Ask, user: FromPath[str]) -> Response[Any]:
        """The profile of a user."""
        reply = await ask.call(Profile, users=[user])
        if not isinstance(reply, ProfileList) or not reply.profiles:
            raise Refused(ErrorCode.NOT_FOUND, "There is no such user.")
        return Response(body_of(reply.profiles[0]))

    @get("/presence", responses=answers(PresenceList))
    async def presence(
        self,
        ask: Ask,
        user: Annotated[
            list[str], QueryParameter(description="Whom to ask about; up to 200, `user=a&user=b`.")
        ],
    ) -> Response[Any]:
        """Who is online, and when the others were."""
        return await ask.answer(Presence, users=user)
