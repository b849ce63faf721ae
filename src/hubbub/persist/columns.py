"""The column types of every table: the same values in every database, identifiers compared byte by byte.

identifier   SQLite: BINARY, its default · PostgreSQL: COLLATE "C" · MySQL: VARBINARY, because its binary collations
             of text take "a" and "a " for the same
long_text    MySQL's TEXT ends at 64 KiB, less than one envelope; MEDIUMTEXT holds 16 MiB
digest       32 bytes that may be a key: MySQL needs a length for that
"""

from sqlalchemy import Dialect, LargeBinary, String, Text, TypeDecorator
from sqlalchemy.dialects.mysql import MEDIUMTEXT, VARBINARY
from sqlalchemy.types import TypeEngine

UTF8_BYTES = 4  # of one code point, at most
MYSQL = "mysql"  # MariaDB and TiDB too: one dialect speaks to all three


class _Utf8Bytes(TypeDecorator[str]):
    """Text in a VARBINARY column. What goes in is UTF-8 already, being a literal of a utf8mb4 connection."""

    impl = VARBINARY
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return value

    def bind_processor(self, dialect: Dialect) -> None:  # noqa: ARG002 - VARBINARY's own would make bytes of it
        return None

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        return None if value is None else value.decode()


def identifier(length: int) -> TypeEngine[str]:
    """A name or id of at most `length` code points."""
    return (
        String(length)
        .with_variant(String(length, "C"), "postgresql")
        .with_variant(_Utf8Bytes(length * UTF8_BYTES), MYSQL)
    )


def long_text() -> TypeEngine[str]:
    """Text without a length."""
    return Text().with_variant(MEDIUMTEXT(), MYSQL)


def digest() -> TypeEngine[bytes]:
    """32 bytes."""
    return LargeBinary(32).with_variant(VARBINARY(32), MYSQL)
