"""Where interactions come from: one file a kind, all behind one protocol (`protocol.py`).

To add a kind:

1. Write `sources/<kind>.py` with a class that is an `InteractionSource`. Where the source is one
   JSON object a row (JSONL, plain or compressed, or Parquet), this is a `RowFormat`, which names
   the fields, and a function that judges one row and is the last word on it: see `amazon2023.py`.
   The rest is `RowFile`, which reads what is plainly right at the speed of DuckDB or Arrow and asks
   that function about every other row. A source of another shape yields its own `Batch`es.
2. Count every row that is left out in the `ReadReport`, with the line and the cause. Nothing is
   dropped in silence, and no value is bent to fit.
3. Put the class into `_KINDS` below and its name into `SourceConfig.kind`.
4. Test it with truncated, re-encoded, mistyped and hostile rows
   (tests/unit/grounding/test_amazon2023.py).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from recdial.settings import SourceConfig
from services.grounding.sources.amazon2023 import amazon2023
from services.grounding.sources.protocol import InteractionSource

_KINDS: dict[str, Callable[[Path], InteractionSource]] = {"amazon2023": amazon2023}


def open_source(source: SourceConfig) -> InteractionSource:
    """The source of a run, by `source.kind`. Raises SourceError if its file cannot be one."""
    return _KINDS[source.kind](source.reviews)
