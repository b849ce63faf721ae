"""Any value of the contract's Structs, as hypothesis strategies made from their types."""

from typing import Any

from hypothesis import strategies as st
from msgspec import NODEFAULT, Struct, inspect
from msgspec.structs import fields

LARGEST = 2**53
TEXT = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
LATER = {"seq", "ts"}  # given by the journal before anything is encoded


def any_of(struct: type[Struct], **fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Instances with every field that must be there, and with some of those that may."""
    hints = {field.name: field for field in inspect.type_info(struct).fields}  # type: ignore[attr-defined]
    must: dict[str, st.SearchStrategy[Any]] = {}
    may: dict[str, st.SearchStrategy[Any]] = {}
    for field in fields(struct):
        strategy = fixed.get(field.name, _of(hints[field.name].type))
        chosen = must if field.default is NODEFAULT or field.name in LATER | fixed.keys() else may
        chosen[field.name] = strategy
    return st.fixed_dictionaries(must, optional=may).map(lambda given: struct(**given))


def _of(kind: inspect.Type) -> st.SearchStrategy[Any]:
    match kind:
        case inspect.IntType():
            return st.integers(kind.ge or 0, LARGEST if kind.le is None else kind.le)
        case inspect.StrType():
            return st.text(TEXT, min_size=kind.min_length or 0, max_size=min(kind.max_length or 40, 40))
        case inspect.LiteralType():
            return st.sampled_from(kind.values)
        case inspect.BoolType():
            return st.booleans()
        case inspect.NoneType():
            return st.none()
        case inspect.UnionType():
            return st.one_of(*map(_of, kind.types))
        case inspect.ListType():
            return st.lists(_of(kind.item_type), max_size=3)
        case inspect.DictType():
            return st.dictionaries(_of(kind.key_type), _of(kind.value_type), min_size=1, max_size=3)
        case inspect.StructType():
            return any_of(kind.cls)
    raise NotImplementedError(kind)
