"""Writes one dialogue from a prompt's facts: which phrases are said, and in which order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import cycle
from random import Random
from string import Formatter

from recdial.promptfacts import PromptFacts
from recdial.transcript import LABELS
from services.generator.scripted.phrases import SCRIPTS, Exchange, Phrases
from services.generator.scripted.words import slots


class TooLong(ValueError):
    """The prompt asks for more utterances than the script has something to say for."""


def write_dialogue(
    facts: PromptFacts, stereotype: str, utterances: tuple[int, int], seed: int
) -> str:
    """A dialogue in the format of recdial: one utterance a line, `[USR]` and `[AI]` by turns.

    `utterances` are the least and the most to write. The user opens; the assistant recommends the
    target in its last utterance, and nobody mentions the target before; a dialogue of odd length
    ends with the user's thanks. Only facts of the prompt are spoken, and items only as `<id_…>`.
    Raises TooLong if `facts` and the script cannot fill the least number of utterances.
    """
    rng = Random(seed)
    script = SCRIPTS[stereotype]
    words = slots(facts, rng)
    own = _sayable(script.exchanges, words)
    longest = 3 + 2 * (len(own) + len(script.small_talk))
    least, most = utterances[0], min(utterances[1], longest)
    if least > most:
        raise TooLong(
            f"{least} utterances are asked for, but the scripted backend has phrases for "
            f"{longest}: lower prompting.min_utterances"
        )
    # The smaller of two draws: long dialogues, slow to learn for a small student, are rare.
    length = min(rng.randint(least, most), rng.randint(least, most))
    lines = [_say(script.opening, words, rng)]
    for exchange in _plan(own, script.small_talk, (length - 2) // 2, rng):
        lines += [_say((exchange.ask,), words, rng), _say((exchange.answer,), words, rng)]
    lines.append(_say(script.recommendation, words, rng))
    if length % 2:
        lines.append(_say((script.thanks,), words, rng))
    labels = cycle((LABELS["user"], LABELS["assistant"]))
    return "\n".join(f"{label} {line}" for label, line in zip(labels, lines, strict=False))


def _plan(
    own: Sequence[Exchange], small_talk: Sequence[Exchange], count: int, rng: Random
) -> list[Exchange]:
    """`count` exchanges: mostly the stereotype's own, in the script's order, small talk inside."""
    from_own = min(len(own), max(count - count // 3, count - len(small_talk)))
    chosen = [own[at] for at in sorted(rng.sample(range(len(own)), from_own))]
    return chosen[:1] + rng.sample(small_talk, count - from_own) + chosen[1:]


def _sayable(exchanges: Sequence[Exchange], words: Mapping[str, str]) -> list[Exchange]:
    return [
        exchange
        for exchange in exchanges
        if _filled(exchange.ask, words) and _filled(exchange.answer, words)
    ]


def _say(parts: Sequence[Phrases], words: Mapping[str, str], rng: Random) -> str:
    return " ".join(rng.choice(_filled(phrases, words)).format_map(words) for phrases in parts)


def _filled(phrases: Phrases, words: Mapping[str, str]) -> list[str]:
    """The phrases whose slots all have words; of these, the ones that say (nearly) the most."""
    known = {phrase: needs for phrase in phrases if (needs := _slots_of(phrase)) <= words.keys()}
    most = max(map(len, known.values()), default=0)
    least = most - 1 if most > 2 else most
    return [phrase for phrase, needs in known.items() if len(needs) >= least]


@cache
def _slots_of(phrase: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in Formatter().parse(phrase) if name)
