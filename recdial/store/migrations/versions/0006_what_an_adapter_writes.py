"""What an adapter writes

The greedy outputs with and without it, recorded by the trainer: before anything is generated a
server is asked for the same. Adapters of before have none.

Revision: 0006, after 0005.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    kind = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.add_column("adapters", sa.Column("canary", kind, nullable=True))
    if op.get_bind().dialect.name == "postgresql" and _has_lz4():
        op.execute("ALTER TABLE adapters ALTER canary SET COMPRESSION lz4")


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("adapters", "canary")


def _has_lz4() -> bool:
    offered = sa.text("SELECT enumvals FROM pg_settings WHERE name = 'default_toast_compression'")
    return "lz4" in (op.get_bind().scalar(offered) or [])
