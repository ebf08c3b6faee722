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
    review: "It is a 'must'."
    END DATA

The two history sections are left out where the user type shows no history. Every text is one line
behind its label, and a review is in quotation marks that do not occur in it, so nothing written in
a title or a review can end the data or start a section, an item or a turn.
"""

from __future__ import annotations

import csv
import re
from types import MappingProxyType
from typing import Annotated, NamedTuple, Self, cast

from pydantic import AfterValidator, ValidationError, model_validator

from recdial.domain import Frozen
from recdial.mentions import mention, mentioned_items
from recdial.stereotypes import Clarity, Feature, Preference

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
_LONGEST_LIST = 131_072
_NO_YEAR = "n.d."
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_MARKUP = re.compile(r"<(?=id_|\|)", re.IGNORECASE)
_TURN_MARKER = re.compile(r"\[ ?(USR|AI) ?\]", re.IGNORECASE)
_YEAR = re.compile(r"(?:^|(?<= ))\((-?[0-9]+|n\.d\.)\)\Z")
_ITEM_LINE = re.compile(r"<id_([^<>\s]+)>(?: (.*))?\Z")
_LENGTH = re.compile(r"Write ([0-9]+) to ([0-9]+) turns")
_USER_TYPE = re.compile(
    r"^User type: ([^(\n]+) "
    r"\(preferences: (none|implicit|explicit); intention: (none|vague|specific)\)$",
    re.MULTILINE,
)
_FENCE = re.compile(r"(?:BEGIN|END) DATA|(?:LIKED|DISLIKED) ITEMS|TARGET ITEM")


_LISTS = frozenset({Feature.genres, Feature.keywords, Feature.directors, Feature.actors})
_FEATURE_OF_LABEL = {feature.label: feature for feature in Feature}
_LABELS = tuple((feature, feature.value, f"{feature.label}: ") for feature in Feature)


class FactsError(ValueError):
    """A text is not a prompt this module wrote; the message says where and why."""


def one_line(text: str) -> str:
    """The text on one line, with nothing in it that a prompt or a dialogue gives a meaning to.

    White space and control characters become single spaces. Item mentions (`<id_`), special tokens
    of chat templates (`<|`) and turn markers (`[USR]`, `[AI]`) get round brackets, and the words
    that begin and end the data and its sections become small letters.
    """
    # Nearly all texts hold nothing of the kind: look before substituting, this runs a hundred
    # times a prompt.
    flat = " ".join(text.split())
    if not flat.isprintable():
        flat = " ".join(_CONTROL.sub(" ", flat).split())
    if "<" in flat:
        flat = _MARKUP.sub("(", flat)
    if "[" in flat:
        flat = _TURN_MARKER.sub(r"(\1)", flat)
    if " DATA" in flat or " ITEM" in flat:
        flat = _FENCE.sub(lambda words: words[0].lower(), flat)
    return flat


def quotable(text: str) -> str:
    """The text on one line (`one_line`), with single quotation marks for double ones."""
    return one_line(text).replace('"', "'")


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
_Quotable = Annotated[str, AfterValidator(quotable)]
_Names = Annotated[tuple[_Line, ...], AfterValidator(_without_empty)]


class PromptItem(Frozen):
    """One item as a prompt shows it. A feature that is not shown is empty.

    Texts are brought to one line by `one_line`, reviews by `quotable`, when the item is made, so
    what was rendered and parsed again is equal to what it was made from.
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
    review: _Quotable = ""


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


def section_lines() -> tuple[str, ...]:
    """The lines of a user message that are not an item's, as many as there can be."""
    return (DATA_BEGINS, _LIKED, _EMPTY_SECTION, _DISLIKED, _EMPTY_SECTION, _TARGET, DATA_ENDS)


def _render_items(items: tuple[PromptItem, ...]) -> list[str]:
    if not items:
        return [_EMPTY_SECTION]
    return [line for item in items for line in (item_line(item), *feature_lines(item).values())]


def item_line(item: PromptItem) -> str:
    """The line that names an item."""
    year = f"({item.year})" if item.year is not None else ""
    if not year and _YEAR.search(item.title):
        year = f"({_NO_YEAR})"
    return " ".join(part for part in (mention(item.item_id), item.title, year) if part)


def feature_lines(item: PromptItem) -> dict[Feature, str]:
    """The lines below it: one for each feature that is shown."""
    lines: dict[Feature, str] = {}
    for feature, name, label in _LABELS:
        value: str | tuple[str, ...] = getattr(item, name)
        if not value:
            continue
        if not isinstance(value, str):
            text = ", ".join(map(_quoted, value))
        elif feature is Feature.review:
            text = f'"{value}"'
        else:
            text = value
        lines[feature] = label + text
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
    if feature is Feature.review:
        if len(value) < 2 or not value.startswith('"') or not value.endswith('"'):
            raise FactsError(f"line {number}: a review must be in quotation marks, got {value!r}")
        return feature, value[1:-1]
    if feature not in _LISTS:
        return feature, value
    if len(value) > _LONGEST_LIST:  # csv has such a limit too, but others may raise it
        raise FactsError(f"line {number}: not a list of names: longer than {_LONGEST_LIST:,}")
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


class UserType(NamedTuple):
    """What a system message says about the kind of user."""

    display_name: str
    preference: Preference
    clarity: Clarity


def user_type_line(user: UserType) -> str:
    """The line of a prompt that names the kind of user."""
    return (
        f"User type: {user.display_name} "
        f"(preferences: {user.preference}; intention: {user.clarity})"
    )


def parse_user_type(text: str) -> UserType:
    """The kind of user a system message names. Raises FactsError if it names none."""
    found = _USER_TYPE.search(text)
    if not found:
        raise FactsError(
            "the system message has no line 'User type: …' with preferences and intention"
        )
    return UserType(found[1], cast(Preference, found[2]), cast(Clarity, found[3]))


def history_is_shown(text: str) -> bool:
    """Whether a user message has the sections of a history, be they empty."""
    return f"\n{_LIKED}\n" in text
