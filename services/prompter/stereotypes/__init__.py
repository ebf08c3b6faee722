"""The stereotypes a run may draw: the paper's five, a YAML file each beside this one, and its own.

Table 2 of the paper is in these files (`features`), so both profiles read the same. To add one, see
README.md of the service: it takes a file and no code.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType

from recdial.config_file import parse_stereotype
from recdial.settings import STEREOTYPES, PromptingConfig
from recdial.stereotypes import Stereotype


def _of_the_paper(name: str) -> Stereotype:
    file = resources.files(__package__) / f"{name}.yaml"
    return parse_stereotype(file.read_text(encoding="utf-8"), str(file))


STEREOTYPE_TABLE: Mapping[str, Stereotype] = MappingProxyType(
    {name: _of_the_paper(name) for name in STEREOTYPES}
)
"""The paper's five by name. `features.target` may hold the review: the strict profile withholds it
(services/prompter/features.py)."""


def stereotypes_of(prompting: PromptingConfig) -> Mapping[str, Stereotype]:
    """All stereotypes a run knows, by name: the paper's and its own."""
    if not prompting.own_stereotypes:
        return STEREOTYPE_TABLE
    return {**STEREOTYPE_TABLE, **{own.name: own for own in prompting.own_stereotypes}}
