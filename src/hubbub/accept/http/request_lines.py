"""The request log of HTTP: around the whole application, so that what no route answers is seen too."""

from collections.abc import Mapping
from typing import Any

from litestar.types import ASGIApp, Message, Receive, Scope, Send

from hubbub.accept.http.problems import PROBLEM, code_of
from hubbub.accept.http.services import Services
from hubbub.dispatch.request_log import Asked
from hubbub.model.errors import ErrorCode, Refused

NOT_SAID = 500  # the answer never began


def with_request_log(app: ASGIApp, services: Services) -> ASGIApp:
    """Around an application: one line for each request that the log wants. Its route stands for its path, and its query is left out."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        began, status = services.clock(), NOT_SAID

        async def send_noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        said = _traceparent(scope)
        span = services.traces.request("HTTP", said)
        try:
            with services.traces.within(span):
                await app(scope, receive, send_noted)
        finally:
            answer = _answer(status, scope.get(PROBLEM))  # type: ignore[arg-type]
            traceparent = said if span is None else span.traceparent
            asked = _asked(scope, status, began, services, traceparent)
            if span is not None:
                span.end(
                    **{name: value for name, value in asked.what.items() if isinstance(value, str | int)}
                )
            if services.requests.notes(began, answer):
                services.requests.answered(asked, answer)

    return wrapped


def _answer(status: int, problem: Mapping[str, str] | None) -> Refused | None:
    """What was refused, and with which words; None if nothing was."""
    if problem is not None:
        return Refused(ErrorCode(problem["code"]), problem["detail"])
    return Refused(code_of(status)) if status >= 400 else None


def _traceparent(scope: Any) -> str | None:  # noqa: ANN401 - an ASGI scope
    if scope["type"] != "http":
        return None
    found = next((value for name, value in scope["headers"] if name == b"traceparent"), None)
    return None if found is None else found.decode("latin-1")


def _asked(scope: Any, status: int, began: int, services: Services, traceparent: str | None) -> Asked:  # noqa: ANN401
    identity = scope.get("state", {}).get("identity")
    what = {
        "http.request.method": scope["method"],
        "http.route": scope.get("path_template"),
        "http.response.status_code": status,
    }
    return Asked(
        what=what,
        user="" if identity is None else identity.user,
        address=services.address(scope),
        traceparent=traceparent,
        began=began,
    )
