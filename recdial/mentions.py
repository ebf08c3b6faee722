"""How a dialogue names a catalogue item: `<id_…>`, exactly as the prompt lists it."""

from __future__ import annotations

import re
from collections.abc import Callable

_MENTION = re.compile(r"<id_([^<>\s]+)>")


def mention(item_id: str) -> str:
    """The mention of an item, as prompts and dialogues write it."""
    return f"<id_{item_id}>"


def mentioned_items(text: str) -> tuple[str, ...]:
    """Ids mentioned in a text, in order of first mention, without repeats."""
    return tuple(dict.fromkeys(_MENTION.findall(text)))


def replace_mentions(text: str, name: Callable[[str], str]) -> str:
    """The text with every mention replaced by what `name` says for its id."""
    return _MENTION.sub(lambda match: name(match.group(1)), text)


def split_mentions(text: str) -> list[str]:
    """Plain text and mentioned ids in turn: `Try <id_X>!` is `["Try ", "X", "!"]`."""
    return _MENTION.split(text)
