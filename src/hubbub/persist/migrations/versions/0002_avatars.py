"""pictures of users."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from hubbub.persist.columns import identifier

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "avatars",
        sa.Column("user", identifier(192), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("media_type", sa.String(length=16), nullable=False),
        sa.Column("data", sa.LargeBinary(length=65_535), nullable=False),
        sa.PrimaryKeyConstraint("user", name=op.f("pk_avatars")),
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_bin",
    )
    op.create_index(op.f("ix_avatars_name"), "avatars", ["name"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_avatars_name"), "avatars")
    op.drop_table("avatars")
