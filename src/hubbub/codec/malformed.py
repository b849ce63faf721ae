"""What every codec says of an envelope that is no request of the contract (docs/protocol.md §2)."""

from typing import Any

from msgspec import Struct


class MalformedError(Exception):
    """Not a request of the contract. `id` is set where the envelope had a valid type and id."""

    def __init__(self, request: int | None, message: str) -> None:
        super().__init__(message)
        self.id = request
        self.message = message


def check_text(command: Struct, request: int | None) -> None:
    """Raises MalformedError for U+0000 in any string of the command."""
    if any(_holds_nul(getattr(command, name)) for name in command.__struct_fields__):
        raise MalformedError(request, "Strings must not contain U+0000.")


def _holds_nul(value: Any) -> bool:  # noqa: ANN401 - whatever a field may hold
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, list | dict):
        return any(map(_holds_nul, value))
    return False
