"""`hubbub chat`, the terminal application, and `hubbub send`, the shell line.

programs.py   their command lines                 options.py, place.py   what stands there
send.py       one message                         state.py               what is remembered, and where
desk/         everything a person has before them: pure, and the same for both faces
deeds.py      what a person can do about it
app/          the face for terminals (Textual)    plain/   the face for pipes, dumb terminals, screen readers
safe_text.py  text of others, harmless            wording.py   what both faces say in the same words
"""

from collections.abc import Sequence

import typer

from hubbub_client.terminal import programs

chat = typer.Typer(add_completion=False, pretty_exceptions_show_locals=False)
chat.command()(programs.chat)

send = typer.Typer(add_completion=False, pretty_exceptions_show_locals=False)
send.command()(programs.say)


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of `hubbub-chat`; `hubbub chat` hands over its arguments."""
    _run(chat, "chat", arguments)


def send_main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of `hubbub-send`; `hubbub send` hands over its arguments."""
    _run(send, "send", arguments)


def _run(program: typer.Typer, name: str, arguments: Sequence[str] | None) -> None:
    called = f"hubbub-{name}" if arguments is None else f"hubbub {name}"
    program(args=None if arguments is None else list(arguments), prog_name=called)
