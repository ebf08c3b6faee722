"""Judges the fields of a row: the value, or BadRow with what it holds instead."""

from __future__ import annotations

from collections.abc import Mapping

from services.grounding.rows import BadRow, quoted, text_flaw
from services.grounding.sources.rowformat import YEAR_1_MS, YEAR_10000_MS


def row_object(row: object) -> Mapping[str, object]:
    """The row as an object."""
    if not isinstance(row, Mapping):
        raise BadRow("not an object", f"{quoted(row)} is not a JSON object")
    return row


def text_id(row: Mapping[str, object], key: str) -> str:
    """An id: text that is not blank."""
    value = _value(row, key)
    if not isinstance(value, str):
        raise BadRow(f"bad {key}", f"{key} is {quoted(value)}, not text")
    if not value.strip():
        raise BadRow(f"bad {key}", f"{key} is empty")
    if flaw := text_flaw(value):
        raise BadRow(f"bad {key}", f"{key} {flaw}")
    return value


def stars(row: Mapping[str, object], key: str) -> float:
    """A rating: a number from 1 to 5."""
    value = _value(row, key)
    number = _number(value)
    if number is None or not 1 <= number <= 5:  # NaN fails the comparison too
        raise BadRow(f"bad {key}", f"{key} is {quoted(value)}, not a number from 1 to 5")
    return float(number)


def time_ms(row: Mapping[str, object], key: str, unit: str = "ms") -> int:
    """A time since 1970, in milliseconds; `unit` is that of the row: ms or s."""
    value = _value(row, key)
    number = _number(value)
    ms = 1000 if unit == "s" else 1
    if number is None or (isinstance(number, float) and not number.is_integer()):
        raise BadRow(f"bad {key}", f"{key} is {quoted(value)}, not a whole number of {unit}")
    if not YEAR_1_MS <= number * ms < YEAR_10000_MS:
        raise BadRow(f"bad {key}", f"{key} is {quoted(value)}, no date in {unit} since 1970")
    return int(number) * ms


def text(row: Mapping[str, object], key: str, *, may_be_missing: bool = False) -> str:
    """A text; null is an empty one, and so is a missing one where that may be."""
    value = row.get(key) if may_be_missing else _value(row, key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadRow(f"bad {key}", f"{key} is {quoted(value)}, not text")
    if flaw := text_flaw(value):
        raise BadRow(f"bad {key}", f"{key} {flaw}")
    return value


def _value(row: Mapping[str, object], key: str) -> object:
    if key not in row:
        raise BadRow(f"missing {key}", f"{key} is missing")
    return row[key]


def _number(value: object) -> float | int | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
