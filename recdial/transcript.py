"""A dialogue as text: one utterance after another, each behind its speaker's label."""

from __future__ import annotations

from collections.abc import Sequence

from recdial.domain import Turn

LABELS = {"user": "[USR]", "assistant": "[AI]"}
"""The label that starts a speaker's utterance (paper, §3.2)."""


def render_turns(turns: Sequence[Turn]) -> str:
    """The canonical text of a dialogue: a line `[USR] …` or `[AI] …` for each utterance."""
    return "\n".join(f"{LABELS[turn.speaker]} {turn.text}" for turn in turns)
