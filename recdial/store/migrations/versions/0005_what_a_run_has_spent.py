"""What a run has spent

Limits of tokens and cost are checked with every prompt: a sum over all completions would take
longer with each of them.

Revision: 0005, after 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table, with what was written so far."""
    op.create_table(
        "spending",
        sa.Column("run_id", sa.Uuid(), sa.ForeignKey("runs.id"), primary_key=True),
        sa.Column("role", sa.String(length=20), primary_key=True),
        sa.Column("calls", sa.BigInteger(), nullable=False),
        sa.Column("tokens_in", sa.BigInteger(), nullable=False),
        sa.Column("tokens_out", sa.BigInteger(), nullable=False),
        sa.Column("estimated_calls", sa.BigInteger(), nullable=False),
    )
    op.execute(
        "INSERT INTO spending (run_id, role, calls, tokens_in, tokens_out, estimated_calls) "
        "SELECT run_id, role, count(*), coalesce(sum(prompt_tokens), 0), "
        "coalesce(sum(completion_tokens), 0), "
        "sum(CASE WHEN prompt_tokens IS NULL OR completion_tokens IS NULL THEN 1 ELSE 0 END) "
        "FROM completions GROUP BY run_id, role"
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("spending")
