"""The load generator and what every bench shares.

world.py       users, rooms and memberships, put into an empty database before the server starts
server.py      a real `hubbub serve` in a process of its own: its CPU, its memory, its counters
client.py      lean clients: masked frames out, frames counted in, no JSON decoded
openloop.py    messages due at fixed moments, and what their delays were
generator.py   the processes the clients live in, and where they meet the bench
rows.py        the reference of `ingest`: the same rows through the database's driver alone
stores.py      where a server keeps its data: the embedded store, or a PostgreSQL
floor.py       the reference of `fanout`: floor.c, `send()` in a loop
plain.py       references on the same event loop: a server that does nothing, greets, relays, answers
sampling.py    where the server's time goes (py-spy)
quantiles.py   of what was measured
chart.py       the picture: PNG, and bars in the terminal
report.py      options, progress, table, JSON record
"""
