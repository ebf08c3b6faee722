"""The rule about the stereotype: the user is as the prompt asked for (paper, §3.2)."""

from __future__ import annotations

import re

from recdial.domain import Reason, Span, Turn
from services.filter.rules.candidate import Candidate, span

_OWN_HISTORY = re.compile(
    r"\bmy (?:watch(?:ing)? history|history(?! \w)|previous ratings|past ratings|ratings"
    r"|watch ?list"
    r"|usual taste"
    r"|account|shelf|favou?rites? (?:so far|of all time|list))\b"
    r"|\b(?:last time|before|earlier|previously|once),? you (?:recommended|suggested|told"
    r"|gave|showed|found)"
    r"|\b(?:hi|hello|hey) again\b"
    r"|\byou (?:recommended|suggested) (?:me )?(?:\w+ ){0,3}(?:last|before|earlier|previously)"
    r"|\bi(?:['\u2019]ve| have) (?:been (?:here|a member|with you|a customer|using)|rated"
    r"|used this)"
    r"|\b(?:as|like) (?:always|usual|last time)\b|\bback again\b|(?:^|['\u2019]s )me again\b"
    r"|\breturning (?:user|customer)\b",
    re.IGNORECASE,
)
_THEIR_HISTORY = re.compile(
    r"\b(?:based on|looking at|going by|given|judging (?:by|from)|according to|from"
    r"|in) your (?:watch(?:ing)? "
    r"history|history|(?:previous|past|earlier|last) (?:ratings|choices|picks|movies|films"
    r"|viewings?|visits?)"
    r"|ratings|watch ?list|account|record|past)\b"
    r"|\b(?:since|because|as|seeing that|knowing that) you(?:['\u2019]ve"
    r"| have)? (?:already )?(?:loved|liked"
    r"|enjoyed|rated|watched|hated|adored|disliked|seen|gave)\b"
    r"|\byour (?:watch(?:ing)? history|past ratings|previous ratings|earlier ratings"
    r"|favou?rites (?:include|show)"
    r"|usual (?:taste|choices|picks|favou?rites))\b"
    r"|\b(?:welcome back|good to (?:see|have) you (?:back|again)|last time you)\b"
    r"|\byou (?:usually|always|often|normally|tend to) (?:like|love|enjoy|watch|go for|prefer"
    r"|rate)\b",
    re.IGNORECASE,
)
_NO_HISTORY = re.compile(
    r"\bi(?:['\u2019]m| am) (?:completely |totally |quite |rather |very )?new (?:to|here|at)\b"
    r"|\bi (?:have|had|['\u2019]ve)?(?: not|n['\u2019]t| never) (?:\w+ ){0,2}(?:watched|seen"
    r"|used|rated)"
    r" (?:any|a (?:single )?(?:movie|film)|such|this|anything|much)\b"
    r"(?! (?:as|like|so|more|better)\b)"
    r"|\bi(?:['\u2019]ve| have)? never (?:really |much )?(?:watch|saw|see|watched|seen|cared for"
    r"|liked|enjoyed|finished|had) (?:a |any |much )?(?:single )?(?:favou?rite )?"
    r"(?:movie|film|cinema)s?\b"
    r"|\bi(?:['\u2019]ve| have) (?:seen|watched) (?:no|zero|hardly any) (?:movie|film)s?\b"
    r"|\bno (?:movies?|films?) (?:to name|come to mind|i (?:like|liked|know|remember))\b"
    r"|\b(?:no|not have an?y?) (?:usual taste|history|favou?rites)\b"
    r"|\b(?:cannot|can['\u2019]t|could not|would not|do not) (?:name|know|think of) a single"
    r"|\bnothing to compare\b|\bmy first time (?:here|asking|using)\b",
    re.IGNORECASE,
)
_SEEN = re.compile(
    r"\b(?:i(?:['\u2019]ve| have)? (?:\w+ )?(?:loved?|liked?|adored?|enjoy(?:ed)?|hated?"
    r"|watched|seen|saw|rated"
    r"|disliked|gave|finished|walked out of|grew up with|own|know \w+ by heart|rewatched?"
    r"|re-?watch|cried at|fell asleep)|watched it|(?:one|two|three|four|five|\d) (?:stars?|out of)"
    r"|(?:my|all-time) favou?rites?|fan of|fond of|last (?:week|month|year|night|time))\b",
    re.IGNORECASE,
)
_WISH = re.compile(
    r"\b(?:want|wish|look(?:ing)? for|look for|need|prefer|find me|give me|show me"
    r"|search(?:ing)?|hoping|hope"
    r"|in the mood|must|should|has to|have to|would (?:like|love)|['\u2019]d (?:like|love)"
    r"|like to|after|craving"
    r"|in mind|(?:about|with|by)(?= \w)|starring|set in|directed|only|exactly|insist|demand"
    r"|looking)\b",
    re.IGNORECASE,
)
_NO_WISH = re.compile(
    r"\b(?:anything|whatever|surprise me|no (?:idea|clue|preference|preferences|wish|wishes|plan"
    r"|particular)"
    r"|do(?:n['\u2019]t| not) (?:mind|care|know)|you (?:choose|decide|pick)|up to you"
    r"|open to (?:anything|all)"
    r"|whichever|who knows|or (?:maybe )?not|any (?:movie|film|genre|kind|sort|type)"
    r"|whatsoever|nothing (?:special"
    r"|specific|at all)"
    r"|(?:no|not|\w+n['\u2019]t)(?: really)? (?:got |have |get )?(?:a|any|the) (?:clue|idea"
    r"|faintest|foggiest|notion)"
    r"|(?:could|can)(?:n['\u2019]t|['\u2019]t|not| not) (?:tell|say)|may end up|never know|go"
    r" along with|(?:you|just) tell me|just (?:some"
    r"|any|a) (?:film|movie)"
    r"|everything is fine|makes no difference)\b",
    re.IGNORECASE,
)
_TOLD_WORDS = 5
"""Words of a sentence that can state a wish: "Fine by me." states none."""

_EXACT_WISH = re.compile(
    r"\b(?:directed by|starring|with the actor|with the actress|by the director|set in|based on"
    r"|about an? "
    r"\w+|made in|from the (?:\d0s|\d{4}s)|must (?:have|be|star)|has to (?:have|be|star)"
    r"|exactly)\b",
    re.IGNORECASE,
)


def stereotype_broken(candidate: Candidate) -> Reason | None:
    """The user keeps to the stereotype.

    A newcomer has no history, and the assistant does not speak of one; others do not deny theirs,
    and something of it comes up. A user without a goal makes no demand at the opening, a vague one
    names no person there, and one with a specific goal states a wish.
    """
    axes = candidate.context.stereotype
    if axes is None or not candidate.dialogue.turns:
        return None
    if not axes.shows_history:
        cited = _cited(candidate)
        if cited is not None:
            return _broken("a newcomer has no history, but", cited)
    else:
        denied = _in_user(candidate, _NO_HISTORY)
        if denied is not None:
            return _broken("the user has a history, but says otherwise", denied)
        if _names_nothing_known(candidate):
            first = candidate.dialogue.turns[0]
            place = span(1, first, 0, len(first.text))
            return _broken("the user has a history, but nobody speaks of any of it", place)
    opening = candidate.dialogue.turns[0]
    if opening.speaker != "user":
        return None
    if axes.clarity == "none":
        demand = _demand(candidate, with_genres=True)
        if demand is not None:
            return _broken("the user has no goal, but demands at the opening", demand)
    if axes.clarity == "vague":
        demand = _demand(candidate, with_genres=False)
        if demand is not None:
            return _broken("the user's wish is vague, but the opening names", demand)
    if axes.clarity == "specific" and not _states_wish(candidate):
        whole = span(1, opening, 0, len(opening.text))
        return _broken("the user has a specific wish, but states none", whole)
    return None


def _broken(what: str, place: Span) -> Reason:
    shown = place.text if len(place.text) <= 60 else f"{place.text[:60]}…"
    return Reason(
        rule="stereotype_broken",
        detail=f"{what}: {shown!r} (utterance {place.turn})",
        turn=place.turn,
        spans=(place,),
    )


def _cited(candidate: Candidate) -> Span | None:
    """Where somebody cites the history of a user who has none."""
    target = candidate.context.target_item_id
    recommended = False
    for number, turn, links in candidate.linked:
        pattern = _OWN_HISTORY if turn.speaker == "user" else _THEIR_HISTORY
        found = pattern.search(turn.text)
        if found:
            return span(number, turn, found.start(), found.end())
        for link in links:
            if link.kind != "item" or link.ids[0] == target:
                continue
            around = turn.text[max(0, link.start - 50) : link.end + 30]
            if turn.speaker == "user" and not recommended and _SEEN.search(around):
                return span(number, turn, link.start, link.end)
        recommended |= turn.speaker == "assistant" and bool(turn.items)
    return None


def _names_nothing_known(candidate: Candidate) -> bool:
    """Whether no item but the target comes up, nor that the user has seen anything."""
    context = candidate.context
    if not candidate.links or not context.liked | context.disliked:
        return False
    return not any(
        any(link.kind == "item" and link.ids[0] != context.target_item_id for link in links)
        or (turn.speaker == "user" and _SEEN.search(turn.text))
        for _, turn, links in candidate.linked
    )


def _in_user(candidate: Candidate, pattern: re.Pattern[str]) -> Span | None:
    for number, turn in candidate.numbered:
        found = pattern.search(turn.text) if turn.speaker == "user" else None
        if found:
            return span(number, turn, found.start(), found.end())
    return None


def _demand(candidate: Candidate, *, with_genres: bool) -> Span | None:
    """The demand of an opening for a person, or a genre as well, apart from what was seen."""
    number, turn, links = next(iter(candidate.linked), (1, candidate.dialogue.turns[0], ()))
    for link in links:
        if link.kind not in ("person", "genre") or (link.kind == "genre" and not with_genres):
            continue
        clause = _clause(turn, link.start)
        if _WISH.search(clause) and not _SEEN.search(clause) and not _NO_WISH.search(clause):
            return span(number, turn, link.start, link.end)
    if with_genres:
        for found in _EXACT_WISH.finditer(turn.text):
            clause = _clause(turn, found.start())
            if re.search(r"\b(?:want|need|looking|find|give|must|has to|wish)\b", clause, re.I):
                return span(number, turn, found.start(), found.end())
    return None


def _clause(turn: Turn, place: int) -> str:
    start = max(turn.text.rfind(mark, 0, place) for mark in ".!?;\n") + 1
    ends = [end for mark in ".!?;\n" if (end := turn.text.find(mark, place)) >= 0]
    return turn.text[start : min(ends, default=len(turn.text))]


def _states_wish(candidate: Candidate) -> bool:
    """Whether the user asks for anything that can be told: a name, a genre, a theme, a plot."""
    for number, turn, links in candidate.linked:
        if turn.speaker != "user":
            continue
        if any(link.kind in ("person", "genre") for link in links):
            return True
        if any(link.kind == "keyword" for link in links) and not _NO_WISH.search(turn.text):
            return True
        if any(
            _WISH.search(sentence.text)
            and not _NO_WISH.search(sentence.text)
            and len(sentence.text.split()) >= _TOLD_WORDS
            for sentence in candidate.sentences[number - 1]
        ):
            return True
    return not candidate.links
