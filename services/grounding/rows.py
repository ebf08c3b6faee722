"""Rows of a source that cannot be used: why, how many, and when they are too many."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from services.grounding.files import SourceError

MAX_EXAMPLES = 20
"""Bad rows remembered in full; all of them are counted."""

EARLY_CHECK_LINES = 1000
EARLY_BAD_SHARE = 0.5
"""A file of which half cannot be used after so many lines is the wrong file: stop at once.

Below that only the whole file decides, so the outcome does not depend on where its bad lines are.
"""


class BadRow(ValueError):
    """One row, or one field of it, cannot be used.

    `kind` is the same for all rows with this fault, `detail` says what this row holds.
    """

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail

    def __reduce__(self) -> tuple[type[BadRow], tuple[str, str]]:
        # As another process is told of it: by itself an exception remembers its message only.
        return type(self), (self.kind, self.detail)


@dataclass(frozen=True, slots=True)
class Example:
    """Something in a source that could not be used: where it is (line, record or id), and why."""

    where: str
    cause: str


@dataclass(slots=True)
class Faults:
    """Counts faults by kind, and remembers the first few."""

    kinds: dict[str, int] = field(default_factory=dict)
    examples: list[Example] = field(default_factory=list)

    def add(self, where: str, fault: BadRow) -> None:
        """Count one fault."""
        self.kinds[fault.kind] = self.kinds.get(fault.kind, 0) + 1
        if len(self.examples) < MAX_EXAMPLES:
            self.examples.append(Example(where, fault.detail))


@dataclass(slots=True)
class ReadReport:
    """What became of every line of a file: `lines == good + bad + blank + truncated`.

    While the file is read, `lines` is the number of the line read last (for Parquet, of the row).
    """

    path: str
    max_bad_line_share: float
    lines: int = 0
    good: int = 0
    bad: int = 0
    blank: int = 0
    truncated: int = 0
    """1 if the file ends within a line. It is not held against the other lines."""
    faults: Faults = field(default_factory=Faults)

    def add_bad(self, fault: BadRow) -> None:
        """Count the line read last as bad. Raises SourceError if this is plainly the wrong file."""
        self.bad += 1
        self.faults.add(f"line {self.lines}", fault)
        early = max(self.max_bad_line_share, EARLY_BAD_SHARE)
        if self.lines >= EARLY_CHECK_LINES and self.bad > early * (self.good + self.bad):
            raise self._too_many_bad_lines()

    def add_truncated(self, fault: BadRow) -> None:
        """Count the last line as cut off."""
        self.truncated += 1
        cut = BadRow("truncated last line", f"the file ends within this line ({fault.detail})")
        self.faults.add(f"line {self.lines}", cut)

    def check(self) -> None:
        """Raise SourceError if no row, or too small a share of the rows, could be read."""
        if not self.good:
            first = f" First: {self._first(1)}." if self.faults.examples else ""
            raise SourceError(
                f"{self.path}: none of its {self.lines:,} lines can be used.{first} "
                "Is it the right file, and complete?"
            )
        if self.bad > self.max_bad_line_share * (self.good + self.bad):
            raise self._too_many_bad_lines()

    def _first(self, count: int) -> str:
        examples = self.faults.examples[:count]
        return "; ".join(f"{example.where}: {example.cause}" for example in examples)

    def _too_many_bad_lines(self) -> SourceError:
        rows = self.good + self.bad
        return SourceError(
            f"{self.path}: {self.bad:,} of {rows:,} lines ({self.bad / rows:.2%}) cannot be used; "
            f"grounding.max_bad_line_share allows {self.max_bad_line_share:.2%}. "
            f"First: {self._first(3)}. "
            "Correct or remove these lines, or raise grounding.max_bad_line_share."
        )


def json_value(line: bytes) -> object:
    """The JSON value of one line. Raises BadRow where it is not UTF-8 or not JSON."""
    try:
        # Decoded here because json.loads takes bytes with NULs for UTF-16 or UTF-32.
        return json.loads(line.decode())
    except UnicodeDecodeError as error:
        raise BadRow("invalid UTF-8", f"not UTF-8 text (byte {error.start + 1})") from error
    except json.JSONDecodeError as error:
        raise BadRow("invalid JSON", f"not JSON: {error.msg} (column {error.colno})") from error
    except (ValueError, RecursionError) as error:  # numbers of > 4300 digits, deep nesting
        raise BadRow("invalid JSON", f"not JSON: {error}") from error


def quoted(value: object) -> str:
    """A value as messages quote it: short, on one line, and no deeper than one level."""
    if isinstance(value, list | dict):
        return "a JSON array" if isinstance(value, list) else "a JSON object"
    text = ascii(value)
    return text if len(text) <= 40 else f"{text[:40]}..."


def text_flaw(text: str) -> str | None:
    """Why a text cannot be stored in a database or written as UTF-8; None if it can."""
    if "\x00" in text:
        return "holds a NUL character"
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            return "holds half of a surrogate pair"
    return None
