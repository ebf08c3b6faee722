"""The dataset as JSON Lines: one dialogue a line, UTF-8 (docs/dataset.md)."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from uuid import uuid4

from pydantic import ValidationError

from services.evaluator.records import DialogueRecord


class DatasetError(ValueError):
    """A line of a dataset is not a dialogue; the message says which line of which file, and why."""


def write_jsonl(records: Iterable[DialogueRecord], path: Path) -> int:
    """Write the dialogues in the order they come. How many they were.

    The file appears whole or not at all: it is written beside its place and renamed. Keys are in
    the order of the fields, so equal records give equal bytes. Missing folders are made.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{uuid4().hex}.partial")
    count = 0
    try:
        with partial.open("xb") as file:
            for record in records:
                file.write(record.model_dump_json().encode() + b"\n")
                count += 1
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return count


def read_jsonl(path: Path) -> Iterator[DialogueRecord]:
    """Read the dialogues of a file, one at a time. Raises DatasetError and OSError."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield DialogueRecord.model_validate_json(line)
            except ValidationError as error:
                raise DatasetError(
                    f"{path}, line {number} is not a dialogue: {_causes(error)}"
                ) from error


def _causes(error: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, cause['loc'])) or 'the line'}: {cause['msg']}"
        for cause in error.errors(include_url=False)
    )
