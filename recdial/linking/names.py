"""What a catalogue's entities are called: the forms of a title, and the variants of a genre."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType

from recdial.linking.mention import Certainty
from recdial.linking.tokens import tokens_of
from recdial.linking.words import ARTICLES

# What shops and data bases add to a title, in brackets at its end.
_BRACKETS = re.compile(r"\s*[\[(][^\])]*[\])]\s*$")
_SUBTITLE = re.compile(r"\s*(?::|\s[-\u2013\u2014])\s+|,?\s+or:?\s+(?=how\b)", re.IGNORECASE)
_ABBREVIATION = re.compile(r"(?:[^\W\d_]\.){2,}")
PARTS = frozenset({"part", "chapter", "episode", "volume", "vol"})
"""What stands before the number of a sequel."""
_LEET = str.maketrans("0134578$", "oieastbs") | {ord("7"): "v"}
_LONG_ENOUGH = 2

GENRE_NAMES = MappingProxyType(
    {
        "Science Fiction": ("sci-fi", "sci fi", "scifi", "science-fiction", "sf"),
        "Animation": ("animated", "anime", "cartoon", "animations"),
        "Comedy": ("comedies", "comedic", "romcom", "rom-com", "rom-coms"),
        "Romance": ("romantic", "romances", "romcom", "rom-com", "rom-coms"),
        "Horror": ("horrors", "slasher", "slashers"),
        "Thriller": ("thrillers",),
        "Drama": ("dramas",),
        "Documentary": ("documentaries",),
        "Western": ("westerns",),
        "Mystery": ("mysteries", "whodunit", "whodunnit"),
        "Fantasy": ("fantasies",),
        "Musical": ("musicals",),
        "Music": ("musical", "musicals"),
        "Adventure": ("adventures",),
        "Action": (),
        "Crime": (),
        "Family": (),
        "History": (),
        "War": (),
    }
)
"""Genres of films, and how people call them besides their names."""


@dataclass(frozen=True, slots=True)
class TitleForm:
    """One way to name an item: the forms of its tokens."""

    forms: tuple[str, ...]
    certainty: Certainty


def title_forms(title: str) -> Iterator[TitleForm]:
    """The ways to name an item: its title, without edition noise, article, "Part" or subtitle."""
    plain = _without_brackets(title)
    yield from _kinds(plain, "title")
    if plain != title:
        yield from _kinds(title, "alias")
    parts = _SUBTITLE.split(plain, maxsplit=1)
    if len(parts) > 1:
        for part in parts:
            forms = tokens_of(part).forms
            if len(forms) >= _LONG_ENOUGH:
                yield from _kinds(part, "alias")
    *_, tail = _SUBTITLE.split(plain)
    if len(parts) > 1 and tail != parts[1]:
        # "Star Wars: Episode V - The Empire Strikes Back" is called by its number, too.
        yield from _kinds(plain[: plain.rindex(tail)], "alias")
    abbreviation = _ABBREVIATION.match(plain)
    if abbreviation and len(tokens_of(plain)) > 1:
        yield TitleForm(tokens_of(abbreviation[0]).forms, "alias")


def _kinds(title: str, certainty: Certainty) -> Iterator[TitleForm]:
    forms = tokens_of(title).forms
    if not forms:
        return
    yield TitleForm(forms, certainty)
    without = _without_parts(forms)
    if without != forms:
        yield TitleForm(without, "alias")
    for name in dict.fromkeys((forms, without)):
        if name[0] in ARTICLES and len(name) > 1:
            yield TitleForm(name[1:], "alias")
    letters = tuple(_as_letters(form) for form in forms)
    if letters != forms:
        yield TitleForm(tokens_of(" ".join(letters)).forms, "alias")


def _without_brackets(title: str) -> str:
    while (shorter := _BRACKETS.sub("", title)) and shorter != title:
        title = shorter
    return title


def _without_parts(forms: tuple[str, ...]) -> tuple[str, ...]:
    kept = [
        form
        for form, following in zip(forms, [*forms[1:], ""], strict=True)
        if not (form in PARTS and following.isdigit())
    ]
    return tuple(kept)


def _as_letters(form: str) -> str:
    """Digits among letters as the letters they stand for: `se7en` is `seven`."""
    mixed = form != form.strip("0123456789$") or any(map(str.isdigit, form))
    if mixed and form[0].isalpha() and form[-1].isalpha() and not form.isdigit():
        return form.translate(_LEET)
    return form


def is_series_name(title: str, forms: tuple[str, ...]) -> bool:
    """Whether the forms are only what stands before a title's subtitle."""
    parts = _SUBTITLE.split(_without_brackets(title), maxsplit=1)
    if len(parts) == 1:
        return False
    main = tokens_of(parts[0]).forms
    return forms in (main, main[1:]) and bool(main)
