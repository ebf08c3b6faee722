"""The trace of a prompt

A prompt is stored, and released later by another piece of work: its trace must wait with it.

Revision: 0003, after 0002.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; prompts stored before have no trace."""
    op.add_column("prompts", sa.Column("traceparent", sa.String(length=55), nullable=True))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("prompts", "traceparent")
