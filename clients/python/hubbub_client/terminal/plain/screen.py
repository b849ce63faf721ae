"""Where lines go: a terminal or a pipe."""

from rich.console import Console
from rich.text import Text


class Screen:
    """Prints lines. Colours only where a terminal shows them; nothing is folded where a program reads."""

    def __init__(self, *, colour: bool | None = None) -> None:
        """`colour` none: if standard output is a terminal and NO_COLOR is not set."""
        self._console = Console(
            highlight=False,
            markup=False,
            emoji=False,
            soft_wrap=True,
            force_terminal=colour or None,
            no_color=colour is False or None,
        )

    def say(self, line: Text | str | None) -> None:
        """One line; none says nothing."""
        if line is not None:
            self._console.print(line)
