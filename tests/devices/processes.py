"""Broker and gateway as processes of their own, to be killed: `python -m tests.devices.processes`.

broker DATABASE_URL PORT
gateway DATABASE_URL PORT [STEP COUNT]     kills itself at the COUNT-th time of a step
"""

import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Self

from devices import broker, gateway
from devices.broker import BrokerSettings
from devices.inbox import no_hook
from tests.devices.yard import SERVER, answers, gateway_settings, now, wait_until
from traceability.base.db import make_engine

ROOT = Path(__file__).parents[2]


class Supervised:
    """One process that is started again after each kill, as the supervisor would."""

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments
        self.process = self._spawn(arguments)

    def _spawn(self, arguments: tuple[str, ...]) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.devices.processes", *arguments]
        return subprocess.Popen(command, cwd=ROOT)

    def kill(self) -> None:
        """kill -9, and a new one at once."""
        self.process.kill()
        self.process.wait(20)
        self.process = self._spawn(self._arguments)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(20)


class Crash:
    """kill -9 of oneself at one step."""

    def __init__(self, step: str, count: int) -> None:
        self._step, self._count = step, count
        self._seen: Counter[str] = Counter()

    def __call__(self, step: str) -> None:
        self._seen[step] += 1
        if step == self._step and self._seen[step] == self._count:
            os.kill(os.getpid(), signal.SIGKILL)


def wait_for_port(port: int) -> None:
    wait_until(lambda: answers(port), seconds=20)


def main(kind: str, url: str, port: str, *more: str) -> None:
    engine = make_engine(url)
    if kind == "broker":
        broker.main(BrokerSettings(port=int(port), server=SERVER), engine=engine, now=now)
    elif kind == "sharing":
        settings = gateway_settings(int(port), part=more[0], shared_group="ingest")
        gateway.main(settings, engine=engine, now=now, record=None)
    else:
        hook = Crash(more[0], int(more[1])) if more else no_hook
        settings = gateway_settings(int(port))
        gateway.main(settings, engine=engine, now=now, hook=hook, record=None)


if __name__ == "__main__":
    main(*sys.argv[1:])
