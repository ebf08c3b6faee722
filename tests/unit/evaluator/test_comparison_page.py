from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from recdial.domain import SamplingParams
from services.evaluator.comparison import JudgedText, NotWritten, compare
from services.evaluator.held_out import Population
from services.evaluator.report.comparison_page import (
    ComparisonReport,
    GeneratorFacts,
    markdown,
    notes,
    tables,
    write_comparison,
)

GOOD = JudgedText(("Hello", "Try <id_B1>."), 2, (), False, 9, 7, 0.5, True)
LOST = JudgedText(("what | ever",), 0, ("no_turns",), True, 9, None, 2.0, False)


def report(**changes: object) -> ComparisonReport:
    facts = GeneratorFacts(
        backend="scripted", model="scripted", adapter_id=None, sampling=SamplingParams()
    )
    return ComparisonReport(
        recdial_version="0",
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
        run_id="r",
        run_name="demo",
        config_digest="0123456789abcdef",
        profile="strict",
        seed=7,
        population=Population.held_out,
        users=30,
        prompts=3,
        prompts_in_training=0,
        generators={
            "teacher": facts,
            "student": facts.model_copy(update={"backend": "local", "model": "m"}),
        },
        comparison=compare(
            {"teacher": [GOOD] * 3, "student": [LOST, LOST, NotWritten("503")]},
            [("teacher", "student")],
            seed=7,
        ),
    ).model_copy(update=changes)


def rows(number: int) -> dict[str, tuple[str, ...]]:
    return {row[0]: row[1:] for row in tables(report())[number].rows}


def test_each_generator_has_a_column() -> None:
    found = rows(0)
    assert tables(report())[0].head == ("", "teacher", "student")
    assert found["texts"] == ("3, 3 of the run", "2, 1 failed")
    assert found["valid"] == ("3/3 = 100% [44%, 100%]", "0/3 = 0% [0%, 56%]")
    assert found["rejected: no_turns"] == ("0", "2")
    assert found["tokens out"] == ("7.0", "\N{EN DASH}")


def test_differences_have_their_sign() -> None:
    found = rows(1)
    assert found["validity"][0].startswith("+100% [+")
    assert found["utterances"] == ("+2.0",)


def test_the_page_says_what_is_no_language_model_and_how_prompts_were_drawn() -> None:
    page = markdown(report(warnings=("Warning: look here.",)))
    assert "Scripted, a program and not a language model: teacher." in page
    assert "of 30 users (of users the teacher wrote nothing for)" in page
    assert "Warning: look here." in page
    assert "| valid | 3/3 = 100% [44%, 100%] | 0/3 = 0% [0%, 56%] |" in page


def test_another_population_is_named() -> None:
    found = notes(report(population=Population.all, prompts_in_training=2))
    assert any("of any users of the run" in note and "for 2 of them" in note for note in found)


def test_both_files_are_written(tmp_path: Path) -> None:
    paths = write_comparison(report(), tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in paths)
    found = json.loads((tmp_path / "comparison.json").read_text())
    assert ComparisonReport.model_validate(found) == report()
