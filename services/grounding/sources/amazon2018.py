"""Reviews in the schema of Amazon Review Data 2018: JSON lines, plain or compressed, or Parquet.

https://nijianmo.github.io/amazon/. Its files are named `.json.gz` and hold one object a line, which
these readers take under that name too.
"""

from __future__ import annotations

from pathlib import Path

from services.grounding.sources.fields import row_object, stars, text, text_id, time_ms
from services.grounding.sources.protocol import Review
from services.grounding.sources.rowfile import RowFile
from services.grounding.sources.rowformat import RowFormat


def amazon2018(path: Path) -> RowFile:
    """The source in a file. Raises SourceError if it is none, empty or of an unknown extension."""
    return RowFile(path, FORMAT)


def parse_review(row: object) -> Review:
    """The review in one row. Raises BadRow where a field is missing or has a value it cannot have.

    Many rows have no `reviewText` or `summary`: these are empty. `unixReviewTime` is in seconds,
    and of a day, not of a moment.
    """
    row = row_object(row)
    return Review(
        user_id=text_id(row, "reviewerID"),
        item_id=text_id(row, "asin"),
        rating=stars(row, "overall"),
        timestamp=time_ms(row, "unixReviewTime", "s"),
        title=text(row, "summary", may_be_missing=True),
        text=text(row, "reviewText", may_be_missing=True),
    )


FORMAT = RowFormat(
    user="reviewerID",
    items=("asin",),
    rating="overall",
    timestamp="unixReviewTime",
    title="summary",
    text="reviewText",
    parse=parse_review,
    ms=1000,
)
