"""Generators side by side: what each wrote for the same prompts, measured and compared.

Validity is over all prompts: a text that could not be written counts as invalid. All else is over
the texts that were written, valid or not, or the worst generator would be measured on its few good
ones. Intervals (`services.evaluator.intervals`) are over prompts, one of each user.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from recdial.domain import Frozen
from recdial.mentions import replace_mentions
from services.evaluator import diversity
from services.evaluator.intervals import Estimate, difference_of_shares, mean, share
from services.evaluator.statistics import tokens_of

_ITEM = " item "
"""Stands for every mention: ids are not words, and no two items would count as the same one."""


@dataclass(frozen=True)
class JudgedText:
    """What a generator wrote for one prompt, and what the filter says of it."""

    utterances: tuple[str, ...]
    """As the filter reads them; the whole text as one where it finds none."""
    turns: int
    """How many utterances the filter finds."""
    rules: tuple[str, ...]
    """Rules it breaks; none if it is accepted."""
    cut_off: bool
    tokens_in: int | None
    tokens_out: int | None
    """None where the server does not say."""
    seconds: float
    from_run: bool
    """Whether it was written in the run, not for the comparison."""


@dataclass(frozen=True)
class NotWritten:
    """A prompt that a generator failed on."""

    cause: str


Outcome: TypeAlias = JudgedText | NotWritten


class Measures(Frozen):
    """One generator in numbers."""

    prompts: int
    written: int
    from_run: int
    """Texts written in the run; the others were written for the comparison."""
    failures: dict[str, int]
    """Prompts without a text, by cause."""
    accepted: int
    validity: Estimate
    """Share of the prompts with an accepted dialogue."""
    rules: dict[str, int]
    """Texts that break each rule, most first; one text may break several."""
    cut_off: Estimate
    """Share of the texts that were cut off at the token limit."""
    utterances: Estimate
    """Mean number of a text."""
    words: Estimate
    """Mean number of a text's tokens as the evaluator counts them, a mentioned item as one."""
    repetition: Estimate
    """Mean share of a text's 4-grams that it said before."""
    distinct_1: float | None
    """Distinct words as a share of all, on equal amounts of text."""
    distinct_2: float | None
    """The same of bigrams."""
    similarity: float | None
    """Mean Jaccard index of the bigrams of two texts."""
    tokens_in: Estimate
    """The model's tokens of a prompt, mean."""
    tokens_out: Estimate
    """The model's tokens of a text, mean."""
    seconds: Estimate
    """Mean time from call to text, the wait for other calls included."""


class Difference(Frozen):
    """How much one generator is above another in a quantity, on the same prompts."""

    measure: str
    left: str
    right: str
    estimate: Estimate
    """Of left minus right."""


class Comparison(Frozen):
    """Generators side by side."""

    equal_words: int
    """How many words of each generator distinct_1 and distinct_2 are counted on."""
    measures: dict[str, Measures]
    """By generator."""
    differences: tuple[Difference, ...]


def compare(
    outcomes: Mapping[str, Sequence[Outcome]], pairs: Sequence[tuple[str, str]], seed: int
) -> Comparison:
    """Measure generators on the same prompts, given in the same order, and the pairs' differences.

    The seed is that of the bootstrap. Raises ValueError where the prompts are not as many.
    """
    if len({len(found) for found in outcomes.values()}) > 1:
        raise ValueError("every generator needs an outcome for every prompt")
    words = {
        name: [_words(one) for one in found if isinstance(one, JudgedText)]
        for name, found in outcomes.items()
    }
    sizes = (sum(map(len, texts)) for texts in words.values())
    equal = min((size for size in sizes if size), default=0)
    return Comparison(
        equal_words=equal,
        measures={
            name: _measures(found, words[name], equal, seed) for name, found in outcomes.items()
        },
        differences=tuple(
            difference
            for left, right in pairs
            for difference in _differences(left, right, outcomes[left], outcomes[right], seed)
        ),
    )


def _measures(
    outcomes: Sequence[Outcome], words: Sequence[list[str]], equal: int, seed: int
) -> Measures:
    written = [one for one in outcomes if isinstance(one, JudgedText)]
    failures = Counter(one.cause for one in outcomes if isinstance(one, NotWritten))
    rules = Counter(rule for one in written for rule in set(one.rules))
    accepted = sum(_accepted(one) for one in outcomes)
    equal_part = diversity.cut_to(words, equal)
    return Measures(
        prompts=len(outcomes),
        written=len(written),
        from_run=sum(one.from_run for one in written),
        failures=dict(failures.most_common()),
        accepted=accepted,
        validity=share(accepted, len(outcomes)),
        rules=dict(sorted(rules.items(), key=lambda entry: (-entry[1], entry[0]))),
        cut_off=share(sum(one.cut_off for one in written), len(written)),
        utterances=mean([one.turns for one in written], seed),
        words=mean([len(tokens) for tokens in words], seed),
        repetition=mean([diversity.repetition(tokens) for tokens in words], seed),
        distinct_1=diversity.distinct(equal_part, 1),
        distinct_2=diversity.distinct(equal_part, 2),
        similarity=diversity.mean_similarity(words),
        tokens_in=_mean_known([one.tokens_in for one in written], seed),
        tokens_out=_mean_known([one.tokens_out for one in written], seed),
        seconds=mean([one.seconds for one in written], seed),
    )


_PAIRED: Mapping[str, Callable[[JudgedText], float]] = {
    "utterances": lambda one: one.turns,
    "words": lambda one: len(_words(one)),
    "repetition": lambda one: diversity.repetition(_words(one)),
}
"""The means that are compared, over the prompts both generators wrote a text for."""


def _differences(
    left: str, right: str, ours: Sequence[Outcome], theirs: Sequence[Outcome], seed: int
) -> list[Difference]:
    validity = difference_of_shares(
        [_accepted(one) for one in ours], [_accepted(one) for one in theirs], seed
    )
    both = [
        (one, other)
        for one, other in zip(ours, theirs, strict=True)
        if isinstance(one, JudgedText) and isinstance(other, JudgedText)
    ]
    return [
        Difference(measure="validity", left=left, right=right, estimate=validity),
        *(
            Difference(
                measure=measure,
                left=left,
                right=right,
                estimate=mean([of(one) - of(other) for one, other in both], seed),
            )
            for measure, of in _PAIRED.items()
        ),
    ]


def _accepted(outcome: Outcome) -> bool:
    return isinstance(outcome, JudgedText) and not outcome.rules


def _words(text: JudgedText) -> list[str]:
    return [
        token.lower()
        for utterance in text.utterances
        for token in tokens_of(replace_mentions(utterance, lambda _item: _ITEM))
    ]


def _mean_known(values: Sequence[int | None], seed: int) -> Estimate:
    """The mean, unless a value is unknown: that of the others would be of other texts."""
    known = [value for value in values if value is not None]
    return mean(known, seed) if len(known) == len(values) else Estimate(value=None)
