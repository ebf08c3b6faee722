"""The trainer as a process: `python -m services.trainer [--once]`.

With `--once` it ends when no training is due or running, so that a Job of a cluster's can be it.
"""

import argparse

from recdial.process import run_service
from services.trainer.main import build
from services.trainer.settings import TrainerSettings

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m services.trainer")
    parser.add_argument("--once", action="store_true", help="end when there is nothing to train")
    run_service("trainer", TrainerSettings, build, once=parser.parse_args().once)
