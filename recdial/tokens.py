"""How many tokens a text is, where no tokenizer is at hand."""

from __future__ import annotations

BYTES_PER_TOKEN = 3
"""Of UTF-8, for the estimate. Rather few, so that limits hold: prompts of the critics data have 3.1
to 3.8 by SmolLM2's tokenizer."""


def estimated_tokens(text: str) -> int:
    """The tokens of a text, rather too many."""
    return -(-len(text.encode(errors="replace")) // BYTES_PER_TOKEN)
