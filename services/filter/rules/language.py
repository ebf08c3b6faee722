"""The rule about the language of a dialogue."""

from __future__ import annotations

import re

from recdial.domain import Reason, Span
from recdial.mentions import replace_mentions
from services.filter.rules.candidate import Candidate, listed, span

_LETTERS = 40
"""What is shorter may be a greeting or a title: "Merci!" is no other language."""

_LAST_ALPHABET, _WEIGHT = "\u2e7f", 3
"""Behind it come scripts such as Chinese, a letter of which says as much as some of others."""

_WORD = re.compile(r"\w[\w'\u2019-]*")

_PERCENT = 70
"""Of an utterance, what must be in another language."""


def wrong_language(candidate: Candidate) -> Reason | None:
    """Every utterance of some length is in `filtering.language`.

    The language is told by CLD2, Chrome's former detector; where it is not sure, nothing is said.
    """
    wanted = candidate.config.language
    if not wanted:
        return None
    found: list[tuple[Span, str]] = []
    for number, turn in candidate.numbered:
        language = _language(replace_mentions(turn.text, lambda _item: " "))
        if language not in (None, wanted):
            found.append((span(number, turn, 0, len(turn.text)), str(language)))
    if not found:
        return None
    spans = tuple(place for place, _ in found)
    return Reason(
        rule="wrong_language",
        detail=f"not in {wanted!r}: {listed([(place.turn, name) for place, name in found])}",
        turn=spans[0].turn,
        spans=spans,
    )


def _language(text: str) -> str | None:
    """The ISO 639-1 code of a text's language; None where it is too short or not clear.

    A line of foreign names and titles is no foreign language: what is not in capitals has to be in
    the same one.
    """
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    language = _detected(text, _LETTERS)
    if language is None or language != _detected(_uncapitalised(text), _LETTERS // 2):
        return None
    return language


def _uncapitalised(text: str) -> str:
    return _WORD.sub(lambda word: " " if word[0][0].isupper() else word[0], text)


def _detected(text: str, letters: int) -> str | None:
    import pycld2

    said = filter(str.isalpha, text)
    if sum(_WEIGHT if letter > _LAST_ALPHABET else 1 for letter in said) < letters:
        return None
    reliable, _, details = pycld2.detect(text, isPlainText=True, bestEffort=False)
    _, code, percent, _ = details[0]
    return str(code) if reliable and percent >= _PERCENT else None
