"""Titles written in prose become mentions: `"Heat" (1995)` is `<id_T1>` (paper, §3.3)."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from recdial.domain import Span, Turn
from recdial.linking import Link, Linker
from recdial.mentions import mention, mentioned_items

_AROUND = (('"', '"'), ("\u201c", "\u201d"), ("\u00ab", "\u00bb"), ("\u2018", "\u2019"))
_EMPHASIS = re.compile(r"\*{1,3}|_{1,2}")
_YEAR = re.compile(r"\s*\((?:18|19|20)\d\d\)")


def mention_titles(
    turns: Sequence[Turn], linker: Linker, favoured: Collection[str]
) -> tuple[tuple[Turn, ...], tuple[Span, ...]]:
    """The turns with `<id_…>` for each title that is clearly an item's, and where these now stand.

    The evidence of each span is the title as it was written. Quotation marks, emphasis and a year
    in brackets go with the title. What may be several items is left as it is, and so is a near
    spelling of an item that is not `favoured`.
    """
    changed: list[Turn] = []
    spans: list[Span] = []
    for number, turn in enumerate(turns, 1):
        links = [
            link
            for link in linker.link(turn.text, favoured=favoured)
            if link.certainty != "id"
            and link.item_id is not None
            and (link.certainty != "near" or link.item_id in favoured)
        ]
        if not links:
            changed.append(turn)
            continue
        text, places = _replaced(turn.text, links)
        spans += [
            Span(turn=number, start=start, end=end, text=title) for start, end, title in places
        ]
        changed.append(turn.model_copy(update={"text": text, "items": mentioned_items(text)}))
    return tuple(changed), tuple(spans)


def _replaced(text: str, links: Sequence[Link]) -> tuple[str, list[tuple[int, int, str]]]:
    parts: list[str] = []
    places: list[tuple[int, int, str]] = []
    at = size = 0
    for link in links:
        start, end = _with_dress(text, link.start, link.end)
        if start < at or link.item_id is None:
            continue
        name = mention(link.item_id)
        parts += [text[at:start], name]
        size += start - at
        places.append((size, size + len(name), text[start:end]))
        size += len(name)
        at = end
    return "".join([*parts, text[at:]]), places


def _with_dress(text: str, start: int, end: int) -> tuple[int, int]:
    """The place of a title with its quotation marks or emphasis, and its year."""
    end = _behind_year(text, end)
    for left, right in _AROUND:
        if text[:start].endswith(left) and text.startswith(right, end):
            return start - len(left), _behind_year(text, end + len(right))
    marks = _EMPHASIS.match(text, end)
    if marks and text[:start].endswith(marks[0]):
        return start - len(marks[0]), _behind_year(text, marks.end())
    return start, end


def _behind_year(text: str, end: int) -> int:
    found = _YEAR.match(text, end)
    return found.end() if found else end
