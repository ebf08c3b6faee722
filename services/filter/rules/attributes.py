"""The rule about what is said of an item: its record does not deny it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from recdial.domain import ItemFacts, Reason, Span, Turn
from recdial.linking import Link
from services.filter.rules.attribute_claims import Denied, denied, denied_of_example, within
from services.filter.rules.candidate import Candidate, counted, span
from services.filter.rules.sentences import Piece, clauses

_PRONOUNS = (
    *(
        "it ",
        "it'",
        "it\u2019",
        "this ",
        "that ",
        "that'",
        "that\u2019",
        "its ",
        "the film",
        "the movie",
        "the picture",
    ),
    *("directed", "starring", "with ", "there "),
)
_INTERJECTION = re.compile(
    r"^(?:(?:right|oh|yes|ah|yeah|sure|great|okay|well|and|so|nice|of course|i think)\b,? )+"
)
_TAG = re.compile(
    r", (?:(?:is|was)n['\u2019]t (?:it|that)|right|correct|no|yes|if i remember (?:well|right))\?$",
    re.IGNORECASE,
)
"""What makes a question of something that is taken for granted."""
_CORRECTS = re.compile(
    r"(?:no\b|not (?:quite|exactly|really)|actually|almost|close\b|nearly|i think you mean"
    r"|you (?:may|might) (?:mean|be thinking)|small correction|(?:just )?one correction)",
    re.IGNORECASE,
)
_ABOUT_A_FILM = (
    " stars",
    " star ",
    " directed",
    " director",
    " lead",
    " plays",
    " cast",
    " role",
    " in it.",
)
_COMPARED = re.compile(
    r"\b(?:than|from|like|unlike|similar to|same as|fans? of|besides?|next to|reminds? \w+ of"
    r"|between|compared to|as much as|close to|such as) $",
    re.IGNORECASE,
)
_BEFORE = 40
"""Letters in which a comparison is looked for."""
_AND = re.compile(r",? (?:and |or )?|, ")


class _Claim(NamedTuple):
    """Something said of an item that its record denies."""

    span: Span
    said: str


def contradicted_attribute(candidate: Candidate) -> Reason | None:
    """What is said of an item (actor, director, genre, year) is not denied by its record.

    A claim is read only where a sentence is plainly about one item: it is the only one named there,
    or none is and the sentence before named just one. Nothing is read from questions, wishes,
    comparisons and negations, nor from what the other side sets right. Records name the leading
    actors only, so of a person the catalogue knows, or who is plainly said to star, it counts that
    the record has others.
    """
    claims = [
        claim
        for number, turn, links in candidate.linked
        if not (turn.speaker == "user" and _is_corrected(candidate, number))
        for claim in _claims(candidate, number, turn, links)
    ]
    if not claims:
        return None
    return Reason(
        rule="contradicted_attribute",
        detail=f"{counted(len(claims), 'claim')} that the catalogue denies: "
        + "; ".join(claim.said for claim in claims[:3]),
        turn=claims[0].span.turn,
        spans=tuple(claim.span for claim in claims),
    )


def _claims(
    candidate: Candidate, number: int, turn: Turn, links: Sequence[Link]
) -> Iterator[_Claim]:
    items = candidate.context.items
    named = _subjects(turn.text, links)
    last = _named_last(candidate, number)
    own: list[ItemFacts] = []
    if not last and all(link.item_id is None for link in links):
        return
    for sentence in candidate.sentences[number - 1]:
        subjects = {link.ids[0] for link in within(named, sentence)}
        asks = sentence.is_question and not _TAG.search(sentence.text)
        before = own or last
        of_last = not own and bool(subjects)  # "It's <id_B>" is not of what was named last
        if before and not asks and not of_last and _is_of_it(sentence):
            yield from _of_sentence(number, turn, links, sentence, before)
        elif len(subjects) > 1:
            yield from _of_clauses(candidate, number, turn, links, named, sentence)
        elif subjects:
            about = [items[item_id] for item_id in subjects if item_id in items]
            if not asks:
                yield from _of_sentence(number, turn, links, sentence, about)
        elif not asks and turn.speaker == "assistant" and _goes_on(sentence):
            yield from _of_sentence(number, turn, links, sentence, before)
        for link in () if asks else within(links, sentence):
            if link.item_id in items and link not in named:
                until = Piece(sentence.start, link.end, turn.text[sentence.start : link.end])
                item = items[link.ids[0]]
                found = denied_of_example(turn, links, until, item)
                yield from (_claim(number, turn, item, one) for one in found)
        own += [
            items[link.ids[0]]
            for link in within(links, sentence)
            if link.item_id in items and items[link.ids[0]] not in own
        ]


def _is_corrected(candidate: Candidate, number: int) -> bool:
    """Whether the next utterance begins by setting something right."""
    turns = candidate.dialogue.turns
    return number < len(turns) and _CORRECTS.match(turns[number].text) is not None


def _named_last(candidate: Candidate, number: int) -> list[ItemFacts]:
    """The one item that the utterance before is about: "it" may be said of it.

    If that names none, as a question about it does, the one before counts.
    """
    items = candidate.context.items
    for links in reversed(candidate.links[max(0, number - 3) : number - 1]):
        ids = {link.item_id or "" for link in links if link.kind == "item"}
        if ids:
            return [items[one] for one in ids if one in items] if len(ids) == 1 else []
    return []


def _of_clauses(
    candidate: Candidate,
    number: int,
    turn: Turn,
    links: Sequence[Link],
    named: Sequence[Link],
    sentence: Piece,
) -> Iterator[_Claim]:
    """Where a sentence is about several items: of each, what its own clause says."""
    if sentence.is_question:
        return
    for clause in clauses(sentence):
        subjects = {link.ids[0] for link in within(named, clause)}
        if len(subjects) == 1:
            items = candidate.context.items
            about = [items[item_id] for item_id in subjects if item_id in items]
            yield from _of_sentence(number, turn, links, clause, about)


def _subjects(text: str, links: Sequence[Link]) -> list[Link]:
    """The items that are spoken of, and not only compared with: "like <id_A> and <id_B>"."""
    found: list[Link] = []
    compared_until = -1
    for link in links:
        if link.item_id is None:
            continue
        between = text[compared_until : link.start] if compared_until >= 0 else ""
        if _COMPARED.search(text, max(0, link.start - _BEFORE), link.start) or _AND.fullmatch(
            between
        ):
            compared_until = link.end
        else:
            found.append(link)
    return found


def _is_of_it(sentence: Piece) -> bool:
    """Whether a sentence begins with what stands for the item named before."""
    return _INTERJECTION.sub("", sentence.text.lstrip().lower()).startswith(_PRONOUNS)


def _goes_on(sentence: Piece) -> bool:
    """Whether a sentence that names no item is about the one named before."""
    lead = f" {sentence.text.lstrip().lower()}"
    return any(word in lead for word in _ABOUT_A_FILM)


def _of_sentence(
    number: int, turn: Turn, links: Sequence[Link], piece: Piece, about: Sequence[ItemFacts]
) -> Iterator[_Claim]:
    """The claims of a piece that the records of all items it may be about deny."""
    if not about:
        return
    for found in denied(turn, links, piece, about):
        yield _claim(number, turn, about[-1], found)


def _claim(number: int, turn: Turn, item: ItemFacts, found: Denied) -> _Claim:
    start, end, said, recorded = found
    return _Claim(
        span(number, turn, start, end),
        f"utterance {number} says that <id_{item.item_id}> ({item.title}) {said}; "
        f"its record says {recorded}",
    )
