"""What the generator's process is told: how many calls it keeps in flight."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from recdial.domain import Role
from recdial.process_settings import ProcessSettings


class GeneratorSettings(ProcessSettings):
    """Environment variables `RECDIAL_*`."""

    model_config = SettingsConfigDict(env_prefix="RECDIAL_", extra="ignore")

    roles: Annotated[frozenset[Role], NoDecode] = Field(
        default=frozenset(Role),
        min_length=1,
        description="Roles whose prompts are taken, with commas between: teacher, student or both.",
    )
    teacher_concurrency: int = Field(default=16, ge=1, description="Teacher calls in flight.")
    student_concurrency: int = Field(default=16, ge=1, description="Student calls in flight.")

    server_adapters: str | None = Field(
        default=None,
        description="Folder in which the model servers see the adapters, by id, for "
        "student.adapter_loading vllm. If not set, servers are told this machine's own path.",
    )

    @field_validator("roles", mode="before")
    @classmethod
    def _separated(cls, value: object) -> object:
        return frozenset(value.split(",")) if isinstance(value, str) else value
