"""What the generator's process is told: how many calls it keeps in flight."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from recdial.settings import ProcessSettings


class GeneratorSettings(ProcessSettings):
    """Environment variables `RECDIAL_*`."""

    model_config = SettingsConfigDict(env_prefix="RECDIAL_", extra="ignore")

    teacher_concurrency: int = Field(default=16, ge=1, description="Teacher calls in flight.")
    student_concurrency: int = Field(default=16, ge=1, description="Student calls in flight.")
