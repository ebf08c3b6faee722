"""A file of one JSON object a row: JSONL, plain or compressed, or Parquet."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.grounding.files import (
    MAX_LINE_BYTES,
    SourceError,
    check_file,
    with_compressions,
)
from services.grounding.rows import ReadReport
from services.grounding.sources.account import account
from services.grounding.sources.duck import PieceParser
from services.grounding.sources.in_order import in_order
from services.grounding.sources.parquet import parquet_lines, read_parquet
from services.grounding.sources.pieces import (
    LineTooLong,
    Piece,
    ReadPiece,
    pieces,
    read_piece,
)
from services.grounding.sources.processes import read_in_processes
from services.grounding.sources.protocol import Batch, ReadShown, Review, changed
from services.grounding.sources.rereading import opened, reviews_at
from services.grounding.sources.rowformat import RowFormat

EXTENSIONS = (*with_compressions(".jsonl", ".json"), ".parquet")

LARGE_BYTES = 256 * 1024 * 1024
"""From here on a plain file is worth the second it takes to begin processes."""


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
        if self._is_parquet:
            found = read_parquet(self._path, self._fields)
        elif self._is_compressed or self._path.stat().st_size < LARGE_BYTES:
            found = self._pieces()
        else:
            found = read_in_processes(self._path, self._fields)
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
            path, wanted = self._path, np.unique(locators)
            places = wanted
            if self._is_parquet or self._is_compressed:
                # Nothing else can be read at a place of its own: one more pass, into a file that
                # can, with just these rows.
                copy = held.enter_context(tempfile.NamedTemporaryFile(prefix="recdial-"))
                lines = parquet_lines if self._is_parquet else _compressed_lines
                sizes = [copy.write(line) for line in lines(path, self._fields, wanted)]
                if len(sizes) < wanted.size:
                    raise changed(path)
                copy.flush()
                path, places = Path(copy.name), np.cumsum([0, *sizes])[:-1]
            descriptor = held.enter_context(opened(path))
            parser = held.enter_context(PieceParser(self._fields))

            def read(some: NDArray[np.int64]) -> list[Review]:
                offsets = places[np.searchsorted(wanted, some)].tolist()
                return reviews_at(descriptor, offsets, parser, self._fields, self._path)

            yield read

    @property
    def _is_parquet(self) -> bool:
        return self._path.suffix.lower() == ".parquet"

    @property
    def _is_compressed(self) -> bool:
        return self._path.suffix.lower() in (".gz", ".zst")

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

            with ThreadPoolExecutor(workers, thread_name_prefix="grounding") as threads:
                yield from in_order(threads, read, pieces(self._path), workers)


def _compressed_lines(path: Path, fields: RowFormat, wanted: NDArray[np.int64]) -> Iterator[bytes]:
    """The lines at the wanted offsets, which are sorted."""
    for piece in pieces(path):
        end = piece.offset + len(piece.data)
        first, last = np.searchsorted(wanted, [piece.offset, end])
        for offset in (wanted[first:last] - piece.offset).tolist():
            stop = piece.data.find(b"\n", offset) + 1
            yield bytes(piece.data[offset : stop or len(piece.data)]).rstrip(b"\n") + b"\n"
