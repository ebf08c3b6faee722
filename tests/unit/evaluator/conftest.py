"""A record with every field set, and a report with every section filled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from recdial.domain import Turn
from recdial.mentions import mentioned_items
from services.evaluator.records import DialogueRecord
from services.evaluator.report.model import RunReport
from services.evaluator.statistics import dataset_statistics

MakeRecord = Callable[..., DialogueRecord]
MakeReport = Callable[..., RunReport]

NOW = datetime(2025, 11, 2, 10, 15, 30, tzinfo=UTC)


def turns(*texts: str) -> tuple[Turn, ...]:
    """Utterances of user and assistant in turn."""
    return tuple(
        Turn(speaker="assistant" if place % 2 else "user", text=text, items=mentioned_items(text))
        for place, text in enumerate(texts)
    )


@pytest.fixture
def make_record() -> MakeRecord:
    def make(*texts: str, **changes: Any) -> DialogueRecord:
        record = {
            "dialogue_id": "d1",
            "prompt_id": "p1",
            "user_id": "u1",
            "history_number": 0,
            "stereotype": "guided_explorer",
            "role": "student",
            "turns": turns(*(texts or ("I liked <id_A>.", "Try <id_B>!"))),
            "target": {
                "item_id": "B",
                "title": "Heat",
                "year": 1995,
                "rating": 4.5,
                "liked": True,
            },
            "history": [{"item_id": "A", "title": "Jaws", "rating": 2.0, "liked": False}],
            "history_shown": True,
            "items": {"A": "Jaws (1975)", "B": "Heat (1995)"},
            "provenance": {
                "run_id": "r1",
                "run_name": "test",
                "config_digest": "0" * 64,
                "template_version": "1",
                "backend": "local",
                "model": "tiny",
                "adapter_id": "test-1",
                "adapter_sha256": "1" * 64,
                "base_model": "tiny",
                "sampling": {"max_tokens": 64, "temperature": 0.7, "top_p": 0.95, "seed": None},
                "attempt": 1,
                "finish_reason": "stop",
                "generated_at": NOW,
            },
        }
        return DialogueRecord.model_validate({**record, **changes})

    return make


@pytest.fixture
def make_report(make_record: MakeRecord) -> MakeReport:
    def make(**changes: Any) -> RunReport:
        record = make_record()
        verdicts = {"accepted": 1, "rejected": 2, "failed": 1}
        report = {
            "recdial_version": "0.1.0",
            "created_at": NOW,
            "run": {
                "id": "r1",
                "name": "test",
                "profile": "strict",
                "seed": 7,
                "config_digest": "0" * 64,
                "state": "completed",
            },
            "users": 5,
            "items": 12,
            "interactions": 1234,
            "prompts": 4,
            "verdicts": {"teacher": {"accepted": 1}, "student": verdicts},
            "reasons": {"unknown_id": 2, "user_opens": 1},
            "prompts_by_stereotype": {"guided_explorer": 4},
            "dropped_profiles": {"no_liked_item": 1},
            "targets_disliked": 0,
            "verdicts_by_stereotype": {"student": {"guided_explorer": verdicts}},
            "reasons_by_role": {"teacher": {}, "student": {"unknown_id": 2, "user_opens": 1}},
            "statistics": {role: dataset_statistics([record]) for role in ("teacher", "student")},
            "models": {
                "teacher": {"backend": "scripted", "model": "scripted", "scripted": True},
                "student": {
                    "backend": "local",
                    "model": "tiny",
                    "scripted": False,
                    "base_model": "tiny",
                    "adapter_id": "test-1",
                    "adapter_sha256": "1" * 64,
                },
            },
            "training": {
                "steps": 3,
                "final_loss": 0.25,
                "loss_curve": [1.5, 0.5, 0.25],
                "validation_curve": [[2, 0.75], [3, 0.875]],
                "published_step": 2,
                "examples_used": 8,
                "examples_too_long": 1,
                "seconds": 90.0,
            },
            "grounding": {
                "reviews": {
                    "bad": 1,
                    "faults": {
                        "kinds": {"invalid JSON": 1},
                        "examples": [{"line": 7, "cause": "not JSON"}],
                    },
                },
                "catalogue": {"dropped": {"kinds": {}, "examples": []}},
            },
            "samples": {
                "accepted": [record],
                "rejected": [
                    {
                        "dialogue_id": "d2",
                        "role": "student",
                        "stereotype": "curious_newcomer",
                        "user_id": "u2",
                        "reasons": [{"rule": "unknown_id", "detail": "1 of 2 ids", "turn": 2}],
                        "text": "[USR] Hi\n[AI] <id_X>",
                    }
                ],
            },
        }
        return RunReport.model_validate({**report, **changes})

    return make
