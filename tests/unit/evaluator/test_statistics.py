from __future__ import annotations

import csv
import json
import statistics as stdlib
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.evaluator.statistics import MeasuredDialogue, Spread, dataset_statistics, measure
from tests.unit.evaluator.conftest import MakeRecord

DIALOGUES = st.lists(
    st.builds(
        MeasuredDialogue,
        utterances=st.lists(
            st.tuples(
                st.sampled_from(["user", "assistant"]), st.text("ab ,.é1", min_size=0, max_size=30)
            ),
            max_size=8,
        ),
        items=st.frozensets(st.sampled_from("ABC")),
        target=st.sampled_from([None, "A", "B"]),
        target_liked=st.sampled_from([None, True, False]),
        stereotype=st.sampled_from([None, "one", "two"]),
    ),
    max_size=12,
)


def test_the_figures_of_two_dialogues_worked_out_by_hand(make_record: MakeRecord) -> None:
    disliked = {"item_id": "A", "title": "Jaws", "year": 1975, "rating": 3.0, "liked": False}
    found = dataset_statistics(
        [
            # 4, 3, 2 tokens: titles count without their years
            make_record("I liked <id_A>.", "Try <id_B>!", "Great!"),
            # 3 tokens
            make_record("I like I", stereotype="curious_newcomer", target=disliked),
        ]
    )
    overall = found.overall
    assert overall.dialogues == 2
    assert overall.utterances == Spread(count=2, mean=2.0, std=1.0, min=1, max=3)
    assert overall.tokens == Spread(count=4, mean=3.0, std=0.5**0.5, min=2, max=4)
    user = overall.user_tokens
    assert (user.count, user.mean, user.min, user.max) == (3, 3.0, 2, 4)
    assert user.std == pytest.approx((2 / 3) ** 0.5)
    assert overall.assistant_tokens == Spread(count=1, mean=3.0, std=0.0, min=3, max=3)
    assert overall.items_mentioned == Spread(count=2, mean=1.0, std=1.0, min=0, max=2)
    assert (overall.distinct_items, overall.distinct_targets) == (2, 2)
    assert (overall.targets_disliked, overall.targets_disliked_share) == (1, 0.5)
    # i, liked, jaws, try, heat, great, like
    assert overall.vocabulary == 7
    assert overall.utterances_histogram == {1: 1, 3: 1}
    assert overall.tokens_histogram == {2: 1, 3: 2, 4: 1}
    assert list(found.by_stereotype) == ["curious_newcomer", "guided_explorer"]
    assert found.by_stereotype["guided_explorer"].targets_disliked_share == 0.0
    assert found.by_stereotype["curious_newcomer"].tokens.mean == 3.0


def test_an_empty_dataset_has_zeros() -> None:
    found = measure([])
    assert found.overall.dialogues == 0
    assert found.overall.tokens == Spread()
    assert found.by_stereotype == {}


@given(DIALOGUES, st.randoms(use_true_random=False))
def test_the_order_of_the_dialogues_makes_no_difference(
    dialogues: list[MeasuredDialogue], random: Random
) -> None:
    shuffled = list(dialogues)
    random.shuffle(shuffled)
    assert measure(shuffled).model_dump_json() == measure(dialogues).model_dump_json()


@given(DIALOGUES)
def test_means_and_deviations_are_those_of_the_standard_library(
    dialogues: list[MeasuredDialogue],
) -> None:
    found = measure(iter(dialogues)).overall
    lengths = [len(dialogue.utterances) for dialogue in dialogues]
    assert found.dialogues == len(dialogues)
    assert found.tokens.count == sum(lengths) == sum(found.tokens_histogram.values())
    if lengths:
        assert found.utterances.mean == pytest.approx(stdlib.fmean(lengths))
        assert found.utterances.std == pytest.approx(stdlib.pstdev(lengths))
        assert (found.utterances.min, found.utterances.max) == (min(lengths), max(lengths))


@given(DIALOGUES)
def test_the_stereotypes_add_up_to_the_whole(dialogues: list[MeasuredDialogue]) -> None:
    named = [dialogue for dialogue in dialogues if dialogue.stereotype is not None]
    found = measure(named)
    groups = found.by_stereotype.values()
    assert sum(group.dialogues for group in groups) == found.overall.dialogues
    assert sum(group.tokens.count for group in groups) == found.overall.tokens.count
    assert sum(group.targets_disliked for group in groups) == found.overall.targets_disliked


def inspired(path: Path) -> Iterator[MeasuredDialogue]:
    with path.open(encoding="utf-8", newline="") as file:
        for _, rows in groupby(csv.DictReader(file, delimiter="\t"), lambda row: row["dialog_id"]):
            yield MeasuredDialogue(
                [
                    ("user" if row["speaker"] == "SEEKER" else "assistant", row["text"])
                    for row in rows
                ]
            )


def redial(path: Path) -> Iterator[MeasuredDialogue]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            dialogue = json.loads(line)
            seeker = dialogue["initiatorWorkerId"]
            yield MeasuredDialogue(
                [
                    ("user" if said["senderWorkerId"] == seeker else "assistant", said["text"])
                    for said in dialogue["messages"]
                ]
            )


def test_inspired_has_about_the_published_figures(shared_data: Path) -> None:
    found = measure(inspired(shared_data / "baselines" / "inspired" / "dev.tsv")).overall
    assert found.dialogues == 99
    assert found.utterances.mean == pytest.approx(35.74, abs=0.005)
    assert found.tokens.mean == pytest.approx(9.30, abs=0.005)
    # Published for all 999 dialogues, of which these are a tenth.
    assert found.utterances.mean == pytest.approx(35.72, rel=0.01)
    assert found.tokens.mean == pytest.approx(9.24, rel=0.01)


def test_redial_has_about_the_published_figures(shared_data: Path) -> None:
    found = measure(redial(shared_data / "baselines" / "redial" / "test_data.jsonl")).overall
    assert found.dialogues == 1342
    assert found.utterances.mean == pytest.approx(17.85, abs=0.005)
    assert found.tokens.mean == pytest.approx(7.90, abs=0.005)
    # Published for all 11,347 dialogues; the test split's utterances are a little shorter.
    assert found.utterances.mean == pytest.approx(18.16, rel=0.02)
    assert found.tokens.mean == pytest.approx(8.32, rel=0.06)
