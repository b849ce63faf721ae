"""Every table, once, for every database (SQLAlchemy Core). Identifiers compare byte by byte; times are ms.

A chat's log is `entries`; `writes` remembers (user, msg_id) for ever; `outbox` rows name (chat, seq), never content.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
)

from hubbub.persist.columns import digest, identifier, long_text

metadata = MetaData(
    naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s"},
)

USER = identifier(192)
CHAT = identifier(64)
MSG_ID = identifier(64)
ID = identifier(64)

meta = Table(
    "meta",
    metadata,
    Column("key", ID, primary_key=True),
    Column("value", long_text(), nullable=False),
)

users = Table(
    "users",
    metadata,
    Column("user", USER, primary_key=True),
    Column("display_name", String(80), nullable=False),
    Column("avatar", String(512)),
    Column("password_hash", String(255)),
    Column("created_at", BigInteger, nullable=False),
    Column("last_seen", BigInteger),
    Column("admin_since", BigInteger),
    Column("banned_at", BigInteger),
    Column("erased_at", BigInteger),
    sqlite_with_rowid=False,
)

avatars = Table(
    "avatars",
    metadata,
    Column("user", USER, primary_key=True),
    Column("name", String(40), nullable=False),
    Column("media_type", String(16), nullable=False),
    Column("data", LargeBinary(65_535), nullable=False),
    Index(None, "name"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", ID, primary_key=True),
    Column("user", USER, nullable=False),
    Column("device", ID, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
    Index(None, "user"),
    Index(None, "revoked_at"),
    Index(None, "expires_at"),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("hash", digest(), primary_key=True),
    Column("session", ID, nullable=False),
    Column("issued_at", BigInteger, nullable=False),
    Column("parent", digest()),
    Column("used_at", BigInteger),
    Index(None, "session"),
    Index(None, "parent"),
)

chats = Table(
    "chats",
    metadata,
    Column("id", CHAT, primary_key=True),
    Column("msg_type", String(8), nullable=False),
    Column("name", String(80), nullable=False),
    Column("public", Boolean, nullable=False),
    Column("visible", Boolean, nullable=False),
    Column("one", USER),
    Column("other", USER),
    Column("created_at", BigInteger, nullable=False),
    Column("head", BigInteger, nullable=False),
    Column("ordinal", BigInteger, nullable=False),
    Column("rights_version", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    Index(None, "changed_at"),
    Index(None, "public", "id"),
)

members = Table(
    "members",
    metadata,
    Column("chat", CHAT, primary_key=True),
    Column("user", USER, primary_key=True),
    Column("role", String(8), nullable=False),
    Column("muted_until", BigInteger, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("received", BigInteger, nullable=False),
    Column("read", BigInteger, nullable=False),
    Column("read_ordinal", BigInteger, nullable=False),
    Column("standing", BigInteger, nullable=False, server_default="0"),
    Index(None, "user"),
    sqlite_with_rowid=False,
)

bans = Table(
    "bans",
    metadata,
    Column("chat", CHAT, primary_key=True),
    Column("user", USER, primary_key=True),
    Column("by", USER, nullable=False),
    sqlite_with_rowid=False,
)

mutes = Table(
    "mutes",
    metadata,
    Column("chat", CHAT, primary_key=True),
    Column("user", USER, primary_key=True),
    Column("until", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

friendships = Table(
    "friendships",
    metadata,
    Column("one", USER, primary_key=True),
    Column("other", USER, primary_key=True),
    Column("friends", Boolean, nullable=False),
    Column("requested_by", USER),
    Index(None, "other"),
    sqlite_with_rowid=False,
)

blocks = Table(
    "blocks",
    metadata,
    Column("blocker", USER, primary_key=True),
    Column("blocked", USER, primary_key=True),
    sqlite_with_rowid=False,
)

entries = Table(
    "entries",
    metadata,
    Column("chat", CHAT, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", SmallInteger, nullable=False),
    Column("ts", BigInteger, nullable=False),
    Column("ordinal", BigInteger, nullable=False),
    Column("sender", USER, nullable=False),
    Column("msg_id", MSG_ID),
    Column("content", long_text()),
    Column("target", BigInteger),
    Column("edited", BigInteger),
    Column("deleted", Boolean, nullable=False),
    Column("as_of", BigInteger),
    Column("extra", long_text()),
    sqlite_with_rowid=False,
)

edits = Table(
    "edits",
    metadata,
    Column("chat", CHAT, primary_key=True),
    Column("target", BigInteger, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

reactions = Table(
    "reactions",
    metadata,
    Column("chat", CHAT, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("emoji", identifier(32), primary_key=True),
    Column("user", USER, primary_key=True),
    sqlite_with_rowid=False,
)

writes = Table(
    "writes",
    metadata,
    Column("user", USER, primary_key=True),
    Column("msg_id", MSG_ID, primary_key=True),
    Column("digest", String(32), nullable=False),
    Column("reply", SmallInteger, nullable=False),
    Column("chat", CHAT, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("ts", BigInteger, nullable=False),
    Column("extra", long_text()),
    sqlite_with_rowid=False,
)

audit = Table(
    "audit",
    metadata,
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("id", ID, primary_key=True),
    Column("by", USER, nullable=False),
    Column("address", String(64), nullable=False),
    Column("act", String(32), nullable=False),
    Column("subject", USER, nullable=False),
    Column("detail", long_text(), nullable=False),
)

PENDING, SENT, ACKED = 0, 1, 2

outbox = Table(
    "outbox",
    metadata,
    Column("chat", CHAT, primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("state", SmallInteger, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("delivered_at", BigInteger),
    Column("claimed_until", BigInteger),
    Column("attempts", SmallInteger),
    Index(  # MySQL has no partial indexes, and ix_outbox_state on (state, created_at) besides
        "ix_outbox_pending",
        "created_at",
        sqlite_where=Column("state", Integer) == PENDING,
        postgresql_where=Column("state", Integer) == PENDING,
    ),
    sqlite_with_rowid=False,
)
