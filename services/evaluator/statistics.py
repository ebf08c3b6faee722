"""What a dataset is like in numbers, as the paper counts (one pass, bounded memory).

A *turn* is one raw utterance: a speaker's consecutive ones are not merged. *Tokens* are those of
NLTK's `wordpunct_tokenize`. A mention counts as the item's title without its year, as in the
paper's release; left as `<id_X>`, every mention would be three tokens, whatever the item is called.
Means are over all utterances, not over the dialogues' means.

Counted so, INSPIRED's dev split has 9.30 tokens an utterance (published for the whole: 9.24) and
ReDial's test split, its `@id` as they are, 7.90 (published for the whole: 8.32).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from recdial.domain import Frozen
from services.evaluator.records import DialogueRecord, bare_title, titled_text

Speaker: TypeAlias = Literal["user", "assistant"]
Histogram: TypeAlias = dict[int, int]
"""How often each number occurs, in the order of the numbers."""


class Spread(Frozen):
    """A quantity over all its occurrences, zeros without any; `std` is the population's."""

    count: int = 0
    mean: float = 0.0
    std: float = 0.0
    min: int = 0
    max: int = 0


class GroupStatistics(Frozen):
    """The numbers of one group of dialogues."""

    dialogues: int
    utterances: Spread
    """Utterances of a dialogue (the paper's turns)."""
    tokens: Spread
    """Tokens of an utterance."""
    user_tokens: Spread
    """Tokens of a user's utterance."""
    assistant_tokens: Spread
    """Tokens of an assistant's utterance."""
    items_mentioned: Spread
    """Different items mentioned in a dialogue."""
    distinct_items: int
    """Different items mentioned in all dialogues."""
    distinct_targets: int
    vocabulary: int
    """Different words: lower-cased tokens that start with a letter or a digit."""
    targets_disliked: int
    """Dialogues whose target the user rated 3 or less."""
    targets_disliked_share: float
    """Of the dialogues whose target has a rating; 0 where none has."""
    utterances_histogram: Histogram
    """Dialogues by their number of utterances."""
    tokens_histogram: Histogram
    """Utterances by their number of tokens."""


class DatasetStatistics(Frozen):
    """The numbers of a dataset, overall and by stereotype."""

    overall: GroupStatistics
    by_stereotype: dict[str, GroupStatistics]
    """By the stereotypes' names, in their order; empty for a dataset without stereotypes."""


@dataclass(frozen=True)
class MeasuredDialogue:
    """What the numbers are made from. Any dataset's dialogue can be given as one."""

    utterances: Sequence[tuple[Speaker, str]]
    """In order; the text is the one whose tokens count."""
    items: frozenset[str] = frozenset()
    """Items mentioned."""
    target: str | None = None
    target_liked: bool | None = None
    stereotype: str | None = None


def tokens_of(text: str) -> list[str]:
    """The tokens the statistics count."""
    from nltk.tokenize import wordpunct_tokenize

    return list(wordpunct_tokenize(text))


def dataset_statistics(records: Iterable[DialogueRecord]) -> DatasetStatistics:
    """Count a dataset of ours in one pass."""
    return measure(map(_measured, records))


def measure(dialogues: Iterable[MeasuredDialogue]) -> DatasetStatistics:
    """Count any dataset in one pass. The order of the dialogues makes no difference."""
    overall = _Group()
    groups: dict[str, _Group] = {}
    for dialogue in dialogues:
        utterances = [(speaker, tokens_of(text)) for speaker, text in dialogue.utterances]
        overall.add(dialogue, utterances)
        if dialogue.stereotype is not None:
            groups.setdefault(dialogue.stereotype, _Group()).add(dialogue, utterances)
    return DatasetStatistics(
        overall=overall.statistics(),
        by_stereotype={name: groups[name].statistics() for name in sorted(groups)},
    )


def _measured(record: DialogueRecord) -> MeasuredDialogue:
    titles = {item_id: bare_title(title) for item_id, title in record.items.items()}
    return MeasuredDialogue(
        utterances=[(turn.speaker, titled_text(turn, titles)) for turn in record.turns],
        items=frozenset(item for turn in record.turns for item in turn.items),
        target=record.target.item_id,
        target_liked=record.target.liked,
        stereotype=record.stereotype,
    )


class _Group:
    """Counters of one group; every quantity is a histogram of integers, which is exact."""

    def __init__(self) -> None:
        self.utterances: Counter[int] = Counter()
        self.tokens: dict[Speaker, Counter[int]] = {"user": Counter(), "assistant": Counter()}
        self.items: Counter[int] = Counter()
        self.likes: Counter[bool] = Counter()
        self.distinct_items: set[str] = set()
        self.targets: set[str] = set()
        self.vocabulary: set[str] = set()

    def add(
        self, dialogue: MeasuredDialogue, utterances: Sequence[tuple[Speaker, list[str]]]
    ) -> None:
        self.utterances[len(utterances)] += 1
        for speaker, tokens in utterances:
            self.tokens[speaker][len(tokens)] += 1
            self.vocabulary.update(token.lower() for token in tokens if token[0].isalnum())
        self.items[len(dialogue.items)] += 1
        self.distinct_items |= dialogue.items
        if dialogue.target is not None:
            self.targets.add(dialogue.target)
        if dialogue.target_liked is not None:
            self.likes[dialogue.target_liked] += 1

    def statistics(self) -> GroupStatistics:
        all_tokens = self.tokens["user"] + self.tokens["assistant"]
        return GroupStatistics(
            dialogues=self.utterances.total(),
            utterances=_spread(self.utterances),
            tokens=_spread(all_tokens),
            user_tokens=_spread(self.tokens["user"]),
            assistant_tokens=_spread(self.tokens["assistant"]),
            items_mentioned=_spread(self.items),
            distinct_items=len(self.distinct_items),
            distinct_targets=len(self.targets),
            vocabulary=len(self.vocabulary),
            targets_disliked=self.likes[False],
            targets_disliked_share=self.likes[False] / max(1, self.likes.total()),
            utterances_histogram=dict(sorted(self.utterances.items())),
            tokens_histogram=dict(sorted(all_tokens.items())),
        )


def _spread(histogram: Counter[int]) -> Spread:
    count = histogram.total()
    if not count:
        return Spread()
    total = sum(value * times for value, times in histogram.items())
    squares = sum(value * value * times for value, times in histogram.items())
    return Spread(
        count=count,
        mean=total / count,
        std=math.sqrt(count * squares - total * total) / count,
        min=min(histogram),
        max=max(histogram),
    )
