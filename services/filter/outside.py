"""Dialogues made elsewhere, read from a file for the filter to judge.

A format is one function from the object of a line to a dialogue; `FORMATS` names them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

from recdial.domain import ItemFacts, Turn
from recdial.mentions import mention, mentioned_items
from recdial.transcript import render_turns

_REDIAL_MARK = re.compile(r"@(\d+)\b")
_YEAR = re.compile(r"\s*\((\d{4})\)\s*$")


class FileUnusable(ValueError):
    """A file of dialogues cannot be read; the message says what is wrong with it."""


@dataclass(frozen=True)
class OutsideDialogue:
    """A dialogue, and what its line says it is to be judged by."""

    dialogue_id: str
    text: str
    """With `[USR]` and `[AI]`, or whatever labels its writer used."""
    prompt_item_ids: frozenset[str] = frozenset()
    target_item_id: str = ""
    """Empty where there is none to be recommended: then no rule asks for it."""
    liked: frozenset[str] = frozenset()
    disliked: frozenset[str] = frozenset()
    items: tuple[ItemFacts, ...] = ()
    """What the line itself knows of items."""


@dataclass(frozen=True)
class OddLine:
    """A line that holds no dialogue, and why."""

    line: int
    cause: str


Format: TypeAlias = Literal["recdial", "distillrecdial", "redial"]


@dataclass(frozen=True)
class OutsideFile:
    """What is in a file."""

    format: Format
    dialogues: list[OutsideDialogue]
    odd: list[OddLine] = field(default_factory=list)


def read_outside(path: Path, format_: Format | None = None) -> OutsideFile:
    """Read a JSONL file of dialogues; its format is told by the keys of its first line if not said.

    Lines that hold none are left out and told. Raises FileUnusable where there is none at all, or
    the format cannot be told, and OSError.
    """
    dialogues: list[OutsideDialogue] = []
    odd: list[OddLine] = []
    for number, row in _rows(path, odd):
        format_ = format_ or _format_of(path, row)
        try:
            dialogues.append(FORMATS[format_](row, number))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            what = f"no {error}" if isinstance(error, KeyError) else str(error)
            odd.append(OddLine(number, f"not a dialogue of {format_}: {what}"))
    if format_ is None or not dialogues:
        first = f" First: line {odd[0].line}: {odd[0].cause}." if odd else ""
        raise FileUnusable(f"{path}: there is no dialogue in it.{first}")
    return OutsideFile(format_, dialogues, odd)


def _rows(path: Path, odd: list[OddLine]) -> Iterator[tuple[int, dict[str, Any]]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                odd.append(OddLine(number, f"not JSON: {error}"))
                continue
            if isinstance(row, dict):
                yield number, row
            else:
                odd.append(OddLine(number, "not a JSON object"))


def _format_of(path: Path, row: Mapping[str, Any]) -> Format:
    for format_, keys in _KEYS.items():
        if keys <= row.keys():
            return format_
    raise FileUnusable(
        f"{path}: no known format has the keys {', '.join(row)}. Known are "
        + "; ".join(f"{name} ({', '.join(sorted(keys))})" for name, keys in _KEYS.items())
    )


def _recdial(row: Mapping[str, Any], number: int) -> OutsideDialogue:
    """A line of `dataset.jsonl` (docs/dataset.md)."""
    shown = row["history"] if row.get("history_shown") else []
    turns = [Turn.model_validate(turn) for turn in row["turns"]]
    target = row["target"]["item_id"]
    return OutsideDialogue(
        dialogue_id=str(row.get("dialogue_id", number)),
        text=render_turns(turns),
        prompt_item_ids=frozenset({target, *(rated["item_id"] for rated in shown)}),
        target_item_id=target,
        liked=frozenset(rated["item_id"] for rated in shown if rated["liked"]),
        disliked=frozenset(rated["item_id"] for rated in shown if not rated["liked"]),
        items=tuple(_item(item_id, title) for item_id, title in row["items"].items()),
    )


def _distillrecdial(row: Mapping[str, Any], number: int) -> OutsideDialogue:
    """A line of the authors' raw dialogues: prompt, response, scenario, target_asin."""
    prompt = row["prompt"]
    if not isinstance(prompt, str):
        prompt = "\n".join(str(message["content"]) for message in prompt)
    target = str(row["target_asin"])
    return OutsideDialogue(
        dialogue_id=str(row.get("id", number)),
        text=str(row["response"]),
        prompt_item_ids=frozenset({target, *mentioned_items(prompt)}),
        target_item_id=target,
    )


def _redial(row: Mapping[str, Any], number: int) -> OutsideDialogue:
    """A line of ReDial: movies are marked `@id`, the seeker began the conversation."""
    seeker = row["initiatorWorkerId"]
    titles = {str(key): title for key, title in dict(row["movieMentions"] or {}).items()}

    def marked(text: str) -> str:
        return _REDIAL_MARK.sub(
            lambda mark: mention(mark[1]) if mark[1] in titles else mark[0], text
        )

    turns = [
        Turn(
            speaker="user" if message["senderWorkerId"] == seeker else "assistant",
            text=marked(message["text"]).strip(),
        )
        for message in row["messages"]
    ]
    return OutsideDialogue(
        dialogue_id=str(row.get("conversationId", number)),
        text=render_turns(turns),
        items=tuple(_item(number, title) for number, title in titles.items() if title),
    )


def _item(item_id: str, title: str) -> ItemFacts:
    year = _YEAR.search(title)
    return ItemFacts(
        item_id=item_id,
        title=_YEAR.sub("", title).strip() or title,
        year=int(year[1]) if year else None,
    )


FORMATS: Mapping[Format, Callable[[Mapping[str, Any], int], OutsideDialogue]] = MappingProxyType(
    {"recdial": _recdial, "distillrecdial": _distillrecdial, "redial": _redial}
)

_KEYS: Mapping[Format, frozenset[str]] = MappingProxyType(
    {
        "recdial": frozenset({"turns", "target", "history", "items"}),
        "distillrecdial": frozenset({"prompt", "response", "target_asin"}),
        "redial": frozenset({"messages", "movieMentions", "initiatorWorkerId"}),
    }
)
