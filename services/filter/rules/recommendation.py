"""Rules about what the dialogue is for: the assistant recommends the target."""

from __future__ import annotations

import re

from recdial.domain import Reason, Span
from recdial.mentions import mention
from services.filter.rules.candidate import Candidate, counted, span
from services.filter.rules.sentences import Piece

_UNDENIED = r"(?<!n['\u2019]t )(?<!\bnot )(?<!\bnever )"
"""Before a word against something: "do not skip it" speaks for it."""

_CLAUSE = re.compile(r"[,;:]|\b(?:but|instead|so|and)\b|<id_[^<>]+>")
_AGAINST = re.compile(
    r"(?:\b(?:not|never|cannot)|n['\u2019]t) (?:\w+ ){0,2}(?:recommend|suggest|watch|advise|pick"
    r"|choose|go for)"
    r"|\b(?:i doubt|compared? to|shares? [^.!?<]{0,30} with|only in passing)\b"
    rf"|{_UNDENIED}\b(?:avoid|skip|leave|stay away|keep away|steer clear|forget(?: about)?|pass on"
    r"|leave out|stay clear|don['\u2019]t bother|rule out|advise against"
    r"|warn you (?:of|off|about))\b",
    re.IGNORECASE,
)

_AGAINST_IT = re.compile(
    r"(?:\b(?:not|never|cannot)|n['\u2019]t) (?:\w+ ){0,2}(?:recommend|suggest|advise|choose|pick)"
    r" (?:it|this|that)\b"
    rf"|{_UNDENIED}\b(?:leave|skip|avoid|forget) (?:it|this one|that one)\b"
    r"(?! (?:on|to|with|if)\b)"
    r"|\bgive (?:it|this one|that one) a (?:miss|pass)\b"
    r"|\b(?:leave|put|set) (?:it|this|that|this one|that one) (?:aside|out|for another)\b"
    r"|^,? (?:aside|alone|out|be)\b|\bi doubt (?:it|this|that)\b|\bonly in passing\b"
    r"|\b(?:is|would be|is probably) (?:not (?:right |the one )?for you|the wrong)\b"
    r"|\b(?:stay|keep|steer) (?:well )?(?:away from|clear of) (?:it|this|that)\b"
    r"|\b(?:do not|don['\u2019]t) (?:watch|bother with|go near) (?:it|this|that)\b",
    re.IGNORECASE,
)
"""Behind an item, of which it is said."""


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
        sentences = candidate.sentences[number - 1]
        pieces = [piece for piece in sentences if named in piece.text]
        denied = [
            piece
            for piece, after in zip(sentences, (*sentences[1:], None), strict=True)
            if named in piece.text and _denied(piece, named, after)
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


def _denied(sentence: Piece, named: str, after: Piece | None) -> bool:
    """Whether a sentence, or the one after it, is against what it names."""
    before, _, behind = sentence.text.partition(named)
    if after is not None and "<id_" not in after.text:
        behind = f"{behind} {after.text}"
    clause = _CLAUSE.split(before)[-1]
    return bool(_AGAINST.search(clause) or _AGAINST_IT.search(behind))


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
