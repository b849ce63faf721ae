"""The HTTP application of the public port: docs/protocol.md §6 under /api/v1, its documentation, and the web app at the root."""

from litestar import Litestar, Router
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.types import ASGIApp

from hubbub.accept.http.accounts import AccountsController, MeController
from hubbub.accept.http.admin.operations import AdminOperationsController
from hubbub.accept.http.admin.rooms import AdminRoomsController
from hubbub.accept.http.admin.switches import AdminSwitchesController
from hubbub.accept.http.admin.users import AdminUsersController
from hubbub.accept.http.asking import provide_asking
from hubbub.accept.http.avatars import AvatarsController, OwnAvatarController
from hubbub.accept.http.chats import ChatsController
from hubbub.accept.http.documentation import BEARER
from hubbub.accept.http.entries import DirectController, EntriesController
from hubbub.accept.http.external_logins import ExternalLoginController
from hubbub.accept.http.friends import BlocksController, FriendsController
from hubbub.accept.http.headers import with_security_headers
from hubbub.accept.http.members import BansController, MembersController
from hubbub.accept.http.pages import PlainDocumentation, landing
from hubbub.accept.http.problems import HANDLERS
from hubbub.accept.http.request_lines import with_request_log
from hubbub.accept.http.rooms import RoomsController
from hubbub.accept.http.server_info import ServerController
from hubbub.accept.http.services import HttpPolicy, Services
from hubbub.accept.http.sessions import LogInController, SessionsController
from hubbub.accept.http.users import UsersController
from hubbub.accept.http.web_app import WebApp, with_web_app

PREFIX = "/api/v1"
DOCUMENTATION = "/api/docs"
CONTROLLERS = (
    ServerController,
    AccountsController,
    MeController,
    OwnAvatarController,
    AvatarsController,
    LogInController,
    ExternalLoginController,
    SessionsController,
    UsersController,
    ChatsController,
    EntriesController,
    DirectController,
    RoomsController,
    MembersController,
    BansController,
    FriendsController,
    BlocksController,
    AdminUsersController,
    AdminRoomsController,
    AdminOperationsController,
    AdminSwitchesController,
)


def build_app(services: Services, web_app: WebApp | None = None) -> ASGIApp:
    """The ASGI application; `services` is all it knows of the rest of the server. Without `web_app` a page stands at the root."""
    app = Litestar(
        [Router(PREFIX, route_handlers=CONTROLLERS), landing],
        dependencies={"ask": Provide(provide_asking)},
        state=State({"services": services}),
        exception_handlers=HANDLERS,
        request_max_body_size=services.policy.request_bytes or None,
        cors_config=_cors(services.policy),
        openapi_config=_openapi(services.policy),
        logging_config=None,
    )
    policy = services.policy
    around = with_security_headers(
        with_web_app(app, web_app, policy), secure=policy.is_secure
    )  # around it all: Litestar's middleware does not see unknown paths
    return with_request_log(around, services)


def _cors(policy: HttpPolicy) -> CORSConfig | None:
    """Off unless origins are named; then exactly those, with tokens in a header and never cookies."""
    if not policy.allowed_origins:
        return None
    return CORSConfig(
        allow_origins=list(policy.allowed_origins),
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["authorization", "content-type", "idempotency-key", "traceparent"],
        expose_headers=["retry-after"],
    )


def _openapi(policy: HttpPolicy) -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Hubbub",
        version=policy.version,
        description="Everything a client may ask over a socket it may also ask over HTTP (docs/protocol.md §6).",
        path=DOCUMENTATION,
        render_plugins=[PlainDocumentation(path="/")],
        components=Components(
            security_schemes={
                BEARER: SecurityScheme(
                    type="http",
                    scheme="bearer",
                    bearer_format="JWT",
                    description="The `token` of signing up or logging in.",
                )
            }
        ),
    )
