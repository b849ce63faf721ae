"""What the OpenAPI document says of every route: the body it answers with, and the problems it may answer with."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import SecurityRequirement
from msgspec import Struct
from msgspec.structs import fields as fields_of

from hubbub.accept.http.problems import MEDIA_TYPE, Problem
from hubbub.model.replies import Reply

BEARER = "bearer"
AUTHENTICATED: list[SecurityRequirement] = [{BEARER: []}]
SIGNED_IN = (400, 401, 403, 404, 409, 429, 500, 503)
Responses = dict[int, ResponseSpec]


def body_type(reply: type[Struct]) -> type[Struct]:
    """The reply as HTTP gives it: without `type` and `id`. What is no reply is given as it is."""
    if not issubclass(reply, Reply):
        return reply
    kept: list[Any] = [
        (field.name, field.type) if field.required else (field.name, field.type, field.default)
        for field in fields_of(reply)
        if field.name != "id"
    ]
    return msgspec.defstruct(
        reply.__name__, kept, kw_only=True, module=__name__, namespace={"__doc__": reply.__doc__}
    )


def answers(
    body: type[Struct] | None,
    status: int = 200,
    problems: Sequence[int] = SIGNED_IN,
    *,
    also: int | None = None,
) -> Responses:
    """Responses of a route that answers `status` with `body` (None: nothing), or one of `problems`."""
    described = {each: _problem(each) for each in problems}
    if body is None:
        return described  # Litestar itself documents an answer without a body
    shape = body_type(body)
    for each in (status, *([also] if also else [])):
        described[each] = ResponseSpec(shape, description=HTTPStatus(each).phrase, generate_examples=False)
    return described


def _problem(status: int) -> ResponseSpec:
    return ResponseSpec(
        Problem,
        description=HTTPStatus(status).phrase,
        media_type=MEDIA_TYPE,
        generate_examples=False,
    )
