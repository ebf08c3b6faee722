"""What grounding's process is told."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import SettingsConfigDict

from recdial.settings import PROJECT_CACHE, JobSettings

SOURCES = PROJECT_CACHE / "sources"


class GroundingSettings(JobSettings):
    """Environment variables `RECDIAL_*`."""

    model_config = SettingsConfigDict(env_prefix="RECDIAL_", extra="ignore")

    sources: Path = Field(
        default=SOURCES, description="Where copies of files behind URLs are kept."
    )

    @field_validator("sources")
    @classmethod
    def _expand_sources(cls, value: Path) -> Path:
        return value.expanduser()
