"""What the filter remarks

What was mended in a dialogue, or only warned of, beside the reasons against it. Dialogues of before
have none.

Revision: 0007, after 0006.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    kind = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.add_column("dialogues", sa.Column("notes", kind, nullable=False, server_default="[]"))
    if op.get_bind().dialect.name == "postgresql" and _has_lz4():
        op.execute("ALTER TABLE dialogues ALTER notes SET COMPRESSION lz4")


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("dialogues", "notes")


def _has_lz4() -> bool:
    offered = sa.text("SELECT enumvals FROM pg_settings WHERE name = 'default_toast_compression'")
    return "lz4" in (op.get_bind().scalar(offered) or [])
