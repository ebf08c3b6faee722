"""What the trainer's process is told."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from recdial.settings import JobSettings


class TrainerSettings(JobSettings):
    """Environment variables `RECDIAL_*`."""

    model_config = SettingsConfigDict(env_prefix="RECDIAL_", extra="ignore")

    artifacts: Path = Field(default=Path("artifacts"), description="Where adapters are published.")
