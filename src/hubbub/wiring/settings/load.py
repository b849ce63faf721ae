"""`load_settings`: sources in, one tree and the origin of every value out, or a refusal that names all problems."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from hubbub.wiring.settings import keys, sources
from hubbub.wiring.settings.checks import CHECKS
from hubbub.wiring.settings.sources import DEFAULT, Found, Origin, Problem
from hubbub.wiring.settings.tree import Settings

CREDENTIALS = re.compile(r'(?<=://)[^\s"]*(?=@)|(?<=password=)[^&\s"]+')  # in a URL, up to the last @
MASK = "********"


class Loaded(Struct, frozen=True):
    """The settings in force, and for each dotted key where its value came from."""

    settings: Settings
    origins: Mapping[str, Origin]


class SettingsRefused(Exception):
    """Some settings are wrong. `problems` has one for each; the text has a line for each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def load_settings(argv_overrides: Mapping[str, object], environ: Mapping[str, str], cwd: Path) -> Loaded:
    """Read all sources: command line over environment over TOML file over defaults.

    `argv_overrides` maps keys ("port") to values; the key "config" names the TOML file. Raises SettingsRefused.
    """
    options = dict(argv_overrides)
    config = options.pop("config", None) or environ.get(sources.CONFIG_VARIABLE) or None
    readings = [
        *sources.read_file(None if config is None else str(config), cwd),
        *sources.read_environment(environ),
        *sources.read_options(options),
    ]
    problems = [reading for reading in readings if isinstance(reading, Problem)]
    found = {
        reading.key.name: reading for reading in readings if isinstance(reading, Found)
    }  # the last one wins
    values = dict(_converted(found.values(), problems))
    settings = keys.build(Settings, values)
    if not problems:
        problems = list(_checked(settings, found))
    if problems:
        raise SettingsRefused(problems)
    origins = {name: found[name].origin if name in found else DEFAULT for name, _ in keys.flatten(settings)}
    return Loaded(settings, origins)


def _converted(found: Iterable[Found], problems: list[Problem]) -> Iterator[tuple[str, Any]]:
    for one in found:
        try:
            yield one.key.name, _convert(one)
        except (msgspec.ValidationError, ValueError):
            shown = shown_value(one.key.secret, one.raw)
            problems.append(Problem(one.key.name, shown, one.origin, f"must be {one.key.allowed}"))


def _convert(found: Found) -> object:
    """Text is parsed where all there is is text; a TOML file says `8080`, not `"8080"`."""
    value: object = msgspec.convert(found.raw, found.key.annotation, strict=found.origin.source == "file")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError
    return value


def _checked(settings: Settings, found: Mapping[str, Found]) -> Iterator[Problem]:
    for check in CHECKS:
        for name, allowed in check(settings):
            one = found.get(name)
            value = shown_value(one.key.secret, one.raw) if one else None
            yield Problem(name, value, one.origin if one else DEFAULT, allowed)


def shown_value(secret: bool, value: object) -> str:
    """A value as people may see it: secrets and the credentials in URLs are masked."""
    if secret:
        return MASK if value else '""'
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # JSON has no word for it
    text = msgspec.json.encode(value, enc_hook=str).decode()
    return CREDENTIALS.sub(MASK, text)
