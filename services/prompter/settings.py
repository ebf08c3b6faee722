"""What the prompter's process is told."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from recdial.process_settings import JobSettings


class PrompterSettings(JobSettings):
    """Environment variables `RECDIAL_*`."""

    model_config = SettingsConfigDict(env_prefix="RECDIAL_", extra="ignore")

    concurrency: int = Field(
        default=64, ge=1, description="Profiles in hand, their prompts stored together."
    )
