"""Reads one TMDB record into the facts of an item (paper, §3.1).

Dumps of TMDB differ: a field may be JSON, a JSON text or the `repr` of a Python value. A field that
is none of these is left out and reported; the rest of the item is kept.
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from recdial.domain import ItemFacts
from recdial.mentions import mention, mentioned_items
from services.grounding.rows import BadRow, quoted, text_flaw
from services.grounding.title_matching import Film

T = TypeVar("T")

MAX_ACTORS = 10

MIN_TITLE_CHARS = 3
"""Shorter titles are dropped, as in the paper (§3.1). That costs real films: *Up*, *It*, *Us*."""

NO_TITLE = "no title"
"""The kind of BadRow raised for a record that only lacks a title."""

_MISSING_TEXTS = ("", "nan", "NaN", "None", "null")
"""What dumps by way of pandas or `str` write for a value that is not there."""

_YEAR = re.compile(r"\s*((?:18|19|20)\d\d)(?:\.0+)?(?:-\d\d?.*)?\s*", re.DOTALL)


_FILM_ID = re.compile(r"[1-9][0-9]{0,17}")
"""Ids, and numbers of votes."""


@dataclass(frozen=True, slots=True)
class ReadItem:
    """An item's facts, and which fields of its record were left out because of their form."""

    facts: ItemFacts
    faults: tuple[BadRow, ...]


def record_id(record: Mapping[str, object]) -> str:
    """The item id of a record: `parent_asin`, else `asin`. Raises BadRow without a usable one."""
    return usable_id(record.get("parent_asin") or record.get("asin"))


def film_id(record: Mapping[str, object]) -> str:
    """TMDB's id of the film in a record, as decimal text. Raises BadRow without one."""
    value = record.get("id")
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return str(value)
    if isinstance(value, str) and _FILM_ID.fullmatch(value.strip()):
        return value.strip()
    raise BadRow("no id", f"its id is {quoted(value)}, not a number of TMDB's")


def film_to_match(record: Mapping[str, object]) -> Film:
    """What title matching needs of a record. Raises BadRow without an id or a title."""
    titles = [_shown_title(record, key) for key in ("title", "original_title")]
    known = tuple(dict.fromkeys(title for title in titles if title))
    if not known:
        raise BadRow(NO_TITLE, "it has no title")
    try:
        year = _year(record)
    except BadRow:
        year = None  # reported where the facts are read
    votes = str(record.get("vote_count"))
    return Film(film_id(record), known, year, int(votes) if _FILM_ID.fullmatch(votes) else 0)


def _shown_title(record: Mapping[str, object], key: str) -> str:
    try:
        return clean_text(record.get(key))
    except BadRow:
        return ""


def usable_id(value: object) -> str:
    """An item id that a dialogue can mention. Raises BadRow for any other value."""
    if not isinstance(value, str) or not value:
        raise BadRow("no id", f"its id is {quoted(value)}, not text")
    if mentioned_items(mention(value)) != (value,) or text_flaw(value):
        raise BadRow("unusable id", f"its id {quoted(value)} has a character ids cannot have")
    return value


def item_facts(
    record: Mapping[str, object], *, item_id: str | None = None, fallback_title: str = ""
) -> ReadItem:
    """The facts in a record. `item_id` is given where the file says it beside the record.

    Raises BadRow if the item cannot be used: no usable id, no title (neither the record's nor the
    fallback), or a title that is too short.
    """
    faults: list[BadRow] = []

    def field(name: str, read: Callable[[Mapping[str, object]], T], empty: T) -> T:
        try:
            return read(record)
        except BadRow as fault:
            faults.append(BadRow(f"malformed {name}", f"{name}: {fault.detail}"))
            return empty

    found_id = record_id(record) if item_id is None else usable_id(item_id)
    title = field("title", _text_of("title"), "") or fallback_title
    if not title:
        raise BadRow(NO_TITLE, faults[0].detail if faults else "it has no title")
    if len(title) < MIN_TITLE_CHARS:
        raise BadRow("short title", f"its title {quoted(title)} is shorter than 3 characters")
    nobody: tuple[str, ...] = ()
    facts = ItemFacts(
        item_id=found_id,
        title=title,
        year=field("year", _year, None),
        genres=field("genres", lambda whole: _names(whole.get("genres")), nobody),
        keywords=field("keywords", _keywords, nobody),
        actors=field("actors", _actors, nobody),
        directors=field("directors", _directors, nobody),
        overview=field("overview", _text_of("overview"), ""),
        collection=field("collection", _collection, ""),
        countries=field("countries", _countries, nobody),
        visual_caption=field("visual caption", _text_of("Visual Caption", "visual_caption"), ""),
    )
    return ReadItem(facts, tuple(faults))


def clean_text(value: object) -> str:
    """A text on one line; empty for a missing one. Raises BadRow for anything else."""
    if _is_missing(value):
        return ""
    if not isinstance(value, str):
        raise BadRow("not text", f"{quoted(value)} is not text")
    if flaw := text_flaw(value):
        raise BadRow("not text", f"it {flaw}")
    return " ".join(value.split())


def _is_missing(value: object) -> bool:
    if isinstance(value, str):
        return value.strip() in _MISSING_TEXTS
    return value is None or (isinstance(value, float) and math.isnan(value))


def _decoded(value: object) -> object:
    """The value a field stands for: itself, or what its JSON or Python text says."""
    if _is_missing(value):
        return None
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        pass  # then it is a Python literal, or nothing we know
    try:
        return ast.literal_eval(value.strip())
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
        # The parser raises MemoryError for nesting that is too deep for it.
        fault = f"{quoted(value)} is neither JSON nor a Python literal"
        raise BadRow("malformed", fault) from error


def _entries(value: object) -> list[object]:
    found = _decoded(value)
    if found is None:
        return []
    if not isinstance(found, list | tuple):
        raise BadRow("malformed", f"{quoted(found)} is not a list")
    return list(found)


def _mapping(value: object) -> Mapping[str, object]:
    found = _decoded(value)
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise BadRow("malformed", f"{quoted(found)} is not an object")
    return found


def _name(entry: object) -> str:
    name = clean_text(entry.get("name") if isinstance(entry, Mapping) else entry)
    if not name:
        raise BadRow("malformed", "it has an entry without a name")
    return name


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _names(value: object) -> tuple[str, ...]:
    return _distinct(_name(entry) for entry in _entries(value))


def _text_of(*keys: str) -> Callable[[Mapping[str, object]], str]:
    def read(record: Mapping[str, object]) -> str:
        return next((text for key in keys if (text := clean_text(record.get(key)))), "")

    return read


def _keywords(record: Mapping[str, object]) -> tuple[str, ...]:
    found = _decoded(record.get("keywords"))
    return _names(found.get("keywords") if isinstance(found, Mapping) else found)


def _people(record: Mapping[str, object], group: str) -> list[Mapping[str, object]]:
    # TMDB's API calls them credits.
    people = _mapping(record.get("casts") or record.get("credits"))
    return [_mapping(person) for person in _entries(people.get(group))]


def _actors(record: Mapping[str, object]) -> tuple[str, ...]:
    acting = _people(record, "cast")
    # Dumps that do not say what anybody is known for (TMDB 5000) have the actors in the cast.
    if any("known_for_department" in person for person in acting):
        acting = [person for person in acting if person.get("known_for_department") == "Acting"]
    # The sort is stable: people of unknown popularity come last and keep the order of billing.
    by_popularity = sorted(acting, key=_popularity, reverse=True)
    return _distinct(_name(person) for person in by_popularity)[:MAX_ACTORS]


def _popularity(person: Mapping[str, object]) -> float:
    value = person.get("popularity")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return -math.inf
    return -math.inf if _is_missing(value) else value


def _directors(record: Mapping[str, object]) -> tuple[str, ...]:
    directing = [
        person for person in _people(record, "crew") if person.get("department") == "Directing"
    ]
    # The department also has assistant directors and script supervisors, so where the record says
    # who did what, only those whose job was to direct count.
    if any(person.get("job") for person in directing):
        directing = [person for person in directing if person.get("job") == "Director"]
    return _distinct(_name(person) for person in directing)


def _countries(record: Mapping[str, object]) -> tuple[str, ...]:
    if _is_missing(record.get("origin_country")):
        # Older dumps only say where the film was made: the same codes, as a rule.
        places = [_mapping(place) for place in _entries(record.get("production_countries"))]
        return _distinct(_name(place.get("iso_3166_1")) for place in places)
    return _names(record.get("origin_country"))


def _collection(record: Mapping[str, object]) -> str:
    return clean_text(_mapping(record.get("belongs_to_collection")).get("name"))


def _year(record: Mapping[str, object]) -> int | None:
    for key in ("release_year", "release_date"):
        value = record.get(key)
        if _is_missing(value):
            continue
        match = _YEAR.fullmatch(str(value))
        if match is None:
            raise BadRow("malformed", f"{key} {quoted(value)} does not begin with a year")
        return int(match.group(1))
    return None
