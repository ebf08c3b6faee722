"""The paper's stereotypes as they are written, and the draw of some for a user."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recdial.config_file import ConfigError, parse_stereotype
from recdial.promptfacts import DISPLAY_NAMES
from recdial.settings import STEREOTYPES
from services.generator.scripted.speech import AXES
from services.prompter import stereotypes
from services.prompter.drawing import NoStereotypeFits, draw_stereotypes
from services.prompter.stereotypes import STEREOTYPE_TABLE

NEWCOMERS = ("curious_newcomer", "focused_newcomer")
FOLDER = Path(stereotypes.__file__).parent


def draw(
    seed: int,
    user_id: str,
    history_number: int,
    allowed: Sequence[str],
    has_history: bool,
    number: int = 1,
) -> tuple[str, ...]:
    kinds = [STEREOTYPE_TABLE[name] for name in allowed]
    return draw_stereotypes(
        seed, user_id, history_number, kinds, has_history=has_history, number=number
    )


def test_the_table_holds_the_papers_five_in_their_order() -> None:
    assert tuple(STEREOTYPE_TABLE) == STEREOTYPES
    assert {name: row.display_name for name, row in STEREOTYPE_TABLE.items()} == DISPLAY_NAMES
    axes = {row.display_name: (row.preference, row.clarity) for row in STEREOTYPE_TABLE.values()}
    assert axes == {
        "Curious Newcomer": ("none", "vague"),
        "Focused Newcomer": ("none", "specific"),
        "History-Based Browser": ("implicit", "none"),
        "Guided Explorer": ("implicit", "vague"),
        "Preference-Driven Searcher": ("explicit", "specific"),
    }


def test_the_scripted_teacher_knows_the_same_axes() -> None:
    assert {name: row.axes for name, row in STEREOTYPE_TABLE.items()} == AXES


def test_each_file_holds_the_stereotype_it_is_named_after() -> None:
    files = {path.stem: path for path in FOLDER.glob("*.yaml")}
    assert set(files) == set(STEREOTYPES)
    for name, path in files.items():
        assert parse_stereotype(path.read_text(encoding="utf-8"), str(path)).name == name


def test_only_the_newcomers_show_no_history() -> None:
    without = [name for name, row in STEREOTYPE_TABLE.items() if not row.shows_history]
    assert without == list(NEWCOMERS)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("opening:", "opnening:"), "opnening: unknown key; did you mean opening?"),
        (("opening:", "opnening:"), "opening: is missing"),
        (("clarity: vague", "clarity: dim"), "clarity: 'dim' is not allowed: Input should be 'no"),
        (("[genres,", "[genre,"), "features.target.0: 'genre' is not allowed: Input should be 'ge"),
        (("[genres,", "[keywords,"), "features.target: each feature may be named once"),
        (("target:", "targets:"), "features.targets: unknown key; did you mean target?"),
        (("the mood or", "<id_1> or"), "opening: must not hold '<' or '['"),
        (("any idea", "[USR] any"), "opening: must not hold '<' or '['"),
        (("Curious Newcomer\ndesc", "Curious (New)\ndesc"), "display_name: must not hold '('"),
        (("name: curious_newcomer", "name: Curious"), "name: 'Curious' is not allowed"),
        (("knows: The user has no known history.", "knows: ' '"), "knows: must not be empty"),
        (("name: curious_newcomer", "- curious"), "is not valid YAML"),
    ],
)
def test_a_wrong_file_is_explained_with_file_field_and_what_to_do(
    change: tuple[str, str], complaint: str
) -> None:
    text = (FOLDER / "curious_newcomer.yaml").read_text(encoding="utf-8")
    assert change[0] in text
    with pytest.raises(ConfigError) as caught:
        parse_stereotype(text.replace(*change), "mine.yaml")
    assert str(caught.value).startswith("mine.yaml: ")
    assert complaint in str(caught.value)


def test_texts_of_several_lines_become_one() -> None:
    text = (FOLDER / "curious_newcomer.yaml").read_text(encoding="utf-8")
    kind = parse_stereotype(text.replace(">-", "|"), "mine.yaml")
    assert kind == STEREOTYPE_TABLE["curious_newcomer"]


def test_users_with_a_history_are_spread_evenly() -> None:
    drawn = Counter(draw(7, f"u{n}", 0, STEREOTYPES, True)[0] for n in range(5000))
    assert set(drawn) == set(STEREOTYPES)
    # 1000 each; the standard deviation of a count is 28.
    assert all(abs(count - 1000) < 120 for count in drawn.values())


def test_users_without_a_history_are_newcomers_evenly() -> None:
    drawn = Counter(draw(7, f"u{n}", 0, STEREOTYPES, False)[0] for n in range(2000))
    assert set(drawn) == set(NEWCOMERS)
    # 1000 each; the standard deviation of a count is 22.
    assert all(abs(count - 1000) < 100 for count in drawn.values())


def test_seed_user_and_history_number_each_change_the_draw() -> None:
    def draws(seed: int, prefix: str, history_number: int) -> list[str]:
        return [draw(seed, f"{prefix}{n}", history_number, STEREOTYPES, True)[0] for n in range(50)]

    lists = [draws(1, "u", 0), draws(2, "u", 0), draws(1, "v", 0), draws(1, "u", 1)]
    assert len(set(map(tuple, lists))) == 4
    assert draws(1, "u", 0) == lists[0]


@given(st.permutations(STEREOTYPES), st.integers(1, 5), st.text(), st.booleans(), st.integers(1, 7))
def test_the_order_of_the_allowed_ones_does_not_matter(
    order: list[str], size: int, user_id: str, has_history: bool, number: int
) -> None:
    allowed = [*NEWCOMERS, *(name for name in order[:size] if name not in NEWCOMERS)]
    drawn = draw(7, user_id, 0, allowed, has_history, number)
    fitting = allowed if has_history else NEWCOMERS
    assert len(set(drawn)) == len(drawn) == min(number, len(fitting))
    assert set(drawn) <= set(fitting)
    assert drawn == draw(7, user_id, 0, allowed[::-1], has_history, number)


def test_more_stereotypes_for_a_user_keep_the_ones_drawn_before() -> None:
    for n in range(50):
        every = draw(7, f"u{n}", 0, STEREOTYPES, True, 5)
        assert set(every) == set(STEREOTYPES)
        assert all(draw(7, f"u{n}", 0, STEREOTYPES, True, k) == every[:k] for k in range(1, 5))


def test_the_second_stereotype_is_as_even_as_the_first() -> None:
    pairs = Counter(draw(7, f"u{n}", 0, STEREOTYPES, True, 2) for n in range(6000))
    assert len(pairs) == 20
    # 300 each; the standard deviation of a count is 17.
    assert all(abs(count - 300) < 80 for count in pairs.values())


def test_a_user_no_allowed_stereotype_fits_is_refused_with_what_to_do() -> None:
    with pytest.raises(NoStereotypeFits, match=r"user u1 has no history.*allow curious_newcomer"):
        draw(7, "u1", 0, ("guided_explorer", "history_based_browser"), False)
