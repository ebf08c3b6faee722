"""Reviews of the UCSD Book Graph (Goodreads): a kind of source of one's own."""

from __future__ import annotations

from datetime import datetime

from services.grounding.rows import BadRow, quoted
from services.grounding.source_files import SourceFiles
from services.grounding.sources.fields import row_object, stars, text, text_id
from services.grounding.sources.protocol import Review
from services.grounding.sources.rowfile import RowFile
from services.grounding.sources.rowformat import RowFormat


def goodreads(files: SourceFiles) -> RowFile:
    """The source in `goodreads_reviews_*.json.gz`. What the entry point names."""
    return RowFile(files.reviews, FORMAT)


def parse_review(row: object) -> Review:
    """The review in one row. Raises BadRow where there is none: a rating of 0 is no rating."""
    row = row_object(row)
    return Review(
        user_id=text_id(row, "user_id"),
        item_id=text_id(row, "book_id"),
        rating=stars(row, "rating"),
        timestamp=_time_ms(row.get("date_added")),
        title="",
        text=text(row, "review_text"),
    )


def _time_ms(value: object) -> int:
    try:
        return round(datetime.strptime(str(value), "%a %b %d %H:%M:%S %z %Y").timestamp() * 1000)
    except ValueError as error:
        raise BadRow("bad date_added", f"date_added is {quoted(value)}, no date") from error


FORMAT = RowFormat(
    user="user_id",
    items=("book_id",),
    rating="rating",
    timestamp="date_added",
    title="review_id",  # reviews have no title: any field that is text
    text="review_text",
    parse=parse_review,
)
