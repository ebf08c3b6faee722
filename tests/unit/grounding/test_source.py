from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from recdial.domain import UserProfile
from recdial.settings import GroundingConfig, SourceConfig
from services.grounding.files import SourceError
from services.grounding.profiles import Drop, Profile
from services.grounding.source import Grounded, GroundingReport, ground

Row = dict[str, object]
MakeRow = Callable[..., Row]
WriteJsonl = Callable[..., Path]
GroundRows = Callable[..., Grounded]

SMALL = GroundingConfig(min_user_interactions=2, min_item_interactions=2)


@pytest.fixture
def tmdb(tmp_path: Path) -> Path:
    path = tmp_path / "tmdb.json"
    records = [{"parent_asin": f"i{n}", "title": f"Film {n}"} for n in range(1, 7)]
    path.write_text(json.dumps(records))
    return path


@pytest.fixture
def ground_rows(tmdb: Path, write_jsonl: WriteJsonl) -> GroundRows:
    def run(
        rows: list[Row],
        config: GroundingConfig = SMALL,
        profile: Profile = "strict",
        seed: int = 7,
    ) -> Grounded:
        source = SourceConfig(reviews=write_jsonl(rows), tmdb=tmdb)
        return ground(source, config, profile, seed)

    return run


@pytest.fixture
def square(row: MakeRow) -> list[Row]:
    """Four users who rate i1, i2 and i3 in turn; u4 likes nothing."""
    return [
        row(
            user_id=f"u{user}",
            parent_asin=f"i{item}",
            rating=2.0 if user == 4 else 2.0 + item,
            timestamp=1000 * item,
            title=f"title {user} {item}",
            text=f"text {user} {item}",
        )
        for user in (1, 2, 3, 4)
        for item in (1, 2, 3)
    ]


def test_profiles_come_in_order_of_user_ids_with_their_own_reviews(
    square: list[Row], ground_rows: GroundRows
) -> None:
    grounded = ground_rows(list(reversed(square)))
    found = list(grounded.profiles())
    assert [each.user_id for each in found] == ["u1", "u2", "u3", "u4"]
    assert found[3] == Drop("u4", 0, "no_liked_item")
    first = found[0]
    assert isinstance(first, UserProfile)
    assert first.target.review_text == "text 1 3"
    assert [each.review_title for each in first.history] == ["title 1 1", "title 1 2"]
    assert [each.item.title for each in first.history] == ["Film 1", "Film 2"]


def test_of_reviews_at_the_same_time_the_last_by_item_id_is_the_target_with_its_text(
    square: list[Row], ground_rows: GroundRows
) -> None:
    config = SMALL.model_copy(update={"history": 0})
    for each in square:
        each["timestamp"] = 5000
    first = next(ground_rows(list(reversed(square)), config).profiles())
    assert isinstance(first, UserProfile)
    assert first.target.review_text == "text 1 3"


def test_the_report_counts_the_core_and_the_outcomes(
    square: list[Row], ground_rows: GroundRows
) -> None:
    report = ground_rows(square).report
    assert (report.users, report.items, report.interactions) == (4, 3, 12)
    assert report.ratings == {"1": 0, "2": 3, "3": 3, "4": 3, "5": 3}
    assert (report.profiles, report.drops) == (3, {"no_liked_item": 1})
    assert report.disliked_targets == 0
    assert GroundingReport.model_validate_json(report.model_dump_json()) == report


def test_the_paper_profile_keeps_users_who_like_nothing_and_counts_their_targets(
    square: list[Row], ground_rows: GroundRows
) -> None:
    report = ground_rows(square, profile="paper").report
    assert (report.profiles, report.drops, report.disliked_targets) == (4, {}, 1)


def test_profiles_can_be_built_again_and_are_the_same(
    square: list[Row], ground_rows: GroundRows
) -> None:
    grounded = ground_rows(square)
    assert list(grounded.profiles()) == list(grounded.profiles())


def test_the_order_of_the_file_changes_nothing_but_line_numbers(
    square: list[Row], ground_rows: GroundRows
) -> None:
    one = ground_rows(square)
    profiles = list(one.profiles())
    other = ground_rows(square[::-1])
    assert one.report == other.report
    assert one.items == other.items
    assert profiles == list(other.profiles())


def test_reviews_of_items_without_tmdb_data_are_left_out_and_counted(
    square: list[Row], row: MakeRow, ground_rows: GroundRows
) -> None:
    unknown = [row(user_id=user, parent_asin="unknown") for user in ("u1", "u2", "u3")]
    alone = row(user_id="alone", parent_asin="i1")
    grounded = ground_rows([*square, *unknown, row(parent_asin="other"), alone])
    report = grounded.report
    assert (report.users_before_core, report.users) == (5, 4)
    assert (report.reviews_without_tmdb, report.items_without_tmdb) == (4, 2)
    assert report.interactions == 12
    assert [item.item_id for item in grounded.items] == ["i1", "i2", "i3"]


def test_bad_lines_are_reported_and_harm_no_other(
    square: list[Row], row: MakeRow, ground_rows: GroundRows
) -> None:
    config = SMALL.model_copy(update={"max_bad_line_share": 0.2})
    grounded = ground_rows([row(rating=11), *square], config)
    assert grounded.report.reviews.faults.kinds == {"bad rating": 1}
    assert grounded.report.reviews.faults.examples[0].where == "line 1"
    assert list(grounded.profiles()) == list(ground_rows(square).profiles())


def test_too_many_bad_lines_stop_the_run(
    square: list[Row], row: MakeRow, ground_rows: GroundRows
) -> None:
    with pytest.raises(SourceError, match="max_bad_line_share"):
        ground_rows([row(rating=11), *square])


def test_only_the_latest_review_of_an_item_is_in_a_profile(
    square: list[Row], row: MakeRow, ground_rows: GroundRows
) -> None:
    revised = row(user_id="u1", parent_asin="i3", rating=1.0, timestamp=9000, text="changed")
    grounded = ground_rows([*square, revised, revised])
    report = grounded.report
    assert (report.superseded_reviews, report.duplicate_reviews) == (1, 1)
    assert report.interactions == 12
    first = next(grounded.profiles())
    assert isinstance(first, UserProfile)
    assert first.target.item.item_id == "i2"


def test_a_user_who_likes_only_the_first_item_has_an_empty_history(
    square: list[Row], ground_rows: GroundRows
) -> None:
    for each in square[:3]:
        each["rating"] = 5.0 if each["parent_asin"] == "i1" else 1.0
    grounded = ground_rows(square)
    assert grounded.report.empty_histories == 1
    first = next(grounded.profiles())
    assert isinstance(first, UserProfile)
    assert first.history == ()


def test_a_sample_of_users_is_seeded_grows_by_users_and_leaves_the_core_alone(
    square: list[Row], ground_rows: GroundRows
) -> None:
    def users(size: int, seed: int = 7) -> list[str]:
        config = SMALL.model_copy(update={"users": size})
        grounded = ground_rows(square, config, "paper", seed)
        assert (grounded.report.users, grounded.report.items) == (4, 3)
        assert grounded.report.sampled_users == min(size, 4)
        return [each.user_id for each in grounded.profiles()]

    assert set(users(1)) < set(users(2)) < set(users(3)) < set(users(4)) == set(users(9))
    assert users(3) == sorted(users(3))
    assert len({tuple(users(2, seed)) for seed in range(10)}) > 1


def test_an_empty_core_says_k_and_the_sizes(square: list[Row], ground_rows: GroundRows) -> None:
    with pytest.raises(SourceError, match=r"12 ratings .* 4 users of 3\s*items.*less than 12"):
        ground_rows(square, GroundingConfig())


def test_files_of_different_catalogues_are_told_by_example(
    row: MakeRow, ground_rows: GroundRows
) -> None:
    with pytest.raises(SourceError, match=r"none of its 1 reviews .*'B00X'.*'i1'"):
        ground_rows([row(parent_asin="B00X")])


def test_a_file_that_changes_between_its_two_readings_is_reported(
    square: list[Row], ground_rows: GroundRows, write_jsonl: WriteJsonl
) -> None:
    grounded = ground_rows(square)
    write_jsonl(reversed(square))
    with pytest.raises(SourceError, match="changed while it was read"):
        list(grounded.profiles())


def test_each_further_history_is_numbered_and_ends_at_the_target_before(
    square: list[Row], ground_rows: GroundRows
) -> None:
    config = SMALL.model_copy(update={"histories_per_user": 2})
    grounded = ground_rows(square, config)
    found = list(grounded.profiles())
    assert grounded.report.profiles == 6
    assert [(each.user_id, each.history_number) for each in found] == [
        *((user, number) for user in ("u1", "u2", "u3") for number in (0, 1)),
        ("u4", 0),
    ]
    second = found[1]
    assert isinstance(second, UserProfile)
    assert second.target.item.item_id == "i2"
    assert [each.item.item_id for each in second.history] == ["i1"]


def test_every_review_of_an_item_is_an_interaction_if_the_paper_is_followed(
    square: list[Row], row: MakeRow, ground_rows: GroundRows
) -> None:
    again = row(user_id="u1", parent_asin="i1", rating=5.0, timestamp=9000, text="once more")
    config = SMALL.model_copy(update={"repeated_reviews": "all"})
    grounded = ground_rows([*square, again, again], config)
    report = grounded.report
    assert (report.interactions, report.duplicate_reviews, report.superseded_reviews) == (13, 1, 0)
    first = next(grounded.profiles())
    assert isinstance(first, UserProfile)
    assert first.target.review_text == "once more"
    assert [each.item.item_id for each in first.history] == ["i1", "i2", "i3"]


def test_blocks_go_on_after_a_user_and_skip_what_is_settled(
    square: list[Row], ground_rows: GroundRows
) -> None:
    grounded = ground_rows(square)
    whole = list(grounded.profiles())
    for size in (1, 2, 9):
        with grounded.blocks(size=size) as blocks:
            in_blocks = [(block.users, block.outcomes()) for block in blocks]
        assert [found for _, outcomes in in_blocks for found in outcomes] == whole
        assert [user for users, _ in in_blocks for user in users] == ["u1", "u2", "u3", "u4"]
    with grounded.blocks(after="u2") as blocks:
        assert [found for block in blocks for found in block.outcomes()] == whole[2:]
    with grounded.blocks() as blocks:
        (block,) = blocks
        assert block.keys == {("u1", 0), ("u2", 0), ("u3", 0), ("u4", 0)}
        assert block.outcomes({("u1", 0), ("u4", 0)}) == whole[1:3]


def test_texts_are_read_when_they_are_needed_and_not_where_all_is_settled(
    square: list[Row], ground_rows: GroundRows
) -> None:
    grounded = ground_rows(square)
    Path(grounded.report.reviews.path).write_bytes(b"")
    with grounded.blocks() as blocks:
        (block,) = blocks
        assert block.outcomes(block.keys) == []
        with pytest.raises(SourceError, match="changed while it was read"):
            block.outcomes()


@pytest.mark.parametrize("suffix", [".jsonl.gz", ".parquet"])
def test_a_file_that_cannot_be_sought_gives_the_same_profiles(
    suffix: str, square: list[Row], ground_rows: GroundRows, tmdb: Path, tmp_path: Path
) -> None:
    path = tmp_path / f"other{suffix}"
    if suffix == ".parquet":
        parquet.write_table(pa.Table.from_pylist(square), path)
    else:
        path.write_bytes(gzip.compress("".join(json.dumps(one) + "\n" for one in square).encode()))
    grounded = ground(SourceConfig(reviews=path, tmdb=tmdb), SMALL, "strict", 7)
    assert list(grounded.profiles()) == list(ground_rows(square).profiles())


def test_the_report_says_how_good_the_catalogue_is(
    square: list[Row], ground_rows: GroundRows
) -> None:
    quality = ground_rows(square, profile="paper").report.quality
    assert quality.coverage == dict.fromkeys(
        ("genres", "keywords", "actors", "directors", "overview"), 0.0
    )
    assert quality.long_tail.gini == 0.0
    assert quality.disliked_share == 0.5
    assert quality.disliked_target_share == 0.25
