"""Reads the TMDB file, and titles from the item metadata, into the catalogue of items."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from recdial.domain import ItemFacts
from services.grounding.files import (
    SourceError,
    check_file,
    read_lines,
    read_whole,
    with_compressions,
)
from services.grounding.rows import BadRow, Faults, json_value, quoted
from services.grounding.tmdb import NO_TITLE, clean_text, item_facts, record_id, usable_id

EXTENSIONS = with_compressions(".json", ".jsonl")


@dataclass(slots=True)
class CatalogueReport:
    """What became of every TMDB record: `records == items + sum(dropped.kinds.values())`."""

    path: str
    records: int = 0
    items: int = 0
    titles_from_metadata: int = 0
    dropped: Faults = field(default_factory=Faults)
    """Records without a usable item: by reason, with examples."""
    malformed: Faults = field(default_factory=Faults)
    """Fields left out of an item that was kept: by field, with examples."""
    metadata: Faults = field(default_factory=Faults)
    """Metadata rows that could not be used. Only titles that TMDB lacks are looked for there."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The items with usable TMDB data, by id."""

    items: dict[str, ItemFacts]
    report: CatalogueReport


@dataclass(frozen=True, slots=True)
class _Record:
    where: str
    value: object
    item_id: str | None = None
    """The id, where the file says it beside the record."""


def read_catalogue(tmdb: Path, metadata: Path | None = None) -> Catalogue:
    """Read a TMDB file: a JSON list of records, a JSON object of records by item id, or JSONL.

    Each may be `.gz` or `.zst`. Of records with the same id the first counts. Titles TMDB lacks are
    taken from `metadata`, a JSONL file of the items.

    Raises SourceError if a file cannot be read, or no record is a usable item.
    """
    check_file(tmdb, "source.tmdb", EXTENSIONS)
    if metadata is not None:
        check_file(metadata, "source.metadata", EXTENSIONS)
    report = CatalogueReport(str(tmdb))
    items: dict[str, ItemFacts] = {}
    untitled: dict[str, _Record] = {}
    for record in _records(tmdb):
        report.records += 1
        try:
            whole = _object(record.value)
            item_id = record_id(whole) if record.item_id is None else usable_id(record.item_id)
            if item_id in items or item_id in untitled:
                raise BadRow(
                    "duplicate id", f"{quoted(item_id)} was there before; the first counts"
                )
            _add(whole, item_id, record.where, items, report)
        except BadRow as fault:
            if fault.kind == NO_TITLE:
                untitled[item_id] = record
            else:
                report.dropped.add(record.where, fault)
    titles = _titles(metadata, untitled, report) if metadata is not None and untitled else {}
    for item_id, record in untitled.items():
        try:
            _add(_object(record.value), item_id, record.where, items, report, titles.get(item_id))
            report.titles_from_metadata += 1
        except BadRow as fault:
            report.dropped.add(record.where, fault)
    report.items = len(items)
    if not items:
        raise _no_items(report)
    return Catalogue(items, report)


def _add(
    record: Mapping[str, object],
    item_id: str,
    where: str,
    items: dict[str, ItemFacts],
    report: CatalogueReport,
    fallback_title: str | None = None,
) -> None:
    item = item_facts(record, item_id=item_id, fallback_title=fallback_title or "")
    items[item_id] = item.facts
    for fault in item.faults:
        report.malformed.add(f"{where} ({item_id})", fault)


def _object(value: object) -> Mapping[str, object]:
    if isinstance(value, BadRow):
        raise value
    if not isinstance(value, Mapping):
        raise BadRow("not an object", f"{quoted(value)} is not a JSON object")
    return value


def _records(path: Path) -> Iterator[_Record]:
    if path.name.lower().endswith(with_compressions(".jsonl")):
        yield from _line_records(path)
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
            yield from _line_records(path)
            return
        raise _not_json(path, f"{error.msg}, line {error.lineno}, column {error.colno}") from error
    except (ValueError, RecursionError) as error:
        raise _not_json(path, str(error)) from error
    if isinstance(whole, list):
        for number, value in enumerate(whole, start=1):
            yield _Record(f"record {number}", value)
    elif isinstance(whole, dict) and _is_record(whole):
        yield _Record("record 1", whole)
    elif isinstance(whole, dict):
        for item_id, value in whole.items():
            yield _Record(f"record {quoted(item_id)}", value, item_id)
        for item_id in repeated:
            yield _Record(f"record {quoted(item_id)}", _repeated(item_id))
    else:
        raise _not_json(path, f"it holds {quoted(whole)}, no records")


def _line_records(path: Path) -> Iterator[_Record]:
    for number, line in enumerate(read_lines(path), start=1):
        if line.strip():
            yield _Record(f"line {number}", _value_or_fault(line))


def _value_or_fault(line: bytes) -> object:
    try:
        return json_value(line)
    except BadRow as fault:
        return fault


def _is_record(whole: dict[str, object]) -> bool:
    return isinstance(whole.get("parent_asin") or whole.get("asin"), str)


def _repeated(item_id: str) -> BadRow:
    return BadRow("duplicate id", f"{quoted(item_id)} was there before; the first counts")


def _titles(
    metadata: Path, wanted: Mapping[str, object], report: CatalogueReport
) -> dict[str, str]:
    titles: dict[str, str] = {}
    for record in _line_records(metadata):
        try:
            row = _object(record.value)
            item_id = row.get("parent_asin") or row.get("asin")
            if isinstance(item_id, str) and item_id in wanted and item_id not in titles:
                titles[item_id] = clean_text(row.get("title"))
        except BadRow as fault:
            report.metadata.add(record.where, fault)
    return titles


def _not_json(path: Path, why: str) -> SourceError:
    return SourceError(
        f"{path}: is not a complete JSON file ({why}). Download it again; a file with one record "
        "a line is to be named .jsonl."
    )


def _no_items(report: CatalogueReport) -> SourceError:
    kinds = ", ".join(f"{kind}: {count:,}" for kind, count in report.dropped.kinds.items())
    first = "".join(
        f" First: {example.where}: {example.cause}." for example in report.dropped.examples[:1]
    )
    return SourceError(
        f"{report.path}: none of its {report.records:,} records is a usable item"
        f"{f' ({kinds})' if kinds else ''}.{first} Records need parent_asin or asin, and a title "
        "(or source.metadata with titles)."
    )
