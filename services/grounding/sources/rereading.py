"""Reads chosen lines of a file again, each at its place, this time with their texts."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from services.grounding.files import MAX_LINE_BYTES, reading
from services.grounding.rows import BadRow, json_value
from services.grounding.sources.duck import PieceParser
from services.grounding.sources.protocol import Review, changed
from services.grounding.sources.rowformat import RowFormat

_REVIEW_COLUMNS = ("user", "item", "rating", "timestamp", "title", "text")
"""As `Review` has them."""

_FIRST_READ = 2048
"""Bytes read for one line at first: most reviews are shorter."""


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """A descriptor of the file, for `lines_at`. Raises SourceError if it cannot be opened."""
    with reading(path):
        descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def reviews_at(
    descriptor: int, offsets: list[int], parser: PieceParser, fields: RowFormat, path: Path
) -> list[Review]:
    """The reviews in the lines at some offsets.

    Raises SourceError, which names the path, where there is no good review any more.
    """
    lines = lines_at(descriptor, offsets)
    if not all(map(bytes.strip, lines)):
        raise changed(path)
    rows = parser.columns(b"".join(lines), texts=True)
    if rows.num_rows != len(lines):
        raise changed(path)
    columns = (rows[name].to_pylist() for name in _REVIEW_COLUMNS)
    reviews = list(map(Review._make, zip(*columns, strict=True)))
    for place in np.flatnonzero(~rows["ok"].to_numpy()).tolist():
        try:
            reviews[place] = fields.parse(json_value(lines[place]))
        except BadRow as fault:
            raise changed(path) from fault
    return reviews


def lines_at(descriptor: int, offsets: Iterable[int]) -> list[bytes]:
    """The lines that begin at some offsets, with newlines; an empty one behind the file's end."""
    lines = []
    for offset in offsets:
        found = os.pread(descriptor, _FIRST_READ, offset)
        end = found.find(b"\n") + 1
        lines.append(found[:end] if end else _long_line_at(descriptor, offset, found))
    return lines


def _long_line_at(descriptor: int, offset: int, found: bytes) -> bytes:
    """The line that begins at an offset, of which `found` is the beginning, with a newline."""
    size = 2 * _FIRST_READ
    while b"\n" not in found and len(found) < MAX_LINE_BYTES:
        more = os.pread(descriptor, size, offset + len(found))
        if not more:
            break
        found, size = found + more, 2 * size
    line, _, _ = found.partition(b"\n")
    return line + b"\n"
