"""What a dialogue is judged by: its prompt and the catalogue of its run."""

from __future__ import annotations

from recdial.store.dialogues import Text
from services.filter.catalogues import Catalogue
from services.filter.rules import JudgingContext


def context_of(written: Text, catalogue: Catalogue) -> JudgingContext:
    """What there is to judge a text by."""
    return JudgingContext(
        prompt_item_ids=written.prompt_item_ids,
        target_item_id=written.target_item_id,
        items=catalogue.items,
        liked=written.liked,
        disliked=written.disliked,
        stereotype=written.stereotype,
        linker=catalogue.linker,
    )
