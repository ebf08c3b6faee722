"""What linking finds in a text: where a catalogue entity is meant, and which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

EntityKind: TypeAlias = Literal["item", "person", "genre", "keyword", "film"]
"""A `film` is a well-known one that is no item of the catalogue."""

Certainty: TypeAlias = Literal["id", "title", "alias", "near"]
"""How a mention was recognised: an `<id_…>`, the full name, a known other form of it (without its
subtitle, article, year, …), a near spelling."""


@dataclass(frozen=True, slots=True)
class Link:
    """One mention. `text` is what stands at [start, end) of the text that was linked."""

    start: int
    end: int
    text: str
    kind: EntityKind
    ids: tuple[str, ...]
    """Item ids that bear the name, the likeliest first; of other kinds the catalogue's name,"
    " of a film its title."""
    certainty: Certainty

    @property
    def item_id(self) -> str | None:
        """The item that is meant; None where several bear the name, or it is no item."""
        return self.ids[0] if self.kind == "item" and len(self.ids) == 1 else None
