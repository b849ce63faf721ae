"""The settings tree, flat: one `Key` per dotted name, with what it allows in words.

Pure: nothing here reads a file or the environment.
"""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any, TypeVar, get_args, get_type_hints

from msgspec import Meta, Struct, inspect, structs

from hubbub.wiring.settings.tree import ExternalProvider, Settings

StructT = TypeVar("StructT", bound=Struct)

PREFIX = "HUBBUB_"
EXTERNAL = "auth.external"
ALIAS = re.compile(r"[a-z][a-z0-9_-]{0,31}")
ALIAS_ALLOWED = "a lower-case letter and up to 31 more of a-z 0-9 _ -"


class Key(Struct, frozen=True, kw_only=True):
    """One knob. `annotation` is what msgspec converts to; `doc` is the sentence for people."""

    name: str
    annotation: Any
    default: Any
    doc: str
    secret: bool

    @property
    def variable(self) -> str:
        """The environment variable: `limits.send_burst` is `HUBBUB_LIMITS_SEND_BURST`."""
        return variable_of(self.name)

    @property
    def is_list(self) -> bool:
        """Whether the value is a list (of strings: no other lists exist)."""
        return isinstance(self.default, tuple)

    @property
    def allowed(self) -> str:
        """What may stand there, in words, for a refusal and for the reference."""
        words = _in_words(inspect.type_info(self.annotation))
        return f"{words} (0: no limit)" if self.name.startswith("limits.") and " from 0 " in words else words


def variable_of(name: str) -> str:
    """The environment variable of a dotted key."""
    return PREFIX + name.replace(".", "_").upper()


def _keys_of(struct: type[Struct], prefix: str) -> Iterator[Key]:
    hints = get_type_hints(struct, include_extras=True)
    for field in structs.fields(struct):
        hint = hints[field.name]
        name = f"{prefix}{field.name}"
        if name == EXTERNAL:
            continue
        if isinstance(hint, type) and issubclass(hint, Struct):
            yield from _keys_of(hint, f"{name}.")
            continue
        meta: Meta = get_args(hint)[1]
        yield Key(
            name=name,
            annotation=hint,
            default=field.default,
            doc=meta.description or "",
            secret=bool((meta.extra or {}).get("secret")),
        )


KEYS: Mapping[str, Key] = {key.name: key for key in _keys_of(Settings, "")}
PROVIDER_KEYS: Mapping[str, Key] = {key.name: key for key in _keys_of(ExternalProvider, "")}
TABLES = frozenset(name.rsplit(".", 1)[0] for name in KEYS if "." in name) | {EXTERNAL}
VARIABLES: Mapping[str, Key] = {key.variable: key for key in KEYS.values()}


def find(name: str) -> Key | None:
    """The key of that dotted name; `auth.external.<alias>.<field>` is made to order."""
    if not name.startswith(f"{EXTERNAL}."):
        return KEYS.get(name)
    alias, _, field = name.removeprefix(f"{EXTERNAL}.").partition(".")
    template = PROVIDER_KEYS.get(field)
    return provider_key(alias, template) if template else None


def provider_key(alias: str, template: Key) -> Key:
    """The key of one field of the external provider `alias`."""
    return structs.replace(template, name=f"{EXTERNAL}.{alias}.{template.name}")


def find_variable(variable: str) -> Key | None:
    """The key an environment variable sets; a provider's alias is taken as lower case."""
    known = VARIABLES.get(variable)
    if known:
        return known
    stem = variable_of(EXTERNAL) + "_"
    for template in PROVIDER_KEYS.values():
        end = f"_{template.name.upper()}"
        if variable.startswith(stem) and variable.endswith(end):
            alias = variable[len(stem) : -len(end)].lower()
            return provider_key(alias, template) if alias else None
    return None


def nearest(name: str) -> str | None:
    """The known key most like a name nobody knows: by its whole, else by its last part."""
    whole = difflib.get_close_matches(name, KEYS, n=1, cutoff=0.75)
    if whole:
        return whole[0]
    ends = {key.rsplit(".", 1)[-1]: key for key in KEYS}
    end = difflib.get_close_matches(name.rsplit(".", 1)[-1], ends, n=1, cutoff=0.75)
    return ends[end[0]] if end else None


def nearest_variable(variable: str) -> str | None:
    """The known variable most like one nobody knows."""
    close = difflib.get_close_matches(variable, VARIABLES, n=1, cutoff=0.75)
    return close[0] if close else None


def build(struct: type[StructT], values: Mapping[str, Any], prefix: str = "") -> StructT:
    """The tree from flat, converted values; what is missing has its default."""
    given: dict[str, Any] = {}
    for field in structs.fields(struct):
        name = f"{prefix}{field.name}"
        if name == EXTERNAL:
            given[field.name] = {
                alias: build(ExternalProvider, values, f"{name}.{alias}.") for alias in _aliases(values)
            }
        elif name in TABLES:
            given[field.name] = build(type(field.default), values, f"{name}.")
        elif name in values:
            given[field.name] = values[name]
    return struct(**given)


def _aliases(values: Mapping[str, Any]) -> list[str]:
    stem = f"{EXTERNAL}."
    return sorted({name.removeprefix(stem).split(".")[0] for name in values if name.startswith(stem)})


def flatten(struct: Struct, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every dotted key of a tree with its value: the inverse of `build`."""
    for field in structs.fields(struct):
        value, name = getattr(struct, field.name), f"{prefix}{field.name}"
        children = value if name == EXTERNAL else {}
        for alias, provider in children.items():
            yield from flatten(provider, f"{name}.{alias}.")
        if isinstance(value, Struct):
            yield from flatten(value, f"{name}.")
        elif name != EXTERNAL:
            yield name, value


def _range(kind: inspect.IntType | inspect.FloatType) -> str:
    return f"from {kind.ge:g} to {kind.le:,.0f}".replace(",", "_") if kind.le is not None else ""


def _in_words(kind: inspect.Type) -> str:
    match kind:
        case inspect.Metadata(type=inner):
            return _in_words(inner)
        case inspect.IntType():
            return f"a whole number {_range(kind)}"
        case inspect.FloatType():
            return f"a number {_range(kind)}"
        case inspect.BoolType():
            return "true or false"
        case inspect.LiteralType(values=values):
            return "one of " + ", ".join(str(value) for value in values)
        case inspect.VarTupleType(item_type=inspect.LiteralType() as item):
            return f"a list, each {_in_words(item)}"
        case inspect.VarTupleType():
            return "a list of texts"
        case _:
            return "a text"
