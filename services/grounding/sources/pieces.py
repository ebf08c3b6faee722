"""Cuts a file of lines into pieces, and finds out about every line of one."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.grounding.files import BOM, MAX_LINE_BYTES, open_stream, reading
from services.grounding.rows import BadRow, json_value
from services.grounding.sources.duck import PieceParser
from services.grounding.sources.protocol import Batch, Review
from services.grounding.sources.rowformat import RowFormat

PIECE_BYTES = 16 * 1024 * 1024
"""Small enough for the memory of a piece to be used again for one of the next: from 32 MiB on the
allocator asks the system for it each time, which took longer than reading."""

_END_OF_LINE = 64 * 1024
"""Bytes looked through at a time for the end of a line."""

_IN_CACHE = 128 * 1024
"""Bytes looked through at a time: what is made of them is read again before it leaves the cache."""


class LineTooLong(Exception):
    """A line of `MAX_LINE_BYTES` or more; `line` is its number in its piece."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole lines of a file, and how many of its (decompressed) bytes come before them."""

    offset: int
    data: bytes | bytearray


@dataclass(frozen=True, slots=True)
class OddLine:
    """A line of a piece (from 1) that holds no good row."""

    line: int
    fault: BadRow | None
    """None for a blank line."""
    cut: bool = False
    """Whether the file ends within it."""


@dataclass(frozen=True, slots=True)
class ReadPiece:
    """What became of every line of a piece: one is in the batch or among the odd ones."""

    lines: int
    batch: Batch
    odd: list[OddLine]


def pieces(path: Path) -> Iterator[Piece]:
    """A plain, `.gz` or `.zst` file in pieces, without a byte-order mark.

    Raises SourceError if it cannot be opened, or its compressed stream is cut or damaged. A piece
    with a line that is too long has no more than the beginning of that line.
    """
    with reading(path), open_stream(path) as stream:
        offset, rest = 0, b""
        while True:
            data = bytearray(len(rest) + PIECE_BYTES)
            data[: len(rest)] = rest
            filled = _fill(stream, memoryview(data)[len(rest) :]) + len(rest)
            del data[filled:]
            if not offset and data.startswith(BOM):
                offset = len(BOM)
                del data[:offset]
            at_end = filled < len(rest) + PIECE_BYTES
            whole = len(data) if at_end else data.rfind(b"\n") + 1
            if not whole and len(data) >= MAX_LINE_BYTES:
                whole = len(data)
            rest = bytes(memoryview(data)[whole:])
            del data[whole:]
            if data:
                yield Piece(offset, data)
                offset += whole
            if at_end:
                return


def piece_at(path: Path, start: int, stop: int) -> Piece:
    """The lines of a plain file that begin at [start, stop), without a byte-order mark.

    Raises SourceError if the file cannot be read. Of a line that is too long it has the beginning.
    """
    with reading(path), path.open("rb", buffering=0) as stream:
        descriptor = stream.fileno()
        begin = start and _line_behind(descriptor, start - 1, stop)
        if not begin and os.pread(descriptor, len(BOM), 0) == BOM:
            begin = len(BOM)
        stream.seek(begin)
        data = bytearray(max(stop - begin, 0))
        del data[_fill(stream, memoryview(data)) :]
        last = data.rfind(b"\n") + 1
        while data and not data.endswith(b"\n") and len(data) - last < MAX_LINE_BYTES:
            more = os.pread(descriptor, _END_OF_LINE, begin + len(data))
            if not more:
                break
            end = more.find(b"\n") + 1
            data += more[:end] if end else more
    return Piece(begin, data)


def _line_behind(descriptor: int, offset: int, stop: int) -> int:
    """Where the first line begins behind an offset; `stop` if none does before it."""
    while offset < stop:
        more = os.pread(descriptor, min(_END_OF_LINE, stop - offset), offset)
        if not more:
            break
        if end := more.find(b"\n") + 1:
            return min(offset + end, stop)
        offset += len(more)
    return stop


def _fill(stream: io.BufferedIOBase | io.RawIOBase, place: memoryview) -> int:
    """Read until the place is full or the stream ends; how many bytes were read."""
    filled = 0
    with place:
        while read := stream.readinto(place[filled:]):
            filled += read
    return filled


def read_piece(piece: Piece, fields: RowFormat, parser: PieceParser) -> ReadPiece:
    """Read the lines of a piece. Raises LineTooLong."""
    starts = _line_starts(piece.data)
    lengths = np.diff(starts)
    if lengths.size and int(lengths.max()) >= MAX_LINE_BYTES:
        raise LineTooLong(int(np.argmax(lengths >= MAX_LINE_BYTES)) + 1)
    rows = parser.columns(piece.data)
    lines = _lines_of_rows(piece.data, starts, rows.num_rows)
    if lines is None:  # DuckDB sees other lines here than we do: take nothing from it
        rows, lines = rows.slice(0, 0), np.empty(0, dtype=np.int64)
    vouched = rows["ok"].to_numpy()
    odd: list[OddLine] = []
    judged: dict[int, Review] = {}
    rest = np.ones(lengths.size, dtype=np.bool_)
    rest[lines[vouched]] = False
    for line in np.flatnonzero(rest).tolist():
        raw = bytes(piece.data[starts[line] : starts[line + 1]])
        if not raw.strip():
            odd.append(OddLine(line + 1, None))
            continue
        try:
            judged[line] = fields.parse(json_value(raw))
        except BadRow as fault:
            odd.append(OddLine(line + 1, fault, _is_cut(raw, fault)))
    batch = _batch(rows.filter(rows["ok"]), piece.offset + starts[lines[vouched]])
    if judged:
        batch = with_reviews(batch, judged, piece.offset + starts)
    return ReadPiece(int(lengths.size), batch, odd)


def _line_starts(data: bytes | bytearray) -> NDArray[np.int64]:
    """Where each line starts, and last where the data end."""
    characters = np.frombuffer(data, dtype=np.uint8)
    ends = [
        np.flatnonzero(characters[start : start + _IN_CACHE] == 0x0A) + (start + 1)
        for start in range(0, characters.size, _IN_CACHE)
    ]
    last = [] if data.endswith(b"\n") or not data else [len(data)]
    return np.concatenate(([0], *ends, last)).astype(np.int64)


def _lines_of_rows(
    data: bytes | bytearray, starts: NDArray[np.int64], rows: int
) -> NDArray[np.int64] | None:
    """Which line each row stands on, as blank lines have none; None if they do not agree."""
    lines = starts.size - 1
    if rows == lines:
        return np.arange(lines)
    filled = [bool(data[starts[line] : starts[line + 1]].strip()) for line in range(lines)]
    found = np.flatnonzero(np.array(filled, dtype=np.bool_))
    return found if found.size == rows else None


def _is_cut(raw: bytes, fault: BadRow) -> bool:
    """Whether the line lacks its newline and is not JSON: only the end of a cut file is so."""
    return not raw.endswith(b"\n") and fault.kind in ("invalid JSON", "invalid UTF-8")


def _batch(rows: Any, locators: NDArray[np.int64]) -> Batch:
    return Batch(
        users=strings(rows["user"].combine_chunks()),
        items=strings(rows["item"].combine_chunks()),
        ratings=rows["rating"].to_numpy().astype(np.float64),
        timestamps=rows["timestamp"].to_numpy().astype(np.int64),
        locators=locators,
    )


def with_reviews(batch: Batch, judged: dict[int, Review], locators: NDArray[np.int64]) -> Batch:
    """The batch and the reviews by line, in the order of the lines."""
    import pyarrow as pa

    reviews = list(judged.values())
    places = np.concatenate((batch.locators, locators[list(judged)]))
    order = np.argsort(places)

    def joined(strings: Any, more: list[str]) -> Any:
        return pa.concat_arrays([strings, pa.array(more, pa.string())]).take(pa.array(order))

    return Batch(
        users=joined(batch.users, [review.user_id for review in reviews]),
        items=joined(batch.items, [review.item_id for review in reviews]),
        ratings=np.append(batch.ratings, [review.rating for review in reviews])[order],
        timestamps=np.append(batch.timestamps, [review.timestamp for review in reviews])[order],
        locators=places[order],
    )


def strings(column: Any) -> Any:
    """An Arrow array as one of strings with offsets of 32 bits."""
    import pyarrow as pa

    return column.cast(pa.string())
