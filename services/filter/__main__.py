"""The filter as a process: `python -m services.filter`."""

from recdial.process import run_service
from services.filter.main import build
from services.filter.settings import FilterSettings

if __name__ == "__main__":
    run_service("filter", FilterSettings, build)
