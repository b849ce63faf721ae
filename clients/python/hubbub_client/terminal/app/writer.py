"""What is being written: a message, an answer or a change, and what becomes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from hubbub_client.terminal.app.composer import Composer
from hubbub_client.terminal.app.transcript import Transcript
from hubbub_client.terminal.app.view import put
from hubbub_client.terminal.safe_text import cut, one_line

if TYPE_CHECKING:
    from hubbub_client.terminal.app.chat_app import HubbubApp

QUOTED = 40


class Writer:
    """The composer's state. `reply_to` and `changing` are seqs of the open chat; at most one of them is set."""

    def __init__(self, app: HubbubApp) -> None:
        self._app = app
        self._reply_to: int | None = None
        self._changing: int | None = None

    @property
    def _composer(self) -> Composer:
        return self._app.main.query_one(Composer)

    def focus(self) -> None:
        """Give it the keys."""
        self._composer.focus()

    def put(self, text: str) -> None:
        """Just a message, beginning with a text."""
        self._reply_to = self._changing = None
        self._composer.write(text)
        self.show()

    def reply(self, seq: int) -> None:
        """Answer a message with what is written next; what is written already stays."""
        self._reply_to, self._changing = seq, None
        self.show()
        self.focus()

    def change(self, seq: int) -> None:
        """Change a message of one's own."""
        chat = self._app.desk.chat
        message = None if chat is None else chat.log.message(seq)
        if message is None or message.sender != self._app.desk.me or message.content is None:
            return
        self.put(message.content)
        self._changing = seq
        self.show()
        self.focus()

    def change_last(self) -> None:
        """Change what one said last."""
        chat = self._app.desk.chat
        last = None if chat is None else chat.log.newest(mine=True)
        if last is not None:
            self.change(last.seq)

    def send(self, text: str) -> None:
        """Send it, or make the change."""
        app, chat = self._app, self._app.desk.chat
        if chat is None or not text.strip():
            return
        if self._changing is None:
            app.deeds.say(chat, text.strip(), self._reply_to)
        else:
            app.deeds.later(app.deeds.change(chat, self._changing, text.strip()), "change")
        self.put("")
        app.main.query_one(Transcript).scroll_end(animate=False)

    def leave(self) -> None:
        """Neither answer nor change; what was written of an answer stays."""
        self.put("" if self._changing is not None else self._composer.text)
        self._app.main.query_one(Transcript).scroll_end(animate=False)

    def typed(self) -> None:
        """Tell the others that one types."""
        if self._composer.text and self._changing is None:
            self._app.deeds.typed()

    def go(self, chat_id: str) -> None:
        """Another chat is opened: what was written for the one that is left waits there."""
        desk, text = self._app.desk, self._composer.text
        if desk.chat is not None:
            desk.chat.draft = "" if self._changing is not None else text
        self._app.deeds.open(chat_id)
        self.put(desk.chat.draft if desk.chat is not None else "")

    def show(self) -> None:
        """What stands above the text, and in its place while there is none."""
        chat = self._app.desk.chat
        about = put(self._app.main, "#about", Content(self._about()))
        about.set_class(self._reply_to is not None or self._changing is not None, "some")
        self._composer.placeholder = Content("" if chat is None else f"Message {chat.label}")

    def _about(self) -> str:
        chat = self._app.desk.chat
        message = None if chat is None else chat.log.message(self._reply_to or self._changing)
        if message is None:
            return ""
        said = cut(message.content or "", QUOTED)
        if self._changing is not None:
            return f"changing: {said}  Esc leaves it"
        return f"reply to {one_line(message.sender)}: {said}  Esc: no reply"
