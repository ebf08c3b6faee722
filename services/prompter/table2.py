"""The paper's table 2, read back from prompts: which features each stereotype is really told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from recdial.promptfacts import PromptItem, history_is_shown, parse_facts
from recdial.stereotypes import Feature

_NEITHER = "\N{EN DASH}"

LISTS = "liked/disliked lists"
"""The row for the lists themselves; the others are named as their features are in a prompt."""


@dataclass
class Presence:
    """In how many prompts of a stereotype something is."""

    prompts: int = 0
    target: int = 0
    """Of the target."""
    history: int = 0
    """Of an item of the history."""

    @property
    def letter(self) -> str:
        """As in table 2: T of the target, H of the history, B of both, a dash of neither."""
        return {(1, 1): "B", (1, 0): "T", (0, 1): "H"}.get(
            (bool(self.target), bool(self.history)), _NEITHER
        )


Table = Mapping[str, Mapping[str, Presence]]
"""By stereotype and row."""


def features_present(prompts: Iterable[tuple[str, str]]) -> Table:
    """Count the features in prompts, given as stereotype and user message.

    Raises FactsError for a message that is no prompt's.
    """
    rows = [LISTS, *(feature.label for feature in Feature)]
    table: dict[str, dict[str, Presence]] = {}
    for stereotype, text in prompts:
        found = table.setdefault(stereotype, {row: Presence() for row in rows})
        facts = parse_facts(text)
        of_target = _shown((facts.target,))
        of_history = _shown((*facts.liked, *facts.disliked))
        found[LISTS].history += history_is_shown(text)
        for feature in Feature:
            found[feature.label].target += feature in of_target
            found[feature.label].history += feature in of_history
        for presence in found.values():
            presence.prompts += 1
    return table


def _shown(items: Iterable[PromptItem]) -> set[Feature]:
    return {feature for item in items for feature in Feature if getattr(item, feature.value)}


def markdown(table: Table, names: Mapping[str, str]) -> str:
    """The table with a column for each of the stereotypes in `names`, headed by what they say.

    Behind each letter is the share of the prompts that have the feature: catalogues have gaps.
    """
    shown = [name for name in names if name in table]
    rows = next(iter(table.values()))
    lines = [
        "| of | " + " | ".join(names[name] for name in shown) + " |",
        "| --- |" + " --- |" * len(shown),
        "| prompts | " + " | ".join(f"{table[name][LISTS].prompts:,}" for name in shown) + " |",
    ]
    for row in rows:
        cells = [
            _yes_or_no(table[name][row]) if row == LISTS else _cell(table[name][row])
            for name in shown
        ]
        lines.append(f"| {row} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _yes_or_no(presence: Presence) -> str:
    return "yes" if presence.history else _NEITHER


def _cell(presence: Presence) -> str:
    shares = [
        f"{count / presence.prompts:.0%}" for count in (presence.target, presence.history) if count
    ]
    return f"{presence.letter} ({', '.join(shares)})" if shares else presence.letter
