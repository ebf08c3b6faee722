"""From records without item ids, and titles of items, to a catalogue; and through `ground`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recdial.settings import GroundingConfig, SourceConfig
from services.grounding.catalogue import Catalogue, read_catalogue
from services.grounding.files import SourceError
from services.grounding.item_titles import read_item_titles
from services.grounding.rows import Faults
from services.grounding.source import ground
from services.grounding.title_matching import ItemTitle

WriteJsonl = Callable[..., Path]

RECORDS: list[dict[str, object]] = [
    {"id": 348, "title": "Alien", "release_date": "1979-05-25", "vote_count": 10},
    {"id": 679, "title": "Aliens", "release_date": "1986-07-18", "vote_count": 10},
    {"id": 244, "title": "King Kong", "release_date": "1933-03-15", "vote_count": 100},
    {"id": 254, "title": "King Kong", "release_date": "2005-12-14", "vote_count": 300},
]


def read(folder: Path, titles: Iterable[object], records: object = RECORDS) -> Catalogue:
    metadata = folder / "meta.jsonl"
    metadata.write_text("".join(json.dumps(each) + "\n" for each in titles) or "\n")
    tmdb = folder / "tmdb.json"
    tmdb.write_text(json.dumps(records))
    return read_catalogue(tmdb, metadata)


def item(item_id: str, title: object, **fields: object) -> dict[str, object]:
    return {"parent_asin": item_id, "title": title} | fields


def test_without_metadata_the_item_id_is_tmdbs(tmp_path: Path) -> None:
    tmdb = tmp_path / "tmdb.json"
    tmdb.write_text(json.dumps(RECORDS))
    catalogue = read_catalogue(tmdb)
    assert list(catalogue.items) == ["348", "679", "244", "254"]
    assert catalogue.report.matching is None


def test_items_get_the_film_their_title_names(tmp_path: Path) -> None:
    catalogue = read(
        tmp_path,
        [
            item("B1", "Alien [Blu-ray]"),
            item("B2", "Alien (Director's Cut) (1979)"),
            item("B3", "King Kong [DVD]"),
            item("B4", "King Kong [VHS]", details={"Release Date": "May 5, 1991"}),
            item("B5", "King Kong", year="1933"),
            item("B6", "Casablanca"),
            item("B7", "Alien Nation: The Complete Series"),
            item("B8", None),
        ],
    )
    years = {item_id: facts.year for item_id, facts in catalogue.items.items()}
    assert years == {"B1": 1979, "B2": 1979, "B3": 2005, "B4": 1933, "B5": 1933}
    assert {facts.item_id for facts in catalogue.items.values()} == set(years)
    report = catalogue.report.matching
    assert report is not None
    assert (report.items, report.matched, report.unmatched) == (7, 5, 2)
    assert (report.ambiguous, report.editions, report.not_films) == (1, 2, 1)
    assert [each.film for each in report.ambiguous_examples] == ["King Kong (2005)"]
    assert {each.title for each in report.unmatched_examples} == {
        "Casablanca",
        "Alien Nation: The Complete Series",
    }


def test_records_that_name_their_item_keep_it(tmp_path: Path) -> None:
    records = [{"parent_asin": "B1", "id": 9, "title": "Own Record"}, *RECORDS]
    catalogue = read(tmp_path, [item("B1", "Alien"), item("B2", "Aliens")], records)
    titles = {item_id: facts.title for item_id, facts in catalogue.items.items()}
    assert titles == {"B1": "Own Record", "B2": "Aliens"}


def test_a_catalogue_nothing_is_matched_to_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"of 1 items looked for, 0 were .*min_title_score"):
        read(tmp_path, [item("B1", "Casablanca")])


def test_titles_are_read_with_what_dates_them(tmp_path: Path) -> None:
    rows = [
        item("B1", "Alien", details={"Release date": "July 5, 2005", "Rated": "R"}),
        item("B1", "Second row"),
        item("B2", "Alien", details=json.dumps({"Date First Available": "2 May 1999"}), year=1979),
        item("B3", "Alien", details="{broken", year="unknown"),
        {"asin": "B4", "title": "By asin"},
        item("B5", "Not wanted"),
        item("B6", ["no text"]),
        "no object",
    ]
    path = tmp_path / "meta.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in rows) + "{broken\n")
    faults = Faults()
    wanted = {"B1", "B2", "B3", "B4", "B6"}
    assert read_item_titles(path, wanted, faults) == {
        "B1": ItemTitle("Alien", None, 2005),
        "B2": ItemTitle("Alien", 1979, 1999),
        "B3": ItemTitle("Alien"),
        "B4": ItemTitle("By asin"),
    }
    assert faults.kinds == {"not text": 1, "not an object": 1, "invalid JSON": 1}


def test_only_items_that_can_be_in_the_core_are_looked_for(
    tmp_path: Path, write_jsonl: WriteJsonl, row: Callable[..., dict[str, object]]
) -> None:
    reviews = write_jsonl(
        [
            row(user_id=user, parent_asin=asin, timestamp=1000 + number)
            for user in ("u1", "u2")
            for number, asin in enumerate(["B1", "B2", "B6"])
        ]
        + [row(user_id="u1", parent_asin="B5", timestamp=5000)]
    )
    metadata = write_jsonl(
        [
            item("B1", "Alien [DVD]"),
            item("B2", "Aliens [DVD]"),
            item("B5", "King Kong"),
            item("B6", "Casablanca"),
        ],
        "meta.jsonl",
    )
    tmdb = tmp_path / "tmdb.csv"
    lines = [f"{each['id']},{each['title']},{each['release_date']}" for each in RECORDS]
    tmdb.write_text("\n".join(["id,title,release_date", *lines]) + "\n")
    source = SourceConfig(reviews=reviews, tmdb=tmdb, metadata=metadata)
    small = GroundingConfig(min_user_interactions=2, min_item_interactions=2)
    grounded = ground(source, small, "strict", 7)
    assert [each.item_id for each in grounded.items] == ["B1", "B2"]
    report = grounded.report.catalogue.matching
    assert report is not None
    assert (report.items, report.matched, report.unmatched) == (3, 2, 1)
    (example,) = report.unmatched_examples
    assert (example.item_id, example.reviews) == ("B6", 2)
    assert grounded.report.items_without_tmdb == 2


def test_real_items_find_their_real_records_by_title(shared_data: Path, tmp_path: Path) -> None:
    records = json.loads((shared_data / "critics" / "tmdb.json").read_text(encoding="utf-8"))
    films = {record["parent_asin"]: record["id"] for record in records}
    own = read_catalogue(shared_data / "critics" / "tmdb.json").items
    tmdb = tmp_path / "tmdb.json"
    left_out = {"asin", "parent_asin"}
    tmdb.write_text(
        json.dumps([{k: v for k, v in each.items() if k not in left_out} for each in records])
    )
    catalogue = read_catalogue(tmdb, shared_data / "critics" / "meta.jsonl")
    assert catalogue.items == own
    assert len(films) == len(own) + sum(catalogue.report.dropped.kinds.values())


TITLES = st.text(max_size=12) | st.sampled_from(
    ["Alien", "Aliens [DVD]", "King Kong", "Alien: Season 1", "", "\x00", "(1979)"]
)


@given(st.lists(TITLES | st.none() | st.integers(), max_size=8), st.lists(TITLES, max_size=5))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_account_adds_up_whatever_the_titles(
    tmp_path: Path, titles: list[object], films: list[str]
) -> None:
    records = [*RECORDS, *({"id": 1000 + n, "title": title} for n, title in enumerate(films))]
    rows = [item(f"B{number}", title) for number, title in enumerate(titles)]
    rows.append(item("B99", "Alien"))
    catalogue = read(tmp_path, rows, records)
    report, matching = catalogue.report, catalogue.report.matching
    assert matching is not None
    assert "B99" in catalogue.items
    assert matching.items == matching.matched + matching.unmatched + matching.untitled
    assert report.records == (
        report.items - matching.matched + report.films + sum(report.dropped.kinds.values())
    )
