from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.evaluator.export.jsonl import DatasetError, read_jsonl, write_jsonl
from services.evaluator.records import DialogueRecord
from tests.unit.evaluator.conftest import MakeRecord

TEXT = st.one_of(st.text(), st.sampled_from(["a\u2028b\u0085c\r\nd", "“é”", '\\"\x00', "<id_A>"]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.lists(st.lists(TEXT, min_size=1, max_size=4), max_size=4))
def test_what_is_written_is_read_back_a_line_each(
    make_record: MakeRecord, tmp_path: Path, dialogues: list[list[str]]
) -> None:
    records = [make_record(*texts) for texts in dialogues]
    path = tmp_path / "dataset.jsonl"
    assert write_jsonl(records, path) == len(records)
    assert list(read_jsonl(path)) == records
    assert path.read_bytes().count(b"\n") == len(records)


def test_lines_are_json_with_the_fields_in_order_and_letters_as_they_are(
    make_record: MakeRecord, tmp_path: Path
) -> None:
    path = tmp_path / "dataset.jsonl"
    write_jsonl([make_record("Amélie ❤")], path)
    content = path.read_bytes()
    assert "Amélie ❤".encode() in content
    assert list(json.loads(content)) == list(DialogueRecord.model_fields)
    write_jsonl([make_record("Amélie ❤")], path)
    assert path.read_bytes() == content


def test_a_file_is_written_whole_or_not_at_all(make_record: MakeRecord, tmp_path: Path) -> None:
    path = tmp_path / "new" / "dataset.jsonl"
    write_jsonl([make_record()], path)
    before = path.read_bytes()

    def failing() -> Iterator[DialogueRecord]:
        yield make_record("other")
        raise ConnectionError("the store is gone")

    with pytest.raises(ConnectionError):
        write_jsonl(failing(), path)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (b"{nonsense", "the line: Invalid JSON"),
        (b"", "the line: Invalid JSON"),
        (b'{"dialogue_id": "d1"}', "prompt_id: Field required"),
        (b"\xff\xfe", "the line: "),
    ],
)
def test_a_line_that_is_no_dialogue_is_named(
    make_record: MakeRecord, tmp_path: Path, line: bytes, said: str
) -> None:
    path = tmp_path / "dataset.jsonl"
    good = make_record().model_dump_json().encode()
    path.write_bytes(b"\n".join([good, line, good]))
    records = read_jsonl(path)
    assert next(records) == make_record()
    with pytest.raises(DatasetError) as raised:
        next(records)
    assert f"{path}, line 2 is not a dialogue: " in str(raised.value)
    assert said in str(raised.value)
