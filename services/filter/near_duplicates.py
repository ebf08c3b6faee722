"""Which dialogues nearly repeat another one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from uuid import UUID

_MENTION = re.compile(r"<id_[^<>\s]+>")
_WORD = re.compile(r"\w+")
_SHINGLE = 3
_HASHES = 128


def near_duplicates(
    dialogues: Sequence[tuple[UUID, Sequence[str]]], threshold: float
) -> dict[UUID, UUID]:
    """The dialogues (ids and utterances) to be rejected, each with the lowest id that it repeats.

    Two are alike whose sequences of three words have at least this share (Jaccard) in common; which
    items they mention does not count. A dialogue stays unless it is like one with a lower id that
    stays: that depends on the set alone, not on its order. Candidates are found by MinHash with
    locality-sensitive hashing (Broder 1997) and compared exactly.
    """
    from datasketch import MinHash, MinHashLSH

    shingles = {dialogue_id: _shingles(utterances) for dialogue_id, utterances in dialogues}
    # Less strict than asked for, so that hardly any pair is missed by chance.
    index = MinHashLSH(threshold=max(0.1, threshold - 0.15), num_perm=_HASHES)
    rejected: dict[UUID, UUID] = {}
    hashes = MinHash.bulk(
        ([shingle.encode() for shingle in shingles[one]] for one in sorted(shingles)),
        num_perm=_HASHES,
    )
    for dialogue_id, found in zip(sorted(shingles), hashes, strict=True):
        own = shingles[dialogue_id]
        alike = sorted(
            other for other in index.query(found) if _jaccard(own, shingles[other]) >= threshold
        )
        if alike and own:
            rejected[dialogue_id] = alike[0]
        else:
            index.insert(dialogue_id, found)
    return rejected


def _shingles(utterances: Sequence[str]) -> frozenset[str]:
    words = [
        word.lower()
        for utterance in utterances
        for word in _WORD.findall(_MENTION.sub(" item ", utterance))
    ]
    return frozenset(
        " ".join(words[place : place + _SHINGLE])
        for place in range(max(1, len(words) - _SHINGLE + 1))
        if words
    )


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one or other else 1.0
