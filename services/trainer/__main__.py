"""The trainer as a process: `python -m services.trainer`."""

from recdial.process import run_service
from services.trainer.main import build
from services.trainer.settings import TrainerSettings

if __name__ == "__main__":
    run_service("trainer", TrainerSettings, build)
