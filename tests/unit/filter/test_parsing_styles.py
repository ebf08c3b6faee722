"""The same dialogue is read from whatever style it is written in."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.filter.parsing import parse_turns

Said = Sequence[tuple[str, str]]

WORDS = [
    *("film", "<id_T9>", "I", "2.", "(see it)", "[or not]", "*so*", "it:", "- a", "#1", "**Up**"),
    *(
        "the User: manual",
        "an AI: film",
        "the user",
        "Really?",
        "Wow! \U0001f600",
        '"Yes."',
        "e.g.",
    ),
]
UTTERANCE = st.lists(st.sampled_from(WORDS)).map(lambda words: " ".join(["So", *words, "it is."]))


def alternating(utterance: st.SearchStrategy[str]) -> st.SearchStrategy[Said]:
    """Dialogues in which user and assistant take turns, opened by either."""
    return st.tuples(
        st.sampled_from([("user", "assistant"), ("assistant", "user")]),
        st.lists(utterance, min_size=2, max_size=8),
    ).map(
        lambda drawn: [
            (drawn[0][number % 2], utterance) for number, utterance in enumerate(drawn[1])
        ]
    )


def lines(user: str, assistant: str, between: str = "\n") -> Callable[[Said], str]:
    """A style in which `{n}` in a label is the number of the utterance."""
    labels = {"user": user, "assistant": assistant}
    return lambda dialogue: between.join(
        f"{labels[speaker].replace('{n}', str(number))}{text}"
        for number, (speaker, text) in enumerate(dialogue, 1)
    )


def messages(speaker: str, text: str, name: str = "") -> Callable[[Said], str]:
    """A style in which the dialogue is JSON."""

    def render(dialogue: Said) -> str:
        listed = [{speaker: who, text: words} for who, words in dialogue]
        return json.dumps({name: listed} if name else listed, indent=1)

    return render


STYLES = {
    "paper": lines("[USR] ", "[AI] "),
    "paper, one line": lines("[USR] ", "[AI] ", " "),
    "lower case": lines("[usr]: ", "[ai]: "),
    "bold": lines("**[USR]** ", "**[AI]:** ", "\n\n"),
    "headings": lines("## [USR]\n", "## [AI]\n", "\n\n"),
    "headings in the line": lines("### [USR] ", "### [AI]: "),
    "numbered": lines("{n}. [USR] ", "{n}. [AI] "),
    "unopened": lines("USR] ", "AI] "),
    "unopened, one line": lines("USR] ", "AI] ", " "),
    "labels": lines("User: ", "Assistant: "),
    "labels, blank lines": lines("Human: ", "AI: ", "\n\n"),
    "labels, one line": lines("User: ", "Assistant: ", " "),
    "labels, one line, lower case": lines("user: ", "assistant: ", " "),
    "bold labels": lines("**User:** ", "**Assistant**: "),
    "bold labels, one line": lines("**User:** ", "**Assistant:** ", " "),
    "bold labels on their own": lines("**User**\n", "**Assistant**\n", "\n\n"),
    "numbered labels": lines("Turn {n} - User: ", "Turn {n} - Assistant: "),
    "heading labels": lines("### User\n", "### Assistant\n", "\n\n"),
    "heading labels, colon": lines("## User:\n", "## Assistant:\n"),
    "messages": messages("role", "content"),
    "speakers": messages("speaker", "text"),
    "dialogue": messages("speaker", "text", "dialogue"),
    "conversation": messages("role", "content", "conversation"),
}
WRAPPINGS = {
    "bare": "{}",
    "fence": "```\n{}\n```",
    "fence with a preamble": "Here is the conversation:\n\n```text\n{}\n```",
    "fence with an afterthought": "```\n{}\n```\n\nI hope this helps!",
    "fence between": "Sure. Here you go:\n```json\n{}\n```\nLet me know.\n",
    "template token": "{}<|im_end|>",
}


@pytest.mark.parametrize("style", STYLES)
@given(dialogue=alternating(UTTERANCE), wrapping=st.sampled_from([*WRAPPINGS]))
def test_a_dialogue_in_any_style_is_read_alike(style: str, wrapping: str, dialogue: Said) -> None:
    parsed = parse_turns(WRAPPINGS[wrapping].format(STYLES[style](dialogue)))

    assert [(turn.speaker, turn.text) for turn in parsed.turns] == list(dialogue)


MANY_LINES = st.lists(UTTERANCE, min_size=1, max_size=3).map("\n".join)


@pytest.mark.parametrize("style", [name for name in STYLES if "one line" not in name])
@given(dialogue=st.lists(st.tuples(st.sampled_from(["user", "assistant"]), MANY_LINES), min_size=2))
def test_where_lines_tell_nobody_need_alternate(style: str, dialogue: Said) -> None:
    if style == "unopened":
        dialogue = [("user", "So it is."), *dialogue, ("assistant", "So it is.")]
    parsed = parse_turns(STYLES[style](dialogue))

    assert [(turn.speaker, turn.text) for turn in parsed.turns] == list(dialogue)


@given(st.text(), st.sampled_from([*STYLES]), st.sampled_from([*WRAPPINGS]))
def test_nothing_said_in_any_style_raises(text: str, style: str, wrapping: str) -> None:
    rendered = STYLES[style]([("user", text), ("assistant", text)])
    parsed = parse_turns(WRAPPINGS[wrapping].replace("{}", rendered))

    parsed.model_dump_json().encode()
    assert parsed.turns


@given(alternating(UTTERANCE), st.sampled_from([*STYLES]), st.data())
def test_a_dialogue_cut_anywhere_never_raises(
    dialogue: Said, style: str, data: st.DataObject
) -> None:
    text = STYLES[style](dialogue)
    parsed = parse_turns(text[: data.draw(st.integers(0, len(text)))])

    assert len(parsed.turns) <= len(dialogue)
