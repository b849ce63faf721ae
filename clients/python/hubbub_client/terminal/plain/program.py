"""The program: options, the way in, the loop over lines."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from hubbub_client.client import Client
from hubbub_client.errors import HubbubError, RequestRefused, StoreInUse, Unreachable
from hubbub_client.store import FileStore
from hubbub_client.tasks import Tasks
from hubbub_client.terminal.options import DONE, FAILED, Options
from hubbub_client.terminal.place import Place
from hubbub_client.terminal.plain import phrases
from hubbub_client.terminal.plain.commands import COMMANDS, run_line
from hubbub_client.terminal.plain.entrance import NoEntry, enter
from hubbub_client.terminal.plain.keyboard import Keyboard, Pipe, Terminal, Words
from hubbub_client.terminal.plain.reactions import listen
from hubbub_client.terminal.plain.screen import Screen
from hubbub_client.terminal.plain.talk import Talk
from hubbub_client.terminal.state import last_user, open_store, remember_user

ATTEMPTS_MAX = 1_000
"""A terminal left open overnight is still there in the morning: 1,000 attempts of 15 s on average are four hours."""


MakeClient = Callable[[Place, FileStore], Client]


def make_client(place: Place, store: FileStore) -> Client:
    """A client for a terminal."""
    return place.client(store=store, max_attempts=ATTEMPTS_MAX)


async def run(options: Options, keyboard: Keyboard, screen: Screen, make: MakeClient = make_client) -> int:
    """Chat until the end of input; returns the exit status."""
    try:
        return await _run(options, keyboard, screen, make)
    except (NoEntry, StoreInUse, OSError) as error:
        screen.say(f"! {error}")
    except RequestRefused as refused:
        screen.say(phrases.refusal_line(refused))
    except Unreachable as error:
        screen.say(f"! {error}. Is the server running there? `hubbub serve` starts one.")
    except HubbubError as error:
        screen.say(f"! {error}")
    except (EOFError, KeyboardInterrupt):
        return DONE
    return FAILED


async def _run(options: Options, keyboard: Keyboard, screen: Screen, make: MakeClient) -> int:
    user = options.user or await _ask_user(options, keyboard, screen)
    store = open_store(options.place.server, user, options.state)
    async with make(options.place, store) as client:
        talk = Talk(client, screen, patient=not keyboard.interactive)
        tasks = Tasks()
        tasks.spawn(listen(talk), "terminal events")
        try:
            with _opened(keyboard):
                await enter(client, keyboard, screen, user, options.password)
                remember_user(options.place.server, options.state, user)
                await _converse(talk, keyboard)
        finally:
            talk.leaving = True
            await talk.aclose()
            await tasks.cancel()
    return DONE


async def _ask_user(options: Options, keyboard: Keyboard, screen: Screen) -> str:
    if not keyboard.interactive:
        raise NoEntry("a script needs a name: --user NAME")
    screen.say(f"Hubbub at {options.place.server}. New here? Choose a name; the rest follows.")
    offered = last_user(options.place.server, options.state)
    answer = await keyboard.ask(f"user name{f' [{offered}]' if offered else ''}: ")
    user = answer.strip().lower() or offered
    if not user:
        raise NoEntry("no name, no chat.")
    return user


async def _converse(talk: Talk, keyboard: Keyboard) -> None:
    if isinstance(keyboard, Terminal):
        keyboard.words = Words([f"/{name}" for name in COMMANDS], talk.names)
        keyboard.prompt, keyboard.status, keyboard.typed = talk.prompt, talk.status, talk.typed
    await talk.greet()
    async for line in keyboard.lines():
        await run_line(talk, line)
        if talk.leaving:
            break
    await talk.flush()


def _opened(keyboard: Keyboard) -> AbstractContextManager[None]:
    return keyboard.open() if isinstance(keyboard, Terminal) else nullcontext()


def start(options: Options, *, piped: bool) -> int:
    """Run to the end; Ctrl-C is a way to leave. `piped`: nobody is there to ask."""
    screen = Screen(colour=options.colour if piped else options.colour is not False)
    try:
        return asyncio.run(run(options, Pipe() if piped else Terminal(), screen))
    except KeyboardInterrupt:
        return DONE
