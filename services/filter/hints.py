"""What a prompt says at its next attempt: how the last one was wrong, as an instruction."""

from __future__ import annotations

from collections.abc import Sequence

from recdial.domain import Reason, Role
from recdial.filter_rules import FILTER_RULES
from recdial.settings import FilteringConfig

_BEGINS = "An earlier attempt could not be used. This time mind above all:"


def hint(reasons: Sequence[Reason], role: Role, config: FilteringConfig) -> str:
    """What to add to a prompt after a dialogue was rejected; empty where there is nothing to say.

    It says what to do and quotes nothing of the dialogue, whose faults would be read again.
    """
    told = {"none": (), "teacher": (Role.teacher,), "both": tuple(Role)}[config.hints]
    if role not in told:
        return ""
    hints = dict.fromkeys(text for reason in reasons if (text := FILTER_RULES[reason.rule].hint))
    return "\n".join([_BEGINS, *(f"- {text}" for text in hints)]) if hints else ""
