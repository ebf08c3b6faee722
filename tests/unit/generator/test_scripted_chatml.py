"""The scripted model's chat template: what is rendered is found again, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recdial.domain import ChatMessage
from services.generator.scripted.chatml import NotChatML, parse_chat, render_chat

messages = st.lists(
    st.builds(
        ChatMessage,
        role=st.sampled_from(["system", "user", "assistant"]),
        content=st.text(max_size=40).filter(lambda text: "<|im_end|>" not in text),
    ),
    max_size=4,
)


@given(messages)
def test_what_is_rendered_is_read_again(chat: list[ChatMessage]) -> None:
    assert parse_chat(render_chat(chat)) == chat


@given(st.text(max_size=60))
def test_any_other_text_is_read_or_refused_and_never_more(text: str) -> None:
    try:
        found = parse_chat(text)
    except NotChatML:
        return
    assert render_chat(found).rstrip("\n") == text.rstrip("\n")


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "must end with"),
        ("Write a dialogue.", "must end with"),
        ("[INST] Hi [/INST]", "must end with"),
        ("Hi<|im_start|>assistant\n", "character 0: expected '<|im_start|>system'"),
        ("<|im_start|>tool\nx<|im_end|>\n<|im_start|>assistant\n", "character 0"),
        ("<|im_start|>user\nx<|im_start|>assistant\n", "character 0"),
        ("<|im_start|>user\nx<|im_end|>\nmore<|im_start|>assistant\n", "got 'more'"),
    ],
)
def test_what_is_wrong_is_said(text: str, cause: str) -> None:
    with pytest.raises(NotChatML) as raised:
        parse_chat(text)
    assert cause in str(raised.value)
