"""Published figures to stand beside a run's own."""

from __future__ import annotations

from dataclasses import dataclass

SOURCE = (
    "Martina et al., Beyond Homogeneous Users: Simulating Diverse User Personas for Conversational "
    "Recommendation Datasets (IIR 2025), on DistillRecDial (RecSys 2025)"
)
DOI = "10.1145/3705328.3748161"


@dataclass(frozen=True)
class PublishedDataset:
    """One dataset's figures, as the source prints them."""

    name: str
    dialogues: int
    turns: float
    """Mean number of utterances of a dialogue."""
    tokens: float
    """Mean number of tokens of an utterance."""


DISTILLRECDIAL = PublishedDataset("DistillRecDial", 21_039, 9.89, 58.16)
PUBLISHED = (
    PublishedDataset("ReDial", 11_347, 18.16, 8.32),
    PublishedDataset("INSPIRED", 999, 35.72, 9.24),
    PublishedDataset("PEARL", 57_277, 9.30, 42.47),
    DISTILLRECDIAL,
)
