"""Runs a campaign: `python -m tests.faults --faults 200 --seed 1`."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from functools import partial
from pathlib import Path

from tests.faults.campaign import campaign
from tests.faults.report import show
from tests.faults.site import site
from tests.private_servers import missing_programs


def main() -> int:
    """Run it, print what it found; 0 if nothing is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--faults", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--per-run", type=int, default=10)
    parser.add_argument("--users", type=int, default=360)
    options = parser.parse_args()
    if missing := missing_programs():
        print(missing, file=sys.stderr)
        return 2
    # As an error does: what was started is ended.
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    folder = Path(tempfile.mkdtemp(prefix="recdial-faults-"))
    print(f"seed {options.seed}, logs and files in {folder}")
    with site(folder, options.seed) as place:
        result = campaign(
            place,
            faults=options.faults,
            seed=options.seed,
            per_run=options.per_run,
            users=options.users,
            say=partial(print, flush=True),
        )
        result.findings += place.end()
    show(result)
    return int(bool(result.findings))


if __name__ == "__main__":
    sys.exit(main())
