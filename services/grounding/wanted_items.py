"""Which items have enough reviews to matter, before it is known what TMDB has of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from services.grounding.sources.protocol import Batch


def reviewed_items(batches: Iterable[Batch], at_least: int) -> dict[str, int]:
    """The number of reviews of each item that has `at_least` so many: no other is in a k-core.

    Repeated reviews count here, so an item may be in it that the k-core then leaves out.
    """
    counts: Counter[str] = Counter()
    for batch in batches:
        for each in batch.items.value_counts():
            counts[each["values"].as_py()] += each["counts"].as_py()
    return {item_id: count for item_id, count in counts.items() if count >= at_least}
