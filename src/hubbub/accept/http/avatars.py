"""`/me/avatar` and `/avatars`: pictures of users, put by their owners and shown by every browser."""

from dataclasses import dataclass
from typing import Any

from litestar import Controller, Request, Response, get, put
from litestar.openapi.spec import OpenAPIMediaType, Operation, RequestBody, Schema
from litestar.params import FromPath

from hubbub.accept.http.asking import Ask, authenticate
from hubbub.accept.http.documentation import AUTHENTICATED, answers
from hubbub.model.avatars import MAX_BYTES
from hubbub.model.replies import ProfileListing

KINDS = ("image/png", "image/jpeg", "image/webp")
KEPT = "public, max-age=31536000, immutable"  # a year: the name is the content's
ALONE = "default-src 'none'; sandbox; frame-ancestors 'none'"  # opened by itself, it can do nothing


@dataclass
class PictureOperation(Operation):
    """What Litestar cannot see: the body is the picture itself."""

    def __post_init__(self) -> None:
        schema = Schema(type="string", format="binary", max_length=MAX_BYTES)  # type: ignore[arg-type]
        self.request_body = RequestBody(
            content={kind: OpenAPIMediaType(schema=schema) for kind in KINDS}, required=True
        )


class OwnAvatarController(Controller):
    """The caller's picture."""

    path = "/me/avatar"
    tags = ("Users",)
    guards = (authenticate,)
    security = AUTHENTICATED

    @put(responses=answers(ProfileListing), operation_class=PictureOperation)
    async def put_picture(self, ask: Ask, request: Request[Any, Any, Any]) -> ProfileListing:
        """Show oneself with this picture: the body is a PNG, JPEG or WebP of at most 64 KiB and 1,024 x 1,024 pixels."""
        ask.check_profile_limit()
        return await ask.services.avatars.put(ask.identity.user, await request.body())


class AvatarsController(Controller):
    """Pictures by name. They need no token: a page shows them with <img>, and a name cannot be guessed."""

    path = "/avatars"
    tags = ("Users",)

    @get("/{name:str}", responses=answers(None, 200, (400, 404, 500, 503)))
    async def picture(self, ask: Ask, name: FromPath[str]) -> Response[bytes]:
        """The picture; it never changes."""
        found = await ask.services.avatars.get(name)
        headers = {
            "Cache-Control": KEPT,
            "Content-Disposition": f'inline; filename="{found.name}"',
            "Content-Security-Policy": ALONE,
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        return Response(found.data, media_type=found.media_type, headers=headers)
