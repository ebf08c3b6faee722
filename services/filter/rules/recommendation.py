"""Rules about what the dialogue is for: the assistant recommends the target."""

from __future__ import annotations

import re

from recdial.domain import Reason, Span
from recdial.mentions import mention
from services.filter.rules.candidate import Candidate, counted, span

_AGAINST = re.compile(
    r"\b(?:not|n['\u2019]t|never|cannot) (?:\w+ ){0,2}(?:recommend|suggest|watch|advise|pick"
    r"|choose|go for)"
    r"|\b(?:avoid|skip|stay away|keep away|steer clear|forget(?: about)?|pass on|leave out"
    r"|stay clear"
    r"|don['\u2019]t bother|rule out|advise against|warn you (?:of|off|about))\b",
    re.IGNORECASE,
)


def target_not_recommended(candidate: Candidate) -> Reason | None:
    """The assistant mentions the target, and does not only advise against it."""
    target = candidate.context.target_item_id
    if not candidate.dialogue.turns:
        return None
    against: list[Span] = []
    for number, turn in candidate.numbered:
        if turn.speaker != "assistant" or target not in turn.items:
            continue
        named = mention(target)
        pieces = [piece for piece in candidate.sentences[number - 1] if named in piece.text]
        denied = [
            piece for piece in pieces if _AGAINST.search(piece.text[: piece.text.index(named)])
        ]
        if len(denied) < len(pieces):
            return None
        against += [span(number, turn, piece.start, piece.end) for piece in denied]
    if against:
        return Reason(
            rule="target_not_recommended",
            detail=f"the assistant names the target {target} only to advise against it",
            turn=against[0].turn,
            spans=tuple(against),
        )
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
    turn = candidate.dialogue.turns[user - 1]
    start = turn.text.find(mention(target))
    return Reason(
        rule="target_leaked",
        detail=f"the user mentions the target {target} in utterance {user}, the assistant {later}",
        turn=user,
        spans=(span(user, turn, start, start + len(mention(target))),) if start >= 0 else (),
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
