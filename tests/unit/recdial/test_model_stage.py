"""The image's stage that installs the model copies as much of recdial as that imports."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_what_is_copied_is_enough_to_install_the_model(tmp_path: Path) -> None:
    stage = (ROOT / "Dockerfile").read_text().split("FROM torch AS model\n")[1].split("FROM ")[0]
    lines = re.findall(r"^COPY (.+) \S+$", stage, re.M)
    copied = [path for line in lines for path in line.split()]
    assert copied
    for path in copied:
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / path).is_dir():
            shutil.copytree(ROOT / path, target)
        else:
            shutil.copy(ROOT / path, target)
    program = "import recdial.llm.local_models as found; print(found.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert str(tmp_path) in done.stdout
