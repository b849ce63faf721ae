"""Lines in, lines out: `hubbub chat --plain`.

program.py    the way in, the loop             entrance.py    sign up or log in, in one flow
keyboard.py   lines from a person or a pipe    screen.py      lines to a terminal or a pipe
talk.py       what is open and what is typed   reactions.py   what arrives
commands.py   THE TABLE of what can be typed   arguments.py   what stands after a command
phrases.py    what is said, pure
"""
