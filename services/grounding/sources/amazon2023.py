"""Reviews in the schema of Amazon Reviews 2023: `.jsonl`, `.jsonl.gz`, `.jsonl.zst`, `.parquet`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from services.grounding.rows import BadRow, quoted, text_flaw
from services.grounding.sources.protocol import Review
from services.grounding.sources.rowfile import RowFile
from services.grounding.sources.rowformat import YEAR_1_MS, YEAR_10000_MS, RowFormat


def amazon2023(path: Path) -> RowFile:
    """The source in a file. Raises SourceError if it is none, empty or of an unknown extension."""
    return RowFile(path, FORMAT)


def parse_review(row: object) -> Review:
    """The review in one row. Raises BadRow where a field is missing or has a value it cannot have.

    `asin` stands in for a missing `parent_asin`; a null `title` or `text` is an empty one.
    """
    if not isinstance(row, Mapping):
        raise BadRow("not an object", f"{quoted(row)} is not a JSON object")
    item_key = "parent_asin" if row.get("parent_asin") else "asin"
    return Review(
        user_id=_id(row, "user_id"),
        item_id=_id(row, item_key),
        rating=_rating(row),
        timestamp=_timestamp(row),
        title=_text(row, "title"),
        text=_text(row, "text"),
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


def _value(row: Mapping[str, object], key: str) -> object:
    if key not in row:
        raise BadRow(f"missing {key}", f"{key} is missing")
    return row[key]


def _id(row: Mapping[str, object], key: str) -> str:
    value = _value(row, key)
    if not isinstance(value, str):
        raise BadRow(f"bad {key}", f"{key} is {quoted(value)}, not text")
    if not value.strip():
        raise BadRow(f"bad {key}", f"{key} is empty")
    if flaw := text_flaw(value):
        raise BadRow(f"bad {key}", f"{key} {flaw}")
    return value


def _number(value: object) -> float | int | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _rating(row: Mapping[str, object]) -> float:
    value = _value(row, "rating")
    number = _number(value)
    if number is None or not 1 <= number <= 5:  # NaN fails the comparison too
        raise BadRow("bad rating", f"rating is {quoted(value)}, not a number from 1 to 5")
    return float(number)


def _timestamp(row: Mapping[str, object]) -> int:
    value = _value(row, "timestamp")
    number = _number(value)
    if number is None or (isinstance(number, float) and not number.is_integer()):
        raise BadRow("bad timestamp", f"timestamp is {quoted(value)}, not a whole number of ms")
    if not YEAR_1_MS <= number < YEAR_10000_MS:
        raise BadRow("bad timestamp", f"timestamp is {quoted(value)}, no date in ms since 1970")
    return int(number)


def _text(row: Mapping[str, object], key: str) -> str:
    value = _value(row, key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadRow(f"bad {key}", f"{key} is {quoted(value)}, not text")
    if flaw := text_flaw(value):
        raise BadRow(f"bad {key}", f"{key} {flaw}")
    return value
