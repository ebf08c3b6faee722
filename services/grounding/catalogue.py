"""Makes the catalogue of items from TMDB's records: of a file, or asked of TMDB itself.

A record belongs to the item whose id it says. Of a record that says only TMDB's id of the film,
this is the item's id (MovieLens), unless item metadata are given: then their titles say which items
are the film (`title_matching.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

import structlog

from recdial.domain import ItemFacts
from recdial.settings import DEFAULT_MIN_TITLE_SCORE
from services.grounding.files import SourceError, check_file
from services.grounding.item_titles import read_item_titles
from services.grounding.matched_items import MatchReport, match_items
from services.grounding.packed_items import PackedItems
from services.grounding.rows import BadRow, Faults, quoted
from services.grounding.settings import TmdbSettings
from services.grounding.title_matching import Film, ItemTitle, title_index
from services.grounding.tmdb import (
    NO_TITLE,
    film_id,
    film_to_match,
    item_facts,
    record_id,
    usable_id,
)
from services.grounding.tmdb_files import JSON_EXTENSIONS, Record, read_records
from services.grounding.tmdb_lookup import look_up
from services.grounding.uncollected import uncollected

log = structlog.get_logger(__name__)

Wanted: TypeAlias = Callable[[], Mapping[str, int]]
"""Says which items can matter, with the number of their reviews. Asked for only if needed."""


@dataclass(slots=True)
class CatalogueReport:
    """What became of every TMDB record.

    `records == items + sum(dropped.kinds.values())`; where items were matched to films,
    `records == items - matching.matched + films + sum(dropped.kinds.values())`.
    """

    path: str
    records: int = 0
    items: int = 0
    titles_from_metadata: int = 0
    films: int = 0
    """Usable records of films that items were matched to, or could have been."""
    dropped: Faults = field(default_factory=Faults)
    """Records without a usable item: by reason, with examples."""
    malformed: Faults = field(default_factory=Faults)
    """Fields left out of an item or film that was kept: by field, with examples."""
    metadata: Faults = field(default_factory=Faults)
    """Metadata rows that could not be used. They are read only if titles are needed."""
    beside: Faults = field(default_factory=Faults)
    """Rows of source.credits and source.keywords that could not be used."""
    unanswered: Faults = field(default_factory=Faults)
    """What TMDB did not answer, though asked again: these items are missing."""
    matching: MatchReport | None = None
    """Where items were matched to films."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The items with usable TMDB data, by id."""

    items: Mapping[str, ItemFacts]
    report: CatalogueReport


def read_catalogue(
    tmdb: Path | Literal["api"],
    metadata: Path | None = None,
    *,
    credits: Path | None = None,
    keywords: Path | None = None,
    min_title_score: float = DEFAULT_MIN_TITLE_SCORE,
    wanted: Wanted | None = None,
) -> Catalogue:
    """Read a file of TMDB records (see `tmdb_files.py`), or ask TMDB's API for them.

    Of records with the same id the first counts. Titles TMDB lacks are taken from `metadata`, a
    JSONL file of the items. Records without an item id are matched to the titles there, of the
    `wanted` items (of all, without `wanted`), where the score is at least `min_title_score`.

    Raises SourceError if a file cannot be read, TMDB cannot be asked, or no record is a usable
    item.
    """
    if metadata is not None:
        check_file(metadata, "source.metadata", JSON_EXTENSIONS)
    report = CatalogueReport("TMDB's API" if tmdb == "api" else str(tmdb))
    items: Mapping[str, ItemFacts]
    if tmdb == "api":
        items = _from_api(metadata, min_title_score, wanted, report)
    else:
        with uncollected():
            records = read_records(tmdb, credits, keywords, report.beside)
            items = _from_records(records, metadata, min_title_score, wanted, report)
    report.items = len(items)
    _log(report)
    if not items:
        raise _no_items(report)
    return Catalogue(items, report)


def _from_records(
    records: Iterable[Record],
    metadata: Path | None,
    min_title_score: float,
    wanted: Wanted | None,
    report: CatalogueReport,
) -> Mapping[str, ItemFacts]:
    items = PackedItems()
    untitled: dict[str, Record] = {}
    films: dict[str, tuple[Film, ItemFacts]] = {}
    for record in records:
        report.records += 1
        try:
            whole = _object(record.value)
            item_id = _item_id(record, whole)
            if item_id is None and metadata is not None:
                film = film_to_match(whole)
                if film.film_id in films:
                    raise _repeated(film.film_id)
                films[film.film_id] = film, _facts(whole, film.film_id, record.where, report)
                continue
            item_id = film_id(whole) if item_id is None else item_id
            if item_id in items or item_id in untitled:
                raise _repeated(item_id)
            try:
                items[item_id] = _facts(whole, item_id, record.where, report)
            except BadRow as fault:
                if fault.kind != NO_TITLE:
                    raise
                untitled[item_id] = record
        except BadRow as fault:
            report.dropped.add(record.where, fault)
    report.films = len(films)
    looked_for = _without(wanted(), {*items, *untitled}) if films and wanted else None
    titles: dict[str, ItemTitle] = {}
    if metadata is not None and (untitled or films):
        every = bool(films) and looked_for is None
        names = None if every else {*untitled, *(looked_for or ())}
        titles = read_item_titles(metadata, names, report.metadata)
    if films:
        if looked_for is None:
            looked_for = _without(dict.fromkeys(titles, 0), {*items, *untitled})
        index = title_index(film for film, _ in films.values())
        found = (
            (item_id, titles[item_id], index.best(titles[item_id]))
            for item_id in looked_for
            if item_id in titles
        )
        matches, report.matching = match_items(found, looked_for, films, min_title_score)
    else:
        matches = {}
    for item_id, record in untitled.items():
        title = titles[item_id].title if item_id in titles else ""
        try:
            items[item_id] = _facts(_object(record.value), item_id, record.where, report, title)
            report.titles_from_metadata += 1
        except BadRow as fault:
            report.dropped.add(record.where, fault)
    for item_id, film_of_item in matches.items():
        items[item_id] = _of_item(item_id, films[film_of_item][1])
    return items


def _from_api(
    metadata: Path | None, min_title_score: float, wanted: Wanted | None, report: CatalogueReport
) -> dict[str, ItemFacts]:
    looked_for = None if wanted is None else wanted()
    titles = None
    if metadata is not None:
        titles = read_item_titles(metadata, looked_for, report.metadata)
    if looked_for is None:
        looked_for = dict.fromkeys(titles or (), 0)
    looked_up = look_up(looked_for, titles, min_title_score, TmdbSettings(), report.unanswered)
    films: dict[str, ItemFacts] = {}
    for film, record in looked_up.films.items():
        report.records += 1
        try:
            films[film] = _facts(record, film, "TMDB", report)
        except BadRow as fault:
            report.dropped.add(f"TMDB ({film})", fault)
    report.films = len(films)
    matches, report.matching = match_items(looked_up.found, looked_for, films, min_title_score)
    return {item_id: _of_item(item_id, films[film]) for item_id, film in matches.items()}


def _facts(
    record: Mapping[str, object],
    item_id: str,
    where: str,
    report: CatalogueReport,
    fallback_title: str = "",
) -> ItemFacts:
    item = item_facts(record, item_id=item_id, fallback_title=fallback_title)
    for fault in item.faults:
        report.malformed.add(f"{where} ({item_id})", fault)
    return item.facts


def _of_item(item_id: str, film: ItemFacts) -> ItemFacts:
    return film.model_copy(update={"item_id": item_id})


def _item_id(record: Record, whole: Mapping[str, object]) -> str | None:
    """The id the record says its item has; None if it says only TMDB's id of the film."""
    if record.item_id is not None:
        return usable_id(record.item_id)
    if not (whole.get("parent_asin") or whole.get("asin")) and whole.get("id") is not None:
        return None
    return record_id(whole)


def _without(wanted: Mapping[str, int], named: Container[str]) -> dict[str, int]:
    return {item_id: reviews for item_id, reviews in wanted.items() if item_id not in named}


def _object(value: object) -> Mapping[str, object]:
    if isinstance(value, BadRow):
        raise value
    if not isinstance(value, Mapping):
        raise BadRow("not an object", f"{quoted(value)} is not a JSON object")
    return value


def _repeated(item_id: str) -> BadRow:
    return BadRow("duplicate id", f"{quoted(item_id)} was there before; the first counts")


def _log(report: CatalogueReport) -> None:
    figures = {
        "records": report.records,
        "items": report.items,
        "dropped": sum(report.dropped.kinds.values()),
    }
    if report.matching is not None:
        found = report.matching
        figures |= {
            "looked_for": found.items,
            "matched": found.matched,
            "ambiguous": found.ambiguous,
            "unmatched": found.unmatched,
            "untitled": found.untitled,
            "unanswered": sum(report.unanswered.kinds.values()),
        }
    log.info("catalogue.read", tmdb=report.path, **figures)


def _no_items(report: CatalogueReport) -> SourceError:
    faults = report.unanswered if report.unanswered.kinds else report.dropped
    kinds = ", ".join(f"{kind}: {count:,}" for kind, count in faults.kinds.items())
    first = "".join(f" First: {example.where}: {example.cause}." for example in faults.examples[:1])
    told = f"{report.path}: none of its {report.records:,} records is a usable item"
    if (found := report.matching) is not None:
        return SourceError(
            f"{told}: of {found.items:,} items looked for, {found.matched:,} were matched by their "
            f"titles, {found.unmatched:,} were not, and {found.untitled:,} have no title"
            f"{f' ({kinds})' if kinds else ''}.{first} Check that source.metadata has the titles "
            "of the reviewed items, or lower source.min_title_score (docs/tmdb.md)."
        )
    return SourceError(
        f"{told}{f' ({kinds})' if kinds else ''}.{first} Records need parent_asin or asin, or the "
        "id of TMDB, and a title (or source.metadata with titles)."
    )
