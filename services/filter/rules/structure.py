"""Rules about the shape of a dialogue: who speaks when, how often, how long, and to the end."""

from __future__ import annotations

import re
from itertools import pairwise

from recdial.domain import Reason, Span, Turn
from services.filter.rules.candidate import Candidate, counted, listed, span
from services.filter.rules.speakers import other_speakers

_BROKEN_OFF = re.compile(
    r"(?:<(?:id_?[^<>\s]*)?|[,\u2013\u2014(\[&]|(?<=\w)-"
    r"|(?<![\w'\u2019])(?:(?-i:a)|an|the|and|or|but|of|to|with|for|from|by|at|into|about|between|through"
    r"|my|your|his|their|its|is|are|was|were|be|they|we|he|she|because|although|while|if|than|as"
    r"|which|whose|very|such|each|another))\s*\Z",
    re.IGNORECASE,
)
"""How an utterance breaks off: in a mention, at a comma or dash, at a word that wants another.
Words that may end a sentence are not among them: "Thank you", "I will watch it", "Count me in"."""
_LAST_WORDS = re.compile(r"\S+(?: \S+){0,3}\Z")
_FEW_WORDS = 8
_END = 100
"""Letters at the end of an utterance in which it may break off: as many as an id has, and more."""


def no_turns(candidate: Candidate) -> Reason | None:
    """A dialogue has utterances. Where it has none, this is the only rule with something to say."""
    if candidate.dialogue.turns:
        return None
    return Reason(
        rule="no_turns",
        detail=f"no [USR] or [AI] in {counted(len(candidate.text), 'character')} of text",
    )


def user_opens(candidate: Candidate) -> Reason | None:
    """The user speaks first."""
    turns = candidate.dialogue.turns
    if not turns or turns[0].speaker == "user":
        return None
    return Reason(
        rule="user_opens",
        detail=f"the assistant speaks first, of {counted(len(turns), 'utterance')}",
        turn=1,
        spans=(_whole(candidate, 1),),
    )


def closing_side(candidate: Candidate) -> Reason | None:
    """The last word is of the side that `filtering.closes` names."""
    turns, wanted = candidate.dialogue.turns, candidate.config.closes
    if not turns or wanted in ("any", turns[-1].speaker):
        return None
    return Reason(
        rule="closing_side",
        detail=f"the {turns[-1].speaker} has the last word, wanted is the {wanted}",
        turn=len(turns),
        spans=(_whole(candidate, len(turns)),),
    )


def roles_alternate(candidate: Candidate) -> Reason | None:
    """User and assistant take turns, and nobody else speaks."""
    turns = candidate.dialogue.turns
    repeated = [
        number
        for number, (before, turn) in enumerate(pairwise(turns), 2)
        if before.speaker == turn.speaker
    ]
    if not repeated:
        return _third_speaker(candidate)
    first = repeated[0]
    return Reason(
        rule="roles_alternate",
        detail=f"{len(repeated)} of {counted(len(turns), 'utterance')} follow one of the same "
        f"speaker, the first is utterance {first} ({turns[first - 1].speaker})",
        turn=first,
        spans=tuple(_whole(candidate, number) for number in repeated),
    )


def _third_speaker(candidate: Candidate) -> Reason | None:
    """Somebody else's line is part of the utterance before it, or of what is before the first."""
    dialogue = candidate.dialogue
    by_colon = "other_labels" in dialogue.repairs
    places = [
        span(number, turn, start, end)
        for number, turn in candidate.numbered
        for start, end in other_speakers(turn.text, by_colon=by_colon)
    ]
    if places:
        found = [(place.turn, repr(place.text.strip())) for place in places]
        detail = f"neither user nor assistant speaks: {listed(found)}"
        turn = places[0].turn
    elif dialogue.turns and any(other_speakers(dialogue.preamble)):
        detail, turn = "somebody else speaks before the user and the assistant do", None
    else:
        return None
    return Reason(rule="roles_alternate", detail=detail, turn=turn, spans=tuple(places))


def utterance_count(candidate: Candidate) -> Reason | None:
    """The number of utterances is within `filtering.min_utterances` and `max_utterances`."""
    count, config = len(candidate.dialogue.turns), candidate.config
    if not count or config.min_utterances <= count <= config.max_utterances:
        return None
    return Reason(
        rule="utterance_count",
        detail=f"{counted(count, 'utterance')}, allowed are "
        f"{config.min_utterances} to {config.max_utterances}",
    )


def utterance_length(candidate: Candidate) -> Reason | None:
    """No utterance is an essay: none is longer than `filtering.max_utterance_words`."""
    allowed = candidate.config.max_utterance_words
    long = [
        (number, words)
        for number, turn in candidate.numbered
        if (words := len(turn.text.split())) > allowed
    ]
    if not long:
        return None
    found = [(number, counted(words, "word")) for number, words in long]
    return Reason(
        rule="utterance_length",
        detail=f"{counted(len(long), 'utterance')} of more than {allowed} words: {listed(found)}",
        turn=long[0][0],
        spans=tuple(_whole(candidate, number) for number, _words in long),
        severity="warn",
    )


def empty_turn(candidate: Candidate) -> Reason | None:
    """Something is said in every utterance; a dash or dots alone are nothing."""
    empty = candidate.dialogue.empty_turns
    if not empty:
        return None
    numbers = ", ".join(map(str, empty))
    return Reason(
        rule="empty_turn",
        detail=f"nothing is said in {len(empty)} of "
        f"{counted(len(candidate.dialogue.turns), 'utterance')}: {numbers}",
        turn=empty[0],
        spans=tuple(_whole(candidate, number) for number in empty),
    )


def truncated(candidate: Candidate) -> Reason | None:
    """The model came to the end of what it had to say.

    It did not where it stopped at the token limit, and where the last utterance plainly breaks off:
    in an open mention, at a comma or dash, at a word that wants another behind it, after some words
    without a full stop where all utterances before have one, or right behind its marker.
    """
    turns = candidate.dialogue.turns
    broken = _broken_off(turns[-1].text) if turns else None
    if broken is None and len(turns) > 2 and not any(map(_is_open, turns[:-1])):
        broken = _LAST_WORDS.search(turns[-1].text) if _is_open(turns[-1]) else None
    last = len(turns)
    place = span(last, turns[-1], broken.start(), broken.end()) if broken else None
    if candidate.finish_reason == "length":
        detail = (
            f"cut off at the token limit after {counted(len(candidate.text), 'character')}; "
            "see sampling.max_tokens"
        )
    elif place is not None:
        detail = f"utterance {last}, the last, breaks off at {place.text!r}"
    elif _ends_with_marker(candidate):
        detail = f"nothing is behind the marker of utterance {last}, the last"
    else:
        return None
    return Reason(
        rule="truncated",
        detail=detail,
        turn=last if place or candidate.finish_reason != "length" else None,
        spans=(place,) if place else (),
    )


def _broken_off(text: str) -> re.Match[str] | None:
    return _BROKEN_OFF.search(text, max(0, len(text) - _END))


def _ends_with_marker(candidate: Candidate) -> bool:
    """Whether the last marker has nothing behind it, where something is said before."""
    turns = candidate.dialogue.turns
    return len(turns) > 1 and not turns[-1].text


def _is_open(turn: Turn) -> bool:
    """Whether an utterance of some words ends without any mark."""
    return len(turn.text.split()) > _FEW_WORDS and turn.text[-1:].isalnum()


def _whole(candidate: Candidate, number: int) -> Span:
    turn = candidate.dialogue.turns[number - 1]
    return span(number, turn, 0, len(turn.text))
