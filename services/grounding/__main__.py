"""Grounding as a process, with the API that controls runs: `python -m services.grounding`."""

from recdial.process import run_service
from services.grounding.api import make_router
from services.grounding.main import build
from services.grounding.settings import GroundingSettings

if __name__ == "__main__":
    run_service("grounding", GroundingSettings, build, make_router)
