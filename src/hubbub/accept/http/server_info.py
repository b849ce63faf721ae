"""`/server`: what a client has to know before anybody is logged in."""

from typing import Literal

from litestar import Controller, get
from msgspec import Struct

from hubbub.accept.http.asking import Ask
from hubbub.accept.http.documentation import answers
from hubbub.model.features import Feature
from hubbub.model.logins import ProviderListing


class ServerInfo(Struct, kw_only=True):
    """`off`: what this server does not offer for now (docs/protocol.md §7); `direct_policy`: who may write to whom in private; `providers` are the identity providers one may log in with; `start` of each takes `?return_to=`."""

    name: str
    version: str
    signup_open: bool
    password_chars: int
    direct_policy: Literal["anyone", "friends"]
    off: list[Feature]
    providers: list[ProviderListing]


class ServerController(Controller):
    """The server about itself."""

    path = "/server"
    tags = ("Server",)

    @get(responses=answers(ServerInfo, 200, (400, 500, 503)))
    async def server(self, ask: Ask) -> ServerInfo:
        """Its name and version, and how one may come in."""
        policy = ask.services.policy
        doors = ask.services.external_logins.doors
        return ServerInfo(
            name=policy.name,
            version=policy.version,
            signup_open=policy.signup_open,
            password_chars=policy.password_chars,
            direct_policy=policy.direct_policy,
            off=ask.services.admin.switching.off,
            providers=[
                ProviderListing(alias=alias, label=door.label, start=f"/api/v1/oidc/{alias}/start")
                for alias, door in doors.items()
            ],
        )
