"""Reviews in the schema of Amazon Reviews 2023: `.jsonl`, `.jsonl.gz`, `.jsonl.zst`, `.parquet`."""

from __future__ import annotations

from pathlib import Path

from services.grounding.sources.fields import row_object, stars, text, text_id, time_ms
from services.grounding.sources.protocol import Review
from services.grounding.sources.rowfile import RowFile
from services.grounding.sources.rowformat import RowFormat


def amazon2023(path: Path) -> RowFile:
    """The source in a file. Raises SourceError if it is none, empty or of an unknown extension."""
    return RowFile(path, FORMAT)


def parse_review(row: object) -> Review:
    """The review in one row. Raises BadRow where a field is missing or has a value it cannot have.

    `asin` stands in for a missing `parent_asin`; a null `title` or `text` is an empty one.
    """
    row = row_object(row)
    item_key = "parent_asin" if row.get("parent_asin") else "asin"
    return Review(
        user_id=text_id(row, "user_id"),
        item_id=text_id(row, item_key),
        rating=stars(row, "rating"),
        timestamp=time_ms(row, "timestamp"),
        title=text(row, "title"),
        text=text(row, "text"),
    )


FORMAT = RowFormat(
    user="user_id",
    items=("parent_asin", "asin"),
    rating="rating",
    timestamp="timestamp",
    title="title",
    text="text",
    parse=parse_review,
)
