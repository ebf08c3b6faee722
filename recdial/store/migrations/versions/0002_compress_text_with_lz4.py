"""Compress text with lz4 on Postgres

Faster than Postgres' own method at nearly the same size. Rows stored before keep theirs.

Revision: 0002, after 0001.
"""

import logging

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

log = logging.getLogger(__name__)

COLUMNS = {
    "adapters": ["uri", "base_model", "training"],
    "comparisons": ["left", "right"],
    "completions": ["model", "sampling", "text"],
    "dialogues": ["turns", "reasons"],
    "evaluations": ["report"],
    "items": ["title", "facts"],
    "jobs": ["cursor", "error"],
    "prompts": ["messages", "item_ids", "history"],
    "runs": ["config", "grounding", "failure_cause"],
}


def upgrade() -> None:
    """Set the compression of each column that holds text."""
    if op.get_bind().dialect.name != "postgresql":
        return
    if _has_lz4():
        _compress("lz4")
    else:
        log.warning("this Postgres was built without lz4: text is compressed with its own method")


def downgrade() -> None:
    """Give the columns the server's default back."""
    if op.get_bind().dialect.name == "postgresql":
        _compress("default")


def _has_lz4() -> bool:
    offered = sa.text("SELECT enumvals FROM pg_settings WHERE name = 'default_toast_compression'")
    return "lz4" in (op.get_bind().scalar(offered) or [])


def _compress(method: str) -> None:
    for table, columns in COLUMNS.items():
        changes = ", ".join(f'ALTER "{column}" SET COMPRESSION {method}' for column in columns)
        op.execute(f"ALTER TABLE {table} {changes}")
