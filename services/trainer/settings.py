"""What the trainer's process is told."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from recdial.settings import JobSettings


class TrainerSettings(JobSettings):
    """Environment variables `RECDIAL_TRAINER_*`."""

    model_config = SettingsConfigDict(env_prefix="RECDIAL_TRAINER_", extra="ignore")

    artifacts: Path = Field(default=Path("artifacts"), description="Where adapters are published.")
