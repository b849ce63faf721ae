"""What `hubbub config` prints: a table for people, JSON, TOML, and the reference in Markdown. Secrets are masked."""

from collections.abc import Iterator
from typing import Any

import msgspec
from rich.table import Table
from rich.text import Text

from hubbub.wiring.settings import keys
from hubbub.wiring.settings.keys import KEYS, PROVIDER_KEYS, Key
from hubbub.wiring.settings.load import MASK, Loaded, shown_value
from hubbub.wiring.settings.sources import Origin


def _rows(loaded: Loaded) -> Iterator[tuple[Key, Any, Origin]]:
    for name, value in keys.flatten(loaded.settings):
        key = keys.find(name)
        if key:
            yield key, value, loaded.origins[name]


def as_table(loaded: Loaded) -> Table:
    """A rich table: what differs from the defaults stands out."""
    table = Table("key", "value", "from", box=None, pad_edge=False)
    for key, value, origin in _rows(loaded):
        style = None if origin.source == "default" else "bold"
        shown = Text(shown_value(key.secret, value))  # a list in brackets is no markup
        table.add_row(key.name, shown, str(origin), style=style)
    return table


def as_json(loaded: Loaded) -> str:
    """An object of key to {value, from}; a masked value is a string."""
    content = {
        key.name: {"value": _masked(key, value), "from": str(origin)} for key, value, origin in _rows(loaded)
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=2).decode()


def _masked(key: Key, value: object) -> object:
    shown = shown_value(key.secret, value)
    return shown if shown == MASK else msgspec.json.decode(shown)


def as_toml(loaded: Loaded) -> str:
    """A file that sets the same again, but for masked values, which are commented out."""
    lines: list[str] = []
    table = ""
    for key, value, origin in _rows(loaded):
        at, _, name = key.name.rpartition(".")
        if at != table:
            lines += ["", f"[{at}]"]
            table = at
        shown = shown_value(key.secret, value)
        mark = "# " if MASK in shown else ""
        lines.append(f"{mark}{name} = {shown}  # {origin}")
    return "\n".join(lines).strip()


def reference() -> str:
    """A Markdown table of all keys for docs/configuration.md."""
    head = ["| key | default | allowed | what it does |", "|---|---|---|---|"]
    rows = [_reference_row(key) for key in KEYS.values()]
    rows += [_reference_row(keys.provider_key("<alias>", key)) for key in PROVIDER_KEYS.values()]
    return "\n".join(head + rows)


def _reference_row(key: Key) -> str:
    default = msgspec.json.encode(key.default).decode()
    return f"| `{key.name}` | `{default}` | {key.allowed} | {key.doc} |"
