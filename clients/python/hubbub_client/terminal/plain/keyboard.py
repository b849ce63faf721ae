"""Where lines come from: a person at a terminal, or a pipe. Neither blocks the event loop."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.patch_stdout import patch_stdout

PIPE_AHEAD = 64
"""Lines read ahead from a pipe: enough that reading never waits, little enough that a huge file is not swallowed."""


class Keyboard(Protocol):
    """A source of lines. Implementations: Pipe, Terminal."""

    interactive: bool

    async def ask(self, question: str, *, secret: bool = False) -> str:
        """One answer. Raises EOFError when there is none."""

    def lines(self) -> AsyncIterator[str]:
        """Lines until the end of input."""


class Pipe:
    """Lines of a file or pipe, read by a thread because regular files cannot be waited for."""

    interactive = False

    def __init__(self, source: TextIO | None = None) -> None:
        self._source = source or sys.stdin
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._room = threading.Semaphore(PIPE_AHEAD)
        self._started = False

    async def ask(self, question: str, *, secret: bool = False) -> str:  # noqa: ARG002 (a pipe shows nothing)
        line = await self._next()
        if line is None:
            raise EOFError(question)
        return line

    async def lines(self) -> AsyncIterator[str]:
        while (line := await self._next()) is not None:
            yield line

    async def _next(self) -> str | None:
        if not self._started:
            self._started = True
            loop = asyncio.get_running_loop()
            threading.Thread(target=self._read, args=(loop,), name="hubbub stdin", daemon=True).start()
        line = await self._lines.get()
        self._room.release()
        return line

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        for line in self._source:
            self._room.acquire()
            loop.call_soon_threadsafe(self._lines.put_nowait, line.rstrip("\r\n"))
        loop.call_soon_threadsafe(self._lines.put_nowait, None)


class Words(Completer):
    """Completes commands at the start of a line, names after it."""

    def __init__(self, commands: Iterable[str], names: Callable[[], Iterable[str]]) -> None:
        self._commands = sorted(commands)
        self._names = names

    def get_completions(
        self,
        document: Document,
        complete_event: CompleteEvent,  # noqa: ARG002 (as Completer has it)
    ) -> Iterator[Completion]:
        """Candidates for the word before the cursor."""
        before = document.text_before_cursor
        if not before.startswith("/"):
            return
        word = before.rsplit(" ", 1)[-1]
        for candidate in self._names() if " " in before else self._commands:
            if candidate.lstrip("@").lower().startswith(word.lstrip("@").lower()) or candidate.startswith(
                word
            ):
                yield Completion(candidate, start_position=-len(word))


class Terminal:
    """A person: what arrives is printed above the line being typed."""

    interactive = True

    def __init__(self) -> None:
        self.words: Completer | None = None
        self.prompt: Callable[[], str] = lambda: "> "
        self.status: Callable[[], str] = lambda: ""
        self.typed: Callable[[], None] = lambda: None
        self._session: PromptSession[str] = PromptSession(erase_when_done=True)
        self._session.default_buffer.on_text_changed += lambda _: self.typed()

    async def ask(self, question: str, *, secret: bool = False) -> str:
        return await PromptSession[str]().prompt_async(question, is_password=secret)

    async def lines(self) -> AsyncIterator[str]:
        while True:
            try:
                yield await self._session.prompt_async(
                    self.prompt,
                    completer=self.words,
                    complete_while_typing=False,
                    bottom_toolbar=self.status,
                    refresh_interval=0.5,
                )
            except (EOFError, KeyboardInterrupt):
                return

    @contextmanager
    def open(self) -> Iterator[None]:
        """While open, what is printed goes above the prompt."""
        with patch_stdout(raw=True):
            yield
