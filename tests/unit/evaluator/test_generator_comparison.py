from __future__ import annotations

import pytest

from services.evaluator.comparison import Comparison, JudgedText, NotWritten, Outcome, compare


def text(*utterances: str, rules: tuple[str, ...] = (), **changes: object) -> JudgedText:
    fields = {
        "utterances": utterances,
        "turns": len(utterances),
        "rules": rules,
        "cut_off": False,
        "tokens_in": 10,
        "tokens_out": 20,
        "seconds": 1.0,
        "from_run": False,
    }
    return JudgedText(**(fields | changes))  # type: ignore[arg-type]


GOOD = text("Any good film?", "Try <id_B01>.", from_run=True)
LOST = text("word word word word word word", turns=0, rules=("no_turns", "truncated"), cut_off=True)


def compared(left: list[Outcome], right: list[Outcome]) -> Comparison:
    return compare({"left": left, "right": right}, [("left", "right")], seed=1)


def test_a_prompt_without_a_text_is_invalid_and_measured_nowhere_else() -> None:
    found = compared([GOOD, NotWritten("503"), NotWritten("503")], [GOOD, LOST, GOOD])
    left = found.measures["left"]
    assert (left.prompts, left.written, left.accepted, left.from_run) == (3, 1, 1, 1)
    assert left.failures == {"503": 2}
    assert left.validity.value == pytest.approx(1 / 3)
    assert left.utterances.value == 2
    by_measure = {one.measure: one.estimate for one in found.differences}
    assert by_measure["validity"].value == pytest.approx(-1 / 3)
    # Only the first prompt has texts of both.
    assert by_measure["utterances"].value == 0


def test_rules_are_counted_by_text() -> None:
    found = compared([LOST, LOST, text(rules=("truncated",))], [GOOD] * 3)
    assert found.measures["left"].rules == {"truncated": 3, "no_turns": 2}
    assert found.measures["left"].cut_off.value == pytest.approx(2 / 3)
    assert found.measures["right"].rules == {}


def test_a_mention_is_one_word_whatever_its_id() -> None:
    found = compared([text("Try <id_B000A1>.")], [text("Try <id_B000B2> .")])
    # try, item and the full stop.
    assert found.measures["left"].words.value == found.measures["right"].words.value == 3


def test_diversity_is_of_equal_amounts_of_text() -> None:
    found = compared([text("a b c d")], [text("a b c d a b c d a b c d")])
    assert found.equal_words == 4
    assert found.measures["left"].distinct_1 == found.measures["right"].distinct_1 == 1
    assert found.measures["right"].repetition.value == pytest.approx(5 / 9)


def test_a_generator_without_words_takes_no_others_measures_away() -> None:
    found = compared([text("a b a")], [text("")])
    assert found.equal_words == 3
    assert found.measures["left"].distinct_1 == pytest.approx(2 / 3)
    assert found.measures["right"].distinct_1 is None


def test_one_prompt_is_enough_for_numbers_if_not_for_intervals() -> None:
    found = compared([GOOD], [LOST])
    left = found.measures["left"]
    assert left.words.interval is None
    assert left.similarity is None
    assert left.validity.interval is not None
    (validity, *_) = found.differences
    assert validity.estimate.value == 1
    assert validity.estimate.interval is not None


def test_tokens_are_unknown_where_a_server_does_not_say() -> None:
    found = compared([GOOD, text("x", tokens_out=None)], [GOOD, GOOD])
    assert found.measures["left"].tokens_out.value is None
    assert found.measures["left"].tokens_in.value == 10
    assert found.measures["right"].tokens_out.value == 20


def test_generators_need_an_outcome_for_every_prompt() -> None:
    with pytest.raises(ValueError, match="every prompt"):
        compared([GOOD], [GOOD, GOOD])
