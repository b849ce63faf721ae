"""When a member's rights were last taken: what was asked for before is not done after it. Only adds."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column("members", sa.Column("standing", sa.BigInteger(), nullable=False, server_default="0"))


def downgrade() -> None:
    op.drop_column("members", "standing")
