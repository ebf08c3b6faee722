"""The prompter as a process: `python -m services.prompter`."""

from recdial.process import run_service
from services.prompter.main import build
from services.prompter.settings import PrompterSettings

if __name__ == "__main__":
    run_service("prompter", PrompterSettings, build)
