"""The chat template the scripted model has: ChatML, as SmolLM2, Qwen and others have it.

    <|im_start|>system
    …<|im_end|>
    <|im_start|>user
    …<|im_end|>
    <|im_start|>assistant

A server that is given one text instead of messages has to find the messages in it again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from recdial.domain import ChatMessage

_BEGINS, _ENDS = "<|im_start|>", "<|im_end|>"
_CUE = f"{_BEGINS}assistant\n"
_MESSAGE = re.compile(
    rf"{re.escape(_BEGINS)}(system|user|assistant)\n(.*?){re.escape(_ENDS)}\n", re.DOTALL
)


class NotChatML(ValueError):
    """A text is not a chat in this template."""


def render_chat(messages: Sequence[ChatMessage]) -> str:
    """The chat as one text, which ends where the assistant is to go on."""
    told = (f"{_BEGINS}{one.role}\n{one.content}{_ENDS}\n" for one in messages)
    return "".join(told) + _CUE


def parse_chat(text: str) -> list[ChatMessage]:
    """The messages of a text that `render_chat` could have written. Raises NotChatML."""
    body = text.removesuffix("\n").removesuffix(_CUE.removesuffix("\n"))
    if body == text.removesuffix("\n"):
        raise NotChatML(f"it must end with {_CUE!r}, after which the assistant goes on")
    messages: list[ChatMessage] = []
    place = 0
    while place < len(body):
        found = _MESSAGE.match(body, place)
        if found is None:
            raise NotChatML(
                f"character {place}: expected '{_BEGINS}system', 'user' or 'assistant', a line "
                f"break, the message and '{_ENDS}', got {body[place : place + 40]!r}"
            )
        messages.append(ChatMessage.model_validate({"role": found[1], "content": found[2]}))
        place = found.end()
    return messages
