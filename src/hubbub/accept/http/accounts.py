"""`/accounts` and `/me`: signing up, and one's own profile."""

from typing import Annotated

from litestar import Controller, Response, get, patch, post
from litestar.params import JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from hubbub.accept.http.asking import Ask, authenticate, check_text
from hubbub.accept.http.documentation import AUTHENTICATED, answers
from hubbub.model.accounts import MAX_AVATAR, MAX_DEVICE, MAX_DISPLAY_NAME
from hubbub.model.identity import Tokens
from hubbub.model.replies import ProfileListing


class NewAccount(Struct, kw_only=True, forbid_unknown_fields=True):
    """`user`: 2-32 characters of a-z 0-9 _ . -; `password`: 8-1024 characters; `display_name`: `user` if left out."""

    user: str
    password: str
    display_name: str | None = None
    device: Annotated[str, Meta(max_length=MAX_DEVICE)] = ""


class ProfileChange(Struct, kw_only=True, forbid_unknown_fields=True):
    """What is left out stays. `avatar` is an https URL or a short text; null takes it away."""

    display_name: Annotated[str, Meta(description=f"1-{MAX_DISPLAY_NAME} characters")] | UnsetType = UNSET
    avatar: Annotated[str, Meta(description=f"up to {MAX_AVATAR} characters")] | UnsetType | None = UNSET


class OwnProfile(ProfileListing, kw_only=True):
    """`admin`: the routes under `/admin` are open to this user; left out where they are not."""

    admin: bool = False


class AccountsController(Controller):
    """Signing up."""

    path = "/accounts"
    tags = ("Accounts",)

    @post(responses=answers(Tokens, 201, (400, 403, 409, 429, 500, 503)))
    async def sign_up(self, ask: Ask, data: JSONBody[NewAccount]) -> Response[Tokens]:
        """Make an account and log in. A taken name is `conflict`."""
        check_text(data)
        services = ask.services
        async with services.sign_in_limits.sign_up(ask.address, ask.now):
            tokens = await services.accounts.sign_up(
                data.user, data.password, data.display_name, data.device, ask.now, services.entropy
            )
        return Response(tokens, status_code=201)


class MeController(Controller):
    """The caller."""

    path = "/me"
    tags = ("Users",)
    guards = (authenticate,)
    security = AUTHENTICATED

    @get(responses=answers(OwnProfile))
    async def own_profile(self, ask: Ask) -> OwnProfile:
        """One's own profile, and whether one administers this server."""
        own = await ask.services.profiles.own(ask.identity.user)
        admin = await ask.services.admin.users.has_right(own.user)
        return OwnProfile(user=own.user, display_name=own.display_name, avatar=own.avatar, admin=admin)

    @patch(responses=answers(ProfileListing))
    async def change_profile(self, ask: Ask, data: JSONBody[ProfileChange]) -> ProfileListing:
        """Change how others see one."""
        check_text(data)
        ask.check_profile_limit()
        return await ask.services.profiles.change(ask.identity.user, data.display_name, data.avatar)
