"""The shared vectors (tests/conformance/hubbub_conformance/vectors): current, complete, and what the server speaks."""

import json as plain
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from hubbub.codec import data_frame, json, protobuf
from hubbub.codec.malformed import MalformedError
from hubbub.model import replies as r
from hubbub.model.entries import Entry
from hubbub_conformance.contract import check_envelope

ROOT = Path(__file__).parents[3]
MADE = runpy.run_path(str(ROOT / "tests" / "conformance" / "make_vectors.py"))
PROTOCOL = (ROOT / "docs" / "protocol.md").read_text()
SAID = {
    str(each.__struct_config__.tag): each
    for base in (r.Reply, r.Push, r.Summary)
    for each in base.__subclasses__()
} | {str(each.__struct_config__.tag): each for each in get_args(Entry)}


def vectors(*names: str) -> list[dict[str, Any]]:
    return [each for name in names for each in plain.loads((MADE["VECTORS"] / f"{name}.json").read_text())]


def told_by(vector: dict[str, Any]) -> str:
    return plain.dumps(vector["envelope"])[:60]


ASKED = [each for each in vectors("requests") if each["envelope"] != MADE["PONG"]]
TOLD = vectors("replies", "errors", "pushes")


def test_the_files_are_what_the_script_writes() -> None:
    stale = [path.name for path, content in MADE["files"]() if path.read_bytes() != content]
    assert stale == [], "run tests/conformance/make_vectors.py"


@pytest.mark.parametrize("vector", ASKED, ids=told_by)
def test_the_server_reads_the_same_request_from_every_form(vector: dict[str, Any]) -> None:
    from_json = json.decode(plain.dumps(vector["envelope"]).encode())
    assert protobuf.decode(bytes.fromhex(vector["protobuf"])) == from_json
    assert msgspec.to_builtins(from_json) == msgspec.to_builtins(
        msgspec.convert(vector["envelope"], type(from_json))
    )
    for form, decode in (("json_frame", json.decode), ("protobuf_frame", protobuf.decode)):
        stream = bytes.fromhex(vector[form])
        [payload] = data_frame.DataFrameReader(200_000).feed(stream, len(stream))
        assert decode(payload) == from_json


@pytest.mark.parametrize("vector", TOLD, ids=told_by)
def test_the_server_says_exactly_these_bytes(vector: dict[str, Any]) -> None:
    envelope = vector["envelope"]
    check_envelope(envelope)
    said = msgspec.convert(envelope, SAID[envelope["type"]])
    assert plain.loads(json.encode(said)) == envelope
    assert protobuf.encode(said).hex() == vector["protobuf"]
    assert data_frame.frame(data_frame.JSON, json.encode(said)).hex() == vector["json_frame"]
    assert data_frame.frame(data_frame.PROTOBUF, protobuf.encode(said)).hex() == vector["protobuf_frame"]


def test_a_pong_is_one_in_both_codecs() -> None:
    [pong] = [each for each in vectors("requests") if each["envelope"] == MADE["PONG"]]
    assert protobuf.is_pong(bytes.fromhex(pong["protobuf"]))
    with pytest.raises(MalformedError):
        protobuf.decode(bytes.fromhex(pong["protobuf"]))


# ── nothing of docs/protocol.md without a vector ────────────────────────────────────────────────────────────────────


def section(heading: str) -> str:
    return PROTOCOL.partition(f"{heading}\n")[2].partition("\n#")[0]


def rows(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))]
        if line.startswith("| `") or re.match(r"\| \d", line):
            yield cells


def words(cell: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", cell))


def of_type(told: list[dict[str, Any]]) -> set[str]:
    return {each["envelope"]["type"] for each in told}


def test_every_request_and_every_reply_of_the_contract_has_a_vector() -> None:
    table = list(rows(section("### Requests and their replies")))
    assert len(table) > 15
    assert set().union(*(words(row[0]) for row in table)) == of_type(ASKED)
    replied = {named[1] for row in table if (named := re.match(r"`(\w+)`", row[-1])) is not None}
    assert replied <= of_type(vectors("replies"))


def test_every_push_of_the_contract_has_a_vector() -> None:
    named = set().union(*(words(row[0]) for row in rows(section("### Pushes"))))
    assert named <= of_type(vectors("pushes", "errors"))
    changes = re.search(r"`change`: (`joined`.*?) \|", section("### Pushes"))
    assert changes is not None
    told = {each["envelope"].get("change") for each in vectors("pushes")}
    assert words(changes[1]) - {"until"} <= told


def test_every_error_code_of_the_contract_has_a_vector() -> None:
    codes = section("## 5. Errors and limits").partition(".\n")[0].partition("one of:")[2]
    assert words(codes) - {"retry_after_ms"} == {each["envelope"]["code"] for each in vectors("errors")}


def test_every_close_code_of_the_contract_has_a_vector() -> None:
    table = rows(section("## 4. Heartbeat and reconnection"))
    codes = {int(code) for row in table for code in re.findall(r"\d{4}", row[0])}
    assert codes == {
        each["envelope"]["code"] for each in vectors("pushes") if each["envelope"]["type"] == "bye"
    }


@pytest.mark.parametrize("struct", SAID.values(), ids=SAID)
def test_every_struct_has_a_vector_and_every_field_is_used(struct: type[msgspec.Struct]) -> None:
    mine = [each["envelope"] for each in TOLD if each["envelope"]["type"] == struct.__struct_config__.tag]
    used = set().union(*(each.keys() for each in mine)) - {"type"}
    listed = {"peer", "last"} if struct is r.ChatPush else set()  # as in the list of chats
    assert used | listed | {"id"} >= {each.encode_name for each in msgspec.structs.fields(struct)}
