"""How often title matching finds the right film, and a wrong one.

    python benchmarks/title_matching.py FOLDER

`FOLDER` holds `critics/tmdb.json` (films: TMDB records by parent_asin) and
`baselines/redial/test_data.jsonl` (ReDial, whose dialogues mention films as "Title (year)").

Three measurements, each with and without the year in the item's title:

- editions: every film is sold under titles as shops write them (edition noise, moved articles,
  other punctuation) and must be found again;
- misspelt: the same with a letter left out, doubled or swapped;
- held out: the same titles with the film itself taken out of the catalogue, and the films ReDial
  mentions that the catalogue lacks: whatever is matched is wrong.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from recdial.settings import DEFAULT_MIN_TITLE_SCORE
from services.grounding.title_matching import Film, ItemTitle, TitleIndex, title_index
from services.grounding.title_parts import normalised_words, title_parts

EDITIONS = (
    " [DVD]",
    " [Blu-ray]",
    " [VHS]",
    " (Widescreen Edition)",
    " (Two-Disc Special Edition)",
    " - Director's Cut",
    ": Collector's Edition",
    " (Full Screen) [DVD]",
    " DVD",
    " [Blu-ray + DVD + Digital HD]",
    " (Unrated) (Region 2)",
    " (25th Anniversary Edition) [4K UHD]",
    ", Special Edition",
    " (Tom Cruise)",
    " (The Criterion Collection) [Import]",
)

SEED = 7


@dataclass
class Counts:
    """What became of items whose film is known, or known to be missing."""

    items: int = 0
    right: int = 0
    wrong: int = 0

    def add(self, expected: str | None, found: str | None) -> None:
        self.items += 1
        self.right += found is not None and found == expected
        self.wrong += found is not None and found != expected


def films_of(folder: Path) -> list[Film]:
    """The films of the critics data."""
    records = json.loads((folder / "critics" / "tmdb.json").read_text(encoding="utf-8"))
    return [Film(str(each["id"]), (each["title"],), each.get("release_year")) for each in records]


def mentioned_titles(folder: Path) -> list[str]:
    """The films that ReDial's dialogues mention, where they are given with a year."""
    titles: set[str] = set()
    path = folder / "baselines" / "redial" / "test_data.jsonl"
    for line in path.read_text(encoding="utf-8").splitlines():
        mentions = json.loads(line)["movieMentions"]
        if isinstance(mentions, dict):
            titles |= {" ".join(title.split()) for title in mentions.values() if title}
    return sorted(title for title in titles if title_parts(title).year is not None)


def as_sold(title: str, edition: str, year: int | None, draw: random.Random) -> str:
    """A film's title as a shop may write it."""
    first, _, rest = title.partition(" ")
    if first in ("The", "A", "An") and rest and ":" not in rest and draw.random() < 0.3:
        title = f"{rest}, {first}"
    if draw.random() < 0.2:
        title = title.upper()
    if draw.random() < 0.3:
        title = title.replace(": ", " - ")
    if draw.random() < 0.3:
        title = title.replace(" and ", " & ")
    return f"{title} ({year}){edition}" if year else f"{title}{edition}"


def misspelt(title: str, draw: random.Random) -> str:
    """The title with one letter left out, doubled or swapped with the next."""
    place = draw.randrange(1, max(2, len(title) - 1))
    kind = draw.randrange(3)
    if kind == 0:
        return title[:place] + title[place + 1 :]
    if kind == 1:
        return title[: place + 1] + title[place:]
    return title[:place] + title[place : place + 2][::-1] + title[place + 2 :]


def measure(
    folder: Path, min_score: float, editions: Sequence[str] = EDITIONS
) -> dict[str, Counts]:
    """The counts by name of the measurement."""
    films = films_of(folder)
    whole = title_index(films)
    # Halves, so that holding out a film does not take an index of its own for each.
    halves = [title_index(films[part::2]) for part in (0, 1)]
    counts: dict[str, Counts] = {}

    def look(name: str, index: TitleIndex, title: str, expected: str | None) -> None:
        match = index.best(ItemTitle(title))
        found = match.film.film_id if match and match.score >= min_score else None
        counts.setdefault(name, Counts()).add(expected, found)

    draw = random.Random(SEED)
    for place, film in enumerate(films):
        for edition in editions:
            for year in (film.year, None):
                suffix = "with year" if year else "without year"
                title = as_sold(film.titles[0], edition, year, draw)
                look(f"editions, {suffix}", whole, title, film.film_id)
                look(f"held out, {suffix}", halves[1 - place % 2], title, None)
        if len(film.titles[0]) < 6:
            continue  # nobody can tell a misspelt "Saw" from another film
        for year in (film.year, None):
            suffix = "with year" if year else "without year"
            title = as_sold(misspelt(film.titles[0], draw), " [DVD]", year, draw)
            look(f"misspelt, {suffix}", whole, title, film.film_id)
    for title, film_id in labelled_mentions(films, mentioned_titles(folder)):
        look("ReDial, with year", whole, title, film_id)
        look("ReDial, without year", whole, title_parts(title).text, film_id)
    return counts


def labelled_mentions(
    films: Iterable[Film], titles: Iterable[str]
) -> Iterable[tuple[str, str | None]]:
    """ReDial's titles with the film that has the same words and year (a year off at most)."""
    by_words: dict[tuple[str, ...], list[Film]] = {}
    for film in films:
        by_words.setdefault(normalised_words(film.titles[0]), []).append(film)
    for title in titles:
        parts = title_parts(title)
        same = [
            film.film_id
            for film in by_words.get(parts.words, ())
            if film.year and parts.year and abs(film.year - parts.year) <= 1
        ]
        yield title, same[0] if same else None


def main() -> None:
    """Print a table: items, found, wrong, recall and precision."""
    folder = Path(sys.argv[1])
    min_score = float(sys.argv[2]) if len(sys.argv) > 2 else DEFAULT_MIN_TITLE_SCORE
    print(f"{'':<24}{'items':>8}{'right':>8}{'wrong':>8}  (score >= {min_score})")
    for name, counts in sorted(measure(folder, min_score).items()):
        print(f"{name:<24}{counts.items:>8}{counts.right:>8}{counts.wrong:>8}")


if __name__ == "__main__":
    main()
