"""Every knob of the server: its key, its type, the range allowed, its default and what it does.

The tree of Structs is the tree of TOML tables: `Settings.limits.send_per_second` is the key
`limits.send_per_second` and the variable `HUBBUB_LIMITS_SEND_PER_SECOND`. Each field's `Meta` carries the
sentence that `hubbub config --reference` (and so docs/configuration.md) prints.

Under `limits`, 0 means "no limit" unless the field says otherwise; `bound()` turns it into a number to compare with.
"""

import math
from typing import Annotated, Literal

from msgspec import Struct, field

from hubbub.model.features import Mode
from hubbub.wiring.settings.meta import count as _count
from hubbub.wiring.settings.meta import text as _text
from hubbub.wiring.settings.meta import time as _time
from hubbub.wiring.settings.observed import Log, Trace


def bound(limit: float) -> float:
    """The number to compare with: the limit itself, or infinity where 0 says "no limit"."""
    return limit or math.inf


class Tcp(Struct, frozen=True, kw_only=True):
    """Framed TCP (protocol.md §1): the same conversation for clients that are no browsers."""

    port: Annotated[int, _count("Port of framed TCP. -1: none; 0: any free one.", least=-1, most=65_535)] = -1
    host: Annotated[str, _text("Address it listens on.")] = "127.0.0.1"
    certificate_file: Annotated[
        str,
        _text(
            "A PEM file with the certificate and its chain: the port speaks TLS 1.2 or later. SIGHUP reads it again. Empty: no TLS."
        ),
    ] = ""
    key_file: Annotated[str, _text("A PEM file with the certificate's private key, not encrypted.")] = ""
    proxy_protocol: Annotated[
        bool,
        _text(
            "Connections from `trusted_proxies` begin with a PROXY header (version 1 or 2), which says whom they bring."
        ),
    ] = False


class Limits(Struct, frozen=True, kw_only=True):
    """Bounds on what one client, user or address may cost. 0 means no limit."""

    # What a message may hold (protocol.md §5).
    content_chars: Annotated[int, _count("Characters (code points) in the content of a message.")] = 8_000
    emoji_bytes: Annotated[int, _count("UTF-8 bytes of one reaction.", most=255)] = 32
    emoji_per_message: Annotated[int, _count("Different reactions one message may carry.")] = 20

    # How often (token buckets, per user unless said otherwise).
    send_per_second: Annotated[
        float, _time("`send`, `edit`, `delete` and `react` together, a second.", most=1e6)
    ] = 20
    send_burst: Annotated[int, _count("How many of them may come at once.")] = 40
    requests_per_second: Annotated[
        float, _time("All other requests of one user together, a second.", most=1e6)
    ] = 500
    requests_burst: Annotated[int, _count("How many of them may come at once.")] = 2_000
    refusals_per_second: Annotated[
        float,
        _time(
            "Refusals for flooding a connection may earn, a second, before it is closed with 4029.", most=1e6
        ),
    ] = 10
    refusals_burst: Annotated[int, _count("How many such refusals may come at once before 4029.")] = 100
    befriend_per_hour: Annotated[int, _count("Friend requests an hour.")] = 30
    create_room_per_hour: Annotated[int, _count("New rooms an hour.")] = 30
    invite_per_hour: Annotated[int, _count("Invitations an hour.")] = 30
    profile_per_hour: Annotated[int, _count("Changes of one's name or picture an hour.")] = 60
    typing_per_second: Annotated[float, _time("`typing` a second and chat.", most=1e6)] = 1
    pongs_per_second: Annotated[
        float, _time("WebSocket pings answered a second and connection.", most=1e6)
    ] = 10
    signups_per_address: Annotated[int, _count("Sign-ups an hour from one address.")] = 20
    logins_per_address: Annotated[int, _count("Failed log-ins a minute from one address.")] = 10
    logins_per_account: Annotated[int, _count("Failed log-ins a minute into one account.")] = 10

    # How many at a time.
    connections_per_user: Annotated[int, _count("Open connections of one user (4503 beyond).")] = 20
    connections_per_address: Annotated[int, _count("Open connections of one address.")] = 1_000
    requests_in_flight: Annotated[
        int, _count("Requests of one connection in work; reading waits beyond.")
    ] = 64
    room_members: Annotated[int, _count("Members of one room.")] = 100_000
    rooms_per_user: Annotated[int, _count("Rooms one user may be a member of.")] = 1_000
    crowd: Annotated[
        int, _count("Members of the largest chat that gets pushes of receipts, typing and presence.")
    ] = 200

    # How large, in bytes (protocol.md §1, §3.5).
    request_bytes: Annotated[
        int, _count("Bytes of one envelope or HTTP body from a client (1009 or 4502 beyond).")
    ] = 131_072
    reply_bytes: Annotated[
        int, _count("Bytes of one envelope to a client; lists are cut there with `more`.")
    ] = 1_048_576
    message_fragments: Annotated[int, _count("WebSocket frames one message may come in.")] = 1_024
    head_bytes: Annotated[int, _count("Bytes of an HTTP request head, the WebSocket handshake included.")] = (
        16_384
    )
    outgoing_bytes: Annotated[
        int, _count("Bytes waiting for one connection before it is held to be slow (protocol.md §3.5).")
    ] = 1_048_576

    # How long, in seconds.
    handshake_seconds: Annotated[
        float, _time("From the opening of a socket to the end of its request head.")
    ] = 10
    hello_seconds: Annotated[float, _time("From the upgrade to `hello` (4002 beyond).")] = 10
    stall_seconds: Annotated[float, _time("For a slow connection to drain (4001 beyond).")] = 30
    connection_age_seconds: Annotated[
        float,
        _time(
            "A connection says `bye` (1012) at a random moment of the second half of this, and its client comes back: "
            "so connections spread over nodes that were added."
        ),
    ] = 0

    # How far back.
    replay_per_chat: Annotated[
        int, _count("Entries of one chat replayed after `hello`; `resync` beyond.")
    ] = 500
    replay_per_hello: Annotated[int, _count("Entries replayed after one `hello`; `resync` beyond.")] = 5_000
    history_page: Annotated[
        int,
        _count("Entries in one `page`. Not 0: the protocol promises no more than 300.", least=1, most=300),
    ] = 300


class ExternalProvider(Struct, frozen=True, kw_only=True):
    """An identity provider whose users are `<alias>:<sub>`; the alias is the table's name.

    With `audience` its tokens are accepted as they are; with `client_id` people may log in with it in the browser.
    """

    issuer: Annotated[str, _text("The `iss` its tokens must carry.")] = ""
    audience: Annotated[
        str,
        _text(
            "The `aud` its tokens must carry. Empty (where `client_id` is set): none are taken as they are."
        ),
    ] = ""
    algorithms: Annotated[
        tuple[
            Literal[
                "HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
                "ES256", "ES384", "ES512", "EdDSA",
            ],
            ...,
        ],
        _text("The signatures accepted. HS* goes with `hmac_secret`, all others with a key file or JWKS; never both."),
    ] = ()  # fmt: skip
    hmac_secret: Annotated[
        str, _text("The shared secret, for HS*: at least as long as the hash.", secret=True)
    ] = ""
    public_key_file: Annotated[str, _text("A PEM file with the public key or certificate.")] = ""
    jwks_file: Annotated[str, _text("A file with a JSON Web Key Set (RFC 7517).")] = ""
    jwks_url: Annotated[str, _text("An https URL of a JSON Web Key Set; only this one is ever asked.")] = ""
    name_claim: Annotated[str, _text("The claim that holds the name to display.")] = "name"
    client_id: Annotated[
        str, _text("Who we are there: people may then log in with it in the browser (docs/web.md).")
    ] = ""
    client_secret: Annotated[
        str, _text("The client's secret. Empty: a public client, which PKCE protects.", secret=True)
    ] = ""
    scopes: Annotated[tuple[str, ...], _text("What is asked for there; `openid` must be among them.")] = (
        "openid",
        "profile",
    )
    label: Annotated[str, _text("What the button says. Empty: the alias.")] = ""


class Auth(Struct, frozen=True, kw_only=True):
    """Accounts, sessions and tokens. Tokens of our own are signed with HS256 and nothing else."""

    secret: Annotated[
        str,
        _text(
            "Signs our access tokens; at least 32 characters. Empty: made once, kept in `<data>/secret` with mode 0600.",
            secret=True,
        ),
    ] = ""
    signup_open: Annotated[bool, _text("Whether strangers may sign up.")] = True
    password_chars: Annotated[
        int, _count("The least number of characters in a password.", least=1, most=128)
    ] = 8
    access_token_seconds: Annotated[int, _count("Life of an access token.", least=1, most=86_400)] = 900
    session_days: Annotated[
        int, _count("Life of a session without use; each refresh starts it anew.", least=1, most=3_650)
    ] = 30
    refresh_grace_seconds: Annotated[
        float,
        _time("For how long a refresh token may be used again while its successor is unused.", most=3_600),
    ] = 30
    argon2_time: Annotated[int, _count("argon2id passes.", least=1, most=100)] = 2
    argon2_memory_kib: Annotated[
        int, _count("argon2id memory for one hash, in KiB.", least=8, most=4_194_304)
    ] = 19_456
    argon2_parallelism: Annotated[int, _count("argon2id lanes.", least=1, most=64)] = 1
    argon2_threads: Annotated[int, _count("Threads that hash passwords.", least=1, most=64)] = 2
    argon2_queue: Annotated[
        int, _count("Hashes that may wait for a thread; `unavailable` beyond.", least=1, most=100_000)
    ] = 100
    external: Annotated[
        dict[str, ExternalProvider], _text("Identity providers, one table each: `[auth.external.<alias>]`.")
    ] = field(default_factory=dict)


class Journal(Struct, frozen=True, kw_only=True):
    """Group commit (docs/adr/0003)."""

    batch: Annotated[int, _count("Writes in one transaction, at most.", least=1, most=10_000)] = 512
    queue: Annotated[int, _count("Writes that may wait; `unavailable` beyond.", least=1, most=1_000_000)] = (
        10_000
    )


class Database(Struct, frozen=True, kw_only=True):
    """Connections to the database (docs/operations.md). What says "server" means nothing to the embedded store."""

    pool_size: Annotated[int, _count("Connections for reading kept open.", least=1, most=1_000)] = 5
    max_overflow: Annotated[
        int, _count("Connections for reading opened beyond that under load.", most=1_000)
    ] = 5
    writers: Annotated[
        int,
        _count(
            "Server: connections for writing. The embedded store has one, which all share.",
            least=1,
            most=1_000,
        ),
    ] = 4
    timeout_seconds: Annotated[
        float,
        _time(
            "Wait for a free connection or a lock of the database; `unavailable` beyond.", least=0.1, most=600
        ),
    ] = 5
    statement_seconds: Annotated[
        float,
        _time(
            "Server: for one step of a transaction, then the connection is given up; 0: for ever.", most=3_600
        ),
    ] = 30
    pre_ping: Annotated[
        bool,
        _text("Server: ask a pooled connection whether it lives before it is used, and replace it if not."),
    ] = True
    recycle_seconds: Annotated[
        float, _time("Server: a pooled connection older than this is replaced; 0: never.")
    ] = 1_800
    reset_on_return: Annotated[
        bool, _text("Server: roll a connection back when it goes back into the pool, whatever its user did.")
    ] = True
    risk_losing_acknowledged: Annotated[
        bool,
        _text(
            "Server: serve on a database that does not flush at commit; a crash may lose acknowledged messages."
        ),
    ] = False


class Degrade(Struct, frozen=True, kw_only=True):
    """What may be let go under load so that messages go on: `on`, `off`, or `auto`, by this node's pressure (docs/operations.md)."""

    typing: Annotated[Mode, _text("Telling who is typing.")] = "on"
    presence: Annotated[Mode, _text("Telling who is there.")] = "on"
    receipts: Annotated[Mode, _text("Telling who has received and read.")] = "on"
    search: Annotated[Mode, _text("Searching the directory of rooms.")] = "on"
    late_ms: Annotated[
        int,
        _count("`auto`: a tick later than this, for two seconds, lets one more go.", least=10, most=60_000),
    ] = 250
    waiting_bytes: Annotated[
        int,
        _count(
            "`auto`: so does more than this waiting for connections that read too slowly, of a whole process. 0: not looked at."
        ),
    ] = 67_108_864
    calm_seconds: Annotated[
        int,
        _count(
            "`auto`: after this many seconds with less than half of each, one comes back.",
            least=1,
            most=3600,
        ),
    ] = 30


class Cache(Struct, frozen=True, kw_only=True):
    """State kept in memory, or in Redis; the least recently used goes first and is read again when needed."""

    chats: Annotated[int, _count("Chats whose members, roles and head are kept.", least=1)] = 10_000
    users: Annotated[int, _count("Users whose profile, friends and blocks are kept.", least=1)] = 50_000
    recent: Annotated[
        int,
        _count("Newest entries of each chat kept in Redis, if nodes share one. 0: none.", most=1_000),
    ] = 100


class Settings(Struct, frozen=True, kw_only=True):
    """All of it, as in force."""

    name: Annotated[str, _text("What the server calls itself to people.")] = "Hubbub"
    host: Annotated[str, _text("Address the public port listens on.")] = "127.0.0.1"
    port: Annotated[int, _count("Public port: HTTP and WebSocket. 0: any free one.", most=65_535)] = 8080
    internal_host: Annotated[str, _text("Address the internal port listens on.")] = "127.0.0.1"
    internal_port: Annotated[
        int, _count("Internal port: /livez, /readyz, /metrics. 0: any free one.", most=65_535)
    ] = 8081
    data: Annotated[
        str, _text("Directory of the embedded store and the generated secret; made if missing.")
    ] = "./data"
    database_url: Annotated[
        str,
        _text(
            "postgresql://user:password@host/name, mysql:// or mariadb:// alike. Empty: SQLite in the data directory.",
        ),
    ] = ""
    workers: Annotated[
        str, _text("Processes that serve the public port: a number, or auto for one on each core.")
    ] = "1"
    bus: Annotated[
        str,
        _text(
            "What tells the other nodes: redis://, rediss://, nats://, tls:// (NATS), or unix:// and a path. Empty: alone.",
            secret=True,
        ),
    ] = ""
    redis: Annotated[
        str,
        _text(
            "Redis for what nodes share besides: who is connected where. Empty: the bus, if that is a Redis.",
            secret=True,
        ),
    ] = ""
    namespace: Annotated[
        str, _text("Begins every key and topic of this installation on a Redis or NATS that others use too.")
    ] = "hubbub"
    database_replica: Annotated[
        tuple[str, ...],
        _text(
            "URLs of copies of the database, which answer history and the directory where they are not behind."
        ),
    ] = ()
    public_url: Annotated[
        str, _text("How browsers reach this server; its origin is allowed. Empty: unknown.")
    ] = ""
    allowed_origins: Annotated[
        tuple[str, ...],
        _text("Other origins whose pages may connect: scheme://host[:port], compared exactly."),
    ] = ()
    trusted_proxies: Annotated[
        tuple[str, ...],
        _text("Addresses or networks (CIDR) whose X-Forwarded-For or PROXY header is believed."),
    ] = ()
    direct_policy: Annotated[
        Literal["friends", "anyone"],
        _text("Who may write to whom in private: friends only, or everyone not blocked."),
    ] = "friends"
    drain_seconds: Annotated[
        float,
        _time("SIGTERM: `reconnect_in_ms` is spread over this time, and the end comes by then.", most=3_600),
    ] = 10
    heartbeat_ms: Annotated[
        int,
        _count(
            "Silence after which the server pings; twice that ends a connection.", least=100, most=3_600_000
        ),
    ] = 30_000
    presence_linger_seconds: Annotated[
        float, _time("From a user's last connection to `online: false`.", most=86_400)
    ] = 30
    presence_lease_seconds: Annotated[
        int,
        _count(
            "A node of which nothing is heard for so long is dead, and its users are offline.",
            least=3,
            most=3_600,
        ),
    ] = 10
    outbox_retention_days: Annotated[
        int, _count("Delivered outbox rows are deleted after this; 0: at once.", most=3_650)
    ] = 7
    tcp: Tcp = Tcp()
    log: Log = Log()
    trace: Trace = Trace()
    limits: Limits = Limits()
    auth: Auth = Auth()
    journal: Journal = Journal()
    database: Database = Database()
    cache: Cache = Cache()
    degrade: Degrade = Degrade()
