"""What the trainer's process is told."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, FilePath, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict

from recdial.llm.adapters import adapter_folder
from recdial.locations import Location, is_remote
from recdial.process_settings import JobSettings


class TrainerSettings(JobSettings):
    """Environment variables `RECDIAL_*`."""

    model_config = SettingsConfigDict(env_prefix="RECDIAL_", extra="ignore")

    artifacts: Location = Field(
        default=Path("artifacts"),
        description="Where adapters are published: a folder, a URL (s3://bucket/path, gs://…) or a "
        "repository of the Hugging Face Hub (hf://owner/name).",
    )
    checkpoints: Path | None = Field(
        default=None,
        validate_default=True,
        description="Where a training's checkpoints are until its adapter is published: a folder "
        "all trainers share. If not set, `checkpoints` under RECDIAL_ARTIFACTS; needed where that "
        "is a URL.",
    )
    accelerate_config: FilePath | None = Field(
        default=None,
        description="A configuration of accelerate (deploy/accelerate/): each training is then "
        "started with `accelerate launch`, in one process for each GPU. If not set, it is a thread "
        "of this process.",
    )

    @field_validator("artifacts", mode="before")
    @classmethod
    def _location(cls, value: object) -> object:
        if is_remote(value) and not value.startswith("file://"):
            scheme, _, rest = value.partition("://")
            if not scheme or not rest.strip("/"):
                raise ValueError("is not a URL: write it as s3://bucket/path or hf://owner/name")
            if scheme == "hf" and "/" not in rest.strip("/"):
                raise ValueError("names no repository: write it as hf://owner/name")
            return value
        return adapter_folder(value) if isinstance(value, str) else value

    @field_validator("checkpoints")
    @classmethod
    def _local(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if value is None and is_remote(info.data.get("artifacts")):
            raise ValueError("must be set to a folder where RECDIAL_ARTIFACTS is a URL")
        return value

    @property
    def checkpoint_folder(self) -> Path:
        """Where checkpoints are, of all runs."""
        if self.checkpoints is not None:
            return self.checkpoints.expanduser()
        assert isinstance(self.artifacts, Path), "with a URL, checkpoints are validated to be set"
        return self.artifacts / "checkpoints"
