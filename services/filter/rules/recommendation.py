"""Rules about what the dialogue is for: the assistant recommends the target."""

from __future__ import annotations

from recdial.domain import Reason
from services.filter.rules.candidate import Candidate, counted


def target_not_recommended(candidate: Candidate) -> Reason | None:
    """The assistant mentions the target."""
    target = candidate.context.target_item_id
    if not candidate.dialogue.turns or _first_mention(candidate, "assistant", target):
        return None
    return Reason(
        rule="target_not_recommended",
        detail=f"the target {target} is mentioned in none of "
        f"{counted(_utterances(candidate, 'assistant'), 'assistant utterance')}",
    )


def target_leaked(candidate: Candidate) -> Reason | None:
    """The user does not mention the target before the assistant does."""
    target = candidate.context.target_item_id
    user = _first_mention(candidate, "user", target)
    assistant = _first_mention(candidate, "assistant", target)
    if user is None or (assistant is not None and assistant < user):
        return None
    later = f"in utterance {assistant}" if assistant else "never"
    return Reason(
        rule="target_leaked",
        detail=f"the user mentions the target {target} in utterance {user}, the assistant {later}",
        turn=user,
    )


def assistant_mentions_known_id(candidate: Candidate) -> Reason | None:
    """The assistant mentions some known item: all that the original's filter in effect asks for."""
    if not candidate.dialogue.turns or any(
        candidate.context.knows(item)
        for turn in candidate.dialogue.turns
        if turn.speaker == "assistant"
        for item in turn.items
    ):
        return None
    return Reason(
        rule="assistant_mentions_known_id",
        detail="an id from the prompt or the catalogue is mentioned in none of "
        f"{counted(_utterances(candidate, 'assistant'), 'assistant utterance')}",
    )


def _first_mention(candidate: Candidate, speaker: str, item: str) -> int | None:
    numbers = (
        number
        for number, turn in candidate.numbered
        if turn.speaker == speaker and item in turn.items
    )
    return next(numbers, None)


def _utterances(candidate: Candidate, speaker: str) -> int:
    return sum(turn.speaker == speaker for turn in candidate.dialogue.turns)
