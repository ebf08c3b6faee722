"""The rule about loops: nothing is said again and again."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from typing import TypeAlias

from rapidfuzz.distance import Levenshtein

from recdial.domain import Reason, Span
from recdial.linking.tokens import Tokens, tokens_of
from services.filter.rules.candidate import Candidate, span
from services.filter.rules.sentences import Piece

_WORDS = 5
"""Words an utterance or sentence must have for its repeat to count: "Thanks a lot!" may recur."""

_TIMES = 3
"""A sentence said so often is a loop; an utterance is with the second time."""

_LOOP_WORDS = 3
_LOOP_TIMES = 3
"""A loop repeats `_WORDS` words or more: a short phrase has to be said twice as often."""

_COPIED = 0.9

_FEW = 3
_STUCK_WORDS = 24
_STUCK = 0.4
"""Of so many words in a row, the share that are different ones in a loop; people's are more."""

_EXCHANGED = 5
_ALIKE = 0.6
"""An exchange is said again where both sides have so many words, and share so many of them."""

_FORMS = ((18, 2, 0.9), (10, 3, 0.8), (8, 4, 0.8))
"""Words of a sentence, how often it is said with other words in its slots to be a loop, and the
share of the words that stay. People ask two questions of one build, so what is short has to
come oftener."""
_SHORTEST_FORM = min(words for words, _, _ in _FORMS)

_Said: TypeAlias = tuple[Tokens, ...]
"""The words of each utterance."""


def repetition(candidate: Candidate) -> Reason | None:
    """Nothing is said again and again: no utterance twice, no sentence or phrase three times.

    Nor does one side fill the same sentence with other words, turn by turn.
    """
    said = tuple(tokens_of(turn.text) for turn in candidate.dialogue.turns)
    recurring = (_utterance, _sentence, _phrase) if _recurs(said) else ()
    for rule in (*recurring, _again, _stuck, _copy, _exchange, _form):
        found = rule(candidate, said)
        if found is not None:
            place, detail = found
            return Reason(rule="repetition", detail=detail, turn=place.turn, spans=(place,))
    return None


def _recurs(said: _Said) -> bool:
    """Whether any words in a row are said again: otherwise only a copy in other order is a loop."""
    runs = [run for tokens in said for run in _runs(tokens.forms)]
    return len(set(runs)) < len(runs)


def _runs(words: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Every `_WORDS` words in a row: no less is repeated in a loop."""
    return zip(*(words[place:] for place in range(_WORDS)), strict=False)


def _utterance(candidate: Candidate, said: _Said) -> tuple[Span, str] | None:
    seen: dict[tuple[str, ...], int] = {}
    for (number, turn), tokens in zip(candidate.numbered, said, strict=True):
        words = tokens.forms
        if len(words) < _WORDS:
            continue
        if words in seen:
            whole = span(number, turn, 0, len(turn.text))
            return whole, f"utterance {number} says what utterance {seen[words]} says"
        seen[words] = number
    return None


def _copy(candidate: Candidate, said: _Said) -> tuple[Span, str] | None:
    """An utterance with nearly the words of the one before it, in whatever order."""
    for number, (one, other) in enumerate(pairwise(said), 2):
        size, least = len(other), _COPIED * max(len(one), len(other))
        if size < 2 * _WORDS or min(len(one), size) < least:
            continue
        if (Counter(other.forms) & Counter(one.forms)).total() >= least:
            turn = candidate.dialogue.turns[number - 1]
            whole = span(number, turn, 0, len(turn.text))
            return whole, f"utterance {number} copies utterance {number - 1}"
    return None


def _again(candidate: Candidate, said: _Said) -> tuple[Span, str] | None:
    """A short question that one side asks for the third time."""
    seen: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for (number, turn), tokens in zip(candidate.numbered, said, strict=True):
        if _FEW <= len(tokens) < _WORDS and turn.text.endswith("?"):
            seen[turn.speaker, tokens.forms] += 1
            if seen[turn.speaker, tokens.forms] >= _TIMES:
                return span(number, turn, 0, len(turn.text)), "a question is asked three times"
    return None


def _stuck(candidate: Candidate, said: _Said) -> tuple[Span, str] | None:
    """A long utterance of very few words, which come again and again in any order."""
    for (number, turn), tokens in zip(candidate.numbered, said, strict=True):
        for place in range(0, len(tokens) - _STUCK_WORDS + 1, _STUCK_WORDS // 2):
            window = tokens.forms[place : place + _STUCK_WORDS]
            if len(set(window)) <= _STUCK * _STUCK_WORDS:
                start, end = tokens.starts[place], tokens.ends[place + _STUCK_WORDS - 1]
                return span(number, turn, start, end), f"utterance {number} is stuck in a few words"
    return None


def _exchange(candidate: Candidate, said: _Said) -> tuple[Span, str] | None:
    """An utterance and its answer that say what the two before them say, in nearly their words."""
    alike = [
        min(len(one), len(other)) >= _EXCHANGED and _is_nearly(one.forms, other.forms, _ALIKE)
        for one, other in zip(said, said[2:], strict=False)
    ]
    for place, both in enumerate(pairwise(alike)):
        if all(both):
            number = place + 4
            turn = candidate.dialogue.turns[number - 1]
            whole = span(number, turn, 0, len(turn.text))
            return whole, f"utterances {number - 1} and {number} say what the two before them say"
    return None


def _form(candidate: Candidate, said: _Said) -> tuple[Span, str] | None:
    """An utterance or sentence that its speaker has said before, but for a word or two."""
    forms: defaultdict[tuple[str, bool], list[tuple[int, tuple[str, ...]]]] = defaultdict(list)
    for number, turn in candidate.numbered:
        if len(said[number - 1]) < _SHORTEST_FORM:
            continue
        pieces = candidate.sentences[number - 1]
        whole = Piece(0, len(turn.text), turn.text)
        for piece in (whole, *(pieces if len(pieces) > 1 else ())):
            words = _without_items(said[number - 1], piece)
            if len(words) < _SHORTEST_FORM:
                continue
            earlier = forms[turn.speaker, piece is whole]
            times = _times(number, words, earlier)
            if times:
                place = span(number, turn, piece.start, piece.end)
                return place, f"a sentence is said {times} times with other words in its slots"
            earlier.append((number, words))
    return None


def _without_items(tokens: Tokens, piece: Piece) -> tuple[str, ...]:
    """The words of a piece, in which one item is as good as another."""
    first, last = tokens.at(piece.start, piece.end) or (0, -1)
    words = tokens.forms[first : last + 1]
    if "id" not in words:
        return words
    return tuple(word for before, word in zip(("", *words), words, strict=False) if before != "id")


def _times(number: int, words: tuple[str, ...], earlier: list[tuple[int, tuple[str, ...]]]) -> int:
    """How many utterances say these words, this one included, where that makes a loop; else 0."""
    for least, often, share in _FORMS:
        if len(words) < least or len(earlier) < often - 1:
            continue
        alike = {
            other for other, form in earlier if other < number and _is_nearly(words, form, share)
        }
        if len(alike) >= often - 1:
            return len(alike) + 1
    return 0


def _is_nearly(one: tuple[str, ...], other: tuple[str, ...], share: float) -> bool:
    """Whether all but a few words of the longer text stand in both, in this order."""
    longer = max(len(one), len(other))
    if min(len(one), len(other)) < share * longer:
        return False
    allowed = int(longer * (1 - share) + 1e-9)
    return Levenshtein.distance(one, other, score_cutoff=allowed) <= allowed


def _sentence(candidate: Candidate, said: _Said) -> tuple[Span, str] | None:
    seen: Counter[tuple[str, ...]] = Counter()
    for (number, turn), tokens in zip(candidate.numbered, said, strict=True):
        within: Counter[tuple[str, ...]] = Counter()
        for piece in candidate.sentences[number - 1]:
            first, last = tokens.at(piece.start, piece.end) or (0, -1)
            words = tokens.forms[first : last + 1]
            if len(words) < _WORDS:
                continue
            seen[words] += 1
            within[words] += 1
            if seen[words] >= _TIMES or within[words] > 1:
                place = span(number, turn, piece.start, piece.end)
                return place, f"a sentence is said {seen[words]} times, again in utterance {number}"
    return None


def _phrase(candidate: Candidate, said: _Said) -> tuple[Span, str] | None:
    for (number, turn), tokens in zip(candidate.numbered, said, strict=True):
        for first, last in _loops(tokens.forms) if _recurs((tokens,)) else ():
            place = span(number, turn, tokens.starts[first], tokens.ends[last])
            return place, f"utterance {number} says a phrase over and over"
    return None


def _loops(words: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Where the same words follow themselves: a phrase of some words, or one word many times."""
    for length in range(1, 13):
        times = _LOOP_TIMES if length >= _LOOP_WORDS else 2 * _LOOP_TIMES
        if length >= 2 * _LOOP_WORDS:
            times = 2
        run = 0
        for place in range(length, len(words)):
            run = run + 1 if words[place] == words[place - length] else 0
            if run >= length * (times - 1):
                yield place - run - length + 1, place
                return
