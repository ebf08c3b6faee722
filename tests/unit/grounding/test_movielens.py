"""MovieLens: columns where a line is plainly right, the exact parser for all others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.grounding.files import SourceError
from services.grounding.rows import ReadReport
from services.grounding.sources.movielens import UNLINKED, MovieLens, movielens, read_links
from services.grounding.sources.protocol import Review

HEADER = b"userId,movieId,rating,timestamp\n"
LINKS = "movieId,imdbId,tmdbId\n1,0114709,862\n2,0113497,8844\n3,0113228,\n"


def source(folder: Path, ratings: bytes, links: str = LINKS) -> MovieLens:
    (folder / "ratings.csv").write_bytes(ratings)
    (folder / "links.csv").write_text(links)
    return movielens(folder / "ratings.csv", folder / "links.csv")


def read(found: MovieLens, share: float = 1.0) -> tuple[list[Review], ReadReport]:
    """All good ratings, read again at their places, and the account."""
    report = ReadReport(str(found.path), share)
    reviews: list[Review] = []
    for batch in found.batches(report):
        with found.shown(batch.locators) as again:
            shown = again(batch.locators)
        columns = zip(
            batch.users.to_pylist(),
            batch.items.to_pylist(),
            batch.ratings.tolist(),
            batch.timestamps.tolist(),
            strict=True,
        )
        assert [Review(*row, "", "") for row in columns] == shown
        assert np.all(np.diff(batch.locators) > 0)
        reviews += shown
    assert report.lines == report.good + report.bad + report.blank + report.truncated
    assert report.good == len(reviews)
    return reviews, report


def test_ratings_are_of_the_linked_film(tmp_path: Path) -> None:
    reviews, report = read(source(tmp_path, HEADER + b"1,1,4.0,964982703\n1,3,0.5,964981247\n"))
    assert reviews == [
        Review("1", "862", 4.0, 964_982_703_000, "", ""),
        Review("1", f"{UNLINKED}3", 0.5, 964_981_247_000, "", ""),
    ]
    assert (report.lines, report.good, report.blank) == (3, 2, 1)


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        (b"1,1,4.2,964982703", "rating is '4.2'"),
        (b"1,1,0,964982703", "rating is '0'"),
        (b"1,1,nan,964982703", "rating is 'nan'"),
        (b"1,1,4.0", "it has 3 fields"),
        (b"1,1,4.0,1,1", "it has 5 fields"),
        (b",1,4.0,964982703", "userId is ''"),
        (b"1,x,4.0,964982703", "movieId is 'x'"),
        (b"1,1,4.0,99999999999999999999", "no date in s"),
        (b"1,1,4.0,-1", "timestamp is '-1'"),
        (b'1,"1,4.0,964982703', "no row of a CSV"),
        (b"\xff,1,4.0,964982703", "no row of a CSV"),
        ("\u0661,1,4.0,964982703".encode(), "not a whole number"),
    ],
)
def test_a_line_that_is_no_rating_is_counted_with_its_place_and_cause(
    tmp_path: Path, line: bytes, cause: str
) -> None:
    reviews, report = read(
        source(tmp_path, HEADER + b"1,1,4.0,1\n" + line + b"\n2,2,5.0,2\n"), share=0.5
    )
    assert [review.user_id for review in reviews] == ["1", "2"]
    (example,) = report.faults.examples
    assert example.where == "line 3"
    assert cause in example.cause


def test_a_file_that_ends_within_a_line_loses_that_line_only(tmp_path: Path) -> None:
    reviews, report = read(source(tmp_path, HEADER + b"1,1,4.0,1\n2,2,5.0,96498"), share=0.0)
    assert len(reviews) == 1
    assert report.truncated == 1


def test_windows_lines_and_quotes_are_taken(tmp_path: Path) -> None:
    found = source(tmp_path, HEADER.replace(b"\n", b"\r\n") + b'1,1,4,1\r\n"2","2","5.0","2"\r\n')
    reviews, report = read(found, share=0.0)
    assert [review.rating for review in reviews] == [4.0, 5.0]
    assert report.bad == 0


FIELD = st.one_of(
    st.sampled_from(["1", "2", "3", "0.5", "4.0", "5", "", "-1", "x", '"', '""', "1e3", "\r", "٣"]),
    st.text(max_size=4),
)
LINE = st.lists(FIELD, min_size=1, max_size=5).map(",".join)


@settings(max_examples=50, deadline=None)
@given(st.lists(LINE, max_size=12), st.booleans())
def test_columns_and_the_exact_parser_agree(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], newline: bool
) -> None:
    good = "7,1,3.5,100"
    body = "\n".join([good, *lines]) + ("\n" if newline else "")
    found = source(tmp_path_factory.mktemp("ml"), HEADER + body.encode("utf-8", "surrogatepass"))
    if not newline and not lines:  # the one good line is cut
        with pytest.raises(SourceError, match="lines can be used"):
            read(found)
        return
    reviews, _ = read(found)
    assert all(0.5 <= review.rating <= 5 for review in reviews)
    assert all(review.user_id.isdecimal() for review in reviews)


@pytest.mark.parametrize(
    ("ratings", "links", "cause"),
    [
        (b"UserID::MovieID\n1::2::3::4\n", LINKS, "not with userId,movieId,rating,timestamp"),
        (HEADER, "movieId,tmdbId\n1,2\n", "not with movieId,imdbId,tmdbId"),
        (HEADER, LINKS + "4,0114709\n", "line 5 is no row of links.csv"),
        (HEADER, LINKS + "1,0114709,7\n", "line 5 is no row of links.csv"),
        (HEADER, LINKS + "4,0114709,x\n", "line 5 is no row of links.csv"),
    ],
)
def test_files_of_something_else_are_refused(
    tmp_path: Path, ratings: bytes, links: str, cause: str
) -> None:
    with pytest.raises(SourceError, match=cause):
        source(tmp_path, ratings, links)


def test_links_are_needed(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"source\.links is not set"):
        movielens(tmp_path / "ratings.csv", None)


def test_a_file_without_a_rating_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="none of its 1 lines can be used"):
        read(source(tmp_path, HEADER))


def test_a_changed_file_is_noticed(tmp_path: Path) -> None:
    found = source(tmp_path, HEADER + b"1,1,4.0,1\n")
    (batch,) = found.batches(ReadReport("", 0.0))
    found.path.write_bytes(HEADER + b"changed,,,\n")
    with found.shown(batch.locators) as again, pytest.raises(SourceError, match="changed while"):
        again(batch.locators)


def test_a_movie_without_a_tmdb_id_has_no_link(tmp_path: Path) -> None:
    path = tmp_path / "links.csv"
    path.write_text(LINKS)
    assert read_links(path) == {"1": "862", "2": "8844"}
