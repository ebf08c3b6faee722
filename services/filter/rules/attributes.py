"""The rule about what is said of an item: its record does not deny it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeAlias

from recdial.domain import ItemFacts, Reason, Span, Turn
from recdial.linking import Link
from recdial.linking.tokens import tokens_of
from services.filter.rules import attribute_frames as frames
from services.filter.rules.candidate import Candidate, counted, span
from services.filter.rules.sentences import Piece, clauses

_YEARS_APART = 1
_NEAR = 45
"""Characters before a claim in which a negation or a wish concerns it."""
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
        subjects = {link.ids[0] for link in _within(named, sentence)}
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
        own += [
            items[link.ids[0]]
            for link in _within(links, sentence)
            if link.item_id in items and items[link.ids[0]] not in own
        ]


def _is_corrected(candidate: Candidate, number: int) -> bool:
    """Whether the next utterance begins by setting something right."""
    turns = candidate.dialogue.turns
    return number < len(turns) and _CORRECTS.match(turns[number].text) is not None


def _named_last(candidate: Candidate, number: int) -> list[ItemFacts]:
    """The one item that the utterance before is about: "it" may be said of it."""
    if number < 2 or len(candidate.links) < number:
        return []
    items = candidate.context.items
    ids = {link.item_id or "" for link in candidate.links[number - 2] if link.kind == "item"}
    return [items[one] for one in ids if one in items] if len(ids) == 1 else []


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
        subjects = {link.ids[0] for link in _within(named, clause)}
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
        if _COMPARED.search(text, 0, link.start) or _AND.fullmatch(between):
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
    for start, end, said, recorded in (
        *_people(turn, links, piece, about),
        *_genres(turn, links, piece, about),
        *_years(piece, about),
    ):
        item = about[-1]
        yield _Claim(
            span(number, turn, start, end),
            f"utterance {number} says that <id_{item.item_id}> ({item.title}) {said}; "
            f"its record says {recorded}",
        )


_Denied: TypeAlias = tuple[int, int, str, str]
"""Where a claim stands, what it says, and what the record says."""


def _around(
    turn: Turn, links: Sequence[Link], piece: Piece, start: int, end: int
) -> tuple[str, str]:
    """What stands before and behind a place of a piece, with ITEM for every item."""

    def masked(left: int, right: int) -> str:
        parts, at = [], left
        for link in links:
            if link.kind == "item" and left <= link.start and link.end <= right:
                parts += [turn.text[at : link.start], frames.ITEM]
                at = link.end
        return "".join([*parts, turn.text[at:right]])

    return masked(piece.start, start), masked(end, piece.end)


def _people(
    turn: Turn, links: Sequence[Link], piece: Piece, about: Sequence[ItemFacts]
) -> Iterator[_Denied]:
    for start, end, name, known in _names(turn, links, piece):
        before, behind = _around(turn, links, piece, start, end)
        if _unsure(before):
            continue
        directs = _framed(before, behind, frames.DIRECTOR_BEFORE, frames.DIRECTOR_BEHIND)
        acts = not directs and (
            _framed(before, behind, frames.ACTOR_BEFORE, frames.ACTOR_BEHIND)
            or (
                known
                and _framed(before, behind, frames.KNOWN_ACTOR_BEFORE, frames.KNOWN_ACTOR_BEHIND)
            )
        )
        if directs and all(
            item.directors and not _is_one_of(name, item.directors) for item in about
        ):
            yield start, end, f"was directed by {name}", ", ".join(about[-1].directors)
        elif acts and all(
            item.actors and not _is_one_of(name, (*item.actors, *item.directors)) for item in about
        ):
            yield start, end, f"has {name} in it", ", ".join(about[-1].actors[:5])
        elif (
            not directs
            and not acts
            and (known or frames.FAMOUS_DIRECTOR.fullmatch(name))
            and _is_his(before, behind)
            and all(
                item.directors and not _is_one_of(name, (*item.actors, *item.directors))
                for item in about
            )
        ):
            yield start, end, f"is of {name}", ", ".join(about[-1].directors)


def _is_his(before: str, behind: str) -> bool:
    """Whether a name stands for who made the film: "Spielberg's ITEM", "ITEM is pure Spielberg"."""
    return (
        frames.HIS_ITEM.match(behind) is not None
        or frames.PURELY_BEFORE.search(before) is not None
        or (
            frames.OF_HIS_BEFORE.search(before) is not None
            and frames.OF_HIS_BEHIND.match(behind) is not None
        )
        or (before.endswith(f"{frames.ITEM}, ") and frames.HIS_FILM.match(behind) is not None)
    )


def _names(turn: Turn, links: Sequence[Link], piece: Piece) -> Iterator[tuple[int, int, str, bool]]:
    """The people named in a piece, and whether the catalogue knows them.

    Besides these there are famous directors, and what is written like a name.
    """
    taken = [(link.start, link.end) for link in _within(links, piece, "person")]
    yield from ((link.start, link.end, link.text, True) for link in _within(links, piece, "person"))
    famous = (frames.FAMOUS_DIRECTOR,) if frames.names_famous_director(piece.text) else ()
    for pattern in (*famous, frames.NAME):
        for found in pattern.finditer(piece.text):
            name = found[0].rstrip()
            start = piece.start + found.start()
            end = start + len(name)
            if not any(left < end and start < right for left, right in taken):
                taken.append((start, end))
                yield start, end, name, False


def _framed(before: str, behind: str, lead: re.Pattern[str], trail: re.Pattern[str]) -> bool:
    return lead.search(before) is not None or trail.match(behind) is not None


def _genres(
    turn: Turn, links: Sequence[Link], piece: Piece, about: Sequence[ItemFacts]
) -> Iterator[_Denied]:
    for link in _within(links, piece, "genre"):
        before, behind = _around(turn, links, piece, link.start, link.end)
        if _says_genre(link.text.lower(), before, behind) and all(
            _denies(item, link.ids) for item in about
        ):
            yield link.start, link.end, f"is {link.text}", ", ".join(about[-1].genres)


def _says_genre(genre: str, before: str, behind: str) -> bool:
    """Whether a film is said to be of a genre."""
    if frames.GENRE_EXACTLY.match(behind):
        return True
    if _unsure(before):
        return False
    if frames.GENRE_OF_ITEM_BEFORE.search(before) and frames.GENRE_OF_ITEM_BEHIND.match(behind):
        return True
    trail = frames.GENRE_FILM_BEHIND if genre in frames.NOUNS_AS_WELL else frames.GENRE_BEHIND
    return frames.GENRE_BEFORE.search(before) is not None and trail.match(behind) is not None


def _denies(item: ItemFacts, genres: Sequence[str]) -> bool:
    recorded = frozenset(item.genres)
    return bool(recorded) and not any(
        genre in recorded or frames.COMPATIBLE_GENRES.get(genre, recorded) & recorded
        for genre in genres
    )


def _years(piece: Piece, about: Sequence[ItemFacts]) -> Iterator[_Denied]:
    if not frames.ANY_YEAR.search(piece.text):
        return
    for found in frames.YEAR_FRAMES.finditer(piece.text):
        group = found.lastindex or 0
        year = int(found[group])
        before = piece.text[: found.start(group)]
        since = before[before.rfind(">") + 1 :]  # "I like <id_A>, which is from 1995"
        if _unsure(since) or frames.NOT_ITS_OWN.search(since):
            continue
        if all(item.year is not None and abs(year - item.year) > _YEARS_APART for item in about):
            start, end = piece.start + found.start(group), piece.start + found.end(group)
            yield start, end, f"is of {year}", str(about[-1].year)


def _unsure(before: str) -> bool:
    """Whether the words before a claim make it none: a negation, a wish, a comparison."""
    near = before[-_NEAR:]
    return frames.NEGATED.search(near) is not None or frames.WISHED.search(near) is not None


def _is_one_of(name: str, people: Sequence[str]) -> bool:
    wanted = _plain(name)
    last = wanted.split()[-1]
    return any(
        wanted == known or known.split()[-1] in (last, last.removesuffix("s"))
        for known in map(_plain, people)
        if known
    )


def _plain(name: str) -> str:
    return " ".join(tokens_of(name).forms) or name.lower()


def _within(links: Sequence[Link], piece: Piece, kind: str = "item") -> Iterator[Link]:
    return (
        link
        for link in links
        if link.kind == kind and piece.start <= link.start and link.end <= piece.end
    )
