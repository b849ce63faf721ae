"""Settings that several plays share (a server starts once for each), and the wires some of them are about."""

import pytest

ALL_WIRES = pytest.mark.wires("websocket+json", "websocket+protobuf", "tcp+json", "tcp+protobuf")
WEBSOCKET = pytest.mark.wires("websocket+json")
JSON = pytest.mark.wires("websocket+json", "tcp+json")
PROTOBUF = pytest.mark.wires("websocket+protobuf", "tcp+protobuf")
TCP = pytest.mark.wires("tcp+json", "tcp+protobuf")
UNLIKE = pytest.mark.wires("websocket+json", "tcp+protobuf")  # for plays that take their time

# Small limits, so that a play can reach them.
TIGHT = {
    "HUBBUB_DIRECT_POLICY": "anyone",
    "HUBBUB_ALLOWED_ORIGINS": "https://chat.example",
    "HUBBUB_HEARTBEAT_MS": "5000",
    "HUBBUB_LIMITS_BEFRIEND_PER_HOUR": "3",
    "HUBBUB_LIMITS_CONNECTIONS_PER_USER": "2",
    "HUBBUB_LIMITS_CREATE_ROOM_PER_HOUR": "3",
    "HUBBUB_LIMITS_CROWD": "3",
    "HUBBUB_LIMITS_HELLO_SECONDS": "1",
    "HUBBUB_LIMITS_INVITE_PER_HOUR": "2",
    "HUBBUB_LIMITS_REFUSALS_BURST": "20",
    "HUBBUB_LIMITS_ROOM_MEMBERS": "5",
    "HUBBUB_LIMITS_SEND_BURST": "5",
    "HUBBUB_LIMITS_SEND_PER_SECOND": "0.01",
    "HUBBUB_PRESENCE_LINGER_SECONDS": "0.3",
}

# No limit on sending, for plays with much to say.
BULK = {
    "HUBBUB_LIMITS_OUTGOING_BYTES": "262144",
    "HUBBUB_LIMITS_SEND_PER_SECOND": "0",
    "HUBBUB_LIMITS_STALL_SECONDS": "60",
    "HUBBUB_PRESENCE_LINGER_SECONDS": "0",
}

# The same, with little patience for those who do not listen.
IMPATIENT = BULK | {"HUBBUB_LIMITS_STALL_SECONDS": "3"}

# Everything that runs out, runs out soon; and tokens of an identity provider are taken.
HASTY = {
    "HUBBUB_HEARTBEAT_MS": "400",
    "toml": """
[auth.external.corp]
issuer = "https://login.corp.example"
audience = "hubbub"
algorithms = ["HS256"]
hmac_secret = "a secret of the corporation, 32 bytes"
""",
}
