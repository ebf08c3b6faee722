from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from recdial.config_doc import config_page
from recdial.settings import RunConfig

PAGE = Path(__file__).parents[3] / "docs" / "config.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == config_page(), "run `make docs`"


def test_every_key_says_what_it_means() -> None:
    def keys(model: type[BaseModel]) -> list[tuple[str, str | None]]:
        found: list[tuple[str, str | None]] = []
        for name, field in model.model_fields.items():
            kind = field.annotation
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                found += keys(kind)
            else:
                found.append((name, field.description))
        return found

    assert [name for name, meaning in keys(RunConfig) if not meaning] == []
