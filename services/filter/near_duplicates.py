"""Which dialogues nearly repeat another one."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from recdial.mentions import mentioned_items

_MENTION = re.compile(r"<id_[^<>\s]+>")
_WORD = re.compile(r"\w+")
_SHINGLE = 3
_HASHES = 128

_LETTERS = 0xE000
"""The first of the million letters that stand for words: surrogates are below."""
_MOST_LETTERS = 0x10FFFF - _LETTERS

_SAME_ITEMS = 0.65
"""Share of the items of two dialogues that both are about, to take them for one with other words.
Those of one template are about different items."""
_LENIENCE = 1.5
"""How much more of the words may differ than of the sequences: each word breaks three of those."""
_LEAST = 0.6
"""Share of the words that is asked for at least, however low the threshold is."""
_TURN_ALIKE = 0.55
_TURNS_ALIKE = 0.92
"""Share of the words that has to be in turns with a counterpart that is `_TURN_ALIKE`."""


class _Signature(NamedTuple):
    """What a dialogue is compared by."""

    shingles: frozenset[str]
    """Its sequences of three words, whatever items it mentions."""
    items: frozenset[str]
    last_item: str | None
    turns: tuple[str, ...]
    """Its utterances, with a letter for each word."""
    words: str
    """All its words, with a letter for each."""


def near_duplicates(
    dialogues: Sequence[tuple[UUID, Sequence[str]]], threshold: float
) -> dict[UUID, UUID]:
    """The dialogues (ids and utterances) to be rejected, each with the lowest id that it repeats.

    Two are alike whose sequences of three words have at least this share (Jaccard) in common; which
    items they mention does not count. So are two about the same items, of which one says turn by
    turn what the other says with some other words: it may have half as many again of these.

    A dialogue stays unless it is like one with a lower id that stays: that depends on the set
    alone, not on its order. Candidates are found by MinHash with locality-sensitive hashing (Broder
    1997), and by the item that they come to in the end; all are compared exactly.
    """
    from datasketch import MinHash, MinHashLSH

    signatures = _signatures(dialogues)
    # Less strict than asked for, so that hardly any pair is missed by chance.
    index = MinHashLSH(threshold=max(0.1, threshold - 0.15), num_perm=_HASHES)
    by_item: defaultdict[str, dict[UUID, str]] = defaultdict(dict)
    rejected: dict[UUID, UUID] = {}
    hashes = MinHash.bulk(
        ([shingle.encode() for shingle in signatures[one].shingles] for one in sorted(signatures)),
        num_perm=_HASHES,
    )
    for dialogue_id, found in zip(sorted(signatures), hashes, strict=True):
        own = signatures[dialogue_id]
        alike = [
            other
            for other in index.query(found)
            if _jaccard(own.shingles, signatures[other].shingles) >= threshold
        ]
        if own.last_item is not None:
            alike += _reworded(own, by_item[own.last_item], signatures, threshold)
        if alike and own.shingles:
            rejected[dialogue_id] = min(alike)
        else:
            index.insert(dialogue_id, found)
            if own.last_item is not None:
                by_item[own.last_item][dialogue_id] = own.words
    return rejected


def _signatures(dialogues: Sequence[tuple[UUID, Sequence[str]]]) -> dict[UUID, _Signature]:
    letters: dict[str, str] = {}

    def letter(word: str) -> str:
        return letters.setdefault(word, chr(_LETTERS + len(letters) % _MOST_LETTERS))

    found = {}
    for dialogue_id, utterances in dialogues:
        words = [_words(utterance) for utterance in utterances]
        turns = tuple("".join(map(letter, said)) for said in words)
        items = [item for utterance in utterances for item in mentioned_items(utterance)]
        found[dialogue_id] = _Signature(
            shingles=_shingles([word for said in words for word in said]),
            items=frozenset(items),
            last_item=items[-1] if items else None,
            turns=turns,
            words="".join(turns),
        )
    return found


def _words(utterance: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(_MENTION.sub(" item ", utterance))]


def _shingles(words: Sequence[str]) -> frozenset[str]:
    return frozenset(
        " ".join(words[place : place + _SHINGLE])
        for place in range(max(1, len(words) - _SHINGLE + 1))
        if words
    )


def _reworded(
    own: _Signature, kept: dict[UUID, str], signatures: dict[UUID, _Signature], threshold: float
) -> Iterator[UUID]:
    """Those of the kept dialogues that say the same with some other words."""
    from rapidfuzz import process
    from rapidfuzz.distance import Indel

    least = max(min(threshold, _LEAST), 1 - _LENIENCE * (1 - threshold))
    for _words, _share, other in process.extract_iter(
        own.words, kept, scorer=Indel.normalized_similarity, processor=None, score_cutoff=least
    ):
        theirs = signatures[other]
        if _jaccard(own.items, theirs.items) >= _SAME_ITEMS and _turns_match(own, theirs):
            yield other


def _turns_match(one: _Signature, other: _Signature) -> bool:
    """Whether nearly all is said in turns that have their counterpart, one place off at most."""
    matched = _matched(one.turns, other.turns) + _matched(other.turns, one.turns)
    return matched >= _TURNS_ALIKE * (len(one.words) + len(other.words))


def _matched(turns: Sequence[str], others: Sequence[str]) -> int:
    """How many words are in turns with a counterpart."""
    from rapidfuzz.distance import Indel

    return sum(
        len(turn)
        for place, turn in enumerate(turns)
        if any(
            Indel.normalized_similarity(turn, counterpart) >= _TURN_ALIKE
            for counterpart in others[max(0, place - 1) : place + 2]
        )
    )


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other) if one or other else 1.0
