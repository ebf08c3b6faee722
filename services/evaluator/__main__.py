"""The evaluator as a process: `python -m services.evaluator`."""

from recdial.process import run_service
from services.evaluator.main import build
from services.evaluator.settings import EvaluatorSettings

if __name__ == "__main__":
    run_service("evaluator", EvaluatorSettings, build)
