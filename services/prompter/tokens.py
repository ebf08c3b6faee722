"""How many tokens a text is: by the student's tokenizer where it is at hand, else an estimate."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from recdial.llm.local_models import is_installed
from recdial.settings import RunConfig
from recdial.tokens import estimated_tokens

_CACHED_LINES = 16384


@dataclass(frozen=True)
class TokenCounter:
    """A way to count the tokens of one line of a prompt."""

    name: str
    """`estimate`, or the model whose tokenizer it is."""
    count: Callable[[str], int]


ESTIMATE = TokenCounter("estimate", estimated_tokens)


def estimate(_config: RunConfig) -> TokenCounter:
    """The counter for a run where no model is at hand."""
    return ESTIMATE


def token_counter(config: RunConfig, models_dir: Path) -> TokenCounter:
    """The counter for a run: its student's tokenizer if it is in a folder here, else the estimate.

    Neither torch nor the network is needed. The library `tokenizers` is (extra `local`).
    """
    model = config.student.model
    folder = models_dir / model if is_installed(model, models_dir) else Path(model).expanduser()
    file = folder / "tokenizer.json"
    if not model or not file.is_file() or importlib.util.find_spec("tokenizers") is None:
        return ESTIMATE
    return _tokenizer(model, file)


@lru_cache(maxsize=8)
def _tokenizer(model: str, file: Path) -> TokenCounter:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    tokenizer.no_padding()

    # Facts of well-known items are in many prompts.
    @lru_cache(maxsize=_CACHED_LINES)
    def count(line: str) -> int:
        return len(tokenizer.encode(line, add_special_tokens=False).ids)

    return TokenCounter(model, count)
