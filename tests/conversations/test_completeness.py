"""Nothing of the contract without a play: what the other files ask, hear, expect and request, read from their source.

A play that passes has had what it names, so it is enough to look at the names.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from tests.conversations.test_sessions import REVOKED

from hubbub.model import replies
from hubbub.model.commands import AnyCommand
from hubbub.model.entries import Entry
from hubbub.model.errors import CloseCode, ErrorCode
from hubbub_conformance.contract import ERRORS, PUSHES, REPLIES, REPLY_TO
from hubbub_conformance.conversation import Stage
from hubbub_conformance.profiles import WEBSOCKET

HERE = Path(__file__).parent
PROTOCOL = (HERE.parents[1] / "docs" / "protocol.md").read_text()
COMMANDS = {command.__struct_config__.tag for command in get_args(AnyCommand)}
NOT_ON_DEMAND = {ErrorCode.INTERNAL, ErrorCode.UNAVAILABLE}  # tests/faults: the database fails there
CLOSES_LATER = {CloseCode.GOING_AWAY, CloseCode.INTERNAL}  # workers, faults
ANSWERED = {"ping"}  # by a connection of framed TCP itself: test_framed_tcp.py hears it below the plays


def calls(*folders: Path) -> Iterator[tuple[str, list[ast.expr]]]:
    """(method, arguments) of every call in the plays."""
    for path in (path for folder in (HERE, *folders) for path in folder.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
                yield node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id, node.args


def named(*methods: str) -> set[object]:
    """The constants these methods are called with."""
    return {
        argument.value
        for method, arguments in calls()
        if method in methods
        for argument in arguments
        if isinstance(argument, ast.Constant)
    }


def texts() -> set[str]:
    """Every string in the plays, for what stands in their tables."""
    return {
        node.value
        for path in HERE.glob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def tags(base: type) -> set[str]:
    return {str(each.__struct_config__.tag) for each in base.__subclasses__()}


def test_every_command_is_asked_and_has_a_row() -> None:
    asked = named("asks", "says", "is_refused") | texts()
    assert set(COMMANDS) - asked == set()
    rows = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", PROTOCOL, re.MULTILINE))))
    assert set(COMMANDS) - rows == set()


def test_the_second_writing_of_the_contract_knows_every_word() -> None:
    assert REPLY_TO.keys() == COMMANDS - {"typing"}
    assert REPLIES.keys() == tags(replies.Reply)
    entries = {each.__struct_config__.tag for each in get_args(Entry)}
    assert PUSHES.keys() == tags(replies.Push) | tags(replies.Summary) | entries | {"error"}
    assert {str(code) for code in ErrorCode} == ERRORS


def test_every_reply_is_the_answer_to_something_that_is_asked() -> None:
    asked = named("asks")
    for reply in REPLIES.keys() - {"error"}:
        assert asked & {command for command, answer in REPLY_TO.items() if answer == reply}, reply


def test_every_push_is_heard() -> None:
    heard = named("hears", "eventually_hears") | {"bye" if named("is_closed") else ""}
    assert set(PUSHES) - heard == ANSWERED


def test_every_error_code_is_met_on_the_socket_or_over_http() -> None:
    met = named("is_refused", "refuses") | texts()
    assert {str(code) for code in ErrorCode} - {str(code) for code in NOT_ON_DEMAND} - met == set()


def test_every_close_code_is_met() -> None:
    constants = {value for value in named("is_closed", "ends_with", "leaves") if isinstance(value, int)} | {
        REVOKED
    }
    constants |= {CloseCode.NORMAL.number} if ("leaves", []) in calls() else set()
    assert {code.number for code in CloseCode} - {code.number for code in CLOSES_LATER} - constants == set()
    assert {code.number for code in CloseCode} <= {int(each) for each in re.findall(r"\b\d{4}\b", PROTOCOL)}


OPERATOR = HERE.parent / "operate"  # who administers, by HTTP as well


def requested() -> set[tuple[str, str]]:
    """(method, path) of every HTTP request, with {} for what is filled in."""
    found: set[tuple[str, str]] = set()
    for method, arguments in calls(OPERATOR):
        if method in {"get", "post", "put", "patch", "delete"} and arguments:
            found.add((method, re.sub(r"\{[^}]*\}", "{}", ast.unparse(arguments[0]).strip("f'\""))))
    return found


@WEBSOCKET
async def test_every_http_route_is_requested(stage: Stage) -> None:
    document = (await stage.client.get(f"{stage.server.root}/api/docs/openapi.json")).json()
    routes = {
        (method, re.sub(r"\{[^}]*\}", "{}", path.removeprefix("/api/v1")))
        for path, methods in document["paths"].items()
        for method in methods
    }
    by_name = {("patch", "/rooms/{}/members/{}"), ("patch", "/chats/{}/entries/{}")}
    patterns = {
        (method, re.compile(re.sub(r"\\\{\\\}", "[^/]+", re.escape(path))))
        for method, path in routes - by_name
    }
    asked = requested()
    missing = [
        (method, pattern.pattern)
        for method, pattern in patterns
        if not any(one == method and pattern.fullmatch(path) for one, path in asked)
    ]
    assert missing == []
