"""What can be set, where it is set, and what is refused.

    tree       every knob: key, type, range, default, sentence (observed: log and traces; meta: what a type says beside itself)
    keys       the tree as flat, dotted keys
    sources    TOML file, environment, command line
    checks     rules between keys
    load       `load_settings`: precedence, conversion, refusal
    show       what `hubbub config` prints

Precedence: command line > environment > TOML file > default.
"""

from hubbub.wiring.settings.load import Loaded, SettingsRefused, load_settings
from hubbub.wiring.settings.observed import Log, Trace
from hubbub.wiring.settings.sources import Origin, Problem
from hubbub.wiring.settings.tree import (
    Auth,
    Cache,
    Database,
    ExternalProvider,
    Journal,
    Limits,
    Settings,
    bound,
)

__all__ = [
    "Auth",
    "Cache",
    "Database",
    "ExternalProvider",
    "Journal",
    "Limits",
    "Loaded",
    "Log",
    "Origin",
    "Problem",
    "Settings",
    "SettingsRefused",
    "Trace",
    "bound",
    "load_settings",
]
