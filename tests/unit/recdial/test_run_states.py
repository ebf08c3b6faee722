"""Which actions a run's state allows, and where they lead."""

from __future__ import annotations

import pytest

from recdial.domain import RunState
from recdial.run_control import Action, NotPossible, state_after

ALLOWED = {
    (RunState.running, Action.pause): RunState.paused,
    (RunState.paused, Action.pause): RunState.paused,
    (RunState.running, Action.resume): RunState.running,
    (RunState.paused, Action.resume): RunState.running,
    (RunState.failed, Action.resume): RunState.running,
    (RunState.running, Action.cancel): RunState.cancelled,
    (RunState.paused, Action.cancel): RunState.cancelled,
    (RunState.cancelled, Action.cancel): RunState.cancelled,
}
CASES = [(state, action) for state in RunState for action in Action]


@pytest.mark.parametrize(("state", "action"), CASES)
def test_an_action_leads_to_its_state_or_is_refused_by_name(
    state: RunState, action: Action
) -> None:
    if (state, action) in ALLOWED:
        assert state_after(state, action) is ALLOWED[state, action]
    else:
        with pytest.raises(NotPossible, match=f"{state} cannot be asked to {action}"):
            state_after(state, action)


@pytest.mark.parametrize("action", [Action.pause, Action.cancel])
@pytest.mark.parametrize("state", RunState)
def test_asking_again_for_what_was_granted_changes_nothing(state: RunState, action: Action) -> None:
    if (state, action) in ALLOWED:
        once = state_after(state, action)
        assert state_after(once, action) is once
