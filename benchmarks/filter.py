"""Dialogues a second through the filter on one core, and the original's way beside it.

    python benchmarks/filter.py
    python benchmarks/filter.py --original 200 --scale 0.25 1 4

The dialogues are those of the gate set (tests/data/gate). The catalogue is theirs, filled up with
made-up films to the size of the paper's: 15,597 items and 164,072 names of people, genres and
keywords. "Original" is the detector of the authors' scripts in our own words: for every entity the
share of its character trigrams that the dialogue has.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parent.parent))

from recdial.domain import ItemFacts
from recdial.linking import Linker, well_known_films
from recdial.settings import FilteringConfig
from services.filter.judging import JudgingContext, judge
from services.prompter.stereotypes import stereotypes_of
from tests.gate.records import DIALOGUES, GateDialogue, read, read_catalogue
from tests.gate.scripted import CONFIG

ITEMS, NAMES = 15_597, 164_072
SYLLABLES = "ka lo mi ren tor va shi del mar ana bel cro dun el fir gan hol ist jor".split()
WORDS = (
    "Silent Broken Crimson Hidden Golden River Garden Empire Letter Summer Witness Harbor".split()
)
OVERLAP = 0.9


def catalogue(scale: float, seed: int = 1) -> dict[str, ItemFacts]:
    """The gate's films, and made-up ones up to the paper's numbers times a factor."""
    draw = random.Random(seed)
    items = dict(read_catalogue())
    size, names = round(ITEMS * scale), round(NAMES * scale)

    def word() -> str:
        return "".join(draw.choices(SYLLABLES, k=draw.randint(2, 3))).capitalize()

    people = [f"{word()} {word()}{number}" for number in range(names // 2)]
    keywords = [f"{word().lower()} {word().lower()} {number}" for number in range(names // 2)]
    each = max(1, names // 2 // size)
    for number in range(size - len(items)):
        title = " ".join([draw.choice(WORDS), draw.choice(WORDS), word()])
        shown = people[number * each : (number + 1) * each]
        items[f"x{number}"] = ItemFacts(
            item_id=f"x{number}",
            title=title,
            year=draw.randint(1950, 2020),
            genres=("Drama",),
            actors=tuple(shown[:10]),
            directors=(draw.choice(people),),
            keywords=tuple(keywords[number * each : (number + 1) * each]),
        )
    return items


def contexts(
    dialogues: Sequence[GateDialogue], items: dict[str, ItemFacts], linker: Linker
) -> Iterator[JudgingContext]:
    axes = {name: kind.axes for name, kind in stereotypes_of(CONFIG.prompting).items()}
    for dialogue in dialogues:
        prompt = dialogue.prompt
        yield JudgingContext(
            prompt_item_ids=frozenset((*prompt.liked, *prompt.disliked, prompt.target)),
            target_item_id=prompt.target,
            items=items,
            liked=frozenset(prompt.liked),
            disliked=frozenset(prompt.disliked),
            stereotype=axes[dialogue.stereotype],
            linker=linker,
        )


def original(dialogues: Sequence[GateDialogue], items: dict[str, ItemFacts]) -> float:
    """Seconds of looking for every entity in every dialogue by trigrams."""
    names = {
        name.lower()
        for item in items.values()
        for name in (item.title, *item.actors, *item.directors, *item.keywords)
    }
    entities = [_trigrams(name) for name in names]

    def look() -> None:
        for dialogue in dialogues:
            text = _trigrams(dialogue.text.lower())
            sum(len(entity & text) >= OVERLAP * len(entity) for entity in entities)

    return seconds(look, times=2)


def _trigrams(text: str) -> frozenset[str]:
    return frozenset(text[place : place + 3] for place in range(max(1, len(text) - 2)))


def seconds(work: Callable[[], object], times: int = 3) -> float:
    """The shortest of some tries: what else the machine does only makes them longer."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return min(taken)


def memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure and show."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, nargs="+", default=[0.25, 1.0, 4.0])
    parser.add_argument("--original", type=int, default=20, help="dialogues for the original's way")
    options = parser.parse_args()
    dialogues = read(DIALOGUES, GateDialogue)
    without, with_language = FilteringConfig(language=""), FilteringConfig()
    table = Table("items", "names built", "build s", "MB", "linking /s", "gate /s", "+ language /s")
    for scale in options.scale:
        items, before = catalogue(scale), memory_mb()
        began = time.perf_counter()
        linker = Linker(items.values(), well_known_films())
        built = time.perf_counter() - began
        known = list(contexts(dialogues, items, linker))

        def judged(config: FilteringConfig, known: list[JudgingContext] = known) -> None:
            for dialogue, context in zip(dialogues, known, strict=True):
                judge(dialogue.text, dialogue.finish_reason, context, config)

        judged(with_language)  # warm
        link = seconds(lambda linker=linker: [linker.link(one.text) for one in dialogues])
        rates = [
            len(dialogues) / seconds(lambda config=config: judged(config))
            for config in (without, with_language)
        ]
        table.add_row(
            f"{len(items):,}",
            f"{sum(len(item.actors) + len(item.keywords) for item in items.values()):,}",
            f"{built:.1f}",
            f"{memory_mb() - before:.0f}",
            f"{len(dialogues) / link:,.0f}",
            *(f"{rate:,.0f}" for rate in rates),
        )
        if scale == 1.0 and options.original:
            some = dialogues[: options.original]
            rate = len(some) / original(some, items)
            ours, linked = rates[0], len(dialogues) / link
    console = Console(width=120)
    console.print(table)
    if 1.0 in options.scale and options.original:
        console.print(
            f"the original's way: {rate:.2f} dialogues/s over {options.original}; "
            f"the whole gate is {ours / rate:,.0f} x as fast, linking alone {linked / rate:,.0f} x"
        )


if __name__ == "__main__":
    main()
