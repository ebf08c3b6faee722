from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recdial.domain import Verdict
from recdial.settings import FilteringConfig
from services.filter.judging import Judgement, JudgingContext, judge
from services.filter.rules import RULES, Profile

CONTEXT = JudgingContext(frozenset({"T1", "T9"}), "T9", frozenset({"T2"}))
PIECES = ["[USR] ", "[AI] ", "<id_T1>", "<id_T9>", "<id_X>", "<id_", "id_T1", "<T2>", "\n", "hi "]


def test_a_good_dialogue_is_accepted_with_its_turns(
    judged: Callable[..., Judgement], good: str
) -> None:
    judgement = judged(good)
    assert judgement.verdict is Verdict.accepted
    assert judgement.reasons == ()
    assert [turn.items for turn in judgement.turns] == [("T1",), ("T2",), (), ("T9",), ()]


def test_all_reasons_are_reported_and_the_turns_kept(judged: Callable[..., Judgement]) -> None:
    judgement = judged("[AI] Take <id_X> or <B12>.\n[AI]", finish_reason="length")
    assert judgement.verdict is Verdict.rejected
    assert [reason.rule for reason in judgement.reasons] == [
        "truncated",
        "user_opens",
        "roles_alternate",
        "utterance_count",
        "empty_turn",
        "malformed_mention",
        "unknown_id",
        "target_not_recommended",
    ]
    assert len(judgement.turns) == 2


@pytest.mark.parametrize("profile", ["strict", "paper"])
@given(pieces=st.lists(st.one_of(st.sampled_from(PIECES), st.text())), length=st.booleans())
def test_any_text_gets_a_verdict_that_follows_from_its_reasons(
    profile: Profile, pieces: Sequence[str], length: bool
) -> None:
    text = "".join(pieces)
    judgement = judge(text, "length" if length else "stop", CONTEXT, FilteringConfig(), profile)
    assert (judgement.verdict is Verdict.accepted) == (not judgement.reasons)
    rules = [reason.rule for reason in judgement.reasons]
    assert rules == [rule.__name__ for rule in RULES[profile] if rule.__name__ in rules]
    for reason in judgement.reasons:
        assert reason.turn is None or 1 <= reason.turn <= len(judgement.turns)


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text())).map("".join))
def test_what_is_accepted_keeps_every_promise_of_the_dataset(text: str) -> None:
    good = "[USR] <id_T1>?\n[AI] No.\n[USR] What then?\n[AI] <id_T9>!\n[USR] "
    judgement = judge(good + text, "stop", CONTEXT, FilteringConfig())
    if judgement.verdict is Verdict.accepted:
        speakers = [turn.speaker for turn in judgement.turns]
        assert speakers == [("user", "assistant")[place % 2] for place in range(len(speakers))]
        assert 5 <= len(speakers) <= 20
        assert all(turn.text for turn in judgement.turns)
        assert {item for turn in judgement.turns for item in turn.items} <= {"T1", "T2", "T9"}


def test_a_rule_gives_reasons_under_its_own_name() -> None:
    every_fault = "[AI] <id_X> id_X\n[AI]\n[USR] <id_T9>"
    for profile, text in [("strict", every_fault), ("paper", "[AI] <id_X>"), ("strict", "")]:
        reasons = judge(text, "length", CONTEXT, FilteringConfig(), profile).reasons  # type: ignore[arg-type]
        named = {rule.__name__ for rule in RULES[profile]}  # type: ignore[index]
        assert {reason.rule for reason in reasons} <= named
        assert len(reasons) == len({reason.rule for reason in reasons})
