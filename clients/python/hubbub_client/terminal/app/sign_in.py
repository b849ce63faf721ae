"""The way in: a name and a password; new here makes an account."""

from collections.abc import Awaitable, Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from hubbub_client.errors import HubbubError, RequestRefused, Unreachable
from hubbub_client.terminal.wording import trouble

Enter = Callable[[str, str, bool], Awaitable[None]]
"""Signs in with a name and a password, or makes an account (true). Raises HubbubError, OSError."""


class SignInScreen(ModalScreen[bool]):
    """Asks until it worked; true then."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+q", "app.quit", "Quit", priority=True),
        Binding("f2", "sign(False)", "Log in"),
        Binding("f3", "sign(True)", "Create account"),
    ]

    def __init__(self, server: str, user: str, enter: Enter, why: str = "") -> None:
        super().__init__()
        self._server, self._user, self._enter, self._why = server, user, enter, why
        self._troubled = False

    def compose(self) -> ComposeResult:
        with Vertical(id="sign-in"):
            yield Static(
                Content.assemble(("Hubbub", "bold $accent"), f"  {self._server}"), id="sign-in-title"
            )
            yield Static("Name", classes="label")
            yield Input(self._user, placeholder="a-z, 0-9, . _ -", compact=True, id="user")
            yield Static("Password", classes="label")
            yield Input(password=True, placeholder="8 characters or more", compact=True, id="password")
            yield Static(id="trouble")
            with Horizontal(id="sign-in-buttons"):
                yield Button("Log in (Enter)", variant="primary", compact=True, id="log-in")
                yield Button("Create account (F3)", compact=True, id="create")

    def on_mount(self) -> None:
        for field in self.query(Input):
            field.cursor_blink = False
        self._say(self._why)
        self.query_one("#password" if self._user else "#user", Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        if event.input.id == "user":
            self.query_one("#password", Input).focus()
        else:
            self.action_sign(new=False)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.action_sign(new=event.button.id == "create")

    def action_sign(self, new: bool) -> None:
        """Try what stands there."""
        user = self.query_one("#user", Input).value.strip().lower()
        password = self.query_one("#password", Input).value
        if not user or not password:
            self._say("Both a name and a password, please.")
            return
        self._say("One moment …", bad=False)
        self.run_worker(self._try(user, password, new), exclusive=True)

    async def _try(self, user: str, password: str, new: bool) -> None:
        try:
            await self._enter(user, password, new)
        except (HubbubError, OSError) as error:
            self._say(refusal(error, user, new=new))
        else:
            self.dismiss(result=True)

    def on_descendant_focus(self) -> None:
        """What Enter will do, unless there is worse to say."""
        if not self._troubled and self.query_one("#password", Input).has_focus:
            self._say("Enter logs in. New here? F3 creates the account.", bad=False)

    def _say(self, text: str, *, bad: bool = True) -> None:
        self._troubled = bad and bool(text)
        self.query_one("#trouble", Static).update(Content.assemble((text, "$error" if bad else "$muted")))


def refusal(error: Exception, user: str, *, new: bool) -> str:
    """Why the way in is closed, and which one may be open."""
    match error:
        case RequestRefused(code="unauthenticated"):
            return f"No {user} with this password. New here? F3 creates the account."
        case RequestRefused(code="conflict") if new:
            return f"The name {user} is taken. If it is yours, Enter logs in."
        case Unreachable():
            return f"{error}. Is the server running? `hubbub serve` starts one."
        case HubbubError():
            return trouble(error)
    return str(error)
