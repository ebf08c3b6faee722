"""The prompts a run stores: the paper's table 2 read back from them, and the pages about them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import pytest

from recdial.promptfacts import DISPLAY_NAMES
from recdial.settings import STEREOTYPES
from recdial.store.models import Prompt
from services.prompter import prompts_doc
from services.prompter.table2 import Table, features_present

ROOT = Path(__file__).parents[2]
Mode = Literal["strict", "paper"]
MODES: tuple[Mode, Mode] = ("strict", "paper")

TABLE_2 = {
    "liked/disliked lists": "--HHH",
    "genres": "TTHBB",
    "keywords": "TTHBB",
    "directors": "-T--B",
    "actors": "-T--B",
}
"""The paper's, a column a stereotype in the order of STEREOTYPES; the lists are of the history."""

ADDED = {"collection": "-T--B", "overview": "-T--B", "visual caption": "-----"}
"""What the authors' scripts add. Neither data have captions."""

REVIEW: dict[Mode, str] = {"strict": "----H", "paper": "----B"}


def letters(prompts: Sequence[Prompt]) -> dict[str, str]:
    table: Table = features_present(
        (prompt.stereotype, prompt.messages[1]["content"]) for prompt in prompts
    )
    assert set(table) == set(STEREOTYPES)
    return {
        row: "".join(table[name][row].letter for name in STEREOTYPES).replace("\N{EN DASH}", "-")
        for row in next(iter(table.values()))
    }


@pytest.fixture(scope="module")
def of_the_sample() -> dict[str, list[Prompt]]:
    return prompts_doc.sample_prompts()


@pytest.mark.parametrize("mode", MODES)
def test_prompts_of_the_sample_show_what_table_2_says(
    of_the_sample: dict[str, list[Prompt]], mode: Mode
) -> None:
    assert letters(of_the_sample[mode]) == TABLE_2 | ADDED | {"review": REVIEW[mode]}


def test_the_page_of_prompts_is_current(of_the_sample: dict[str, list[Prompt]]) -> None:
    page = (ROOT / "docs" / "prompts.md").read_text(encoding="utf-8")
    made = prompts_doc.prompts_page(of_the_sample, prompts_doc.SAMPLE)
    assert page == made, "run `make docs`"
    assert all(f"\n### {name}\n" in page for name in DISPLAY_NAMES.values())


@pytest.mark.thorough
@pytest.mark.parametrize("mode", MODES)
def test_prompts_of_the_critics_data_show_what_table_2_says(shared_data: Path, mode: Mode) -> None:
    assert (shared_data / "critics").is_dir()
    prompts = prompts_doc.stored_prompts(ROOT / "examples" / "critics.yaml", f"profile={mode}")
    assert len(prompts) > 3000
    assert letters(prompts) == TABLE_2 | ADDED | {"review": REVIEW[mode]}
    if mode == "strict":
        table = prompts_doc.table(prompts)
        page = (ROOT / "docs" / "differences.md").read_text(encoding="utf-8")
        assert table in page, f"docs/differences.md should hold this table:\n{table}"
