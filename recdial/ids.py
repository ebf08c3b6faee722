"""Deterministic ids: the same work has the same id, whoever does it and however often."""

from __future__ import annotations

import hashlib
from uuid import UUID, uuid5

_NAMESPACE = UUID("6f1c7d0e-6b1b-5c43-9a0e-0d2f6f6d1a55")


def _uuid(kind: str, *parts: object) -> UUID:
    return uuid5(_NAMESPACE, "\x1f".join([kind, *(str(part) for part in parts)]))


def prompt_id(run_id: UUID, user_id: str, history_number: int, stereotype: str) -> UUID:
    """The id of the prompt made for one history of a user under one stereotype."""
    return _uuid("prompt", run_id, user_id, history_number, stereotype)


def dialogue_id(prompt: UUID, role: str, model: str, adapter_sha256: str, attempt: int) -> UUID:
    """The id of the dialogue one model (with one adapter) writes for a prompt at one attempt."""
    return _uuid("dialogue", prompt, role, model, adapter_sha256, attempt)


def run_id(config_digest: str) -> UUID:
    """The id of the embedded run of one resolved configuration."""
    return _uuid("run", config_digest)


def requested_run_id(key: str) -> UUID:
    """The id of the run a client asked for under a key of its own choice."""
    return _uuid("requested-run", key)


def seeded_draw(seed: int, *parts: object) -> int:
    """A uniform 63-bit integer that depends only on the seed and the parts.

    It is the source of every random choice about a user, so choices do not depend on the order in
    which users arrive, on the number of replicas or on the run.
    """
    text = "\x1f".join([str(seed), *(str(part) for part in parts)])
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) >> 1
