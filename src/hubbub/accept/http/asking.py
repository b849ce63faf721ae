"""One HTTP request on its way to the one table of commands: who asks, when, and what becomes of the answer."""

import math
import re
from typing import Any, TypeVar

import msgspec
from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler
from litestar.typing import FieldDefinition
from msgspec import Struct

from hubbub.accept.http.services import Services
from hubbub.model.commands import AnyCommand, Command, MsgId
from hubbub.model.errors import ErrorCode, Refused
from hubbub.model.identity import Caller, Identity
from hubbub.model.replies import Reply

_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")
_SCHEME = "bearer "
_ENVELOPE = frozenset({"type", "id"})

CommandT = TypeVar("CommandT", bound=Command)
StructT = TypeVar("StructT", bound=Struct)
AnyRequest = Request[Any, Any, Any]


class Retry(Struct, kw_only=True, forbid_unknown_fields=True):
    """A write without other fields may be repeated under the same `msg_id`."""

    msg_id: MsgId | None = None


async def authenticate(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Guard of every route that needs a token. Runs before anything of the request is parsed."""
    services: Services = connection.app.state.services
    token = bearer(connection)
    connection.state.identity = await services.authenticator.authenticate(token, services.clock())


def bearer(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """The request's token. Raises Refused(unauthenticated)."""
    header = connection.headers.get("authorization", "")
    if not header[: len(_SCHEME)].lower() == _SCHEME:
        raise Refused(
            ErrorCode.UNAUTHENTICATED, "Log in, then send the token: Authorization: Bearer <token>."
        )
    return header[len(_SCHEME) :].strip()


class Asking:
    """What a controller needs of one request. `identity` is set on routes behind `authenticate`."""

    __slots__ = ("_request", "now", "services")

    def __init__(self, request: AnyRequest) -> None:
        self._request = request
        self.services: Services = request.app.state.services
        self.now = self.services.clock()
        _check_path(request)
        _check_query(request)

    @property
    def identity(self) -> Identity:
        """Who asks."""
        identity: Identity = self._request.state.identity
        return identity

    @property
    def address(self) -> str:
        """Where the request came from."""
        return self.services.address(self._request.scope)

    @property
    def caller(self) -> Caller:
        """Who asks, for the dispatcher."""
        return Caller(user=self.identity.user, session=self.identity.session, address=self.address)

    def check_profile_limit(self) -> None:
        """Draw on the bucket of profile changes, which are told to many. Raises Refused(rate_limited)."""
        wait = self.services.profile_limits.take(self.identity.user, 1, self.now)
        if wait:
            message = "Too many changes of your profile; wait and retry."
            raise Refused(ErrorCode.RATE_LIMITED, message, math.ceil(wait * 1000))

    async def call(self, kind: type[CommandT], **fields: object) -> Reply:
        """Run the command with those fields that are not None. Raises Refused."""
        return await self.services.commands.call(self.caller, self.command(kind, **fields), self.now)

    async def answer(self, kind: type[CommandT], status: int = 200, **fields: object) -> Response[Any]:
        """Run the command; the reply's fields are the body, and a duplicate is 200."""
        reply = await self.call(kind, **fields)
        return Response(body_of(reply), status_code=200 if reply.repeats else status)

    def command(self, kind: type[CommandT], **fields: object) -> AnyCommand:
        """The command, held to the same rules as one from a socket. Raises Refused(bad_request)."""
        given = {name: value for name, value in fields.items() if value is not None}
        given |= {"id": 0} | self._trace()
        if "msg_id" in kind.__struct_fields__ and "msg_id" not in given:
            given |= self._key()
        if "type" not in given:
            given["type"] = kind.__struct_config__.tag
        try:
            command = msgspec.convert(given, kind)
        except msgspec.ValidationError as error:
            raise Refused(ErrorCode.BAD_REQUEST, str(error)) from error
        check_text(command)
        return command  # type: ignore[return-value]  # every Command of ours is one of AnyCommand

    def _trace(self) -> dict[str, object]:
        header = self._request.headers.get("traceparent", "")
        return {"traceparent": header} if _TRACEPARENT.fullmatch(header) else {}

    def _key(self) -> dict[str, object]:
        header = self._request.headers.get("idempotency-key")
        return {} if header is None else {"msg_id": header}


Ask = NamedDependency[Asking]


async def provide_asking(request: AnyRequest) -> Asking:
    """The dependency `ask`."""
    asking = Asking(request)
    await _check_types(request)
    return asking


def body_of(reply: Struct) -> dict[str, Any]:
    """A reply's fields without `type` and `id`; what is None and optional is left out, as on a socket."""
    fields: dict[str, Any] = msgspec.to_builtins(reply)
    return {name: value for name, value in fields.items() if name not in _ENVELOPE}


def check_text(data: StructT) -> StructT:
    """Refuse U+0000, which no database keeps alike (docs/protocol.md §2)."""
    for name in data.__struct_fields__:
        value = getattr(data, name)
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and "\0" in text for text in texts):
            raise Refused(ErrorCode.BAD_REQUEST, f"{name} must not contain U+0000.")
    return data


async def _check_types(request: AnyRequest) -> None:
    """Litestar takes "1" for 1 and "true" for true, in bodies too; the contract does not."""
    data = request.route_handler.parsed_fn_signature.parameters.get("data")
    body = await request.body() if data is not None else b""
    if data is not None and body:
        try:
            msgspec.json.decode(body, type=data.annotation)
        except msgspec.ValidationError as error:
            raise Refused(ErrorCode.BAD_REQUEST, str(error)) from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            return  # Litestar says so itself


def _check_path(request: AnyRequest) -> None:
    if "\0" in request.scope["path"]:
        raise Refused(ErrorCode.NOT_FOUND)


def _check_query(request: AnyRequest) -> None:
    """A misspelt parameter is refused like an unknown field, not ignored."""
    known = {_wire_name(each) for each in request.route_handler.parsed_fn_signature.parameters.values()}
    for name in request.query_params:
        if name not in known:
            raise Refused(ErrorCode.BAD_REQUEST, f"Unknown query parameter: {name[:64]}.")


def _wire_name(parameter: FieldDefinition) -> str:
    return getattr(parameter.kwarg_definition, "name", None) or parameter.name
