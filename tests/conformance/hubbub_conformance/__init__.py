"""Does a server speak Hubbub's protocol, on every wire? This package asks any server at a URL.

    contract.py       what each envelope holds: docs/protocol.md §2, written down a second time
    conversation.py   plays: alice asks, bob hears, carol is refused
    http_requests.py  what is asked over HTTP meanwhile
    codecs.py         JSON and Protobuf as a client reads and writes them
    wires.py          the four combinations of transport and codec
    raw_websocket.py  a client that hides nothing     raw_tcp.py  the same for framed TCP
    vectors/          envelopes in JSON, in Protobuf and as data frames, for whoever writes another client

It imports nothing of the server. `python -m hubbub_conformance --help` tells how it is run.
"""
