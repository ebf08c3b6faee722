"""How well titles in people's own dialogues are found: ReDial's movies, named instead of marked.

    python benchmarks/linking_redial.py ../shared/data/baselines/redial/test_data.jsonl

ReDial marks a movie as `@id`. Each mark is replaced by the movie's title, with its year or without
(every other dialogue), and the linker is asked where it sees which movie. The catalogue has the
movies of the split, then as many again of `--distractors` made-up ones.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from scipy.stats import binomtest

sys.path.insert(0, str(Path(__file__).parent.parent))

from recdial.domain import ItemFacts
from recdial.linking import Linker

_MARK = re.compile(r"@(\d+)\b")
_YEAR = re.compile(r"\s*\((\d{4})\)\s*$")


@dataclass(frozen=True)
class Said:
    """An utterance with the places of its movies."""

    text: str
    movies: frozenset[tuple[int, int, str]]


def movies_of(dialogues: list[dict]) -> list[ItemFacts]:
    titles = {
        number: title
        for dialogue in dialogues
        for number, title in dict(dialogue["movieMentions"] or {}).items()
        if title
    }
    return [
        ItemFacts(
            item_id=number,
            title=_YEAR.sub("", title) or title,
            year=int(year[1]) if (year := _YEAR.search(title)) else None,
        )
        for number, title in sorted(titles.items())
    ]


def utterances(dialogues: list[dict], items: dict[str, ItemFacts]) -> Iterator[Said]:
    for number, dialogue in enumerate(dialogues):
        for message in dialogue["messages"]:
            yield named(message["text"], items, with_year=number % 2 == 0)


def named(text: str, items: dict[str, ItemFacts], *, with_year: bool) -> Said:
    parts, movies, at, size = [], set(), 0, 0
    for mark in _MARK.finditer(text):
        item = items.get(mark[1])
        if item is None:
            continue
        parts.append(text[at : mark.start()])
        size += mark.start() - at
        movies.add((size, size + len(item.title), item.item_id))
        name = f"{item.title} ({item.year})" if with_year and item.year else item.title
        parts.append(name)
        size += len(name)
        at = mark.end()
    return Said("".join([*parts, text[at:]]), frozenset(movies))


def made_up(count: int, taken: set[str], seed: int = 1) -> list[ItemFacts]:
    """Titles of the grammar of real ones: a noun with an adjective, a place or a name."""
    draw = random.Random(seed)
    first = "Silent Broken Crimson Last Hidden Golden Midnight Frozen Wild Lost Dark Paper".split()
    nouns = "River Garden Empire Letter Summer Harbor Witness Mirror Orchard Signal Hunter".split()
    tails = ["", " of the North", " in Winter", " Returns", " and the Sea", " II", ": The Return"]
    found: dict[str, ItemFacts] = {}
    while len(found) < count:
        title = f"{draw.choice(['', 'The ', 'A '])}{draw.choice(first)} {draw.choice(nouns)}"
        title += draw.choice(tails) + draw.choice(["", f" {draw.randint(2, 3000)}"])
        if title not in taken:
            found[title] = ItemFacts(item_id=f"x{len(found)}", title=title, year=1990)
    return list(found.values())


def share(part: int, whole: int) -> str:
    if not whole:
        return "n/a"
    interval = binomtest(part, whole).proportion_ci(method="wilson")
    return f"{part / whole:.1%} [{interval.low:.1%}, {interval.high:.1%}]"


def main() -> None:
    """Link, count and show."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("file", type=Path)
    parser.add_argument("--distractors", type=int, default=15_000)
    parser.add_argument("--show", type=int, default=15, help="misses and false links to show")
    options = parser.parse_args()
    dialogues = [json.loads(line) for line in options.file.read_text().splitlines()]
    items = movies_of(dialogues)
    by_id = {item.item_id: item for item in items}
    said = list(utterances(dialogues, by_id))
    table = Table("catalogue", "precision", "recall", "ambiguous", "seconds")
    more = made_up(options.distractors, {item.title for item in items})
    for catalogue in (items, [*items, *more]):
        linker = Linker(catalogue)
        began = time.perf_counter()
        linked = [linker.link(one.text) for one in said]
        seconds = time.perf_counter() - began
        right = found = ambiguous = 0
        missed: Counter[str] = Counter()
        false: Counter[str] = Counter()
        for one, links in zip(said, linked, strict=True):
            wanted = set(one.movies)
            for link in links:
                if link.kind != "item":
                    continue
                if link.item_id is None:
                    ambiguous += 1
                found += 1
                hit = next(
                    (
                        movie
                        for movie in wanted
                        if movie[2] in link.ids and movie[0] < link.end and link.start < movie[1]
                    ),
                    None,
                )
                if hit:
                    right += 1
                    wanted.discard(hit)
                else:
                    context = one.text[max(0, link.start - 25) : link.end + 15]
                    false[f"{link.text} <- {context!r}"] += 1
            missed.update(
                f"{one.text[start:end]} <- {one.text[max(0, start - 25) : end + 15]!r}"
                for start, end, _ in wanted
            )
        movies = sum(len(one.movies) for one in said)
        table.add_row(
            f"{len(catalogue):,}",
            share(right, found),
            share(right, movies),
            str(ambiguous),
            f"{seconds:.2f}",
        )
    console = Console(width=150)
    console.print(table)
    console.print(f"{len(dialogues):,} dialogues, {len(said):,} utterances, {movies:,} movies")
    for what, counts in (("missed", missed), ("false", false)):
        console.print(f"[bold]{what}[/]: {sum(counts.values())}")
        for text, count in counts.most_common(options.show):
            console.print(f"  {count} {text}", markup=False)


if __name__ == "__main__":
    main()
