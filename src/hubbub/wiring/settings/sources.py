"""Where values come from: the TOML file, the environment, the command line.

Each reader gives `Found` values, unconverted, and problems; `load` puts them together.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from hubbub.wiring.settings import keys
from hubbub.wiring.settings.keys import Key

CONFIG_VARIABLE = "HUBBUB_CONFIG"
DEFAULT_FILE = "hubbub.toml"
OF_THE_CLIENT = frozenset(
    {"HUBBUB_URL", "HUBBUB_API", "HUBBUB_CODEC", "HUBBUB_TOKEN"}
)  # where, how, and as whom
NOT_KEYS = OF_THE_CLIENT | {CONFIG_VARIABLE}

# Kubernetes tells every pod about Services called "hubbub" and "hubbub-tcp" in variables that look like settings.
SERVICE_LINK = re.compile(
    r"HUBBUB_(TCP_)?(SERVICE_(HOST|PORT(_\w+)?)|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)"
)
SERVICE_LINK_VALUE = re.compile(r"(tcp|udp|sctp)://")

SourceName = Literal["default", "file", "environment", "option"]


class Origin(Struct, frozen=True):
    """Where a value came from: the kind of source, and the file, variable or option."""

    source: SourceName
    detail: str = ""

    def __str__(self) -> str:
        """For people: `hubbub.toml`, `HUBBUB_PORT`, `--port` or `default`."""
        return self.detail or self.source


DEFAULT = Origin("default")


class Found(Struct, frozen=True):
    """A value somebody gave, as it was written."""

    key: Key
    raw: Any
    origin: Origin


class Problem(Struct, frozen=True):
    """Why a setting is refused. `value` is None where it would tell a secret, or where there is none."""

    key: str
    value: str | None
    origin: Origin
    allowed: str

    def __str__(self) -> str:
        """One line: the key, the value, where it came from, what is allowed."""
        given = "" if self.value is None else f" = {self.value}"
        return f"{self.key}{given} (from {self.origin}): {self.allowed}"


Reading = Iterator[Found | Problem]


def read_options(options: Mapping[str, object]) -> Reading:
    """Values of the command line, by key; None stands for an option that was not given."""
    for name, value in options.items():
        if value is None:
            continue
        origin = Origin("option", "--" + name.replace(".", "-").replace("_", "-"))
        key = keys.find(name)
        yield _found(key, value, origin) if key else _unknown(name, origin, keys.nearest(name))


def read_environment(environ: Mapping[str, str]) -> Reading:
    """Values of HUBBUB_* variables. A list is comma-separated, or a JSON array."""
    for variable in sorted(environ):
        if not _is_ours(variable, environ[variable]):
            continue
        key, origin = keys.find_variable(variable), Origin("environment", variable)
        if key is None:
            yield _unknown(variable, origin, keys.nearest_variable(variable))
        else:
            yield _found(key, environ[variable], origin)


def _found(key: Key, value: object, origin: Origin) -> Found:
    return Found(key, _split(value) if key.is_list and isinstance(value, str) else value, origin)


def _is_ours(variable: str, value: str) -> bool:
    if not variable.startswith(keys.PREFIX) or variable in NOT_KEYS:
        return False
    is_link = SERVICE_LINK.fullmatch(variable) or (
        variable in {"HUBBUB_PORT", "HUBBUB_TCP_PORT"} and SERVICE_LINK_VALUE.match(value)
    )
    return not is_link


def _split(text: str) -> object:
    if not text.startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text  # converting it will say what is allowed


def read_file(named: str | None, cwd: Path) -> Reading:
    """Values of the TOML file: the one named (it must exist), else hubbub.toml if there is one."""
    path = cwd / (named or DEFAULT_FILE)
    if named is None and not path.exists():
        return
    origin = Origin("file", named or DEFAULT_FILE)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        yield Problem("config", str(path), origin, f"must be a file that can be read: {error.strerror}")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        yield Problem("config", str(path), origin, f"must be TOML: {error}")
    else:
        yield from _walk(content, "", origin)


def _walk(table: Mapping[str, Any], prefix: str, origin: Origin) -> Reading:
    for name, value in table.items():
        full = f"{prefix}{name}"
        key = keys.find(full)
        if key:
            yield Found(key, value, origin)
        elif isinstance(value, dict):
            yield from _walk(value, f"{full}.", origin)
        elif full in keys.TABLES:
            yield Problem(full, repr(value), origin, f"must be a table: [{full}]")
        else:
            yield _unknown(full, origin, keys.nearest(full))


def _unknown(name: str, origin: Origin, like: str | None) -> Problem:
    advice = f"did you mean {like}?" if like else "`hubbub config` lists all there are"
    return Problem(name, None, origin, f"is no setting; {advice}")
