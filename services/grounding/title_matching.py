"""Finds the film an item's title names, with a score: pure functions over titles and years.

score = likeness of the titles * agreement of the years * certainty

Titles are alike if they have the same words (`title_parts.py`), less so if one of them leaves out
what is in brackets or behind a colon, or if they differ by few letters. Years that differ by more
than one, and other numbers (a sequel's), exclude a film. Where several films fit equally, the one
with the most votes is taken, at a lower score.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from services.grounding.title_parts import TitleParts, Words, title_parts, without_article

OTHER_ARTICLE = 0.98
"""Likeness of titles that differ by an article, or in where a word ends ("Spiderman")."""
WITHOUT_BRACKETS = 0.97
HEAD_ONLY = 0.9
"""Likeness where one title is the other up to its colon: counts only if the years are the same."""
MISSPELT = 0.97
"""Times the share of letters in common."""
ONE_YEAR_OFF = 0.97
NO_YEAR = 0.95
RIVAL_WITHIN = 0.02
"""Films whose scores differ by no more are rivals."""
UNCERTAIN = 0.1
"""What the score of a film loses whose rivals have all the votes."""

_MIN_IN_COMMON = 0.8
"""Titles with a smaller share of letters in common are not the same, misspelt."""
_MIN_WORD_IN_COMMON = 0.7
"""... nor are words: "Dawn of the Dead" and "Land of the Dead" differ by few letters."""
_MIN_MISSPELT_CHARS = 5
"""Shorter titles must be the same: of "Saw" and "Jaw" nobody can tell that one is misspelt."""
_BLOCK_WORDS = 2
"""A misspelt title is compared with films that share one of its rarest so many words."""
_BLOCK_START = 4
"""... or begin with the same so many letters."""

_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class Film:
    """What matching needs to know of a film. The first of the titles is the one to show."""

    film_id: str
    titles: tuple[str, ...]
    year: int | None = None
    votes: int = 0


@dataclass(frozen=True, slots=True)
class ItemTitle:
    """The title of an item of a shop, and what else dates it."""

    title: str
    year: int | None = None
    """The film's year, where the shop says it beside the title."""
    not_after: int | None = None
    """The year the edition came out: the film is no younger."""


@dataclass(frozen=True, slots=True)
class Match:
    """The film that fits best, its score in 0 to 1, and the films that fit as well."""

    film: Film
    score: float
    rivals: tuple[Film, ...] = ()


@dataclass(frozen=True, slots=True)
class _Form:
    """One way to read a film's title: with all words, without brackets, or up to the colon."""

    film: Film
    words: Words
    likeness: float
    core: Words
    """The words without a leading article."""
    numbers: tuple[str, ...]


@dataclass(slots=True)
class TitleIndex:
    """Films by their titles. Build it once with `title_index`."""

    _same: defaultdict[str, list[_Form]] = field(default_factory=lambda: defaultdict(list))
    _with_word: defaultdict[str, list[_Form]] = field(default_factory=lambda: defaultdict(list))
    _with_start: defaultdict[str, list[_Form]] = field(default_factory=lambda: defaultdict(list))

    def add(self, film: Film) -> None:
        """Add a film under each of its titles."""
        for title in dict.fromkeys(film.titles):
            parts = title_parts(title)
            for number, (words, likeness) in enumerate(_film_forms(parts)):
                core = without_article(words)
                form = _Form(film, words, likeness, core, _numbers(core))
                self._same["".join(core)].append(form)
                if number == 0:
                    for word in set(core):
                        self._with_word[word].append(form)
                    self._with_start["".join(core)[:_BLOCK_START]].append(form)

    def best(self, item: ItemTitle) -> Match | None:
        """The film that fits best, however badly; None if none does.

        A TV series or a set of films fits only a film with just this title.
        """
        parts = title_parts(item.title)
        year = parts.year if item.year is None else item.year
        scores: dict[str, tuple[float, Film]] = {}
        for film, likeness in self._alike(parts):
            agreement = _agreement(year, item.not_after, film.year)
            score = likeness * agreement
            if likeness == HEAD_ONLY and agreement < 1:
                continue
            if score > scores.get(film.film_id, (0.0, film))[0]:
                scores[film.film_id] = (score, film)
        if not scores:
            return None
        top = max(score for score, _ in scores.values())
        fitting = sorted(
            (film for score, film in scores.values() if score >= top - RIVAL_WITHIN),
            key=lambda film: (-film.votes, len(film.film_id), film.film_id),
        )
        film, *rivals = fitting
        if not rivals:
            return Match(film, round(top, 4))
        votes = sum(each.votes for each in fitting)
        share = film.votes / votes if votes else 1 / len(fitting)
        score = scores[film.film_id][0] * (1 - UNCERTAIN * (1 - share))
        return Match(film, round(score, 4), tuple(rivals))

    def _alike(self, parts: TitleParts) -> Iterator[tuple[Film, float]]:
        forms = _item_forms(parts)
        for words, likeness in forms:
            for form in self._same.get(_compact(words), ()):
                equal = 1.0 if form.words == words else OTHER_ARTICLE
                # A head with a head says nothing: "Star Wars: ..." and "Star Wars: ...".
                if likeness != HEAD_ONLY or form.likeness != HEAD_ONLY:
                    yield form.film, min(likeness, form.likeness) * equal
        if parts.sold == "film":
            for words, likeness in forms:
                if likeness > HEAD_ONLY:
                    yield from self._misspelt(words, likeness)

    def _misspelt(self, words: Words, likeness: float) -> Iterator[tuple[Film, float]]:
        core = without_article(words)
        if len("".join(core)) < _MIN_MISSPELT_CHARS:
            return
        numbers = _numbers(core)
        for form in self._block(core):
            # A word more or less ("I Still Know What You Did Last Summer") is another film.
            if len(form.core) != len(core) or form.numbers != numbers:
                continue
            common = _letters_in_common(core, form.core)
            if 0 < common < 1:
                yield form.film, likeness * MISSPELT * common

    def _block(self, core: Words) -> Iterable[_Form]:
        known = [word for word in set(core) if word in self._with_word]
        rarest = sorted(known, key=lambda word: (len(self._with_word[word]), word))[:_BLOCK_WORDS]
        blocks = [self._with_word[word] for word in rarest]
        blocks.append(self._with_start.get("".join(core)[:_BLOCK_START], []))
        return {id(form): form for block in blocks for form in block}.values()


def title_index(films: Iterable[Film]) -> TitleIndex:
    """An index of films by their titles."""
    index = TitleIndex()
    for film in films:
        index.add(film)
    return index


def _film_forms(parts: TitleParts) -> list[tuple[Words, float]]:
    # A film's title is no edition of it, so it keeps all of its words first of all.
    return _distinct([(parts.whole, 1.0), (parts.bare, WITHOUT_BRACKETS), (parts.head, HEAD_ONLY)])


def _item_forms(parts: TitleParts) -> list[tuple[Words, float]]:
    exact = [(parts.whole, 1.0), (parts.words, 1.0)]
    if parts.sold != "film":
        return _distinct(exact)
    return _distinct([*exact, (parts.bare, WITHOUT_BRACKETS), (parts.head, HEAD_ONLY)])


def _distinct(forms: list[tuple[Words, float]]) -> list[tuple[Words, float]]:
    """Each reading once, with its highest likeness; none without words."""
    found: dict[Words, float] = {}
    for words, likeness in forms:
        if words:
            found.setdefault(words, likeness)
    return list(found.items())


def _numbers(words: Words) -> tuple[str, ...]:
    return tuple(_NUMBER.findall("".join(words)))


def _compact(words: Words) -> str:
    return "".join(without_article(words))


def _letters_in_common(words: Words, others: Words) -> float:
    """The share of letters in common if as many words are the same, misspelt; else 0."""
    least = 100 * _MIN_WORD_IN_COMMON
    if any(fuzz.ratio(*pair) < least for pair in zip(words, others, strict=True)):
        return 0.0
    common = fuzz.ratio(" ".join(words), " ".join(others)) / 100
    return common if common >= _MIN_IN_COMMON else 0.0


def _agreement(year: int | None, not_after: int | None, film_year: int | None) -> float:
    """How well years agree: 0 where they exclude the film."""
    if film_year is None:
        return NO_YEAR
    if year is not None:
        apart = abs(year - film_year)
        return 0.0 if apart > 1 else ONE_YEAR_OFF if apart else 1.0
    if not_after is not None and film_year > not_after + 1:
        return 0.0
    return NO_YEAR
