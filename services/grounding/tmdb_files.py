"""Reads a file of TMDB records, whatever its shape: JSON, JSONL or CSV."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from services.grounding import tmdb_csv
from services.grounding.files import (
    SourceError,
    check_file,
    read_lines,
    read_whole,
    with_compressions,
)
from services.grounding.rows import BadRow, Faults, json_value, quoted

JSON_EXTENSIONS = with_compressions(".json", ".jsonl")
EXTENSIONS = (*JSON_EXTENSIONS, *tmdb_csv.EXTENSIONS)


@dataclass(frozen=True, slots=True)
class Record:
    """One record, or the BadRow that says why there is none, and where it stands."""

    where: str
    value: object
    item_id: str | None = None
    """The id, where the file says it beside the record."""


def read_records(
    path: Path, credits: Path | None, keywords: Path | None, beside: Faults
) -> Iterator[Record]:
    """The records of a JSON list, a JSON object by item id, JSONL, or CSV; each also compressed.

    `credits` and `keywords` are CSV files that go with a CSV; their rows that cannot be used are
    counted in `beside`. Raises SourceError if a file cannot be read.
    """
    check_file(path, "source.tmdb", EXTENSIONS)
    if tmdb_csv.is_csv(path):
        for where, value in tmdb_csv.csv_records(path, credits, keywords, beside):
            yield Record(where, value)
        return
    for key, other in (("credits", credits), ("keywords", keywords)):
        if other is not None:
            raise SourceError(
                f"{other}: source.{key} goes with a CSV in source.tmdb, and {path} is none. Remove "
                f"source.{key}."
            )
    yield from _json_records(path)


def line_records(path: Path) -> Iterator[Record]:
    """The JSON values of a file of one a line; blank lines are none."""
    for number, line in enumerate(read_lines(path), start=1):
        if line.strip():
            yield Record(f"line {number}", _value_or_fault(line))


def _json_records(path: Path) -> Iterator[Record]:
    if path.name.lower().endswith(with_compressions(".jsonl")):
        yield from line_records(path)
        return
    repeated: list[str] = []

    def first_of_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
        # Called for the inner objects first, so what stays in `repeated` is of the outermost.
        repeated.clear()
        found: dict[str, object] = {}
        for key, value in pairs:
            if key in found:
                repeated.append(key)
            else:
                found[key] = value
        return found

    try:
        whole = json.loads(read_whole(path).decode(), object_pairs_hook=first_of_each)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":  # one JSON value a line, under the name .json
            yield from line_records(path)
            return
        raise _not_json(path, f"{error.msg}, line {error.lineno}, column {error.colno}") from error
    except (ValueError, RecursionError) as error:
        raise _not_json(path, str(error)) from error
    if isinstance(whole, list):
        for number, value in enumerate(whole, start=1):
            yield Record(f"record {number}", value)
    elif isinstance(whole, dict) and _is_record(whole):
        yield Record("record 1", whole)
    elif isinstance(whole, dict):
        for item_id, value in whole.items():
            yield Record(f"record {quoted(item_id)}", value, item_id)
        for item_id in repeated:
            yield Record(f"record {quoted(item_id)}", _repeated(item_id))
    else:
        raise _not_json(path, f"it holds {quoted(whole)}, no records")


def _value_or_fault(line: bytes) -> object:
    try:
        return json_value(line)
    except BadRow as fault:
        return fault


def _is_record(whole: dict[str, object]) -> bool:
    return isinstance(whole.get("parent_asin") or whole.get("asin"), str)


def _repeated(item_id: str) -> BadRow:
    return BadRow("duplicate id", f"{quoted(item_id)} was there before; the first counts")


def _not_json(path: Path, why: str) -> SourceError:
    return SourceError(
        f"{path}: is not a complete JSON file ({why}). Download it again; a file with one record "
        "a line is to be named .jsonl."
    )
