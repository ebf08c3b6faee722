"""CSV of TMDB 5000 and The Movies Dataset: synthetic rows in the shapes of these files."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from recdial.domain import ItemFacts
from services.grounding.catalogue import Catalogue, read_catalogue
from services.grounding.files import SourceError
from services.grounding.rows import BadRow
from services.grounding.tmdb_csv import read_csv

# fmt: off
MOVIES = [
    "budget", "genres", "homepage", "id", "keywords", "original_language", "original_title",
    "overview", "popularity", "production_companies", "production_countries", "release_date",
    "revenue", "runtime", "spoken_languages", "status", "tagline", "title", "vote_average",
    "vote_count",
]
# fmt: on

ALIEN = ItemFacts(
    item_id="348",
    title="Alien",
    year=1979,
    genres=("Horror", "Science Fiction"),
    keywords=("android", "space"),
    actors=("Sigourney Weaver", "Tom Skerritt"),
    directors=("Ridley Scott",),
    overview='A crew answers a "signal",\nand regrets it.'.replace("\n", " "),
    countries=("US", "GB"),
)

GENRES = [{"id": 27, "name": "Horror"}, {"id": 878, "name": "Science Fiction"}]
KEYWORDS = [{"id": 803, "name": "android"}, {"id": 9882, "name": "space"}]
PLACES = [
    {"iso_3166_1": "US", "name": "United States of America"},
    {"iso_3166_1": "GB", "name": "United Kingdom"},
]
CAST = [
    {"cast_id": 5, "character": "Ripley", "id": 10205, "name": "Sigourney Weaver", "order": 0},
    {"cast_id": 6, "character": "Dallas", "id": 4139, "name": "Tom Skerritt", "order": 1},
]
CREW = [
    {"department": "Directing", "id": 578, "job": "Director", "name": "Ridley Scott"},
    {"department": "Production", "id": 915, "job": "Producer", "name": "Gordon Carroll"},
]


def movie(film_id: int = 348, title: str = "Alien", **changes: str) -> list[str]:
    """A row of tmdb_5000_movies.csv."""
    row = {
        "genres": json.dumps(GENRES),
        "id": str(film_id),
        "keywords": json.dumps(KEYWORDS),
        "original_title": title,
        "overview": 'A crew answers a "signal",\nand regrets it.',
        "production_countries": json.dumps(PLACES),
        "release_date": "1979-05-25",
        "runtime": "117.0",
        "title": title,
        "vote_average": "7.9",
        "vote_count": "4470",
    } | changes
    return [row.get(name, "") for name in MOVIES]


def write(path: Path, header: Sequence[str], *rows: Sequence[str]) -> Path:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([header, *rows])
    path.write_text(text.getvalue(), encoding="utf-8", newline="")
    return path


def credits(folder: Path, *rows: Sequence[str]) -> Path:
    return write(folder / "credits.csv", ["movie_id", "title", "cast", "crew"], *rows)


def accounted(catalogue: Catalogue) -> bool:
    report = catalogue.report
    matched = report.matching.matched if report.matching else 0
    return report.records == (
        report.items - matched + report.films + sum(report.dropped.kinds.values())
    )


def test_tmdb_5000_gives_the_facts_of_its_two_files(tmp_path: Path) -> None:
    movies = write(tmp_path / "movies.csv", MOVIES, movie())
    people = credits(tmp_path, ["348", "Alien", json.dumps(CAST), json.dumps(CREW)])
    catalogue = read_catalogue(movies, credits=people)
    assert catalogue.items == {"348": ALIEN}
    assert catalogue.report.malformed.kinds == {}
    assert accounted(catalogue)


def test_the_movies_dataset_gives_the_facts_of_its_three_files(tmp_path: Path) -> None:
    header = [name for name in MOVIES if name != "keywords"] + ["belongs_to_collection"]
    row = [cell for name, cell in zip(MOVIES, movie(), strict=True) if name != "keywords"]
    literals = {json.dumps(value): repr(value) for value in (GENRES, PLACES)}
    row = [literals.get(cell, cell) for cell in row]
    row.append(repr({"id": 8091, "name": "Alien Collection", "poster_path": None}))
    movies = write(tmp_path / "movies_metadata.csv", header, row)
    people = write(
        tmp_path / "credits.csv", ["cast", "crew", "id"], [repr(CAST), repr(CREW), "348"]
    )
    words = write(tmp_path / "keywords.csv", ["id", "keywords"], ["348", repr(KEYWORDS)])
    catalogue = read_catalogue(movies, credits=people, keywords=words)
    expected = ALIEN.model_copy(update={"collection": "Alien Collection"})
    assert catalogue.items == {"348": expected}


def test_a_compressed_csv_and_one_with_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    plain = write(tmp_path / "movies.csv", MOVIES, movie())
    packed = tmp_path / "movies.csv.gz"
    packed.write_bytes(gzip.compress(b"\xef\xbb\xbf" + plain.read_bytes().replace(b"\n", b"\r\n")))
    assert read_catalogue(packed).items.keys() == {"348"}


def test_broken_rows_are_counted_with_line_and_cause_and_lose_only_themselves(
    tmp_path: Path,
) -> None:
    path = write(
        tmp_path / "movies.csv",
        MOVIES,
        movie(1, "First Film"),  # lines 2 and 3: the overview has a line break
        ["only", "three", "cells"],
        movie(1, "Again"),
        ["1997-08-20" if name == "id" else "" for name in MOVIES],
        movie(2, "Second Film", genres="[{'name': "),
        movie(3, ""),
        movie(4, "Fourth Film"),
    )
    text = path.read_bytes() + b'5,"an "open" quote\n' + b"6,\xff\n\n"
    path.write_bytes(text)
    catalogue = read_catalogue(path)
    assert list(catalogue.items) == ["1", "2", "4"]
    report = catalogue.report
    assert report.dropped.kinds == {
        "wrong number of cells": 1,
        "duplicate id": 1,
        "no id": 1,
        "no title": 1,
        "broken quotes": 1,
        "invalid UTF-8": 1,
    }
    where = {each.where: each.cause for each in report.dropped.examples}
    assert where["line 4"] == "it has 3 cells, the header 20"
    assert where["line 5"] == "'1' was there before; the first counts"
    assert where["line 7"] == "its id is '1997-08-20', not a number of TMDB's"
    assert report.malformed.kinds == {"malformed genres": 1}
    assert report.malformed.examples[0].where == "line 8 (2)"
    assert accounted(catalogue)


def test_a_file_that_ends_within_a_quoted_cell_says_what_is_lost(tmp_path: Path) -> None:
    whole = write(tmp_path / "movies.csv", MOVIES, movie(1, "First Film"), movie(2, "Second Film"))
    cut = whole.read_bytes().rfind(b"A crew")
    whole.write_bytes(whole.read_bytes()[: cut + 30])
    report = read_catalogue(whole).report
    assert report.dropped.kinds == {"broken quotes": 1}
    assert "line 4" in report.dropped.examples[0].where


def test_rows_of_the_other_files_that_cannot_be_used_are_counted_beside(tmp_path: Path) -> None:
    movies = write(tmp_path / "movies.csv", MOVIES, movie())
    people = credits(
        tmp_path,
        ["348", "Alien", json.dumps(CAST), json.dumps(CREW)],
        ["348", "Alien", "[]", "[]"],
        ["none", "", "", ""],
        ["1"],
    )
    catalogue = read_catalogue(movies, credits=people)
    assert catalogue.items == {"348": ALIEN}
    assert catalogue.report.beside.kinds == {
        "duplicate id": 1,
        "no id": 1,
        "wrong number of cells": 1,
    }
    assert catalogue.report.beside.examples[0].where == "source.credits, line 3"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name,year\nAlien,1979\n", r"it has no column id \(or movie_id\), title.*docs/tmdb\.md"),
        ("id,name\n1,Alien\n", "it has no column title"),
        ("id,title,title\n1,a,b\n", "it names a column twice"),
        ('id,"title\n', "does not begin with a header"),
        ("\n\n", "it has no column"),
        ("id,title\n", "none of its 0 records is a usable item"),
    ],
)
def test_a_file_of_other_columns_is_refused(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "movies.csv"
    path.write_text(text)
    with pytest.raises(SourceError, match=says):
        read_catalogue(path)


def test_credits_go_with_a_csv_only(tmp_path: Path) -> None:
    path = tmp_path / "tmdb.json"
    path.write_text('[{"id": 348, "title": "Alien"}]')
    assert read_catalogue(path).items.keys() == {"348"}
    with pytest.raises(SourceError, match=r"source\.credits goes with a CSV"):
        read_catalogue(path, credits=credits(tmp_path))


CELLS = st.text(max_size=20) | st.sampled_from(
    ["", "348", "nan", "[]", "[{'name': 'x'}]", '[{"name": 5}]', "{", "1e400", "\x00", '"', "a\nb"]
)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=6), max_size=6))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_cells_are_accounted_for(tmp_path: Path, rows: list[list[str]]) -> None:
    header = ["id", "title", "genres", "keywords", "cast"]
    good = ["7", "A good film", "[]", "[]", "[]"]
    path = write(tmp_path / "movies.csv", header, good, *rows)
    catalogue = read_catalogue(path)
    assert "7" in catalogue.items
    assert accounted(catalogue)
    assert catalogue.report.records == 1 + len(rows)


@given(st.binary(max_size=300))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_give_rows_or_bad_rows_and_nothing_else(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "movies.csv"
    path.write_bytes(b"id,title\n1,First\n" + tail)
    rows = list(read_csv(path, "source.tmdb", ("title",)))
    assert rows[0].cells == {"id": "1", "title": "First"}
    lines = [row.line for row in rows]
    assert lines == sorted(set(lines))
    for row in rows:
        assert isinstance(row.cells, BadRow) or row.cells.keys() == {"id", "title"}
