"""The TypeScript SDK speaks of what the server sends: its wire types are made from the server's Structs."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Annotated, Literal

import pytest
from msgspec import Meta, Struct
from msgspec.json import schema_components

CLIENT = Path(__file__).parents[2] / "clients" / "typescript"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("wire_types", CLIENT / "scripts" / "wire_types.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_types_are_those_of_the_structs(script: ModuleType) -> None:
    """After a change of the wire: `make reference`."""
    assert (CLIENT / "src" / "wire.ts").read_text() == script.render()


class Sample(Struct, tag="sample", kw_only=True, omit_defaults=True):
    """A Struct with one of everything."""

    text: str
    few: Literal["a", "b"]
    maybe: str | None = None
    unknown: int | None
    later: int = -1
    flag: bool = False
    many: dict[str, list[int]]
    bounded: Annotated[int, Meta(ge=0)] = 5


def test_each_kind_of_field_becomes_its_type(script: ModuleType) -> None:
    _, components = schema_components([Sample])
    assert script.interface(Sample, components["Sample"]).splitlines() == [
        "/** A Struct with one of everything. */",
        "export interface Sample {",
        "  readonly type: 'sample';",
        "  readonly text: string;",
        "  readonly few: 'a' | 'b';",
        "  readonly maybe?: string;",
        "  readonly unknown: number | null;",
        "  readonly later: number;",
        "  readonly flag?: boolean;",
        "  readonly many: Readonly<Record<string, readonly number[]>>;",
        "  readonly bounded?: number;",
        "}",
    ]


def test_a_schema_without_a_type_is_not_guessed(script: ModuleType) -> None:
    with pytest.raises(TypeError):
        script.typescript({})
