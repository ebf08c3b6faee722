"""What a dialogue is judged by: one small function a rule, one module a family of rules.

A new rule is a function `Candidate -> Reason | None` in the module of its family, and its place in
`STRICT`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

from services.filter.rules.attributes import contradicted_attribute
from services.filter.rules.candidate import Candidate, JudgingContext, Rule
from services.filter.rules.language import wrong_language
from services.filter.rules.leakage import prompt_leaked
from services.filter.rules.mentions import malformed_mention, unknown_id
from services.filter.rules.preferences import preference_contradicted
from services.filter.rules.privacy import personal_data
from services.filter.rules.recommendation import (
    assistant_mentions_known_id,
    target_leaked,
    target_not_recommended,
)
from services.filter.rules.repetition import repetition
from services.filter.rules.stereotype import stereotype_broken
from services.filter.rules.structure import (
    closing_side,
    empty_turn,
    no_turns,
    roles_alternate,
    truncated,
    user_opens,
    utterance_count,
    utterance_length,
)
from services.filter.rules.titles import unknown_title
from services.filter.rules.unsafe import unsafe_content

Profile: TypeAlias = Literal["strict", "paper"]

STRICT: tuple[Rule, ...] = (
    no_turns,
    truncated,
    user_opens,
    closing_side,
    roles_alternate,
    utterance_count,
    utterance_length,
    empty_turn,
    malformed_mention,
    unknown_id,
    unknown_title,
    contradicted_attribute,
    target_not_recommended,
    target_leaked,
    preference_contradicted,
    stereotype_broken,
    prompt_leaked,
    repetition,
    wrong_language,
    personal_data,
    unsafe_content,
)
"""Every rule a dialogue of the dataset has to keep."""

PAPER: tuple[Rule, ...] = (no_turns, assistant_mentions_known_id)
"""What the paper's released scripts in effect ask for: the list their filter tests for unknown ids
is never empty, so an unknown id, or ten, rejects nothing."""

RULES: Mapping[Profile, tuple[Rule, ...]] = MappingProxyType({"strict": STRICT, "paper": PAPER})
"""The rules by the `profile` of a run."""

__all__ = ["PAPER", "RULES", "STRICT", "Candidate", "JudgingContext", "Profile", "Rule"]
