"""What runs in one process read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests import synthetic


@pytest.fixture
def source(tmp_path: Path) -> dict[str, Any]:
    """The configuration of a run of forty made-up users, whose files are in `tmp_path`."""
    return synthetic.config(tmp_path, synthetic.write_source(tmp_path, users=40))
