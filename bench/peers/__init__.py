"""Other servers under the same load: connect, subscribe, publish, count, in each server's own words.

conversation.py   what one connection has to be able to do, and what it tells; one class per protocol implements it:
    hubbub.py · centrifugo.py · socketio.py · broadcast.py
protocols.py      the table of them, by the names `bench/against.py --protocol` takes
load.py           the load: the same connections, channels and schedule whatever is spoken
servers/          servers of these protocols that can be started here (started.py does): Socket.IO's own, from npm; a bare
                  one on the `websockets` library, which keeps nothing; and, where there is Go, one on centrifuge, the
                  library Centrifugo is made of. Centrifugo itself no registry has; it is reached by URL.
"""
