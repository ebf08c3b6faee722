"""Which tokenizer counts, and that none is needed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from recdial.domain import UserProfile
from recdial.settings import RunConfig
from services.prompter.prompts import build_prompt
from services.prompter.tokens import ESTIMATE, token_counter

MakeConfig = Callable[..., RunConfig]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model folder whose tokenizer makes a token of each word."""
    tokenizers = pytest.importorskip("tokenizers", reason="needs the library tokenizers")
    tokenizer = tokenizers.Tokenizer(tokenizers.models.WordLevel({"?": 0}, unk_token="?"))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    path = tmp_path / "student"
    path.mkdir()
    tokenizer.save(str(path / "tokenizer.json"))
    return path


def test_the_tokenizer_in_the_students_folder_counts(
    folder: Path, tmp_path: Path, make_config: MakeConfig, profile: UserProfile
) -> None:
    config = make_config(
        student={"backend": "local", "model": str(folder)}, prompting={"max_prompt_tokens": 600}
    )
    counter = token_counter(config, tmp_path / "models")
    assert counter.name == str(folder)
    assert counter.count("three short words") == 3
    prompt = build_prompt(UUID(int=1), profile, "guided_explorer", config, counter)
    assert prompt.budget is not None
    assert prompt.budget.counted_by == str(folder)


@pytest.mark.parametrize(
    "student",
    [
        {"backend": "scripted"},
        {"backend": "local", "model": "smollm2-135m"},
        {"backend": "local", "model": "nobody/model-on-the-hub"},
        {"backend": "hub", "model": "nobody/model", "base_url": "http://127.0.0.1:1"},
    ],
)
def test_without_a_folder_the_estimate_counts(
    student: dict[str, str], tmp_path: Path, make_config: MakeConfig
) -> None:
    assert token_counter(make_config(student=student), tmp_path) is ESTIMATE


def test_counting_with_a_tokenizer_imports_no_torch(folder: Path) -> None:
    code = (
        "import sys; sys.modules.update(dict.fromkeys(('torch', 'transformers')))\n"
        "from pathlib import Path\n"
        "from recdial.settings import RunConfig\n"
        "from services.prompter.tokens import token_counter\n"
        "config = RunConfig.model_validate({'name': 'x', 'source': {'reviews': 'r', 'tmdb': 't'},"
        " 'teacher': {'backend': 'scripted'},"
        " 'student': {'backend': 'local', 'model': sys.argv[1]}})\n"
        "assert token_counter(config, Path('none')).count('two words') == 2"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
