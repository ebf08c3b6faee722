"""Whatever form a dialogue is written in, it is read, and what was repaired is told."""

from __future__ import annotations

import json
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.filter.parsing import parse_turns

TWO = [("user", "Hi there."), ("assistant", "Hello, <id_T9>?")]


def said(text: str) -> list[tuple[str, str]]:
    return [(turn.speaker, turn.text) for turn in parse_turns(text).turns]


@pytest.mark.parametrize(
    ("text", "repairs"),
    [
        ("[USR] Hi there.\n[AI] Hello, <id_T9>?", ()),
        ("[usr]: Hi there.\n[ai]: Hello, <id_T9>?", ()),
        ("[USR] Hi there. [AI] Hello, <id_T9>?", ()),
        ("**[USR]** Hi there.\n**[AI]:** Hello, <id_T9>?", ("markdown",)),
        ("1. [USR] Hi there.\n2. [AI] Hello, <id_T9>?", ("numbered",)),
        ("Turn 1 - User: Hi there.\nTurn 2 - AI: Hello, <id_T9>?", ("other_labels", "numbered")),
        ("- User: Hi there.\n- Assistant: Hello, <id_T9>?", ("other_labels",)),
        ("User: Hi there.\nAssistant: Hello, <id_T9>?", ("other_labels",)),
        ("Human: Hi there.\nAI: Hello, <id_T9>?", ("other_labels",)),
        ("Seeker: Hi there.\nRecommender: Hello, <id_T9>?", ("other_labels",)),
        ("**User:** Hi there.\n**Assistant**: Hello, <id_T9>?", ("other_labels", "markdown")),
        ("### User: Hi there.\n### Assistant: Hello, <id_T9>?", ("other_labels", "markdown")),
        ("### User\nHi there.\n\n### Assistant\nHello, <id_T9>?", ("other_labels", "markdown")),
        ("**User**\nHi there.\n**Assistant**\nHello, <id_T9>?", ("other_labels", "markdown")),
        ("## User:\nHi there.\n## Assistant:\n\nHello, <id_T9>?", ("other_labels", "markdown")),
        ("# **User**\r\nHi there.\r\n# **AI**\r\nHello, <id_T9>?", ("other_labels", "markdown")),
        ("## [USR]\nHi there.\n\n## [AI]\nHello, <id_T9>?", ("markdown",)),
        ("### [USR] Hi there.\n### [AI]: Hello, <id_T9>?", ("markdown",)),
        ("### 1. [USR]\nHi there.\n### 2. [AI]\nHello, <id_T9>?", ("numbered", "markdown")),
        ("#1. User: Hi there.\n#2. AI: Hello, <id_T9>?", ("other_labels", "numbered")),
        ("Here it is:\n[USR] Hi there.\n[AI] Hello, <id_T9>?", ("preamble",)),
        ("[USR] Hi there.\n[AI] Hello, <id_T9>?\n---", ("afterthought",)),
        ("[USR] Hi there.\n[AI] Hello, <id_T9>?\n(End of conversation)", ("afterthought",)),
        ("```text\n[USR] Hi there.\n[AI] Hello, <id_T9>?\n```", ("code_fence",)),
        ("[USR] Hi there.\n[AI] Hello, <id_T9>?<|im_end|>", ("template_tokens",)),
        ("[USR] Hi there.\n[AI] Hello, <id_T9>?</s>", ("template_tokens",)),
        ("[USR Hi there.\n[AI] Hello, <id_T9>?", ("brackets",)),
        ("USR] Hi there.\n[AI] Hello, <id_T9>?", ("brackets",)),
        ("USR] Hi there.\nAI] Hello, <id_T9>?", ("brackets",)),
        ("USR] Hi there. AI] Hello, <id_T9>?", ("brackets",)),
        ("[USR] Hi there. AI] Hello, <id_T9>?", ("brackets",)),
        ("**USR]** Hi there.\n**AI]**: Hello, <id_T9>?", ("brackets", "markdown")),
        ("User: Hi there. Assistant: Hello, <id_T9>?", ("other_labels", "one_line")),
        ("User: Hi there.Assistant: Hello, <id_T9>?", ("other_labels", "one_line")),
        (
            "**User:** Hi there. **Assistant**: Hello, <id_T9>?",
            ("other_labels", "one_line", "markdown"),
        ),
        ("1. User: Hi there. 2. AI: Hello, <id_T9>?", ("other_labels", "one_line", "numbered")),
    ],
)
def test_a_form_is_understood_and_told(text: str, repairs: tuple[str, ...]) -> None:
    assert said(text) == TWO
    assert parse_turns(text).repairs == repairs


@pytest.mark.parametrize(
    ("end", "following"),
    [
        ("ends.", " "),
        ("ends?", "  "),
        ("ends \u2026", " "),
        ("<id_T9>", " "),
        ("\U0001f600", " "),
        ('"It ends."', " "),
        ("(It ends!)", " "),
        ("*ends.*", " "),
        ("ends!", ""),
    ],
)
def test_on_one_line_a_label_stands_behind_a_sentence(end: str, following: str) -> None:
    text = f"User: Hi. Assistant: It {end}{following}User: Bye. Assistant: Bye."

    assert [words for _speaker, words in said(text)] == ["Hi.", f"It {end}", "Bye.", "Bye."]


def test_lines_may_hold_two_turns() -> None:
    text = "Here:\nUser: One. Assistant: Two.\nUser: Three. Assistant: Four."

    assert [words for _speaker, words in said(text)] == ["One.", "Two.", "Three.", "Four."]
    assert parse_turns(text).repairs == ("other_labels", "one_line", "preamble")


@pytest.mark.parametrize(
    "text",
    [
        "User: Where is the User: manual? I lost it.",
        "User: Hi.\nAssistant: Read the User: manual.",
        "User: Hi.\nAssistant: Read it, User: it helps.",
        "User: Hi.\nAssistant: It says so. Assistant: a film.",
        "User: Hi.\nAssistant: Two picks. Human: a film.",
        "User: Hi.\nAssistant: Try character.ai: it talks.",
        "User: Hi.\nAssistant: I say. User, mind: it is long.",
        "Notes. AI: none.\nUser: Hi.",
        "User: Hi.\nAssistant: Two picks.\n## Human\nA film.",
        "User: Hi.\nAssistant: Two picks.\n## User reviews\nGood.",
        "User: Hi.\nAssistant: Robots and\nAI] films.",
        "[USR] Hi.\n[AI] That [a film of AI] was good.",
        "[USR] Hi.\n[AI] The AI] was good.",
        "[USR] Hi.\n[AI] So say I.\n## User\nGood.",
    ],
)
def test_what_is_inside_an_utterance_splits_none(text: str) -> None:
    label = r"\[USR\] |\[AI\] |Notes\. AI: none\.\n|User: (?=Hi|Where)|(?<=\n)Assistant: "

    assert [words for _, words in said(text)] == [
        words.strip() for words in re.split(label, text) if words
    ]


@pytest.mark.parametrize(
    "text",
    ["I met the AI] and USR] there.", "AI] it is.", "[AI made this] and [USR that].", "See [AI"],
)
def test_brackets_in_prose_are_no_markers(text: str) -> None:
    assert parse_turns(text).turns == ()


DIALOGUES = {
    "brackets": ("[USR] Hi there.\n[AI] Hello, <id_T9>?", ()),
    "labels": ("User: Hi there.\nAssistant: Hello, <id_T9>?", ("other_labels",)),
    "json": (
        json.dumps([{"role": role, "content": content} for role, content in TWO], indent=1),
        ("json",),
    ),
}


@pytest.mark.parametrize("fence", ["```", "```text", "  ```json"])
@pytest.mark.parametrize(("preamble", "note"), [("Here it is:", ""), ("", "Enjoy!"), ("A.", "B.")])
@pytest.mark.parametrize("kind", DIALOGUES)
def test_a_fence_keeps_what_is_outside_it_apart(
    kind: str, preamble: str, note: str, fence: str
) -> None:
    dialogue, repairs = DIALOGUES[kind]
    text = f"{preamble}\n\n{fence}\n{dialogue}\n```\n\n{note}"
    parsed = parse_turns(text)

    assert said(text) == TWO
    assert parsed.preamble == preamble
    outside = [kind for kind, words in (("preamble", preamble), ("afterthought", note)) if words]
    assert parsed.repairs == ("code_fence", *repairs, *outside)


@pytest.mark.parametrize(
    "text",
    [
        "[USR] Run this:\n```\n[AI] x\n```\nplease.",
        "[USR] Run this:\n```sh\nls\n```\n[AI] It ran.",
        "Two:\n```\n[USR] Run this:\n```\n```\n[AI] It ran.\n```\nThere.",
        "One:\n```\n[USR] Run this:\n```text\n[AI] It ran.",
        "```\n[USR] Run this:\n```\nUser: x\n",
    ],
)
def test_another_fence_is_part_of_what_is_said(text: str) -> None:
    assert "```" in "".join(words for _speaker, words in said(text))
    assert "code_fence" not in parse_turns(text).repairs


def test_a_fence_without_a_dialogue_is_no_repair() -> None:
    parsed = parse_turns("Here:\n```\nnothing\n```\nDone.")

    assert (parsed.turns, parsed.repairs) == ((), ())
    assert parsed.preamble == "Here:\n```\nnothing\n```\nDone."


def test_tokens_of_templates_may_follow_a_fence_or_messages() -> None:
    for dialogue in ("```\n[USR] Hi.\n```", '[{"role": "user", "content": "Hi."}]'):
        assert said(f"{dialogue}<|im_end|>") == [("user", "Hi.")]


@pytest.mark.parametrize(
    "messages",
    [
        [{"role": "user", "content": "Hi there."}, {"role": "assistant", "content": TWO[1][1]}],
        [{"speaker": "USR", "text": "Hi there."}, {"speaker": "[AI]", "text": TWO[1][1]}],
    ],
)
def test_a_list_of_messages_in_json_is_understood(messages: list[dict[str, str]]) -> None:
    assert said(json.dumps(messages)) == TWO
    for name in ("dialogue", "conversation"):
        found = parse_turns(json.dumps({"title": "A chat", name: messages}))
        assert [(turn.speaker, turn.text) for turn in found.turns] == TWO
        assert found.repairs == ("json",)
    assert parse_turns(f"```json\n{json.dumps(messages)}\n```").repairs == ("code_fence", "json")


@pytest.mark.parametrize(
    "text",
    [
        '[{"role": "user"}]',
        '[{"role": "narrator", "content": "x"}]',
        '["a"]',
        "[]",
        "[" * 100_000,
        '[{"role": "user", "content": "cut off',
        '{"dialogue": [{"role": "user", "content": "cut off',
        '{"dialogue": {"role": "user", "content": "Hi."}}',
        '{"dialogue": []}',
        '{"role": "user", "content": "Hi."}',
        "{}",
        '{"a":' * 100_000,
        f"[{'9' * 5_000}]",
    ],
)
def test_other_json_is_no_dialogue(text: str) -> None:
    assert parse_turns(text).turns == ()


def test_broken_json_is_read_as_text() -> None:
    assert said('{"dialogue": [\n[USR] Hi.\n[AI] Hello.') == [
        ("user", "Hi."),
        ("assistant", "Hello."),
    ]


def test_lone_surrogates_in_json_become_replacement_characters() -> None:
    assert said('[{"role": "user", "content": "\\ud83d and \\ud83d\\ude00"}]') == [
        ("user", "\ufffd and \U0001f600")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "The user: he says hi, the assistant says hello",
        "I asked the AI: is it good?",
        "Users: many",
        "",
    ],
)
def test_the_words_for_the_speakers_in_prose_are_no_markers(text: str) -> None:
    assert parse_turns(text).turns == ()


def test_a_note_in_brackets_is_no_unclosed_marker() -> None:
    assert len(said("[USR] Hi.\n[AI made this] one.")) == 1


def test_where_there_are_markers_other_labels_are_prose() -> None:
    text = "[USR] It says:\nUser: be quiet.\n[AI] Fine."

    assert said(text) == [("user", "It says:\nUser: be quiet."), ("assistant", "Fine.")]


def test_a_remark_that_is_said_stays() -> None:
    text = "[USR] Hi.\n[AI] Two picks:\n- <id_T1>\n- <id_T9>\nNote that both are long."

    assert said(text)[1][1].endswith("Note that both are long.")


LABELS = st.sampled_from(
    [
        *("[USR] ", "[AI]", "User: ", "\nAI: ", "**", "\n", "1. ", "```", "---", "[", "</s>", "a"),
        *("### User\n", "\n```\n", "AI] ", "\nUSR]", ". ", '{"dialogue":', '[{"role":', "]"),
    ]
)


@given(st.lists(LABELS, max_size=40).map("".join))
def test_no_mixture_of_forms_raises_or_loses_utterances(text: str) -> None:
    parsed = parse_turns(text)

    assert len(parsed.repairs) == len(set(parsed.repairs))
    assert bool(parsed.turns) or "markdown" not in parsed.repairs


@pytest.mark.parametrize(
    "piece",
    [
        *("\n---", "[USR", "1. ", "\n" + " ", "**", "\nUser", "```\n", "<|", "\n### ", "#", ">"),
        *(" ", ". ", ". AI: x. User: ", " AI] USR]", "[", "[a AI]", "\n``` "),
    ],
)
@pytest.mark.parametrize("opening", ["[USR] Hi", "User: Hi", "```\nUser: Hi\n```"])
def test_long_texts_take_linear_time(opening: str, piece: str) -> None:
    def seconds(times: int) -> float:
        taken = []
        for _ in range(3):
            start = time.perf_counter()
            parse_turns(opening + piece * times)
            taken.append(time.perf_counter() - start)
        return min(taken)

    assert seconds(10_000) < 40 * max(seconds(1_000), 0.001)
