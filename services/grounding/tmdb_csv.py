"""Reads TMDB records from CSV files as Kaggle has them: TMDB 5000, and The Movies Dataset.

A row becomes a record as TMDB's own: cells keep their text, and `tmdb.py` reads the JSON (or the
Python literal) in them. What those files say under other names gets TMDB's name here. Cast and crew
and keywords may be in files of their own, by the film's id.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from services.grounding.files import (
    MAX_LINE_BYTES,
    SourceError,
    check_file,
    read_lines,
    with_compressions,
)
from services.grounding.rows import BadRow, Faults, quoted
from services.grounding.tmdb import film_id

EXTENSIONS = with_compressions(".csv")

_ID_COLUMNS = ("id", "movie_id", "tmdb_id", "tmdbId")
"""Under what names the id of the film stands, the first that is there."""


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One row of a CSV file: the number of its first line, and its cells or why it has none."""

    line: int
    cells: Mapping[str, str] | BadRow


def is_csv(path: Path) -> bool:
    """Whether a file is CSV, by its name."""
    return path.name.lower().endswith(EXTENSIONS)


def csv_records(
    movies: Path, credits: Path | None, keywords: Path | None, beside: Faults
) -> Iterator[tuple[str, Mapping[str, object] | BadRow]]:
    """The records of a CSV file, each with where it stands; a row that cannot be used is a BadRow.

    `credits` has the columns cast and crew, `keywords` the column keywords. Their rows that cannot
    be used are counted in `beside`. Raises SourceError if a file cannot be read or lacks a column.
    """
    casts = _by_film(credits, "source.credits", ("cast", "crew"), beside)
    words = _by_film(keywords, "source.keywords", ("keywords",), beside)
    for row in read_csv(movies, "source.tmdb", ("title",)):
        where = f"line {row.line}"
        if isinstance(row.cells, BadRow):
            yield where, row.cells
            continue
        try:
            yield where, _record(row.cells, casts, words)
        except BadRow as fault:
            yield where, fault


def read_csv(path: Path, key: str, columns: tuple[str, ...]) -> Iterator[CsvRow]:
    """The rows of a CSV file with a header, each with the id of a film under `id`.

    Quoted cells may hold line breaks. A row with a wrong number of cells, of broken quotes or not
    of UTF-8 is a BadRow; blank lines are none. Raises SourceError if the file cannot be read, or
    lacks an id or one of the `columns`.
    """
    check_file(path, key, EXTENSIONS)
    csv.field_size_limit(MAX_LINE_BYTES)
    lines = _Lines(path)
    rows = csv.reader(lines, strict=True)
    try:
        header = next(rows, [])
    except csv.Error as error:
        raise _no_header(path, key, str(error)) from error
    id_column = next((name for name in _ID_COLUMNS if name in header), None)
    missing = [name for name in columns if name not in header]
    if id_column is None or missing:
        missing = [*(["id (or movie_id)"] if id_column is None else []), *missing]
        raise _no_header(path, key, f"it has no column {', '.join(missing)}")
    if len(set(header)) != len(header):
        raise _no_header(path, key, "it names a column twice")
    while True:
        first = rows.line_num + 1
        lines.not_utf8 = None
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield CsvRow(first, _broken(error, rows.line_num - first + 1))
            continue
        if lines.not_utf8 is not None:
            yield CsvRow(first, BadRow("invalid UTF-8", f"line {lines.not_utf8} is not UTF-8 text"))
        elif not row:
            continue
        elif len(row) != len(header):
            detail = f"it has {len(row)} cells, the header {len(header)}"
            yield CsvRow(first, BadRow("wrong number of cells", detail))
        else:
            cells = dict(zip(header, row, strict=True))
            yield CsvRow(first, cells | {"id": cells[id_column]})


class _Lines:
    """The lines of a file as text; remembers a line that is none."""

    def __init__(self, path: Path) -> None:
        self.not_utf8: int | None = None
        self._lines = enumerate(read_lines(path), start=1)

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        number, line = next(self._lines)
        try:
            return line.decode()
        except UnicodeDecodeError:
            self.not_utf8 = number
            return line.decode(errors="replace")


def _by_film(
    path: Path | None, key: str, columns: tuple[str, ...], beside: Faults
) -> dict[str, dict[str, str]]:
    """By film id, what the columns of a file hold. Of rows with the same id the first counts."""
    found: dict[str, dict[str, str]] = {}
    for row in read_csv(path, key, columns) if path is not None else ():
        try:
            if isinstance(row.cells, BadRow):
                raise row.cells
            film = film_id(row.cells)
            if film in found:
                raise BadRow("duplicate id", f"{quoted(film)} was there before; the first counts")
            found[film] = {column: row.cells[column] for column in columns}
        except BadRow as fault:
            beside.add(f"{key}, line {row.line}", fault)
    return found


def _record(
    cells: Mapping[str, str],
    casts: Mapping[str, dict[str, str]],
    words: Mapping[str, dict[str, str]],
) -> Mapping[str, object]:
    film = film_id(cells)
    record: dict[str, object] = dict(cells)
    people = casts.get(film) or {name: cells[name] for name in ("cast", "crew") if name in cells}
    if people:
        record["casts"] = people
    return record | words.get(film, {})


def _broken(error: csv.Error, lines: int) -> BadRow:
    lost = f"; the {lines} lines from here on are lost" if lines > 1 else ""
    return BadRow("broken quotes", f"its quotes are not closed as CSV has it ({error}){lost}")


def _no_header(path: Path, key: str, why: str) -> SourceError:
    return SourceError(
        f"{path}: does not begin with a header that {key} can have: {why}. See docs/tmdb.md for "
        "the CSV files that can be read."
    )
