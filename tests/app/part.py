"""A part for the supervisor's tests: `part.py NAME RUN_DIR MANNER --parent PID`."""

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from app import lifeline


def main() -> None:
    """Live, in a willing or a stubborn manner, until told to end or killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("run_dir", type=Path)
    parser.add_argument("manner", choices=["willing", "stubborn", "parent"])
    parser.add_argument("--parent", type=int)
    chosen = parser.parse_args()

    chosen.run_dir.mkdir(parents=True, exist_ok=True)
    lifeline.attach(chosen.parent, (chosen.run_dir / f"{chosen.name}.beat").touch)
    if chosen.manner == "willing":
        signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    else:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    (chosen.run_dir / f"{chosen.name}.pid").write_text(str(os.getpid()))
    if chosen.manner == "parent":
        grandchild = subprocess.Popen(["sleep", "300"])
        (chosen.run_dir / f"{chosen.name}-grandchild.pid").write_text(str(grandchild.pid))
    while True:
        time.sleep(0.1)


if __name__ == "__main__":
    main()
