"""Pairs of dialogues that nearly repeat each other, and pairs that only look alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from recdial.domain import ItemFacts
from recdial.mentions import mention
from recdial.settings import STEREOTYPES
from tests.gate.records import NearDuplicatePair
from tests.gate.scripted import Utterance, write

_EACH = 3
_FIRST_USER = 900


def pairs(catalogue: Mapping[str, ItemFacts]) -> Iterator[NearDuplicatePair]:
    """Three pairs of each label for each stereotype."""
    for number, stereotype in enumerate(STEREOTYPES * _EACH):
        base = write(catalogue, stereotype, _FIRST_USER + number)
        stranger = write(catalogue, stereotype, _FIRST_USER + 100 + number)
        texts = _texts(base.utterances)
        other, note = _nearly(list(texts), base.prompt.target, stranger.prompt.target, number)
        yield NearDuplicatePair(
            id=f"near-{number:02}", one=texts, other=other, duplicate=True, note=note
        )
        theirs = _texts(stranger.utterances)
        told = "another user of the same stereotype"
        if number % 3:
            theirs, told = (texts[0], *theirs[1:]), f"{told} with the same opening"
        if number % 3 == 2:
            theirs, told = (*theirs, "Thanks, bye!"), f"{told} and a goodbye"
        yield NearDuplicatePair(
            id=f"far-{number:02}", one=texts, other=theirs, duplicate=False, note=told
        )


def _texts(utterances: tuple[Utterance, ...]) -> tuple[str, ...]:
    return tuple(said.text for said in utterances)


def _nearly(
    texts: list[str], target: str, other_target: str, number: int
) -> tuple[tuple[str, ...], str]:
    """The same dialogue with a change too small to make another one of it."""
    change = (number + number // len(STEREOTYPES)) % 5
    if change == 0:
        return tuple(texts), "word for word"
    if change == 1:
        texts = [text.replace("!", ".").upper() for text in texts]
        # Ids are case-sensitive, so those stay.
        texts = [text.replace("<ID_", "<id_") for text in texts]
        return tuple(texts), "other case and punctuation"
    if change == 2:
        return tuple(
            text.replace(mention(target), mention(other_target)) for text in texts
        ), "another target"
    if change == 3:
        texts[-1] = f"{texts[-1]} Right?"
        return tuple(texts), "one word more"
    return (*texts, "Bye!"), "a short last utterance more"
