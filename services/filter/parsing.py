"""Splits the text a model wrote into utterances: tolerant in form, strict in meaning."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import islice
from typing import Any

from recdial.domain import Frozen, Turn
from recdial.mentions import mentioned_items
from services.filter.markers import find_markers, speaker_of

_FENCE = re.compile(r"\A\s*```\w*\n(.*?)\n?```\s*\Z", re.DOTALL)
_FENCE_LINE = re.compile(r"^[ \t]*```(?P<language>\w*)[ \t\r]*$", re.MULTILINE)
_LISTS = ("dialogue", "conversation")
"""What the list of messages is called where a JSON object has it."""
_TEMPLATE_TOKENS = re.compile(
    r"(?:<\|(?:im_end|eot_id|end_of_text|endoftext|im_start|end)\|>|</s>|<s>|<eos>)\s*"
)
_AFTERTHOUGHT = re.compile(
    r"\n[ \t]*(?:-{3,}|\*{3,}|={3,}"
    r"|[*_(\[]{0,2}(?:end of (?:the )?(?:conversation|dialogue|dialog)|the end)[.)*_\]]{0,3})\s*\Z",
    re.IGNORECASE,
)
"""What ends a dialogue without being said. A note on how it was written is no such thing, unless it
is outside the dialogue's fence: that is for the rule about leaks."""


class ParsedDialogue(Frozen):
    """The utterances of a text, and what was found outside them."""

    turns: tuple[Turn, ...]
    """In order; the text of an utterance in which nothing is said is empty."""
    preamble: str = ""
    """Text before the first marker or the fence, e.g. "Here is the conversation:"; all text if
    there is no marker."""
    repairs: tuple[str, ...] = ()
    """What was understood in spite of its form, by kind: template_tokens, code_fence, json,
    other_labels, one_line, brackets, numbered, markdown, preamble, afterthought."""

    @property
    def empty_turns(self) -> tuple[int, ...]:
        """Numbers (from 1) of the utterances in which nothing is said."""
        return tuple(
            number
            for number, turn in enumerate(self.turns, 1)
            if not any(character.isalnum() for character in turn.text)
        )


def parse_turns(text: str) -> ParsedDialogue:
    """Split a text at its `[USR]` and `[AI]` markers, or at labels such as `User:` if it has none.

    A marker may be in any case, bold, a heading, numbered and followed by a colon, and may lack its
    opening bracket; it need not start a line. Other labels do start a line, or follow a sentence in
    a text whose speakers alternate. A list of `{role, content}` in JSON, a fence around the
    dialogue, tokens of chat templates, text before the first marker or the fence, and remarks
    behind the last utterance are understood and recorded. Never raises: a text without markers has
    no turns. Lone surrogates, which no database or file takes, become U+FFFD. Linear in the length
    of the text.
    """
    text = _encodable(text)
    repairs: list[str] = []
    plain = _TEMPLATE_TOKENS.sub("", text)
    if plain != text:
        text = plain
        repairs.append("template_tokens")
    before, behind = "", ""
    fenced = _unfenced(text)
    if fenced:
        before, text, behind = fenced
        repairs.append("code_fence")
    turns = _from_json(text)
    if turns is not None:
        repairs.append("json")
    else:
        turns, preamble, afterthought, understood = _from_text(text)
        before, behind = f"{before}\n{preamble}", afterthought + behind
        repairs.extend(understood)
    before = before.strip()
    if before and turns:
        repairs.append("preamble")
    if behind.strip():
        repairs.append("afterthought")
    return ParsedDialogue(turns=turns, preamble=before, repairs=tuple(repairs))


def _unfenced(text: str) -> tuple[str, str, str] | None:
    """What is before, in and behind the fence around a dialogue; None where there is none.

    A fence with text outside it is around the dialogue if it is the only one, and if nobody
    speaks but in it.
    """
    whole = _FENCE.match(text)
    if whole:
        return "", whole[1], ""
    fences = list(islice(_FENCE_LINE.finditer(text), 3))
    if len(fences) != 2 or fences[1]["language"]:
        return None
    opening, closing = fences
    before, inside = text[: opening.start()], text[opening.end() : closing.start()]
    behind = text[closing.end() :]
    if find_markers(before).found or find_markers(behind).found:
        return None
    if not find_markers(inside).found and _from_json(inside) is None:
        return None
    return before, inside, behind


def _from_text(text: str) -> tuple[tuple[Turn, ...], str, str, tuple[str, ...]]:
    """Turns, preamble (the whole text if there are no turns), afterthought and repairs."""
    markers, repairs = find_markers(text)
    if not markers:
        return (), text, "", repairs
    last = markers[-1].end
    found = _AFTERTHOUGHT.search(text, last)
    end = found.start() if found and text[last : found.start()].strip() else len(text)
    ends = [*(marker.start for marker in markers[1:]), end]
    turns = tuple(
        _turn(marker.speaker, text[marker.end : end])
        for marker, end in zip(markers, ends, strict=True)
    )
    return turns, text[: markers[0].start], text[end:], repairs


def _turn(speaker: str, text: str) -> Turn:
    return Turn.model_validate(
        {"speaker": speaker, "text": text.strip(), "items": mentioned_items(text)}
    )


def _from_json(text: str) -> tuple[Turn, ...] | None:
    """The turns of a JSON list of messages, which may be in an object; None where it is none."""
    if not text.lstrip().startswith(("[", "{")):
        return None
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if isinstance(found, dict):
        found = next((found[name] for name in _LISTS if name in found), None)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        return None
    return _messages(found)


def _messages(found: Sequence[dict[str, Any]]) -> tuple[Turn, ...] | None:
    turns = []
    for one in found:
        role, said = one.get("role", one.get("speaker")), one.get("content", one.get("text"))
        speaker = speaker_of(str(role))
        if speaker is None or not isinstance(said, str):
            return None
        turns.append(_turn(speaker, _encodable(said)))
    return tuple(turns) or None


def _encodable(text: str) -> str:
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
