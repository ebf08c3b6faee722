"""One automaton over a catalogue that finds its entities in prose, in time linear in the text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from ahocorasick_rs import AhoCorasick, MatchKind

from recdial.domain import ItemFacts
from recdial.linking.context import Context, context_of, is_telling, stands_as_title
from recdial.linking.films import film_forms, stands_as_film
from recdial.linking.mention import Certainty, EntityKind, Link
from recdial.linking.names import GENRE_NAMES, is_series_name, title_forms
from recdial.linking.near import SHORTEST, NearSpellings
from recdial.linking.sequels import is_sequel
from recdial.linking.spans import Match, chains, title_like
from recdial.linking.tokens import Tokens, join, tokens_of

_MENTION = re.compile(r"<id_([^<>\s]+)>")
_YEARS_APART = 1
_ABBREVIATED = 3
_WHOLE = frozenset({"item", "person", "film"})
"""Kinds of which no two overlap."""
_NO_NAME = -1
_SERIES = frozenset("series trilogy franchise saga movies films universe".split())


@dataclass(slots=True)
class _Name:
    """What the catalogue calls by one name."""

    items: dict[str, Certainty] = field(default_factory=dict)
    series: bool = False
    """Whether it is only what stands before the subtitle of its items."""
    film: str | None = None
    """The title of a well-known film, which may be an item's as well."""
    others: list[tuple[EntityKind, str]] = field(default_factory=list)


class Linker:
    """Finds what a catalogue's items, people, genres and keywords are called in texts."""

    def __init__(self, items: Iterable[ItemFacts], films: Iterable[str] = ()) -> None:
        """Build the automaton over all names of a catalogue, and titles of films besides.

        Those of `films` that no item bears are found as films that the catalogue has not.
        """
        self._years: dict[str, int | None] = {}
        self._names: list[_Name] = []
        self._forms: list[tuple[str, ...]] = []
        self._surnames: set[str] = set()
        self._place: dict[tuple[str, ...], int] = {}
        for genre, variants in GENRE_NAMES.items():
            for variant in (genre, *variants):
                self._add_other("genre", genre, variant)
        for item in items:
            self._years[item.item_id] = item.year
            self._add_item(item)
        for title in films:
            for forms in film_forms(title):
                self._name(forms).film = title
        self._automaton = AhoCorasick(
            [join(forms) for forms in self._forms], matchkind=MatchKind.Standard
        )
        titles = [place for place, name in enumerate(self._names) if name.items]
        self._titles = titles
        self._near = NearSpellings([self._forms[place] for place in titles])
        # Most utterances are linked twice: to find titles in prose, and as they then are.
        self._linked = lru_cache(maxsize=128)(self._link)

    def __contains__(self, item_id: str) -> bool:
        """Whether the catalogue has the item."""
        return item_id in self._years

    def _add_item(self, item: ItemFacts) -> None:
        for form in title_forms(item.title):
            name = self._name(form.forms)
            if name.items.get(item.item_id) != "title":
                name.items[item.item_id] = form.certainty
            name.series |= form.certainty == "alias" and is_series_name(item.title, form.forms)
        for person in (*item.actors, *item.directors):
            self._add_other("person", person, person)
            self._surnames.update(tokens_of(person).forms[-1:])
        for genre in item.genres:
            self._add_other("genre", genre, genre)
        for keyword in item.keywords:
            self._add_other("keyword", keyword, keyword)

    def _add_other(self, kind: EntityKind, entity: str, called: str) -> None:
        forms = tokens_of(called).forms
        if not forms:
            return
        others = self._name(forms).others
        if (kind, entity) not in others:
            others.append((kind, entity))

    def _name(self, forms: tuple[str, ...]) -> _Name:
        place = self._place.get(forms)
        if place is None:
            place = self._place[forms] = len(self._names)
            self._names.append(_Name())
            self._forms.append(forms)
        return self._names[place]

    def link(self, text: str, *, favoured: Collection[str] = ()) -> tuple[Link, ...]:
        """The mentions in a text, in order, none overlapping another of its kind.

        `favoured` are ids of items that are likely to be meant (those of the prompt): of several
        items that bear a name these are taken.
        """
        return self._linked(text, frozenset(favoured))

    def _link(self, text: str, favoured: frozenset[str]) -> tuple[Link, ...]:
        links, masked = [], text
        if "<id_" in text:
            links = [
                Link(found.start(), found.end(), found[0], "item", (found[1],), "id")
                for found in _MENTION.finditer(text)
            ]
            masked = _MENTION.sub(lambda found: "|" * len(found[0]), text)
        context = context_of(masked)
        if context.tokens:
            links += self._in_prose(text, context, favoured)
        return tuple(sorted(links, key=lambda link: (link.start, link.end, link.kind)))

    def _in_prose(self, text: str, context: Context, favoured: frozenset[str]) -> Iterator[Link]:
        tokens, last_title = context.tokens, -1
        found: list[tuple[Match, Link]] = []
        matches = [
            Match(*tokens.range(start, end), place)
            for place, start, end in self._automaton.find_matches_as_indexes(
                tokens.joined, overlapping=True
            )
        ]
        for chain in chains(matches):
            named = list(self._named(text, context, favoured, chain, last_title))
            items = [match.last for match, link in named if link.kind in ("item", "film")]
            last_title = max(items, default=last_title)
            found += named
        whole = {
            place: (match, link)
            for match, link in found
            if link.kind in _WHOLE
            for place in range(match.first, match.last + 1)
        }
        for start, end in title_like(context):
            if end - start < SHORTEST:
                continue
            span = tokens.at(start, end)
            if span is None or is_sequel(tokens, span[1]):
                continue
            places = range(span[0], span[1] + 1)
            beside = [whole[place] for place in places if place in whole]
            if not all(match.is_part_of(*span) for match, _ in beside):
                continue
            ids = self._nearly(tokens.forms[span[0] : span[1] + 1], favoured)
            if ids:
                # Who "Being Jhon Malkovich" names is no person: the longer title is meant.
                link = _link(text, tokens, *span, "item", ids, "near")
                whole.update(dict.fromkeys(places, (Match(*span, _NO_NAME), link)))
        yield from {link for _, link in whole.values()}
        yield from (link for _, link in found if link.kind not in _WHOLE)

    def _named(
        self,
        text: str,
        context: Context,
        favoured: frozenset[str],
        chain: Sequence[Match],
        last_title: int,
    ) -> Iterator[tuple[Match, Link]]:
        """What is meant of names that overlap: titles before others, long ones before short."""
        tokens = context.tokens
        chosen: list[Match] = []
        ranked = chain
        if len(chain) > 1:
            ranked = sorted(chain, key=lambda match: (match.first - match.last, match.first))
        for match in ranked:
            first, last, place = match
            if any(match.overlaps(one.first, one.last) for one in chosen):
                continue
            item = self._item(match, context, favoured, last_title)
            if item is not None:
                chosen.append(match)
                yield match, _link(text, tokens, first, last, "item", *item)
                continue
            film = self._film(match, context)
            if film is not None:
                chosen.append(match)
                yield match, _link(text, tokens, first, last, "film", (film,), "title")
        for match in ranked:
            first, last, place = match
            if any(match.overlaps(one.first, one.last) for one in chosen):
                continue
            grouped: dict[EntityKind, list[str]] = defaultdict(list)
            for kind, entity in self._names[place].others:
                if kind != "person" or _is_named(tokens, first, last):
                    grouped[kind].append(entity)
            if grouped:
                chosen.append(match)
            for kind, entities in grouped.items():
                yield match, _link(text, tokens, first, last, kind, tuple(entities), "title")

    def _item(
        self, match: Match, context: Context, favoured: frozenset[str], last_title: int
    ) -> tuple[tuple[str, ...], Certainty] | None:
        """The items that are meant, if any: by the year behind the name, else those favoured."""
        first, last, place = match
        name, tokens = self._names[place], context.tokens
        forms = self._forms[place]
        if not name.items or not (
            stands_as_title(forms, context, first, last, last_title)
            or (is_telling(forms) and not favoured.isdisjoint(name.items))
        ):
            return None
        written = tokens.written(first, last)
        if name.others and written.islower() and not context.is_quoted(first, last):
            return None  # "themes like steve jobs" is the theme, not the film
        known = "title" in name.items.values()
        if len(written) <= _ABBREVIATED and not known and not context.is_quoted(first, last):
            return None  # "E.T." is a film, "ET" or "AI" may be anything
        behind = tokens.forms[last + 1] if last + 1 < len(tokens) else ""
        if (name.series and behind in _SERIES) or is_sequel(tokens, last):
            return None
        ids = sorted(name.items, key=lambda one: (name.items[one] != "title", one))
        year = context.year_behind(last)
        if year is not None:
            fitting = [one for one in ids if self._fits(one, year)]
            if not fitting and any(self._years[one] is not None for one in ids):
                return None
            ids = fitting or ids
        else:
            exact = [one for one in ids if name.items[one] == "title"]
            likely = [one for one in ids if one in favoured]
            ids = likely or exact or ids
        return tuple(ids), name.items[ids[0]]

    def _film(self, match: Match, context: Context) -> str | None:
        """The film that is meant, which is none of the catalogue's; no item has its name."""
        first, last, place = match
        name = self._names[place]
        if name.film is None or name.items or any(kind == "person" for kind, _ in name.others):
            return None
        forms = self._forms[place]
        is_name = forms[-1] in self._surnames
        return name.film if stands_as_film(forms, context, first, last, is_name=is_name) else None

    def _fits(self, item_id: str, year: int) -> bool:
        known = self._years[item_id]
        return known is not None and abs(known - year) <= _YEARS_APART

    def _nearly(self, forms: tuple[str, ...], favoured: Collection[str]) -> tuple[str, ...]:
        ids = dict.fromkeys(
            item_id
            for place in self._near.find(forms)
            for item_id in self._names[self._titles[place]].items
            if self._forms[self._titles[place]] != forms  # that one was judged as it is
        )
        likely = tuple(item_id for item_id in ids if item_id in favoured)
        return likely or tuple(ids)


def _is_named(tokens: Tokens, first: int, last: int) -> bool:
    """Whether a person is meant: names have capitals."""
    words = tokens.written(first, last).split()
    return words[0][0].isupper() and not words[-1][0].islower()


def _link(
    text: str,
    tokens: Tokens,
    first: int,
    last: int,
    kind: EntityKind,
    ids: Sequence[str],
    certainty: Certainty,
) -> Link:
    start, end = tokens.starts[first], tokens.ends[last]
    return Link(start, end, text[start:end], kind, tuple(ids), certainty)
