"""What the images install, from pyproject.toml: `python requirements.py PYPROJECT FOLDER`.

Writes `common.txt` (what every service needs) and one file for each extra, so that a layer of an
image depends on its requirements alone and a change of code installs nothing again.
"""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

COMMON = "service"
"""The extra every image has beside the project's own dependencies."""


def main() -> None:
    """Write the files."""
    pyproject, folder = Path(sys.argv[1]), Path(sys.argv[2])
    project = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    itself = re.compile(re.escape(project["name"]) + r"\[([^\]]+)\]")

    def resolve(extra: str) -> list[str]:
        found = []
        for requirement in extras[extra]:
            match = itself.fullmatch(requirement)
            found += (
                [line for name in match[1].split(",") for line in resolve(name.strip())]
                if match
                else [requirement]
            )
        return found

    files = {extra: resolve(extra) for extra in extras}
    files["common"] = [*project["dependencies"], *files[COMMON]]
    folder.mkdir(parents=True, exist_ok=True)
    for name, lines in files.items():
        (folder / f"{name}.txt").write_text("".join(f"{line}\n" for line in lines))


if __name__ == "__main__":
    main()
