"""Rows and files the grounding tests share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

Row = dict[str, object]


@pytest.fixture
def row() -> Callable[..., Row]:
    def make(**changes: object) -> Row:
        return {
            "user_id": "u1",
            "parent_asin": "i1",
            "asin": "i1-variant",
            "rating": 4.0,
            "title": "Good",
            "text": "I liked it.",
            "timestamp": 1_500_000_000_000,
        } | changes

    return make


@pytest.fixture
def write_jsonl(tmp_path: Path) -> Callable[..., Path]:
    def write(rows: Iterable[object], name: str = "reviews.jsonl") -> Path:
        path = tmp_path / name
        path.write_text("".join(json.dumps(each) + "\n" for each in rows), encoding="utf-8")
        return path

    return write
