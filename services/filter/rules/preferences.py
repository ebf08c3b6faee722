"""The rule about preferences: what is said of the user's taste is what the ratings say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from recdial.domain import Reason, Span, Turn
from recdial.linking import Link
from services.filter.rules.candidate import Candidate, JudgingContext, span
from services.filter.rules.opinion_clauses import about_items, within
from services.filter.rules.opinions import Opinion, opinion_of
from services.filter.rules.sentences import Piece

_YOU = re.compile(r"\b(?:you|your|yours)\b", re.IGNORECASE)
_COMPARISON = re.compile(
    r"\b(?:than|unlike|compared to|as (?:much|good|bad|boring|dull) as|instead of|rather than"
    r"|nothing like|different from|nothing as|opposite of <)\b",
    re.IGNORECASE,
)
_UNRIVALLED = re.compile(
    r"\b(?:few|hardly any|no|no other) (?:other )?(?:films?|movies?|pictures?|things?"
    r"|stories)\b[^.!?<]{0,60}"
    r"\b(?:as (?:much|deeply|hard|often|well) as|like|the way) <id_",
    re.IGNORECASE,
)
"""A comparison that says what the best or worst is."""

_OPEN = re.compile(
    r"\W*(?:(?:so|and|but|or|then|well|ok|okay|oh|tell me)\W+)*(?:what|which|how|was|were|is|are"
    r"|did"
    r"|do|does|have|has|would|could|can|any|anything|who|why|when|where|should|shall|may|might"
    r"|will)\b",
    re.IGNORECASE,
)
"""How a question begins that asks; others ask to have something confirmed."""

_GOES_ON = re.compile(
    r"\W*(?:it|that|this|they|what an?|such an?|the (?:film|movie|story)|(?:an? |the |pure |total "
    r"|absolute |complete |utter )*(?:masterpiece|classic|gem|mess|bore|disaster|waste|slog))\b"
    r"|\W*(?:i|we|my|absolutely|really|totally|just|honestly|simply|genuinely|loved|hated|adored"
    r"|could|did|couldn|didn|never|still|turned|switched)\b[^<>.!?]{0,60}\b(?:it"
    r"|every (?:\w+ )?(?:minute"
    r"|second|frame|moment)|(?:bored|left|lost|blew|swept|put) (?:me|us))\b"
    r"|\W*i (?:\w+ )?(?:fell asleep|dozed off|nodded off|walked out|checked my (?:phone|watch))\b",
    re.IGNORECASE,
)
"""How a sentence begins that goes on about the item of the one before."""

_ALONE = re.compile(r"\W*<id_[^<>]+>\W*")
_SHORT = 6
"""Words of a sentence that is about the item that alone is the sentence before it."""

_EXAMPLE = re.compile(
    r"\b(?!always|was|is|does|this|as)(?:\w+s|something|anything|stuff|one|fare"
    r"|along the lines of),?"
    r" (?:like|such as) (?:<id_[^<>]+>,? (?:and |or )?)*$",
    re.IGNORECASE,
)
"""Before an item that is named as an example: what is said is said of the kind."""

_ASKED = re.compile(
    r"\b(?:how did you (?:like|find|feel about|get on with)|how was|did you (?:like|enjoy|love)"
    r"|what did you (?:think|make) of|have you seen|your (?:thoughts|opinion|take) on)\b",
    re.IGNORECASE,
)
"""In a question about an item, to which the next utterance answers without naming it."""

_MORE_LIKE = re.compile(
    r"(?P<no>\b(?:no|not|nothing|never|without|avoid|hates?|tired|enough|sick|spare|fed up|had it"
    r"|but|instead|rather|other|away|less|stop|skip|apart)\b[^.!?]{0,25}"
    r"|n['\u2019]t\b[^.!?]{0,25})?"
    r"\b(?:(?:something|anything|another|more|one|(?:a|any) (?:\w+ )?(?:film|movie)"
    r"|(?:films?|movies?|stuff|things|stories|experience|feeling|ones?))"
    r"(?: (?:film|movie|one))?,? ?(?:just |exactly |much )?(?:like|similar to|as good as"
    r"|in the (?:same )?(?:spirit|vein|style|mou?ld|league) (?:of|as)|along the lines of"
    r"|on (?:a )?par with|that feels? like|comparable to)"
    r"|more of|another|the next|(?:felt|had|got|experienced) (?:with|during|in|from|watching"
    r"|after)"
    r"|the same (?:\w+ )?(?:itch|spot|note|feeling|vibe|kick|thrill|rush) (?:as|that)"
    r"|reminds me of|recaptures?|live up to|matches|rivals) $",
    re.IGNORECASE,
)
"""Before an item of which the user wants more, or no more."""

_WISHING = re.compile(
    r"\b(?:want|need|looking|give|find|show|get|mood|craving|crave|hoping|please|like|love|hungry"
    r"|after|search|hunt|wish|recommend|suggest|any|more|got|is there|are there|do you have)\b",
    re.IGNORECASE,
)
"""In a sentence that wishes for something."""

_SORT_WANTED = re.compile(
    r" (?:is|was|would be) (?:exactly |just |pretty much )?(?:the|my) (?:\w+ )?(?:kind|sort"
    r"|type) of"
    r" (?:thing|film|movie|story|stuff)",
    re.IGNORECASE,
)
"""Behind an item that is the kind the user wants."""

_PREFERRED = re.compile(
    r"(?:\b(?:prefer(?:red)?|take|give me|pick|choose|rather (?:re)?watch) <id_(?P<better>[^<>]+)>"
    r" (?:to|over|than|instead of|rather than) <id_(?P<worse>[^<>]+)>"
    r"|<id_(?P<better2>[^<>]+)> (?:\w+ ){0,2}(?:\w+ )?(?:better|more) than <id_(?P<worse2>[^<>]+)>"
    r"|<id_(?P<worse3>[^<>]+)> (?:\w+ ){0,2}worse than <id_(?P<better3>[^<>]+)>)",
    re.IGNORECASE,
)
"""Of two items the one that is liked better."""

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
                    *(_opinions(turn, links, pieces) if _may_tell(turn) else ()),
                    *((link, "good") for link in _wanted(turn, links, pieces)),
                    *((link, "good") for link in _preferred(turn, links, context)),
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
    named = within(_items(links), pieces[-1])
    return named[0] if len(named) == 1 and _ASKED.search(pieces[-1].text) else None


def _answers(turn: Turn, pieces: Sequence[Piece], asked: Link) -> Iterator[tuple[Link, Opinion]]:
    for piece in pieces[:_ANSWERING]:
        if not piece.is_question:
            yield from _of(turn, piece.text, [asked])


def _wanted(turn: Turn, links: Sequence[Link], pieces: Sequence[Piece]) -> Iterator[Link]:
    """The items the user wants more of, as they are."""
    if turn.speaker != "user":
        return
    for link in _items(links):
        piece = next(one for one in pieces if link.start < one.end)
        behind = turn.text[link.end : piece.end]
        if _BUT_OTHERWISE.search(behind):
            continue
        found = _MORE_LIKE.search(turn.text, max(0, link.start - _BEFORE), link.start)
        wanted = found is not None and not found["no"] and _WISHING.search(piece.text)
        if wanted or _SORT_WANTED.match(behind):
            yield link


def _preferred(turn: Turn, links: Sequence[Link], context: JudgingContext) -> Iterator[Link]:
    """The disliked items that are liked better than liked ones."""
    for found in _PREFERRED.finditer(turn.text):
        named = {kind.rstrip("23"): item for kind, item in found.groupdict().items() if item}
        if named["better"] in context.disliked and named["worse"] in context.liked:
            yield from (link for link in _items(links) if link.ids[0] == named["better"])


def _items(links: Sequence[Link]) -> list[Link]:
    return [link for link in links if link.item_id is not None]


def _opinions(
    turn: Turn, links: Sequence[Link], sentences: Sequence[Piece]
) -> Iterator[tuple[Link, Opinion]]:
    """What an utterance says of the items it names; nothing of those it says both of."""
    items = [
        link
        for link in _items(links)
        if not _EXAMPLE.search(turn.text, max(0, link.start - 2 * _BEFORE), link.start)
    ]
    found = list(_said(turn, items, sentences)) if items else []
    told: dict[str, set[Opinion]] = {}
    for link, opinion in found:
        told.setdefault(link.ids[0], set()).add(opinion)
    yield from ((link, opinion) for link, opinion in found if len(told[link.ids[0]]) == 1)


def _may_tell(turn: Turn) -> bool:
    """Whether an utterance may tell of the user's opinions: an assistant's only with "you"."""
    return turn.speaker == "user" or _YOU.search(turn.text) is not None


def _said(
    turn: Turn, items: Sequence[Link], sentences: Sequence[Piece]
) -> Iterator[tuple[Link, Opinion]]:
    last: list[Link] = []
    alone = False
    for sentence in sentences:
        named = within(items, sentence)
        asks = sentence.is_question and (turn.speaker == "user" or _OPEN.match(sentence.text))
        if not named:
            short = alone and len(sentence.text.split()) <= _SHORT
            if not asks and (short or _GOES_ON.match(sentence.text)):
                yield from _of(turn, sentence.text, last)
            else:
                last = []
            alone = False
            continue
        if not asks:
            for text, about in about_items(sentence, items):
                yield from _of(turn, text, about)
        last = named[-1:] if len({link.ids[0] for link in named}) == 1 else []
        alone = _ALONE.fullmatch(sentence.text) is not None


def _of(turn: Turn, text: str, named: Sequence[Link]) -> Iterator[tuple[Link, Opinion]]:
    if not named or (_COMPARISON.search(text) and not _UNRIVALLED.search(text)):
        return
    if turn.speaker == "assistant" and not _YOU.search(text):
        return
    opinion = opinion_of(text)
    if opinion is not None:
        yield from ((link, opinion) for link in named)
