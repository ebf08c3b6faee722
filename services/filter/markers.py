"""Finds where utterances begin: at `[USR]` and `[AI]`, or at labels such as `User:`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from recdial.transcript import LABELS

_MARKED = {label.strip("[]").lower(): speaker for speaker, label in LABELS.items()}
_NAMED = {
    **_MARKED,
    "user": "user",
    "seeker": "user",
    "human": "user",
    "customer": "user",
    "assistant": "assistant",
    "recommender": "assistant",
    "bot": "assistant",
    "system": "assistant",
}
_LINE = r"(?:(?<=\n)|\A)"
_HEADING = r"(?P<heading>#[ \t>#]*(?!\d))?"
_NUMBER = r"(?P<number>(?:(?:turn|utterance|#)? ?\d{1,3} ?[.):-] ?)?)"
_BOLD = r"(?:\*\*|__)"
_END = "[.!?\u2026>\u2600-\u27bf\U0001f300-\U0001faff\ufe0f]"
_CLOSER = "[\"'\u201d\u2019)*_\\]]"
_SENTENCE_END = rf"(?:(?<={_END})|(?<={_END}{_CLOSER})|(?<={_END}{_CLOSER}{_CLOSER}))"
"""Behind a full stop, a mention or an emoji, and what closes quotations and emphasis there."""
_MARKER = re.compile(
    rf"(?P<line>{_LINE}[ \t]*{_HEADING}(?:[-*\u2022] )?{_NUMBER})?"
    rf"(?P<bold>(?<!\S){_BOLD})?"
    rf"(?:\[ ?(?P<label>{'|'.join(_MARKED)}) ?\]"
    rf"|(?(bold)|(?<!\S))(?P<unopened>{'|'.join(_MARKED)}) ?\]"
    rf"|{_LINE}\[?(?P<half>{'|'.join(_MARKED)})"
    r"(?:(?=:)|(?:(?<=\[usr)|(?<=\[ai))(?=[ \t][^\]\n]*(?:\n|\Z))))"
    rf"{_BOLD}?:?(?(bold)(?:(?P=bold):?)?)"
    r"|(?P<aside>\[[^\[\]\n]*\])",
    re.IGNORECASE | re.ASCII,
)
"""An aside is no marker: that its last word is "AI" leaves no bracket unopened."""
_PLAIN = re.compile(r"^\[(USR|AI)\](?=[ \n])", re.MULTILINE)
_HALF = re.compile(r"^(?:usr|ai):", re.IGNORECASE | re.MULTILINE)
_LABEL = re.compile(
    rf"(?:(?P<line>{_LINE}[ \t>]*{_HEADING}(?:[-*\u2022] )?)"
    rf"|{_SENTENCE_END}(?:[ \t]+|(?=(?-i:[A-Z*\[]))))"
    rf"{_NUMBER}(?P<bold>{_BOLD})?[\[(]?(?P<label>{'|'.join(_NAMED)})[\])]?"
    rf"(?: ?:(?(bold){_BOLD}?)"
    rf"|(?(bold){_BOLD}(?(line)(?: ?:)?| ?:)"
    r"|(?(heading)(?P<bare>(?=[ \t\r]*(?:\n|\Z)))|(?!))))",
    re.IGNORECASE | re.ASCII,
)


class Marker(NamedTuple):
    """Where an utterance begins."""

    start: int
    """Where what is before it ends."""
    end: int
    """Where what is said begins."""
    speaker: str
    """user or assistant."""


class Markers(NamedTuple):
    """The markers of a text, all of one kind, and what was understood in spite of its form."""

    found: tuple[Marker, ...]
    repairs: tuple[str, ...]
    """Of other_labels, one_line, brackets, numbered and markdown."""


def speaker_of(name: str) -> str | None:
    """Who is meant by a name such as `User` or `[AI]`: user or assistant; None if neither."""
    return _NAMED.get(name.strip("[]").lower())


def find_markers(text: str) -> Markers:
    """The markers of a text; labels count only where there is no `[USR]` or `[AI]`. Linear."""
    plain = list(_PLAIN.finditer(text))
    if _is_all(text, plain):
        return Markers(
            tuple(Marker(*match.span(), _NAMED[match[1].lower()]) for match in plain), ()
        )
    repairs = []
    matches = _brackets(text)
    if matches:
        if not all(match["label"] for match in matches):
            repairs.append("brackets")
    else:
        matches = _labels(text)
        if matches:
            repairs.append("other_labels")
        if any(match["line"] is None for match in matches):
            repairs.append("one_line")
    if any(match["number"] for match in matches):
        repairs.append("numbered")
    if any(match["bold"] or match["heading"] for match in matches):
        repairs.append("markdown")
    return Markers(
        tuple(Marker(match.start(), match.end(), _speaker(match)) for match in matches),
        tuple(repairs),
    )


def _is_all(text: str, plain: Sequence[re.Match[str]]) -> bool:
    """Whether markers in the form asked for are all that a text has: it is read much faster."""
    count = len(plain)
    return 0 < count == text.count("[") == text.count("]") and _HALF.search(text) is None


def _brackets(text: str) -> list[re.Match[str]]:
    """`[USR]` and `[AI]`. One that lost its bracket starts a line, or stands where it is its
    speaker's turn; it takes both speakers' to do without any whole one."""
    matches = [match for match in _MARKER.finditer(text) if not match["aside"]]
    sure = [match for match in matches if match["line"] is not None or match["label"]]
    if sure[:1] != matches[:1] or not _alternate(matches):
        matches = sure
    unopened = {match["unopened"].lower() for match in matches if match["unopened"]}
    if unopened == set(_MARKED) or any(match["label"] for match in matches):
        return matches
    return []


def _labels(text: str) -> list[re.Match[str]]:
    """Labels such as `User:`, which start a line. A heading without a colon may be a title, and a
    label behind a sentence a quotation: these count where the others agree with them."""
    labels = list(_LABEL.finditer(text))
    lines = [label for label in labels if label["line"] is not None]
    if lines[:1] != labels[:1] or not (_one_name_each(labels) and _alternate(labels)):
        labels = lines
    if not _one_name_each(labels):
        labels = [label for label in labels if label["bare"] is None]
    return labels


def _one_name_each(labels: Sequence[re.Match[str]]) -> bool:
    """Whether no speaker is called by two names."""
    names = {label["label"].lower() for label in labels}
    return len(names) == len({_NAMED[name] for name in names})


def _alternate(matches: Sequence[re.Match[str]]) -> bool:
    return all(before != after for before, after in pairwise(map(_speaker, matches)))


def _speaker(match: re.Match[str]) -> str:
    groups = match.groupdict()
    name = groups["label"] or groups.get("unopened") or groups["half"]
    return _NAMED[name.lower()]
