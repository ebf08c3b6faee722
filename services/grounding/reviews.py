"""Streams reviews in the schema of Amazon Reviews 2023, and keeps an account of bad lines."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.grounding.files import (
    SourceError,
    check_file,
    damaged,
    read_lines,
    reading,
    with_compressions,
)
from services.grounding.rows import BadRow, ReadReport, json_value, quoted, text_flaw

EXTENSIONS = (*with_compressions(".jsonl"), ".parquet")

_FIELDS = ("user_id", "parent_asin", "asin", "rating", "timestamp", "title", "text")

_YEAR_1_MS, _YEAR_10000_MS = -62_135_596_800_000, 253_402_300_800_000
"""The times a calendar knows, in milliseconds since the epoch."""


@dataclass(frozen=True, slots=True)
class Review:
    """One user's rating (1 to 5) and review of one item, at a time in ms since the epoch."""

    user_id: str
    item_id: str
    rating: float
    timestamp: int
    title: str
    text: str


def read_reviews(path: Path, report: ReadReport) -> Iterator[Review]:
    """Stream the good reviews of a `.jsonl`, `.jsonl.gz`, `.jsonl.zst` or `.parquet` file.

    Bad lines are counted and remembered in `report`, and reading goes on. While one iterates,
    `report.lines` is the number of the line (Parquet: the row) the review came from.

    Raises SourceError if the file cannot be read, has no good line, or has a larger share of bad
    lines than `report.max_bad_line_share`: at its end, or early where most lines are bad.
    """
    check_file(path, "source.reviews", EXTENSIONS)
    for number, raw in _numbered_rows(path):
        report.lines = number
        if isinstance(raw, bytes) and not raw.strip():
            report.blank += 1
            continue
        try:
            review = _parsed(raw)
        except BadRow as fault:
            if _is_cut(raw, fault):
                report.add_truncated(fault)
            else:
                report.add_bad(fault)
            continue
        report.good += 1
        yield review
    report.check()


def reviews_at(path: Path, lines: Collection[int]) -> Iterator[tuple[int, Review]]:
    """Read the reviews at line numbers at which `read_reviews` found good ones, in file order.

    Raises SourceError if one of them is not a good one any more.
    """
    found = 0
    for number, raw in _numbered_rows(path):
        if number not in lines:
            continue
        try:
            review = _parsed(raw)
        except BadRow as fault:
            raise changed(path) from fault
        found += 1
        yield number, review
    if found < len(lines):
        raise changed(path)


def changed(path: Path) -> SourceError:
    """The error for a file that was written to between the two times it is read."""
    return SourceError(f"{path}: changed while it was read. Let its writer finish, then run again.")


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


def _parsed(raw: bytes | Mapping[str, object] | BadRow) -> Review:
    if isinstance(raw, BadRow):
        raise raw
    return parse_review(json_value(raw) if isinstance(raw, bytes) else raw)


def _is_cut(raw: object, fault: BadRow) -> bool:
    """Whether the line lacks its newline and is not JSON: only the end of a cut file is so."""
    return (
        isinstance(raw, bytes)
        and not raw.endswith(b"\n")
        and fault.kind in ("invalid JSON", "invalid UTF-8")
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
    if not _YEAR_1_MS <= number < _YEAR_10000_MS:
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


def _numbered_rows(path: Path) -> Iterator[tuple[int, bytes | Mapping[str, object] | BadRow]]:
    rows = _parquet_rows(path) if path.suffix.lower() == ".parquet" else read_lines(path)
    return enumerate(rows, start=1)


def _parquet_rows(path: Path) -> Iterator[Mapping[str, object] | BadRow]:
    import pyarrow as pa
    from pyarrow import parquet

    with reading(path):
        try:
            file = parquet.ParquetFile(path)
            columns = [name for name in _FIELDS if name in file.schema_arrow.names]
            _check_columns(path, columns)
            for batch in file.iter_batches(columns=columns):
                yield from _batch_rows(batch)
        except pa.ArrowException as error:
            raise damaged(path, error) from error


def _check_columns(path: Path, columns: list[str]) -> None:
    missing = [
        name for name in _FIELDS if name not in columns and name not in ("parent_asin", "asin")
    ]
    if "parent_asin" not in columns and "asin" not in columns:
        missing.append("parent_asin")
    if missing:
        raise SourceError(
            f"{path}: has no column {', '.join(missing)}. source.reviews needs the columns "
            f"{', '.join(_FIELDS)} (parent_asin or asin)."
        )


def _batch_rows(batch: Any) -> Iterator[Mapping[str, object] | BadRow]:
    try:
        yield from batch.to_pylist()
    except UnicodeDecodeError:  # raised before the first row is given: find the rows at fault
        for index in range(batch.num_rows):
            try:
                yield from batch.slice(index, 1).to_pylist()
            except UnicodeDecodeError as error:
                yield BadRow("invalid UTF-8", f"not UTF-8 text ({error.reason})")
