"""What was cut from a prompt

A run may limit a prompt's tokens: how many it has, who counted, and what it lost.

Revision: 0004, after 0003.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; prompts stored before had no limit."""
    kind = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.add_column("prompts", sa.Column("budget", kind, nullable=True))
    if op.get_bind().dialect.name == "postgresql" and _has_lz4():
        op.execute("ALTER TABLE prompts ALTER budget SET COMPRESSION lz4")


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("prompts", "budget")


def _has_lz4() -> bool:
    offered = sa.text("SELECT enumvals FROM pg_settings WHERE name = 'default_toast_compression'")
    return "lz4" in (op.get_bind().scalar(offered) or [])
