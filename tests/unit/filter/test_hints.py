from __future__ import annotations

import pytest

from recdial.domain import Reason, Role
from recdial.filter_rules import FILTER_RULES
from recdial.settings import FilteringConfig
from services.filter.hints import hint
from services.filter.rules import STRICT

REASONS = [Reason(rule="unknown_id", detail="x"), Reason(rule="closing_side", detail="y")]


def test_the_teacher_is_told_what_was_wrong() -> None:
    told = hint(REASONS, Role.teacher, FilteringConfig())
    assert told.endswith("\n- Use no id that is not listed.")
    assert hint(REASONS, Role.student, FilteringConfig()) == ""
    assert hint(REASONS, Role.student, FilteringConfig(hints="both")) == told
    assert hint(REASONS, Role.teacher, FilteringConfig(hints="none")) == ""


def test_where_there_is_nothing_to_say_nothing_is_said() -> None:
    assert hint(REASONS[1:], Role.teacher, FilteringConfig()) == ""


def test_every_rule_can_be_switched_and_no_other() -> None:
    assert [rule.__name__ for rule in STRICT] == [
        name for name in FILTER_RULES if name != "near_duplicate"
    ]
    assert FilteringConfig(rules={"repetition": "off"}).switch("repetition") == "off"
    yaml = FilteringConfig.model_validate({"rules": {"repetition": False}})
    assert yaml.switch("repetition") == "off", "YAML reads off as false"
    assert FilteringConfig().switch("utterance_length") == "warn"
    with pytest.raises(ValueError, match="unknown rule repetitions"):
        FilteringConfig(rules={"repetitions": "off"})
