"""What a dataset is like in numbers, as the paper counts (one pass, bounded memory).

A *turn* is one raw utterance: a speaker's consecutive ones are not merged. *Tokens* are NLTK's
`wordpunct_tokenize`, which reproduces the figures published for INSPIRED and ReDial best; an item
mention counts as its title, as in the paper's release.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from recdial.domain import Frozen
from services.evaluator.records import DialogueRecord, titled_text

Histogram = dict[int, int]


class Spread(Frozen):
    """A quantity over all its occurrences: `std` is the population's."""

    count: int = 0
    mean: float = 0.0
    std: float = 0.0
    min: float = 0.0
    max: float = 0.0


class GroupStatistics(Frozen):
    """The numbers of one group of dialogues."""

    dialogues: int
    utterances: Spread
    """Utterances of a dialogue (the paper's turns)."""
    tokens: Spread
    """Tokens of an utterance."""
    user_tokens: Spread
    assistant_tokens: Spread
    items_mentioned: Spread
    """Different items mentioned in a dialogue."""
    distinct_items: int
    distinct_targets: int
    vocabulary: int
    """Different tokens, lower-cased."""
    targets_disliked: int
    utterances_histogram: Histogram
    """Dialogues by their number of utterances."""
    tokens_histogram: Histogram
    """Utterances by their number of tokens."""


class DatasetStatistics(Frozen):
    """The numbers of a dataset, overall and by stereotype."""

    overall: GroupStatistics
    by_stereotype: dict[str, GroupStatistics]


def tokens_of(text: str) -> list[str]:
    """The tokens the statistics count."""
    from nltk.tokenize import wordpunct_tokenize

    return list(wordpunct_tokenize(text))


def dataset_statistics(records: Iterable[DialogueRecord]) -> DatasetStatistics:
    """Count a dataset in one pass."""
    overall = _Group()
    groups: dict[str, _Group] = {}
    for record in records:
        utterances = [
            (turn.speaker, tokens_of(titled_text(turn, record.items))) for turn in record.turns
        ]
        for group in (overall, groups.setdefault(record.stereotype, _Group())):
            group.add(record, utterances)
    return DatasetStatistics(
        overall=overall.statistics(),
        by_stereotype={name: groups[name].statistics() for name in sorted(groups)},
    )


class _Group:
    """Counters of one group; every quantity is a histogram, which gives exact moments."""

    def __init__(self) -> None:
        self.dialogues = 0
        self.utterances: Counter[int] = Counter()
        self.tokens: dict[str, Counter[int]] = {"user": Counter(), "assistant": Counter()}
        self.items: Counter[int] = Counter()
        self.distinct_items: set[str] = set()
        self.targets: set[str] = set()
        self.vocabulary: set[str] = set()
        self.disliked = 0

    def add(self, record: DialogueRecord, utterances: Sequence[tuple[str, list[str]]]) -> None:
        mentioned = {item for turn in record.turns for item in turn.items}
        self.dialogues += 1
        self.utterances[len(record.turns)] += 1
        for speaker, tokens in utterances:
            self.tokens[speaker][len(tokens)] += 1
            self.vocabulary.update(token.lower() for token in tokens)
        self.items[len(mentioned)] += 1
        self.distinct_items |= mentioned
        self.targets.add(record.target.item_id)
        self.disliked += not record.target.liked

    def statistics(self) -> GroupStatistics:
        all_tokens = self.tokens["user"] + self.tokens["assistant"]
        return GroupStatistics(
            dialogues=self.dialogues,
            utterances=spread(self.utterances),
            tokens=spread(all_tokens),
            user_tokens=spread(self.tokens["user"]),
            assistant_tokens=spread(self.tokens["assistant"]),
            items_mentioned=spread(self.items),
            distinct_items=len(self.distinct_items),
            distinct_targets=len(self.targets),
            vocabulary=len(self.vocabulary),
            targets_disliked=self.disliked,
            utterances_histogram=dict(sorted(self.utterances.items())),
            tokens_histogram=dict(sorted(all_tokens.items())),
        )


def spread(histogram: Counter[int]) -> Spread:
    """Mean, standard deviation and extremes of the values a histogram counts."""
    count = histogram.total()
    if not count:
        return Spread()
    mean = sum(value * times for value, times in histogram.items()) / count
    variance = sum(times * (value - mean) ** 2 for value, times in histogram.items()) / count
    return Spread(
        count=count,
        mean=mean,
        std=math.sqrt(variance),
        min=min(histogram),
        max=max(histogram),
    )
