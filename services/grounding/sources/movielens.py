"""Ratings of MovieLens: `ratings.csv` with `links.csv`, as GroupLens publishes them since 2015.

https://grouplens.org/datasets/movielens/. There are no reviews, so texts are empty. An item is
known by its TMDB id ("862"), as those of a catalogue without a shop's item ids are.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.grounding.files import (
    MAX_LINE_BYTES,
    SourceError,
    check_file,
    read_lines,
)
from services.grounding.rows import BadRow, ReadReport, quoted
from services.grounding.sources.account import account
from services.grounding.sources.pieces import OddLine, Piece, ReadPiece, pieces, with_reviews
from services.grounding.sources.protocol import Batch, ReadShown, Review, changed
from services.grounding.sources.rereading import lines_at, opened
from services.grounding.sources.rowformat import YEAR_10000_MS

RATINGS_HEADER = ("userId", "movieId", "rating", "timestamp")
LINKS_HEADER = ("movieId", "imdbId", "tmdbId")

UNLINKED = "movie "
"""Begins the item id of a movie without a TMDB id. No catalogue has it, so it is counted there."""

_USER, _MOVIE, _RATING, _TIME = range(4)


def movielens(ratings: Path, links: Path | None) -> MovieLens:
    """The source in two files. Raises SourceError if they are not of MovieLens."""
    if links is None:
        raise SourceError(
            "source.links is not set, and MovieLens needs it: the links.csv beside ratings.csv."
        )
    check_file(ratings, "source.reviews", (".csv",))
    check_file(links, "source.links", (".csv",))
    _check_header(ratings, "source.reviews", RATINGS_HEADER)
    return MovieLens(ratings, read_links(links))


def read_links(path: Path) -> dict[str, str]:
    """The TMDB id of each movie that has one. Raises SourceError for a row that is not as it was.

    A table of so few rows is right as a whole or not at all: a movie that went missing would take
    its ratings with it.
    """
    _check_header(path, "source.links", LINKS_HEADER)
    found: dict[str, str] = {}
    for number, row in _rows(path):
        movie, tmdb = (row[0], row[2]) if len(row) == len(LINKS_HEADER) else ("", "")
        if not movie.isdecimal() or (tmdb and not tmdb.isdecimal()) or movie in found:
            raise SourceError(
                f"{path}: line {number} is no row of links.csv: {quoted(','.join(row))}. Download "
                "the data set again."
            )
        if tmdb:
            found[movie] = tmdb
    return found


class MovieLens:
    """An `InteractionSource`. A locator is the place of a line in the file."""

    def __init__(self, ratings: Path, tmdb_ids: dict[str, str]) -> None:
        self._path = ratings
        self._tmdb_ids = tmdb_ids

    @property
    def path(self) -> Path:
        """What messages name."""
        return self._path

    def batches(self, report: ReadReport) -> Iterator[Batch]:
        """Stream the good ratings; see `InteractionSource`. The header counts as a blank line."""
        for number, piece in enumerate(pieces(self._path)):
            read = self._read(piece, report.lines, has_header=number == 0)
            account(read, report)
            yield read.batch
        report.check()

    @contextmanager
    def shown(self, locators: NDArray[np.int64]) -> Iterator[ReadShown]:
        """Make ready to read some ratings again; see `InteractionSource`."""
        del locators  # any line can be read at its place
        with opened(self._path) as descriptor:
            yield lambda some: list(map(self._again, lines_at(descriptor, some.tolist())))

    def _again(self, line: bytes) -> Review:
        try:
            return self._judge(line)
        except BadRow as fault:
            raise changed(self._path) from fault

    def _read(self, piece: Piece, before: int, *, has_header: bool) -> ReadPiece:
        """What became of every line: plainly right ones by columns, the others one by one.

        Raises SourceError for a line that does not end: `before` it there are so many lines.
        """
        data = bytes(piece.data)
        lines = data.splitlines(keepends=True) if b"\r" not in data else _lines(data)
        starts = np.cumsum([0, *map(len, lines)], dtype=np.int64)
        longest = int(np.argmax(np.diff(starts))) if lines else 0
        if lines and len(lines[longest]) >= MAX_LINE_BYTES:
            raise SourceError(
                f"{self._path}: line {before + longest + 1} is longer than "
                f"{MAX_LINE_BYTES // 2**20} MiB, so this is no ratings.csv. Is it the right file?"
            )
        right, batch = self._columns(data, len(lines), piece.offset + starts[:-1], has_header)
        odd: list[OddLine] = []
        judged: dict[int, Review] = {}
        for number in np.flatnonzero(~right).tolist():
            line = lines[number]
            if (has_header and number == 0) or not line.strip():
                odd.append(OddLine(number + 1, None))
                continue
            try:
                judged[number] = self._judge(line)
            except BadRow as fault:
                odd.append(OddLine(number + 1, fault, cut=_is_cut(line)))
        if judged:
            batch = with_reviews(batch, judged, piece.offset + starts)
        return ReadPiece(len(lines), batch, odd)

    def _columns(
        self, data: bytes, lines: int, places: NDArray[np.int64], has_header: bool
    ) -> tuple[NDArray[np.bool_], Batch]:
        """Which lines are plainly right, and what these hold."""
        import pyarrow as pa
        import pyarrow.compute as pc

        table = _split(data, lines)
        if table is None:
            table = pa.table({name: pa.array([], pa.string()) for name in RATINGS_HEADER})
            right = np.zeros(lines, dtype=np.bool_)
        else:
            plain = [
                pc.match_substring_regex(table[name], pattern)
                for name, pattern in zip(RATINGS_HEADER, _PLAIN, strict=True)
            ]
            right = pc.and_(pc.and_(plain[0], plain[1]), pc.and_(plain[2], plain[3])).to_numpy()
            right = right & ~_is_first(lines, has_header)
            if lines and not data.endswith(b"\n"):
                right[-1] = False
            table = table.filter(pa.array(right))
        movies = table["movieId"].combine_chunks().dictionary_encode()
        items = pa.array(
            [self._item(movie) for movie in movies.dictionary.to_pylist()], pa.string()
        )
        return right, Batch(
            users=table["userId"].combine_chunks(),
            items=items.take(movies.indices),
            ratings=table["rating"].cast(pa.float64()).to_numpy(),
            timestamps=table["timestamp"].cast(pa.int64()).to_numpy() * 1000,
            locators=places[right],
        )

    def _judge(self, line: bytes) -> Review:
        """The rating in one line. Raises BadRow."""
        if _is_cut(line):
            # It may look whole, but nobody knows how its last number went on.
            raise BadRow("no line end", "it does not end in a line feed")
        try:
            row = next(csv.reader([line.decode().rstrip("\r\n")], strict=True), [])
        except (UnicodeDecodeError, csv.Error) as error:
            raise BadRow("invalid CSV", f"no row of a CSV: {error}") from error
        if len(row) != len(RATINGS_HEADER):
            raise BadRow("wrong number of fields", f"it has {len(row)} fields, not 4")
        for column in (_USER, _MOVIE, _TIME):
            name, value = RATINGS_HEADER[column], row[column]
            if not (value.isascii() and value.isdecimal()):
                raise BadRow(f"bad {name}", f"{name} is {quoted(value)}, not a whole number")
        if len(row[_TIME]) > 15 or int(row[_TIME]) * 1000 >= YEAR_10000_MS:
            raise BadRow("bad timestamp", f"timestamp is {quoted(row[_TIME])}, no date in s")
        if row[_RATING] not in _HALVES:
            raise BadRow("bad rating", f"rating is {quoted(row[_RATING])}, not 0.5, 1.0, … 5.0")
        return Review(
            user_id=row[_USER],
            item_id=self._item(row[_MOVIE]),
            rating=float(row[_RATING]),
            timestamp=int(row[_TIME]) * 1000,
            title="",
            text="",
        )

    def _item(self, movie: str) -> str:
        return self._tmdb_ids.get(movie) or f"{UNLINKED}{movie}"


_PLAIN = (r"^[0-9]{1,18}$", r"^[0-9]{1,18}$", r"^(0\.5|[1-4](\.[05])?|5(\.0)?)$", r"^[0-9]{1,11}$")
"""What a field that needs no second look is like."""

_HALVES = frozenset(
    [f"{half / 2:.1f}" for half in range(1, 11)] + [str(star) for star in range(1, 6)]
)


def _split(data: bytes, lines: int) -> Any:
    """The fields of all lines as columns of text; None where a line has not four of them."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    if not lines:
        return None
    try:
        table = arrow_csv.read_csv(
            io.BytesIO(data),
            read_options=arrow_csv.ReadOptions(column_names=RATINGS_HEADER, use_threads=False),
            parse_options=arrow_csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
            convert_options=arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(RATINGS_HEADER, pa.string()), strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid:
        return None
    return table if table.num_rows == lines else None


def _lines(data: bytes) -> list[bytes]:
    """Lines that end in a line feed, and no other way."""
    lines = [line + b"\n" for line in data.split(b"\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _is_cut(line: bytes) -> bool:
    return not line.endswith(b"\n")


def _is_first(lines: int, has_header: bool) -> NDArray[np.bool_]:
    first = np.zeros(lines, dtype=np.bool_)
    first[:1] = has_header
    return first


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The rows of a small CSV behind its header, with their line numbers."""
    for number, line in enumerate(read_lines(path), start=1):
        if number > 1 and line.strip():
            try:
                yield number, next(csv.reader([line.decode().rstrip("\r\n")]))
            except (UnicodeDecodeError, csv.Error) as error:
                raise SourceError(f"{path}: line {number}: {error}.") from error


def _check_header(path: Path, key: str, header: tuple[str, ...]) -> None:
    first = next(iter(read_lines(path)), b"")
    found = first.decode(errors="replace").strip().replace('"', "")
    if tuple(found.split(",")) != header:
        raise SourceError(
            f"{path}: begins with {quoted(found)}, not with {','.join(header)}. {key} must be a "
            "file of a MovieLens data set with CSV files (ml-latest, 20M to 32M); those of 100K, "
            "1M and 10M have other files."
        )
