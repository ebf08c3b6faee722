"""The rule about preferences: what is said of the user's taste is what the ratings say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from recdial.domain import Reason, Span, Turn
from recdial.linking import Link
from services.filter.rules.candidate import Candidate, JudgingContext, span
from services.filter.rules.opinions import Opinion, opinion_of
from services.filter.rules.sentences import Piece, clauses

_YOU = re.compile(r"\b(?:you|your|yours)\b", re.IGNORECASE)
_COMPARISON = re.compile(
    r"\b(?:than|unlike|compared to|as (?:much|good|bad|boring) as|instead of|rather than"
    r"|nothing like|different from)\b",
    re.IGNORECASE,
)
_CONTRAST = re.compile(r"\W*(?:but|yet|however|while|whereas|although|though)\b", re.IGNORECASE)
_GOES_ON = re.compile(
    r"\W*(?:it|that|this|they|what an?|such an?|the (?:film|movie|story))\b", re.IGNORECASE
)
_EXAMPLE = re.compile(
    r"\b(?!always|was|is|does|this|as)(?:\w+s|something|anything|stuff|one|fare"
    r"|along the lines of),?"
    r" (?:like|such as) (?:<id_[^<>]+>,? (?:and |or )?)*$",
    re.IGNORECASE,
)
"""Before an item that is named as an example: what is said is said of the kind."""

_ELLIPSIS = re.compile(
    r"(?:,| and| but)\s+(?=<id_[^<>]+>(?:,? (?:and |or )?<id_[^<>]+>)*"
    r"[^<,.]{0,20}\b(?:less so|not so much|(?:is|was|were|are|did|does) not\b\W*$"
    r"|(?:isn|wasn|weren|didn|doesn)['\u2019]t\b\W*$|not (?:really|at all|quite|for me)))",
    re.IGNORECASE,
)

_ASKED = re.compile(
    r"\b(?:how did you (?:like|find|feel about|get on with)|how was|did you (?:like|enjoy|love)"
    r"|what did you (?:think|make) of|have you seen|your (?:thoughts|opinion|take) on)\b",
    re.IGNORECASE,
)
"""In a question about an item, to which the next utterance answers without naming it."""

_MORE_LIKE = re.compile(
    r"(?P<no>(?:\b(?:no|not|nothing|never|without|avoid)|n['\u2019]t)\b[^.!?]{0,25})?"
    r"\b(?:something|anything|another|more|one|(?:a|any) (?:\w+ )?(?:film|movie))"
    r"(?: (?:film|movie|one))? ?(?:just |exactly |much )?(?:like|similar to|as good as"
    r"|in the (?:spirit|vein|style|mou?ld) of|along the lines of) $",
    re.IGNORECASE,
)
"""Before an item of which the user wants more, or no more."""

_BEFORE = 80
"""Characters in which a wish for more of an item is looked for."""

_ANSWERING = 2
"""Sentences of an answer that are about what was asked."""

_BUT_OTHERWISE = re.compile(
    r"\b(?:but|only|except|without|minus|less|just not|though|better|done (?:well|right))\b",
    re.IGNORECASE,
)


def preference_contradicted(candidate: Candidate) -> Reason | None:
    """The user does not praise a disliked item nor pan a liked one, and nobody says so of the user.

    An opinion is read from the clause that names the item, or from the next sentence if that is
    about nothing else. Questions, comparisons and clauses that say both say nothing.
    """
    context = candidate.context
    rated = context.liked | context.disliked
    found: list[tuple[Span, str]] = []
    asked: Link | None = None
    for number, turn, links in candidate.linked:
        pieces = candidate.sentences[number - 1]
        told: list[tuple[Link, Opinion, Span]] = []
        if any(link.item_id in rated for link in links):
            told += [
                (link, opinion, span(number, turn, link.start, link.end))
                for link, opinion in (
                    *_opinions(turn, links, pieces),
                    *((link, "good") for link in _wanted(turn, links, pieces)),
                )
            ]
        if asked is not None and turn.speaker == "user" and not _items(links):
            whole = span(number, turn, 0, len(turn.text))
            told += [(asked, opinion, whole) for _, opinion in _answers(turn, pieces, asked)]
        asked = _asked_about(turn, links, pieces)
        for link, opinion, place in told:
            fault = _fault(link.ids[0], opinion, turn, context)
            if fault is not None:
                found.append((place, fault))
    if not found:
        return None
    return Reason(
        rule="preference_contradicted",
        detail="; ".join(f"in utterance {place.turn} {said}" for place, said in found[:3]),
        turn=found[0][0].turn,
        spans=tuple(place for place, _ in found),
    )


def _fault(item_id: str, opinion: Opinion, turn: Turn, context: JudgingContext) -> str | None:
    title = context.items[item_id].title if item_id in context.items else item_id
    who = "the user" if turn.speaker == "user" else "the assistant says the user"
    if opinion == "good" and item_id in context.disliked:
        return f"{who} praises <id_{item_id}> ({title}), which is disliked"
    if opinion == "bad" and item_id in context.liked:
        return f"{who} pans <id_{item_id}> ({title}), which is liked"
    return None


def _asked_about(turn: Turn, links: Sequence[Link], pieces: Sequence[Piece]) -> Link | None:
    """The one item that the last sentence of an utterance asks the user's opinion of."""
    if turn.speaker != "assistant" or not pieces or not pieces[-1].is_question:
        return None
    named = _within(_items(links), pieces[-1])
    return named[0] if len(named) == 1 and _ASKED.search(pieces[-1].text) else None


def _answers(turn: Turn, pieces: Sequence[Piece], asked: Link) -> Iterator[tuple[Link, Opinion]]:
    for piece in pieces[:_ANSWERING]:
        if not piece.is_question:
            yield from _of(turn, piece, [asked])


def _wanted(turn: Turn, links: Sequence[Link], pieces: Sequence[Piece]) -> Iterator[Link]:
    """The items the user wants more of, as they are."""
    if turn.speaker != "user":
        return
    for link in _items(links):
        found = _MORE_LIKE.search(turn.text, max(0, link.start - _BEFORE), link.start)
        if found is None or found["no"]:
            continue
        behind = next(turn.text[link.end : one.end] for one in pieces if link.start < one.end)
        if not _BUT_OTHERWISE.search(behind):
            yield link


def _items(links: Sequence[Link]) -> list[Link]:
    return [link for link in links if link.item_id is not None]


def _opinions(
    turn: Turn, links: Sequence[Link], sentences: Sequence[Piece]
) -> Iterator[tuple[Link, Opinion]]:
    items = [link for link in _items(links) if not _EXAMPLE.search(turn.text, 0, link.start)]
    if not items:
        return
    last: list[Link] = []
    for sentence in sentences:
        if sentence.is_question and turn.speaker == "user":
            last = []
            continue
        named = _within(items, sentence)
        if not named:
            if _GOES_ON.match(sentence.text):
                yield from _of(turn, sentence, last)
            last = []
            continue
        for clause in _joined(sentence, items):
            yield from _of(turn, clause, _within(items, clause))
        last = named[-1:] if len(named) == 1 else []


def _joined(sentence: Piece, items: Sequence[Link]) -> list[Piece]:
    """The clauses of a sentence; one that names nothing goes with the one before it."""
    joined: list[Piece] = []
    for clause in (part for one in clauses(sentence) for part in _halves(one)):
        if joined and not _within(items, clause) and not _contrasts(clause):
            before = joined[-1]
            joined[-1] = Piece(before.start, clause.end, before.text + clause.text)
        else:
            joined.append(clause)
    return joined


def _contrasts(clause: Piece) -> bool:
    return _CONTRAST.match(clause.text) is not None


def _halves(clause: Piece) -> list[Piece]:
    """A clause cut where its end is short for the opposite: "I loved A, B less so"."""
    found = _ELLIPSIS.search(clause.text)
    if found is None:
        return [clause]
    at = found.start()
    return [
        Piece(clause.start, clause.start + at, clause.text[:at]),
        Piece(clause.start + at, clause.end, clause.text[at:]),
    ]


def _of(turn: Turn, piece: Piece, named: Sequence[Link]) -> Iterator[tuple[Link, Opinion]]:
    if not named or _COMPARISON.search(piece.text):
        return
    if turn.speaker == "assistant" and not _YOU.search(piece.text):
        return
    opinion = opinion_of(piece.text)
    if opinion is not None:
        yield from ((link, opinion) for link in named)


def _within(links: Sequence[Link], piece: Piece) -> list[Link]:
    return [link for link in links if piece.start <= link.start and link.end <= piece.end]
