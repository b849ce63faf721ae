"""Outbox rows may be claimed for a time, by any node; how often they were. Only adds."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("outbox", sa.Column("claimed_until", sa.BigInteger(), nullable=True))
    op.add_column("outbox", sa.Column("attempts", sa.SmallInteger(), nullable=True))
    if op.get_bind().dialect.name == "mysql":  # it has no partial indexes
        op.create_index("ix_outbox_state", "outbox", ["state", "created_at"])


def downgrade() -> None:
    if op.get_bind().dialect.name == "mysql":
        op.drop_index("ix_outbox_state", "outbox")
    op.drop_column("outbox", "attempts")
    op.drop_column("outbox", "claimed_until")
