"""Logs: readable on a terminal, ECS JSON for machines; always on standard error, never with message bodies or tokens.

A thread writes them (runtime/standard_error), so that the event loop never waits for who reads them. What libraries say through
`logging` comes the same way (runtime/library_lines).
"""

import atexit
import logging
import sys
from collections.abc import Sequence
from typing import Any

import ecs_logging
import structlog

from hubbub.runtime.library_lines import LibraryLines
from hubbub.runtime.standard_error import StandardError


def configure(level: str, form: str) -> StandardError:
    """`level`: the least important that is written. `form`: console, json, or auto (console on a terminal). Gives what writes."""
    readable = form == "console" or (form == "auto" and sys.stderr.isatty())
    number = logging.getLevelNamesMapping()[level.upper()]
    if readable:
        processors: list[Any] = [
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ]
    else:
        processors = [
            structlog.contextvars.merge_contextvars,
            _name_the_error,
            structlog.processors.format_exc_info,
            ecs_logging.StructlogFormatter(),
        ]
    error = StandardError(sys.stderr, lambda lines: _left_out(processors, lines))
    atexit.register(error.drain)
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.WriteLoggerFactory(error),  # type: ignore[arg-type]
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[LibraryLines()])
    return error


def _left_out(processors: Sequence[Any], lines: int) -> str:
    said: Any = {"event": "log lines were left out: nobody reads them fast enough", "lines": lines}
    for processor in processors:
        said = processor(None, "warning", said)
    return f"{said}\n"


def _name_the_error(_logger: Any, _method: str, event: Any) -> Any:  # noqa: ANN401 - structlog's signature
    """`error` is an object of ECS: a text or number there would be refused by Elasticsearch where another line has a stack trace."""
    if "error" in event and not isinstance(event["error"], dict):
        event["error"] = {"message": str(event["error"])}
    return event
