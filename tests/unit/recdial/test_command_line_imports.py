"""The command line starts in grounding's image, where `recdial migrate` makes the tables."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = Path(__file__).parents[3]
IMPORT_WITHOUT = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {missing}:
            raise ModuleNotFoundError(f"No module named {{name!r}}")

sys.meta_path.insert(0, Missing())
import recdial.cli
"""


def installed_with(requirements: list[str]) -> set[str]:
    """The distributions these bring, and what those bring."""
    found: set[str] = set()
    wanted = [Requirement(one) for one in requirements]
    while wanted:
        one = wanted.pop()
        name = str(canonicalize_name(one.name))
        if one.marker is not None and not one.marker.evaluate({"extra": ""}):
            continue
        if name not in found:
            found.add(name)
            try:
                wanted += [Requirement(needed) for needed in requires(name) or ()]
            except PackageNotFoundError:
                continue
    return found


def test_the_command_line_needs_nothing_of_other_services() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    there = installed_with([*project["dependencies"], *extras["service"], *extras["grounding"]])
    others = installed_with([one for extra in extras.values() for one in extra]) - there
    missing = {
        module
        for module, distributions in packages_distributions().items()
        if {str(canonicalize_name(name)) for name in distributions} <= others
    }
    assert {"ahocorasick_rs", "jinja2"} <= missing
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_WITHOUT.format(missing=missing)],
        capture_output=True,
        text=True,
        cwd=PROJECT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
