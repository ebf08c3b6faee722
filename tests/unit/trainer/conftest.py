"""A tiny model and examples to train it on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tiny_llama import save_tiny_llama


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real model that trains in milliseconds a step."""
    pytest.importorskip("trl", reason="fine-tuning needs trl")
    return save_tiny_llama(tmp_path_factory.mktemp("tiny"))
