"""Errors as `application/problem+json` (RFC 9457), with the code of docs/protocol.md §5."""

import math
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any, cast

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, ValidationException
from litestar.types import ExceptionHandlersMap
from msgspec import Struct, structs

from hubbub.model.errors import ADVICE, HTTP_STATUS, CommitUnknownError, ErrorCode, Refused

MEDIA_TYPE = "application/problem+json"
PROBLEM = "hubbub.problem"  # where a request's scope holds what was answered, for the log
log = structlog.get_logger("hubbub.http")
AnyRequest = Request[Any, Any, Any]
Answer = Response[dict[str, Any]]
_CODES = {
    400: ErrorCode.BAD_REQUEST,
    401: ErrorCode.UNAUTHENTICATED,
    403: ErrorCode.FORBIDDEN,
    404: ErrorCode.NOT_FOUND,
    405: ErrorCode.BAD_REQUEST,
    413: ErrorCode.TOO_LONG,
}


class Problem(Struct, kw_only=True, omit_defaults=True):
    """Why a request was refused; nothing was changed. `retry_after_ms` comes with `rate_limited`."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    retry_after_ms: int | None = None


def problem(
    code: ErrorCode,
    detail: str = "",
    *,
    status: int | None = None,
    retry_after_ms: int | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """The answer to a refused request."""
    status = status or HTTP_STATUS[code]
    body = Problem(
        type=f"urn:hubbub:error:{code}",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail or ADVICE[code],
        code=str(code),
        retry_after_ms=retry_after_ms,
    )
    given = {name: value for name, value in structs.asdict(body).items() if value is not None}
    all_headers = dict(headers or {}) | _headers(code, retry_after_ms)
    return Response(given, status_code=status, media_type=MEDIA_TYPE, headers=all_headers)


def _headers(code: ErrorCode, retry_after_ms: int | None) -> dict[str, str]:
    if code is ErrorCode.UNAUTHENTICATED:
        return {"WWW-Authenticate": "Bearer"}
    if retry_after_ms is not None:
        return {"Retry-After": str(math.ceil(retry_after_ms / 1000))}
    return {}


def code_of(status: int) -> ErrorCode:
    """The code that stands for a status of the web server's own."""
    return _CODES.get(status, ErrorCode.BAD_REQUEST if status < 500 else ErrorCode.INTERNAL)


def _on_refused(refused: Refused) -> Answer:
    return problem(refused.code, refused.message, retry_after_ms=refused.retry_after_ms)


def _on_http(error: HTTPException) -> Answer:
    code = code_of(error.status_code)
    status = HTTP_STATUS[code]
    if isinstance(error, MethodNotAllowedException):
        return problem(
            code, "This path knows other methods; see /api/docs.", status=405, headers=error.headers
        )
    if isinstance(error, ValidationException):
        return problem(code, _what_is_wrong(error))
    return problem(code, error.detail if status == 400 else "", status=status)


def _what_is_wrong(error: ValidationException) -> str:
    """Msgspec's sentence for each field: "content: Expected `str`, got `int`"."""
    found = cast("list[dict[str, str]]", error.extra if isinstance(error.extra, list) else [])
    return "; ".join(_one_wrong(each) for each in found) or error.detail


def _one_wrong(found: dict[str, str]) -> str:
    key, message = found.get("key", "data"), found.get("message", "is malformed")
    if key != "data":
        return f"{key}: {message}"
    return "The request needs a JSON body." if message == "'data'" else message


def _on_commit_unknown(_error: CommitUnknownError) -> Answer:
    return problem(ErrorCode.INTERNAL, "It is not known whether this happened; retry with the same msg_id.")


def _on_bug(request: AnyRequest, error: Exception) -> Answer:
    log.error("a bug answered with 500", method=request.method, path=request.scope["path"], exc_info=error)
    return problem(ErrorCode.INTERNAL)


def _noted(answer: Callable[[AnyRequest, Any], Answer]) -> Callable[[AnyRequest, Any], Answer]:
    def handle(request: AnyRequest, error: Exception) -> Answer:
        response = answer(request, error)
        request.scope[PROBLEM] = response.content  # type: ignore[literal-required]
        return response

    return handle


HANDLERS = cast(
    "ExceptionHandlersMap",
    {
        Refused: _noted(lambda _, refused: _on_refused(refused)),
        CommitUnknownError: _noted(lambda _, error: _on_commit_unknown(error)),
        HTTPException: _noted(lambda _, error: _on_http(error)),
        Exception: _noted(_on_bug),
    },
)
