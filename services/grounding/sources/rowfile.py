"""A file of one JSON object a row: JSONL, plain or compressed, or Parquet."""

from __future__ import annotations

import os
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from services.grounding.files import (
    MAX_LINE_BYTES,
    SourceError,
    check_file,
    reading,
    with_compressions,
)
from services.grounding.rows import BadRow, ReadReport, json_value
from services.grounding.sources.account import account
from services.grounding.sources.duck import PieceParser
from services.grounding.sources.parquet import parquet_lines, read_parquet
from services.grounding.sources.pieces import (
    LineTooLong,
    Piece,
    ReadPiece,
    pieces,
    read_piece,
)
from services.grounding.sources.protocol import Batch, ReadShown, Review, changed
from services.grounding.sources.rowformat import RowFormat

T = TypeVar("T")
R = TypeVar("R")

EXTENSIONS = (*with_compressions(".jsonl", ".json"), ".parquet")

_REVIEW_COLUMNS = ("user", "item", "rating", "timestamp", "title", "text")
"""As `Review` has them."""

_FIRST_READ = 2048
"""Bytes read for one line at first: most reviews are shorter."""


class RowFile:
    """An `InteractionSource` in one file. A locator is a place in the (decompressed) bytes of the
    lines, and in Parquet the number of the row."""

    def __init__(self, path: Path, fields: RowFormat) -> None:
        check_file(path, "source.reviews", EXTENSIONS)
        self._path = path
        self._fields = fields

    @property
    def path(self) -> Path:
        """What messages name."""
        return self._path

    def batches(self, report: ReadReport) -> Iterator[Batch]:
        """Stream the good rows; see `InteractionSource`."""
        found = read_parquet(self._path, self._fields) if self._is_parquet else self._pieces()
        try:
            for piece in found:
                account(piece, report)
                yield piece.batch
        except LineTooLong as long:
            raise SourceError(
                f"{self._path}: line {report.lines + long.line} is longer than "
                f"{MAX_LINE_BYTES // 2**20} MiB, so this is not a file of one JSON object a line. "
                "Is it the right file?"
            ) from long
        report.check()

    @contextmanager
    def shown(self, locators: NDArray[np.int64]) -> Iterator[ReadShown]:
        """Make ready to read some rows again; see `InteractionSource`."""
        with ExitStack() as held:
            parser = held.enter_context(PieceParser(self._fields))
            path, wanted = self._path, np.unique(locators)
            places = wanted
            if self._is_parquet or path.suffix.lower() in (".gz", ".zst"):
                # Nothing else can be read at a place of its own: one more pass, into a file that
                # can, with just these rows.
                copy = held.enter_context(tempfile.NamedTemporaryFile(prefix="recdial-"))
                lines = parquet_lines if self._is_parquet else _compressed_lines
                sizes = [copy.write(line) for line in lines(path, self._fields, wanted)]
                if len(sizes) < wanted.size:
                    raise changed(path)
                copy.flush()
                path, places = Path(copy.name), np.cumsum([0, *sizes])[:-1]
            with reading(path):
                descriptor = os.open(path, os.O_RDONLY)
            held.callback(os.close, descriptor)

            def read(some: NDArray[np.int64]) -> list[Review]:
                offsets = places[np.searchsorted(wanted, some)]
                return self._reviews(descriptor, offsets, parser)

            yield read

    @property
    def _is_parquet(self) -> bool:
        return self._path.suffix.lower() == ".parquet"

    def _pieces(self) -> Iterator[ReadPiece]:
        workers = os.cpu_count() or 1
        with ExitStack() as held:
            local = threading.local()
            lock = threading.Lock()

            def read(piece: Piece) -> ReadPiece:
                if not hasattr(local, "parser"):
                    local.parser = PieceParser(self._fields)
                    with lock:
                        held.push(local.parser)
                return read_piece(piece, self._fields, local.parser)

            yield from _in_order(read, pieces(self._path), workers)

    def _reviews(
        self, descriptor: int, offsets: NDArray[np.int64], parser: PieceParser
    ) -> list[Review]:
        lines = [line_at(descriptor, offset) for offset in offsets.tolist()]
        if not all(line.strip() for line in lines):
            raise changed(self._path)
        rows = parser.columns(b"".join(lines), texts=True)
        if rows.num_rows != len(lines):
            raise changed(self._path)
        columns = (rows[name].to_pylist() for name in _REVIEW_COLUMNS)
        reviews = list(map(Review, *columns))
        for place in np.flatnonzero(~rows["ok"].to_numpy()).tolist():
            reviews[place] = self._judged(lines[place])
        return reviews

    def _judged(self, line: bytes) -> Review:
        try:
            return self._fields.parse(json_value(line))
        except BadRow as fault:
            raise changed(self._path) from fault


def _in_order(work: Callable[[T], R], items: Iterable[T], workers: int) -> Iterator[R]:
    """The results of work done in threads, in the order of the items; few of them wait at a time.

    An error of `items` comes after the results of what was before it.
    """
    with ThreadPoolExecutor(workers, thread_name_prefix="grounding") as threads:
        waiting: deque[Future[R]] = deque()
        try:
            for item in items:
                waiting.append(threads.submit(work, item))
                if len(waiting) > workers:
                    yield waiting.popleft().result()
        except SourceError:
            while waiting:
                yield waiting.popleft().result()
            raise
        while waiting:
            yield waiting.popleft().result()


def line_at(descriptor: int, offset: int) -> bytes:
    """The line that begins at an offset, with a newline; empty behind the end of the file."""
    found, size = b"", _FIRST_READ
    while b"\n" not in found and len(found) < MAX_LINE_BYTES:
        more = os.pread(descriptor, size, offset + len(found))
        if not more:
            break
        found, size = found + more, 2 * size
    line, _, _ = found.partition(b"\n")
    return line + b"\n"


def _compressed_lines(path: Path, fields: RowFormat, wanted: NDArray[np.int64]) -> Iterator[bytes]:
    """The lines at the wanted offsets, which are sorted."""
    for piece in pieces(path):
        end = piece.offset + len(piece.data)
        first, last = np.searchsorted(wanted, [piece.offset, end])
        for offset in (wanted[first:last] - piece.offset).tolist():
            stop = piece.data.find(b"\n", offset) + 1
            yield bytes(piece.data[offset : stop or len(piece.data)]).rstrip(b"\n") + b"\n"
