from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from services.grounding.catalogue import Catalogue, read_catalogue
from services.grounding.files import SourceError

WriteJsonl = Callable[..., Path]


def record(item_id: str | None, **fields: object) -> dict[str, object]:
    return {"parent_asin": item_id, "title": f"Film {item_id}"} | fields


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def accounted(catalogue: Catalogue) -> bool:
    report = catalogue.report
    return report.records == report.items + sum(report.dropped.kinds.values())


RECORDS = [record("T1", release_year=1999), record("T2")]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tmdb.json", json.dumps(RECORDS)),
        ("tmdb.json", json.dumps({str(each["parent_asin"]): each for each in RECORDS})),
        (
            "tmdb.json",
            json.dumps({"T1": {"title": "Film T1", "release_year": 1999}, "T2": RECORDS[1]}),
        ),
        ("tmdb.jsonl", "\n".join(json.dumps(each) for each in RECORDS)),
        ("tmdb.json", "\n".join(json.dumps(each) for each in RECORDS) + "\n"),
        ("tmdb.json", "\ufeff" + json.dumps(RECORDS)),
    ],
    ids=["list", "by id", "by id only", "lines", "lines named json", "byte-order mark"],
)
def test_every_shape_of_file_gives_the_same_catalogue(name: str, text: str, tmp_path: Path) -> None:
    catalogue = read_catalogue(write(tmp_path / name, text))
    assert list(catalogue.items) == ["T1", "T2"]
    assert catalogue.items["T1"].year == 1999
    assert catalogue.report.records == 2
    assert accounted(catalogue)


def test_a_single_record_is_not_taken_for_an_object_by_id(tmp_path: Path) -> None:
    catalogue = read_catalogue(write(tmp_path / "tmdb.json", json.dumps(RECORDS[0])))
    assert list(catalogue.items) == ["T1"]


def test_a_compressed_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "tmdb.json.gz"
    path.write_bytes(gzip.compress(json.dumps(RECORDS).encode()))
    assert len(read_catalogue(path).items) == 2


def test_unusable_records_are_dropped_counted_by_reason_and_shown(tmp_path: Path) -> None:
    records = [record("T1"), 5, record(None), record("T2", title=""), record("T3", title="Up")]
    catalogue = read_catalogue(write(tmp_path / "tmdb.json", json.dumps(records)))
    assert list(catalogue.items) == ["T1"]
    assert catalogue.report.dropped.kinds == {
        "not an object": 1,
        "no id": 1,
        "no title": 1,
        "short title": 1,
    }
    assert {each.where for each in catalogue.report.dropped.examples} == {
        f"record {number}" for number in (2, 3, 4, 5)
    }
    assert accounted(catalogue)


def test_a_broken_line_loses_only_itself(tmp_path: Path) -> None:
    lines = [json.dumps(record("T1")), '{"parent_asin": "T2", ', "", json.dumps(record("T3"))]
    catalogue = read_catalogue(write(tmp_path / "tmdb.jsonl", "\n".join(lines)))
    assert list(catalogue.items) == ["T1", "T3"]
    assert catalogue.report.dropped.kinds == {"invalid JSON": 1}
    assert catalogue.report.dropped.examples[0].where == "line 2"
    assert accounted(catalogue)


def test_a_malformed_field_is_reported_with_its_item(tmp_path: Path) -> None:
    records = [record("T1", genres="Horror, Action"), record("T2")]
    catalogue = read_catalogue(write(tmp_path / "tmdb.json", json.dumps(records)))
    assert set(catalogue.items) == {"T1", "T2"}
    assert catalogue.report.malformed.kinds == {"malformed genres": 1}
    assert catalogue.report.malformed.examples[0].where == "record 1 (T1)"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("tmdb.json", json.dumps([record("T1", title="First"), record("T1", title="Second")])),
        ("tmdb.json", '{"T1": {"title": "First"}, "T1": {"title": "Second"}}'),
    ],
    ids=["list", "by id"],
)
def test_of_records_with_one_id_the_first_counts(name: str, text: str, tmp_path: Path) -> None:
    catalogue = read_catalogue(write(tmp_path / name, text))
    assert catalogue.items["T1"].title == "First"
    assert catalogue.report.dropped.kinds == {"duplicate id": 1}
    assert accounted(catalogue)


def test_titles_tmdb_lacks_are_taken_from_the_metadata(
    tmp_path: Path, write_jsonl: WriteJsonl
) -> None:
    records = [record("T1", title=""), record("T2"), record("T3", title=None)]
    tmdb = write(tmp_path / "tmdb.json", json.dumps(records))
    metadata = write_jsonl(
        [
            {"parent_asin": "T1", "title": "From metadata"},
            {"parent_asin": "T2", "title": "Not taken"},
            ["broken"],
        ],
        "meta.jsonl",
    )
    catalogue = read_catalogue(tmdb, metadata)
    titles = {item_id: item.title for item_id, item in catalogue.items.items()}
    assert titles == {"T1": "From metadata", "T2": "Film T2"}
    assert catalogue.report.titles_from_metadata == 1
    assert catalogue.report.dropped.kinds == {"no title": 1}
    assert catalogue.report.metadata.kinds == {"not an object": 1}
    assert accounted(catalogue)


def test_a_metadata_file_that_is_not_there_is_named_even_if_not_needed(tmp_path: Path) -> None:
    tmdb = write(tmp_path / "tmdb.json", json.dumps(RECORDS))
    with pytest.raises(SourceError, match=r"meta\.jsonl: there is no such file.*source\.metadata"):
        read_catalogue(tmdb, tmp_path / "meta.jsonl")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (json.dumps(RECORDS)[:-20], "is not a complete JSON file .*line 1, column"),
        ('"text"', "is not a complete JSON file"),
        ("[]", "none of its 0 records"),
        ('[{"parent_asin": "T1"}]', r"none of its 1 records .*no title: 1.*First: record 1"),
    ],
)
def test_a_file_without_usable_records_is_refused(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=says):
        read_catalogue(write(tmp_path / "tmdb.json", text))
