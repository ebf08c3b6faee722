"""Splits the text a model wrote into utterances."""

from __future__ import annotations

import re

from recdial.domain import Frozen, Turn
from recdial.mentions import mentioned_items
from recdial.transcript import LABELS

_SPEAKERS = {label.strip("[]").lower(): speaker for speaker, label in LABELS.items()}
_MARKER = re.compile(
    r"(?P<bold>(?<!\S)(?:\*\*|__))?"
    rf"\[ ?(?P<label>{'|'.join(_SPEAKERS)}) ?\]:?"
    r"(?(bold)(?:(?P=bold):?)?)",
    re.IGNORECASE | re.ASCII,
)


class ParsedDialogue(Frozen):
    """The utterances of a text, and what was found outside them."""

    turns: tuple[Turn, ...]
    """In order; the text of an utterance in which nothing is said is empty."""
    preamble: str = ""
    """Text before the first marker, e.g. "Here is the conversation:"; all text if there is none."""

    @property
    def empty_turns(self) -> tuple[int, ...]:
        """Numbers (from 1) of the utterances in which nothing is said."""
        return tuple(number for number, turn in enumerate(self.turns, 1) if not turn.text)


def parse_turns(text: str) -> ParsedDialogue:
    """Split a text at its `[USR]` and `[AI]` markers.

    A marker may be in any case, bold (`**[USR]**`) and followed by a colon; it need not start a
    line. Texts are stripped. Never raises: a text without markers has no turns. Lone surrogates,
    which no database or file takes, become U+FFFD.
    """
    text = _encodable(text)
    markers = list(_MARKER.finditer(text))
    starts = [marker.start() for marker in markers]
    return ParsedDialogue(
        turns=tuple(
            _turn(marker["label"], text[marker.end() : end])
            for marker, end in zip(markers, [*starts[1:], len(text)], strict=False)
        ),
        preamble=text[: starts[0] if starts else None].strip(),
    )


def _turn(label: str, text: str) -> Turn:
    return Turn.model_validate(
        {
            "speaker": _SPEAKERS[label.lower()],
            "text": text.strip(),
            "items": mentioned_items(text),
        }
    )


def _encodable(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
