"""Reads the rows of a Parquet file as columns."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.grounding.files import SourceError, damaged, reading
from services.grounding.rows import BadRow
from services.grounding.sources.pieces import OddLine, ReadPiece, strings, with_reviews
from services.grounding.sources.protocol import Batch, Review, changed
from services.grounding.sources.rowformat import YEAR_1_MS, YEAR_10000_MS, RowFormat


def read_parquet(path: Path, fields: RowFormat) -> Iterator[ReadPiece]:
    """What became of every row. Raises SourceError for a damaged file or one without a field."""
    first = 0
    for batch in _batches(path, fields):
        yield _read_batch(batch, fields, first)
        first += batch.num_rows


def parquet_lines(path: Path, fields: RowFormat, wanted: NDArray[np.int64]) -> Iterator[bytes]:
    """The rows of the wanted numbers, which are sorted, each as a line of JSON."""
    first = 0
    for batch in _batches(path, fields):
        start, stop = np.searchsorted(wanted, [first, first + batch.num_rows])
        for row in (wanted[start:stop] - first).tolist():
            value = _row(batch, row)
            if isinstance(value, BadRow):
                raise changed(path)
            # A field that is not used may be of any type, such as bytes.
            yield json.dumps(value, default=str).encode() + b"\n"
        first += batch.num_rows


def _batches(path: Path, fields: RowFormat) -> Iterator[Any]:
    import pyarrow as pa
    from pyarrow import parquet

    with reading(path):
        try:
            file = parquet.ParquetFile(path)
            columns = _columns(path, file.schema_arrow.names, fields)
            yield from file.iter_batches(columns=columns)
        except pa.ArrowException as error:
            raise damaged(path, error) from error


def _columns(path: Path, names: list[str], fields: RowFormat) -> list[str]:
    """The columns to read. Raises SourceError where they do not have the fields, each once."""
    columns = [name for name in fields.fields if name in names]
    twice = [name for name in columns if names.count(name) > 1]
    if twice:
        raise SourceError(
            f"{path}: has the column {', '.join(twice)} more than once, so nobody can say which "
            "one counts. Write it again without the others."
        )
    missing = [name for name in fields.fields if name not in (*columns, *fields.items)]
    if not set(fields.items) & set(columns):
        missing.append(fields.items[0])
    if missing:
        raise SourceError(
            f"{path}: has no column {', '.join(missing)}. source.reviews needs the columns "
            f"{', '.join(fields.fields)} ({' or '.join(fields.items)})."
        )
    return columns


def _read_batch(batch: Any, fields: RowFormat, first: int) -> ReadPiece:
    vouched = _vouched(batch, fields)
    numbers = np.arange(first, first + batch.num_rows)
    good = _batch(batch, vouched, fields, numbers)
    odd: list[OddLine] = []
    judged: dict[int, Review] = {}
    for row in np.flatnonzero(~vouched).tolist():
        try:
            judged[row] = _judged(_row(batch, row), fields)
        except BadRow as fault:
            odd.append(OddLine(row + 1, fault))
    return ReadPiece(batch.num_rows, with_reviews(good, judged, numbers) if judged else good, odd)


def _judged(row: Mapping[str, object] | BadRow, fields: RowFormat) -> Review:
    if isinstance(row, BadRow):
        raise row
    return fields.parse(row)


def _row(batch: Any, row: int) -> Mapping[str, object] | BadRow:
    try:
        found: Mapping[str, object] = batch.slice(row, 1).to_pylist()[0]
    except UnicodeDecodeError as error:
        return BadRow("invalid UTF-8", f"not UTF-8 text ({error.reason})")
    except (ValueError, OverflowError) as error:  # such as times of years Python does not know
        return BadRow("unreadable value", f"it holds a value that cannot be read: {error}")
    return found


def _vouched(batch: Any, fields: RowFormat) -> NDArray[np.bool_]:
    """Which rows are plainly good: all of their fields of the right type, and nothing odd in it."""
    import pyarrow as pa
    import pyarrow.compute as pc

    nothing = np.zeros(batch.num_rows, dtype=np.bool_)
    texts = [name for name in fields.fields if name not in (fields.rating, fields.timestamp)]
    texts = [name for name in texts if name in batch.schema.names]
    rating, time = batch.column(fields.rating), batch.column(fields.timestamp)
    if not (_is_float(rating.type) or _is_integer(rating.type)) or not _is_integer(time.type):
        return nothing
    if not all(_is_text(batch.column(name).type) for name in texts):
        return nothing
    try:
        batch.validate(full=True)  # that texts are UTF-8
    except pa.ArrowInvalid:
        return nothing
    low, high = -(-YEAR_1_MS // fields.ms), (YEAR_10000_MS - 1) // fields.ms
    # What is null fails its comparison below.
    checks = [
        pc.and_(pc.greater_equal(rating, 1), pc.less_equal(rating, 5)),
        pc.and_(pc.greater_equal(time, low), pc.less_equal(time, high)),
        *(pc.invert(pc.match_substring(batch.column(name), "\x00")) for name in texts),
        _is_plain_id(batch.column(fields.user)),
        _is_plain_id(_items(batch, fields)),
    ]
    whole = checks[0]
    for check in checks[1:]:
        whole = pc.and_kleene(whole, pc.fill_null(check, False))
    vouched: NDArray[np.bool_] = pc.fill_null(whole, False).to_numpy(zero_copy_only=False)
    return vouched


def _is_float(kind: Any) -> bool:
    """Whether Arrow can compare it, which it cannot with half floats."""
    import pyarrow as pa

    return bool(pa.types.is_float32(kind) or pa.types.is_float64(kind))


def _is_integer(kind: Any) -> bool:
    """Whether all its values are among the 64-bit integers Arrow compares it with."""
    import pyarrow as pa

    return bool(pa.types.is_integer(kind) and not pa.types.is_uint64(kind))


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _is_plain_id(column: Any) -> Any:
    import pyarrow.compute as pc

    return pc.match_substring_regex(column, "^[!-~]")


def _items(batch: Any, fields: RowFormat) -> Any:
    """The first of the item's fields that is neither null nor empty."""
    import pyarrow as pa
    import pyarrow.compute as pc

    names = [name for name in fields.items if name in batch.schema.names]
    columns = [batch.column(name) for name in names]
    filled = [pc.if_else(pc.equal(one, ""), pa.scalar(None, one.type), one) for one in columns]
    return pc.coalesce(*filled)


def _batch(
    batch: Any, vouched: NDArray[np.bool_], fields: RowFormat, numbers: NDArray[np.int64]
) -> Batch:
    import pyarrow as pa

    if not vouched.any():
        nobody = pa.array([], pa.string())
        none = np.empty(0, dtype=np.int64)
        return Batch(nobody, nobody, np.empty(0), none, none)
    mask = pa.array(vouched)
    ratings = batch.column(fields.rating).filter(mask)
    times = batch.column(fields.timestamp).filter(mask)
    return Batch(
        users=strings(batch.column(fields.user).filter(mask)),
        items=strings(_items(batch, fields).filter(mask)),
        ratings=ratings.to_numpy(zero_copy_only=False).astype(np.float64),
        timestamps=times.to_numpy(zero_copy_only=False).astype(np.int64) * fields.ms,
        locators=numbers[vouched],
    )
