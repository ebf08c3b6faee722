"""The text that carries a prompt's facts, and the lines a program reads a prompt by.

The prompter writes this text and the scripted backend reads it back, so both use this module. The
user message of a prompt is exactly what `render_facts` returns:

    BEGIN DATA
    LIKED ITEMS
    <id_T2502> The Bourne Supremacy (2004)
    genres: Action, Thriller
    DISLIKED ITEMS
    none
    TARGET ITEM
    <id_T65> 8 Mile (2002)
    genres: Drama
    actors: Eminem, "Downey, Jr."
    END DATA

The two history sections are left out where the user type shows no history. Every text is one line
behind its label, so nothing written in a title or a review can start a section, an item or a turn.
"""

from __future__ import annotations

import csv
import re
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import AfterValidator, ValidationError, model_validator

from recdial.domain import Frozen
from recdial.mentions import mention, mentioned_items

DATA_BEGINS = "BEGIN DATA"
DATA_ENDS = "END DATA"

DISPLAY_NAMES = MappingProxyType(
    {
        "curious_newcomer": "Curious Newcomer",
        "focused_newcomer": "Focused Newcomer",
        "history_based_browser": "History-Based Browser",
        "guided_explorer": "Guided Explorer",
        "preference_driven_searcher": "Preference-Driven Searcher",
    }
)
"""The paper's names of the stereotypes, by the names used in configs and datasets."""

_LIKED, _DISLIKED, _TARGET = "LIKED ITEMS", "DISLIKED ITEMS", "TARGET ITEM"
_EMPTY_SECTION = "none"
_NO_YEAR = "n.d."
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_MARKUP = re.compile(r"<(?=id_|\|)", re.IGNORECASE)
_TURN_MARKER = re.compile(r"\[ ?(USR|AI) ?\]", re.IGNORECASE)
_YEAR = re.compile(r"(?:^|(?<= ))\((-?[0-9]+|n\.d\.)\)\Z")
_ITEM_LINE = re.compile(r"<id_([^<>\s]+)>(?: (.*))?\Z")
_LENGTH = re.compile(r"Write ([0-9]+) to ([0-9]+) turns")
_USER_TYPE = re.compile(r"^User type: (.+)$", re.MULTILINE)


class FactsError(ValueError):
    """A text is not a prompt this module wrote; the message says where and why."""


class Feature(StrEnum):
    """What may be said of an item besides its id, title and year, in the order it is written."""

    genres = "genres"
    keywords = "keywords"
    directors = "directors"
    actors = "actors"
    collection = "collection"
    overview = "overview"
    visual_caption = "visual_caption"
    review = "review"
    """The user's own review of the item."""

    @property
    def label(self) -> str:
        """What the line of this feature starts with."""
        return self.value.replace("_", " ")


_LISTS = frozenset({Feature.genres, Feature.keywords, Feature.directors, Feature.actors})
_FEATURE_OF_LABEL = {feature.label: feature for feature in Feature}


def one_line(text: str) -> str:
    """The text on one line, with nothing in it that a prompt or a dialogue gives a meaning to.

    White space and control characters become single spaces. Item mentions (`<id_`), special tokens
    of chat templates (`<|`) and turn markers (`[USR]`, `[AI]`) get round brackets.
    """
    flat = " ".join(_CONTROL.sub(" ", text).split())
    return _TURN_MARKER.sub(r"(\1)", _MARKUP.sub("(", flat))


def _mentionable(item_id: str) -> str:
    if mentioned_items(mention(item_id)) != (item_id,):
        raise ValueError(
            f"{item_id!r} cannot be mentioned as <id_…>: use an id without spaces, '<' and '>'"
        )
    return item_id


def _without_empty(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if name)


_ItemId = Annotated[str, AfterValidator(_mentionable)]
_Line = Annotated[str, AfterValidator(one_line)]
_Names = Annotated[tuple[_Line, ...], AfterValidator(_without_empty)]


class PromptItem(Frozen):
    """One item as a prompt shows it. A feature that is not shown is empty.

    Texts are brought to one line by `one_line` when the item is made, so what was rendered and
    parsed again is equal to what it was made from.
    """

    item_id: _ItemId
    title: _Line
    year: int | None = None
    genres: _Names = ()
    keywords: _Names = ()
    directors: _Names = ()
    actors: _Names = ()
    collection: _Line = ""
    overview: _Line = ""
    visual_caption: _Line = ""
    review: _Line = ""


class PromptFacts(Frozen):
    """Everything a prompt tells about one user: the rated items, oldest first, and the target.

    The target is not among the rated items: it is what the user is to be recommended.
    """

    liked: tuple[PromptItem, ...] = ()
    disliked: tuple[PromptItem, ...] = ()
    target: PromptItem

    @model_validator(mode="after")
    def _target_is_new(self) -> Self:
        if any(item.item_id == self.target.item_id for item in (*self.liked, *self.disliked)):
            raise ValueError(f"the target {self.target.item_id} is also among the rated items")
        return self

    @property
    def item_ids(self) -> tuple[str, ...]:
        """Ids a dialogue may mention: the history shown, then the target, without repeats."""
        items = (*self.liked, *self.disliked, self.target)
        return tuple(dict.fromkeys(item.item_id for item in items))


def render_facts(facts: PromptFacts, *, history_shown: bool) -> str:
    """The user message of a prompt.

    Raises FactsError for facts with a history that is not to be shown.
    """
    if not history_shown and (facts.liked or facts.disliked):
        raise FactsError("the facts hold a history, but the user type shows none")
    lines = [DATA_BEGINS]
    if history_shown:
        lines += [_LIKED, *_render_items(facts.liked), _DISLIKED, *_render_items(facts.disliked)]
    lines += [_TARGET, *_render_items((facts.target,)), DATA_ENDS]
    return "\n".join(lines)


def _render_items(items: tuple[PromptItem, ...]) -> list[str]:
    if not items:
        return [_EMPTY_SECTION]
    return [line for item in items for line in _render_item(item)]


def _render_item(item: PromptItem) -> list[str]:
    year = f"({item.year})" if item.year is not None else ""
    if not year and _YEAR.search(item.title):
        year = f"({_NO_YEAR})"
    lines = [" ".join(part for part in (mention(item.item_id), item.title, year) if part)]
    for feature in Feature:
        value: str | tuple[str, ...] = getattr(item, feature)
        if value:
            text = value if isinstance(value, str) else ", ".join(map(_quoted, value))
            lines.append(f"{feature.label}: {text}")
    return lines


def _quoted(name: str) -> str:
    if "," not in name and not name.startswith('"'):
        return name
    return '"' + name.replace('"', '""') + '"'


def parse_facts(text: str) -> PromptFacts:
    """Read a user message back. Raises FactsError with the line and what is wrong with it."""
    lines = text.strip().split("\n")
    if lines[0] != DATA_BEGINS or lines[-1] != DATA_ENDS:
        raise FactsError(f"the data must begin with {DATA_BEGINS!r} and end with {DATA_ENDS!r}")
    sections: dict[str, list[dict[str, object]]] = {}
    items: list[dict[str, object]] | None = None
    for number, line in enumerate(lines[1:-1], start=2):
        if line in (_LIKED, _DISLIKED, _TARGET):
            if line in sections:
                raise FactsError(f"line {number}: a second section {line}")
            items = sections[line] = []
        elif items is None:
            raise FactsError(f"line {number}: expected a section such as {_TARGET}, got {line!r}")
        elif line.startswith("<id_"):
            items.append(_parse_item_line(line, number))
        elif items:
            feature, value = _parse_feature_line(line, number)
            if feature in items[-1]:
                raise FactsError(f"line {number}: a second line of {feature.label}")
            items[-1][feature] = value
        elif line != _EMPTY_SECTION:
            raise FactsError(f"line {number}: expected an item's <id_…>, got {line!r}")
    if list(sections) not in ([_TARGET], [_LIKED, _DISLIKED, _TARGET]):
        raise FactsError(f"unexpected sections: {', '.join(sections) or 'none'}")
    if len(sections[_TARGET]) != 1:
        raise FactsError(f"{_TARGET} holds {len(sections[_TARGET])} items instead of one")
    try:
        return PromptFacts.model_validate(
            {
                "liked": sections.get(_LIKED, ()),
                "disliked": sections.get(_DISLIKED, ()),
                "target": sections[_TARGET][0],
            }
        )
    except ValidationError as error:
        raise FactsError(str(error)) from error


def _parse_item_line(line: str, number: int) -> dict[str, object]:
    found = _ITEM_LINE.match(line)
    if not found:
        raise FactsError(f"line {number}: not an item's mention and title: {line!r}")
    item_id, name = found[1], found[2] or ""
    year = _YEAR.search(name)
    if not year:
        return {"item_id": item_id, "title": name}
    value = None if year[1] == _NO_YEAR else year[1]
    return {"item_id": item_id, "title": name[: year.start()], "year": value}


def _parse_feature_line(line: str, number: int) -> tuple[Feature, str | tuple[str, ...]]:
    label, separator, value = line.partition(": ")
    feature = _FEATURE_OF_LABEL.get(label)
    if feature is None or not separator:
        raise FactsError(
            f"line {number}: expected one of {', '.join(_FEATURE_OF_LABEL)} and a colon, "
            f"got {line!r}"
        )
    if feature not in _LISTS:
        return feature, value
    try:
        return feature, tuple(next(csv.reader([value], skipinitialspace=True)))
    except csv.Error as error:
        raise FactsError(f"line {number}: not a list of names: {error}") from error


def length_rule(minimum: int, maximum: int) -> str:
    """The phrase of a prompt that says how many utterances the dialogue has."""
    return f"Write {minimum} to {maximum} turns"


def parse_length_rule(text: str) -> tuple[int, int]:
    """The least and most utterances a system message asks for. Raises FactsError without one."""
    found = _LENGTH.search(text)
    if not found:
        raise FactsError("the system message does not say 'Write N to M turns'")
    minimum, maximum = int(found[1]), int(found[2])
    if minimum > maximum:
        raise FactsError(f"the system message asks for {minimum} to {maximum} turns")
    return minimum, maximum


def user_type_line(stereotype: str) -> str:
    """The line of a prompt that names the user's stereotype."""
    return f"User type: {DISPLAY_NAMES[stereotype]}"


def parse_user_type(text: str) -> str:
    """The stereotype a system message names. Raises FactsError for none or an unknown one."""
    found = _USER_TYPE.search(text)
    if not found:
        raise FactsError("the system message has no line 'User type: …'")
    for stereotype, display_name in DISPLAY_NAMES.items():
        if display_name == found[1]:
            return stereotype
    raise FactsError(f"unknown user type {found[1]!r}; known: {', '.join(DISPLAY_NAMES.values())}")
