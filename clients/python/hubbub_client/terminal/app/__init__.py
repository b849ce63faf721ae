"""The terminal application: thin widgets around the desk.

chat_app.py    the screen, its keys, the loop         verbs.py       THE TABLE of what can be chosen
transcript.py  what was said, painted by line         painting.py    items as coloured lines, pure
composer.py    where one writes                       sidebar.py     the chats
sheet.py       a list over the rest                   help.py        every key
sign_in.py     the way in, on the screen              way_in.py      the way in
palette.py     light and dark                         look.tcss      where things are
"""

from hubbub_client.terminal.app.chat_app import HubbubApp
from hubbub_client.terminal.app.way_in import WayIn
from hubbub_client.terminal.options import DONE, Options


def start(options: Options) -> int:
    """Run to the end; returns the exit status."""
    return HubbubApp(WayIn(options), light=options.light).run() or DONE
