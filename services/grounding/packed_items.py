"""Items by id, packed: a catalogue has ten times as many as the k-core will keep."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping

from recdial.domain import ItemFacts


class PackedItems(MutableMapping[str, ItemFacts]):
    """Facts by item id, each kept as its JSON: a tenth of the memory of the object."""

    def __init__(self) -> None:
        self._packed: dict[str, bytes] = {}

    def __getitem__(self, item_id: str) -> ItemFacts:
        return ItemFacts.model_validate_json(self._packed[item_id])

    def __setitem__(self, item_id: str, facts: ItemFacts) -> None:
        self._packed[item_id] = facts.model_dump_json(exclude_defaults=True).encode()

    def __delitem__(self, item_id: str) -> None:
        del self._packed[item_id]

    def __contains__(self, item_id: object) -> bool:
        return item_id in self._packed

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)
