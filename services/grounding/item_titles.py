"""Reads the titles of items from the item metadata of Amazon Reviews (JSONL)."""

from __future__ import annotations

import json
import re
from collections.abc import Container, Mapping
from pathlib import Path

from services.grounding.rows import BadRow, Faults, quoted
from services.grounding.title_matching import ItemTitle
from services.grounding.tmdb import clean_text
from services.grounding.tmdb_files import line_records

_EDITION_DATES = ("release date", "date first available", "publication date")
"""Details that date the edition, which is no older than the film."""

_YEAR = re.compile(r"(?<!\d)(?:18|19|20)\d\d(?!\d)")


def read_item_titles(
    metadata: Path, wanted: Container[str] | None, faults: Faults
) -> dict[str, ItemTitle]:
    """The titles of the wanted items, or of all; of rows of the same item the first counts.

    Rows that cannot be used are counted in `faults`; an item without a title is left out.
    """
    titles: dict[str, ItemTitle] = {}
    for record in line_records(metadata):
        try:
            if isinstance(record.value, BadRow):
                raise record.value
            if not isinstance(record.value, Mapping):
                raise BadRow("not an object", f"{quoted(record.value)} is not a JSON object")
            row = record.value
            item_id = row.get("parent_asin") or row.get("asin")
            if not isinstance(item_id, str) or (wanted is not None and item_id not in wanted):
                continue
            if item_id not in titles and (title := clean_text(row.get("title"))):
                titles[item_id] = ItemTitle(title, _year(row.get("year")), _edition_year(row))
        except BadRow as fault:
            faults.add(record.where, fault)
    return titles


def _year(value: object) -> int | None:
    """The year in a date, whatever its form. None for a date without one: it is only a help."""
    if isinstance(value, int | str) and not isinstance(value, bool):
        found = _YEAR.search(str(value)[:200])
        return int(found[0]) if found else None
    return None


def _edition_year(row: Mapping[str, object]) -> int | None:
    years = [
        year
        for name, value in _details(row.get("details")).items()
        if name.strip().lower().rstrip(":") in _EDITION_DATES and (year := _year(value))
    ]
    return max(years, default=None)


def _details(value: object) -> Mapping[str, object]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, Mapping) else {}
