"""Where interactions come from: one file a kind, all behind one protocol (`protocol.py`).

To add a kind:

1. Write `sources/<kind>.py` with a class that is an `InteractionSource`. Where the source is one
   JSON object a row (JSONL, plain or compressed, or Parquet), this is a `RowFormat`, which names
   the fields, and a function that judges one row and is the last word on it: see `amazon2023.py`.
   The rest is `RowFile`, which reads what is plainly right at the speed of DuckDB or Arrow and asks
   that function about every other row. A source of another shape yields its own `Batch`es.
2. Count every row that is left out in the `ReadReport`, with the line and the cause. Nothing is
   dropped in silence, and no value is bent to fit.
3. Put the function that opens it into `_KINDS` below, or, from a package of your own, name it as an
   entry point in the group `recdial.sources`. docs/sources.md has a whole example.
4. Test it with truncated, re-encoded, mistyped and hostile rows
   (tests/unit/grounding/test_amazon2023.py).
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points

from services.grounding.files import SourceError
from services.grounding.source_files import SourceFiles
from services.grounding.sources.amazon2018 import amazon2018
from services.grounding.sources.amazon2023 import amazon2023
from services.grounding.sources.movielens import movielens
from services.grounding.sources.protocol import InteractionSource

OpenSource = Callable[[SourceFiles], InteractionSource]
"""Makes a source of its files. Raises SourceError if they cannot be one."""

ENTRY_POINTS = "recdial.sources"

_KINDS: dict[str, OpenSource] = {
    "amazon2023": lambda files: amazon2023(files.reviews),
    "amazon2018": lambda files: amazon2018(files.reviews),
    "movielens": lambda files: movielens(files.reviews, files.links),
}


def open_source(files: SourceFiles) -> InteractionSource:
    """The source of a run, by `source.kind`. Raises SourceError if its files cannot be one."""
    if files.kind in _KINDS:
        return _KINDS[files.kind](files)
    others = entry_points(group=ENTRY_POINTS)
    if files.kind not in others.names:
        known = ", ".join(sorted({*_KINDS, *others.names}))
        raise SourceError(f"source.kind: there is no {files.kind!r}; known: {known}.")
    opened: InteractionSource = others[files.kind].load()(files)
    return opened
