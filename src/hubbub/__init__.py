"""Hubbub, a chat server. This page is the map: `ls src/hubbub` prints the way a message travels.

    accept/      1. a socket opens: listener, admission, WebSocket, TCP, HTTP, heartbeats, outgoing bytes
    codec/       2. bytes become words: RFC 6455 frames, data frames, JSON, Protobuf (pure)
    dispatch/    3. a command finds its handler, if it may: limits, THE TABLE of routes
    execute/     4. a use case runs: one file per feature, pure but for the ports it is given
    model/          the words and rules of chat; imports nothing of ours
    persist/     5. we remember: journal (group commit), outbox, chats, accounts, sessions
    publish/     6. other nodes learn: relay and bus
    push/        7. clients learn: hub, presence, receipts
    runtime/        supervised tasks, logs, metrics
    testing/        in-memory ports, a manual clock, a server in a process of its own
    operate/        what the operator asks and the server does not need: forecast, doctor, drills, the proof that nothing is lost
    wiring/         settings, the `hubbub` program, and the only place where concrete parts meet

Imports point one way: wiring > operate > accept > dispatch > {execute, persist, publish, push} > {codec, runtime} > model.

Invariants, each explained in docs/architecture.md:

* only `persist.journal` gives out a `seq`, and nothing is acknowledged before its commit;
* only `publish.relay` puts anything on the bus;
* a hub passes an entry on only if its `seq` is the next one;
* one encoding per entry and codec; one write per connection and flush; replies before the pushes they cause;
* no task, timer or buffer per idle connection; every queue has a bound;
* use cases take `now` as an argument; every command is authorised in `dispatch`.
"""
