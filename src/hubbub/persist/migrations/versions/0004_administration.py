"""Who administers the server, who is banned from it or erased, and what administrators did. Only adds."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from hubbub.persist.columns import identifier, long_text

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

COLUMNS = ("admin_since", "banned_at", "erased_at")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("users", sa.Column(name, sa.BigInteger(), nullable=True))
    op.create_table(
        "audit",
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("id", identifier(64), nullable=False),
        sa.Column("by", identifier(192), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=32), nullable=False),
        sa.Column("subject", identifier(192), nullable=False),
        sa.Column("detail", long_text(), nullable=False),
        sa.PrimaryKeyConstraint("at", "id", name=op.f("pk_audit")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )


def downgrade() -> None:
    op.drop_table("audit")
    for name in reversed(COLUMNS):
        op.drop_column("users", name)
