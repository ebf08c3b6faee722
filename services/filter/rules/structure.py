"""Rules about the shape of a dialogue: who speaks when, how often, and to the end."""

from __future__ import annotations

from itertools import pairwise

from recdial.domain import Reason
from services.filter.rules.candidate import Candidate, counted


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
    )


def roles_alternate(candidate: Candidate) -> Reason | None:
    """User and assistant take turns."""
    turns = candidate.dialogue.turns
    repeated = [
        number
        for number, (before, turn) in enumerate(pairwise(turns), 2)
        if before.speaker == turn.speaker
    ]
    if not repeated:
        return None
    first = repeated[0]
    return Reason(
        rule="roles_alternate",
        detail=f"{len(repeated)} of {counted(len(turns), 'utterance')} follow one of the same "
        f"speaker, the first is utterance {first} ({turns[first - 1].speaker})",
        turn=first,
    )


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


def empty_turn(candidate: Candidate) -> Reason | None:
    """Something is said in every utterance."""
    empty = candidate.dialogue.empty_turns
    if not empty:
        return None
    numbers = ", ".join(map(str, empty))
    return Reason(
        rule="empty_turn",
        detail=f"nothing is said in {len(empty)} of "
        f"{counted(len(candidate.dialogue.turns), 'utterance')}: {numbers}",
        turn=empty[0],
    )


def truncated(candidate: Candidate) -> Reason | None:
    """The model came to the end of what it had to say."""
    if candidate.finish_reason != "length":
        return None
    return Reason(
        rule="truncated",
        detail="cut off at the token limit after "
        f"{counted(len(candidate.text), 'character')}; see sampling.max_tokens",
    )
