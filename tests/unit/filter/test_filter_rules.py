from __future__ import annotations

from collections.abc import Callable

import pytest

from recdial.domain import Reason
from services.filter.judging import Judgement

Judged = Callable[..., Judgement]


def only(judgement: Judgement) -> Reason:
    (reason,) = judgement.reasons
    return reason


def test_a_text_without_markers_has_this_reason_alone(judged: Judged) -> None:
    reason = only(judged("Hi, says somebody."))
    assert reason == Reason(rule="no_turns", detail="no [USR] or [AI] in 18 characters of text")
    assert only(judged("")).rule == "no_turns"


def test_text_before_the_first_marker_is_tolerated(judged: Judged, good: str) -> None:
    assert judged(f"Here is the conversation:\n{good}").reasons == ()


def test_the_user_opens(judged: Judged, good: str) -> None:
    reason = only(judged(f"[AI] Welcome!\n{good}"))
    assert (reason.rule, reason.turn) == ("user_opens", 1)
    assert reason.detail == "the assistant speaks first, of 6 utterances"


def test_roles_alternate(judged: Judged, good: str) -> None:
    reason = only(judged(f"{good}\n[USR] Thanks!\n[USR] Bye!"))
    assert (reason.rule, reason.turn) == ("roles_alternate", 6)
    assert [place.turn for place in reason.spans] == [6, 7]
    assert reason.detail == (
        "2 of 7 utterances follow one of the same speaker, the first is utterance 6 (user)"
    )


@pytest.mark.parametrize(
    ("count", "accepted"),
    [(3, False), (5, True), (19, True), (21, False)],
)
def test_the_number_of_utterances_is_within_the_configured_range(
    judged: Judged, count: int, accepted: bool
) -> None:
    judgement = judged("[USR] And?\n[AI] <id_T9>!\n" * (count // 2) + "[USR] Good.")
    if accepted:
        assert judgement.reasons == ()
    else:
        reason = only(judgement)
        assert reason.rule == "utterance_count"
        assert reason.detail == f"{count} utterances, allowed are 5 to 20"


def test_an_empty_utterance_is_found(judged: Judged, good: str) -> None:
    reason = only(judged(good.replace("I know that one already.", "")))
    assert (reason.rule, reason.turn) == ("empty_turn", 3)
    assert reason.detail == "nothing is said in 1 of 5 utterances: 3"


def test_a_text_cut_off_at_the_token_limit_is_found(judged: Judged, good: str) -> None:
    reason = only(judged(good, finish_reason="length"))
    assert reason.rule == "truncated"
    assert f"after {len(good)} characters" in reason.detail


def test_an_id_that_is_neither_in_the_prompt_nor_in_the_catalogue_is_found(
    judged: Judged, good: str
) -> None:
    reason = only(judged(good + " Or <id_X1>, <id_X2>, <id_X1>?"))
    assert (reason.rule, reason.turn) == ("unknown_id", 5)
    assert reason.detail == (
        "2 of 5 ids mentioned are neither in the prompt nor in the catalogue: "
        "X1 (utterance 5), X2 (utterance 5)"
    )


def test_a_long_list_of_findings_is_cut(judged: Judged, good: str) -> None:
    reason = only(judged(good + "".join(f" <id_X{number}>" for number in range(8))))
    assert reason.detail.endswith("X4 (utterance 5) and 3 more")


@pytest.mark.parametrize(
    "attempt",
    [
        "<id_T1",
        "id_T1",
        "(id_T1)",
        "`id_T1>`",
        "<ID_T1>",
        "<id T1>",
        "<id: T1>",
        "< id_T1 >",
        "&lt;id_T1&gt;",
        "<id_>",
        "<id_The Matrix>",
        "<T1>",
        "<T2>",
        "<B00123>",
        r"<id\_T1>",
    ],
)
def test_an_attempt_at_a_mention_is_malformed(judged: Judged, good: str, attempt: str) -> None:
    reason = only(judged(f"{good} I mean {attempt} of course."))
    assert (reason.rule, reason.turn) == ("malformed_mention", 5)
    assert reason.detail.startswith("1 malformed mention: '")


@pytest.mark.parametrize(
    "words",
    [
        "a vivid_memory of grid_lock",
        "I <3 it",
        "<i>so</i> good",
        "T1 in prose",
        "a < b > c",
        "idea",
    ],
)
def test_other_words_and_brackets_are_not_mentions(judged: Judged, good: str, words: str) -> None:
    assert judged(f"{good} {words}.").reasons == ()


def test_the_assistant_recommends_the_target(judged: Judged, good: str) -> None:
    reason = only(judged(good.replace("<id_T9>", "<id_T2>")))
    assert reason.rule == "target_not_recommended"
    assert reason.detail == "the target T9 is mentioned in none of 2 assistant utterances"


def test_the_user_does_not_name_the_target_first(judged: Judged, good: str) -> None:
    reason = only(judged(good.replace("I know that one", "I know that, not <id_T9>,")))
    assert (reason.rule, reason.turn) == ("target_leaked", 3)
    assert reason.detail == (
        "the user mentions the target T9 in utterance 3, the assistant in utterance 4"
    )


def test_the_user_may_name_the_target_once_it_is_recommended(judged: Judged, good: str) -> None:
    assert judged(good.replace("watch it", "watch <id_T9>")).reasons == ()


def test_a_target_only_the_user_names_is_leaked_and_not_recommended(
    judged: Judged, good: str
) -> None:
    text = good.replace("<id_T9>", "it").replace("watch it", "watch <id_T9>")
    assert [reason.rule for reason in judged(text).reasons] == [
        "target_not_recommended",
        "target_leaked",
    ]


def test_the_paper_profile_asks_only_for_a_known_id_of_the_assistant(judged: Judged) -> None:
    careless = "[AI] <id_T1> or <id_X>\n[AI]\n[USR] <id_T9>"
    assert judged(careless, "length", "paper").reasons == ()
    assert len(judged(careless, "length").reasons) == 8

    reason = only(judged("[USR] <id_T1>\n[AI] <id_X>", "stop", "paper"))
    assert reason.rule == "assistant_mentions_known_id"
    assert reason.detail == (
        "an id from the prompt or the catalogue is mentioned in none of 1 assistant utterance"
    )
    assert only(judged("nothing", "stop", "paper")).rule == "no_turns"
