"""A kind of source of one's own, as docs/sources.md shows it: books, by an entry point."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from recdial.domain import UserProfile
from recdial.settings import GroundingConfig, SourceConfig
from services.grounding.files import SourceError
from services.grounding.source import ground

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "examples" / "sources" / "goodreads.py"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example as a package that is installed beside recdial."""
    site = tmp_path / "site"
    about = site / "my_package-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: my_package\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[recdial.sources]\ngoodreads = books:goodreads\n")
    (site / "books.py").write_text(EXAMPLE.read_text())
    monkeypatch.syspath_prepend(site)


def review(user: int, book: int, **changes: object) -> dict[str, object]:
    row = {
        "user_id": f"u{user}",
        "book_id": f"b{book}",
        "review_id": f"r{user}{book}",
        "rating": 5,
        "review_text": f"Book {book} kept me up.",
        "date_added": f"Sun Jul {10 + book} 07:44:10 -0700 2017",
        "n_votes": 3,
    }
    return row | changes


@pytest.fixture
def source(tmp_path: Path) -> SourceConfig:
    rows = [review(user, book) for user in (1, 2, 3) for book in (1, 2, 3)]
    rows += [review(1, 4, rating=0), review(1, 5, date_added="yesterday")]
    with gzip.open(tmp_path / "reviews.json.gz", "wt") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    books = [
        {
            "asin": f"b{book}",
            "title": f"The Crossing {book}",
            "release_year": 1998,
            "genres": ["fantasy"],
            "keywords": ["magic", "ships"],
            "overview": "A voyage.",
        }
        for book in (1, 2, 3)
    ]
    (tmp_path / "books.jsonl").write_text("".join(json.dumps(book) + "\n" for book in books))
    return SourceConfig(
        kind="goodreads", reviews=tmp_path / "reviews.json.gz", tmdb=tmp_path / "books.jsonl"
    )


SMALL = GroundingConfig(
    min_user_interactions=2, min_item_interactions=2, max_bad_line_share=0.5, history=2
)


@pytest.mark.usefixtures("installed")
def test_books_become_profiles(source: SourceConfig) -> None:
    grounded = ground(source, SMALL, "strict", 7)
    profiles = [found for found in grounded.profiles() if isinstance(found, UserProfile)]
    assert [profile.user_id for profile in profiles] == ["u1", "u2", "u3"]
    target = profiles[0].target
    assert (target.item.title, target.item.genres) == ("The Crossing 3", ("fantasy",))
    assert target.review_text == "Book 3 kept me up."
    assert [seen.item.item_id for seen in profiles[0].history] == ["b1", "b2"]


@pytest.mark.usefixtures("installed")
def test_what_it_leaves_out_is_in_the_account(source: SourceConfig) -> None:
    found = ground(source, SMALL, "strict", 7).report.reviews
    assert found.faults.kinds == {"bad rating": 1, "bad date_added": 1}
    assert found.good == 9


def test_an_unknown_kind_is_refused_with_those_there_are(source: SourceConfig) -> None:
    with pytest.raises(SourceError, match="no 'goodreads'; known: amazon2018, amazon2023, movie"):
        ground(source, SMALL, "strict", 7)


def test_the_page_shows_the_example_as_it_is() -> None:
    page = (ROOT / "docs" / "sources.md").read_text()
    assert f"```python\n{EXAMPLE.read_text()}```" in page
