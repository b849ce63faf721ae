"""The way in: who are you, and are you new here? Signing up and logging in are one flow."""

from hubbub_client.client import Client
from hubbub_client.errors import RequestRefused, Stopped
from hubbub_client.terminal.plain import phrases
from hubbub_client.terminal.plain.keyboard import Keyboard
from hubbub_client.terminal.plain.screen import Screen

QUICK_S = 3.0
"""How long a start with a remembered session waits for the connection before it lets the person type."""

SCRIPT_S = 30.0
"""How long a script waits for it."""

TRIES = 3


class NoEntry(Exception):
    """Signing in did not work; the text says what to do."""


async def enter(client: Client, keyboard: Keyboard, screen: Screen, user: str, password: str | None) -> None:
    """Sign `user` in: by the remembered session, else by password; a new name is signed up.

    Raises NoEntry, RequestRefused, Unreachable, EOFError.
    """
    if client.can_resume and password is None and await _resume(client, keyboard, screen):
        return
    if password is not None:
        if not (await _known(client, user, password) or await _sign_up(client, user, password, screen)):
            raise NoEntry(f"wrong password for {user}.")
        return
    if not keyboard.interactive:
        raise NoEntry("a script needs a password: --password-file FILE, or --password-env NAME")
    for _ in range(TRIES):
        try:
            if await _try(client, user, await keyboard.ask("password: ", secret=True), keyboard, screen):
                return
        except RequestRefused as refused:
            screen.say(phrases.refusal_line(refused))
    raise NoEntry("that did not work; try again later.")


async def _resume(client: Client, keyboard: Keyboard, screen: Screen) -> bool:
    """Come back with the remembered session. A server that is away keeps a script from going on, not a person."""
    try:
        connected = await client.connect_within(QUICK_S if keyboard.interactive else SCRIPT_S)
    except Stopped:
        screen.say("* the remembered session is over: log in again.")
        return False
    if not connected and not keyboard.interactive:
        raise NoEntry(f"no connection within {SCRIPT_S:.0f} s.")
    return True


async def _try(client: Client, user: str, password: str, keyboard: Keyboard, screen: Screen) -> bool:
    """Log in, or sign up if that is what the person wants; false if neither came about.

    The server does not tell an unknown name from a wrong password, so the person is asked.
    """
    if await _known(client, user, password):
        return True
    screen.say(f"* no user {user} with this password.")
    return await _confirmed(user, password, keyboard, screen) and await _sign_up(
        client, user, password, screen
    )


async def _known(client: Client, user: str, password: str) -> bool:
    try:
        await client.log_in(user, password)
    except RequestRefused as refused:
        if refused.code != "unauthenticated":
            raise
        return False
    return True


async def _sign_up(client: Client, user: str, password: str, screen: Screen) -> bool:
    try:
        await client.sign_up(user, password)
    except RequestRefused as refused:
        if refused.code != "conflict":
            raise
        screen.say(f"! {user} exists already, and this is not the password.")
        return False
    screen.say(f"* welcome, {user}: your account is made.")
    return True


async def _confirmed(user: str, password: str, keyboard: Keyboard, screen: Screen) -> bool:
    answer = await keyboard.ask(f"Make a new account named {user}? [y/N] ")
    if answer.strip().lower() not in ("y", "yes"):
        return False
    if await keyboard.ask("the password once more: ", secret=True) == password:
        return True
    screen.say("! the passwords differ.")
    return False
