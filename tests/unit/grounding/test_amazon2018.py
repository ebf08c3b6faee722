"""Rows of Amazon Review Data 2018."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.grounding.rows import BadRow, ReadReport
from services.grounding.sources.amazon2018 import amazon2018, parse_review
from services.grounding.sources.protocol import Review

ROW: dict[str, Any] = {
    "overall": 5.0,
    "verified": True,
    "reviewTime": "03 11, 2013",
    "reviewerID": "A1",
    "asin": "0005",
    "style": {"Format:": " Amazon Video"},
    "reviewerName": "Alex",
    "reviewText": "Still a \u2018classic\u2019.",
    "summary": "Good",
    "unixReviewTime": 1362960000,
}


def read(path: Path) -> tuple[list[Review], ReadReport]:
    source = amazon2018(path)
    report = ReadReport(str(path), 1.0)
    reviews = []
    for batch in source.batches(report):
        with source.shown(batch.locators) as again:
            reviews += again(batch.locators)
        assert np.array_equal(batch.timestamps % 1000, np.zeros(len(batch.timestamps)))
    return reviews, report


def test_a_row_is_read_with_its_time_in_milliseconds(tmp_path: Path) -> None:
    path = tmp_path / "Movies_and_TV.json"
    path.write_text(json.dumps(ROW) + "\n")
    reviews, _ = read(path)
    assert reviews == [
        Review("A1", "0005", 5.0, 1_362_960_000_000, "Good", "Still a \u2018classic\u2019.")
    ]


def test_missing_texts_are_empty(tmp_path: Path) -> None:
    bare = {key: value for key, value in ROW.items() if key not in ("reviewText", "summary")}
    path = tmp_path / "reviews.jsonl"
    path.write_text(json.dumps(bare) + "\n" + json.dumps({**ROW, "summary": None}) + "\n")
    reviews, report = read(path)
    assert [(review.title, bool(review.text)) for review in reviews] == [("", False), ("", True)]
    assert report.bad == 0


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"overall": "5.0"}, "bad overall"),
        ({"overall": 0}, "bad overall"),
        ({"unixReviewTime": "1362960000"}, "bad unixReviewTime"),
        ({"unixReviewTime": 1362960000000000}, "bad unixReviewTime"),
        ({"unixReviewTime": True}, "bad unixReviewTime"),
        ({"reviewerID": ""}, "bad reviewerID"),
        ({"asin": 5}, "bad asin"),
        ({"reviewText": ["a"]}, "bad reviewText"),
    ],
)
def test_a_value_of_another_kind_is_refused_not_bent(changes: dict[str, Any], kind: str) -> None:
    with pytest.raises(BadRow) as caught:
        parse_review({**ROW, **changes})
    assert caught.value.kind == kind


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=6),
    st.sampled_from([5, 5.0, "5", 1362960000, 1362960000.0, 1e400, 2**63 / 1000]),
    st.sampled_from(["\x00", "\ud800", "nan", [], {}]),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(sorted(ROW)), VALUES, max_size=4), max_size=8))
def test_the_fast_reader_says_what_the_parser_says(
    tmp_path_factory: pytest.TempPathFactory, changes: list[dict[str, Any]]
) -> None:
    rows = [ROW, *({**ROW, **change} for change in changes)]
    path = tmp_path_factory.mktemp("amazon") / "reviews.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    expected = []
    for row in rows:
        try:
            expected.append(parse_review(json.loads(json.dumps(row))))
        except BadRow:
            continue
    reviews, report = read(path)
    assert reviews == expected
    assert report.lines == report.good + report.bad == len(rows)
