"""演示设备 · a reader and a scale that speak like real ones, through the real edge and MQTT.

They rest until somebody asks: the desk's demonstration button leads one animal over the crate,
`make demo` a whole morning. Requests are files in the run folder; nothing else connects the two.
"""

import json
import os
import threading
import time
from pathlib import Path

from app.config import Settings
from app.demo import market_day, opening
from devices.simulator.crate import Crate
from devices.simulator.morning import Place, Walker, Yard

LOOK_S = 0.2
STAY_S = 90.0  # an animal nobody sells goes on
MORNING_STAY_S = 15.0
FRESH_S = 6.0  # whoever asks for a morning asks again every two seconds


def step_file(run_dir: Path) -> Path:
    """Where the desk asks for one animal."""
    return run_dir / "demo-step.json"


def morning_file(run_dir: Path) -> Path:
    """What `make demo` touches for as long as the morning shall go on."""
    return run_dir / "demo-morning"


def ask_for(run_dir: Path, walker: Walker) -> None:
    """Ask that an animal be led over the crate."""
    part = step_file(run_dir).with_suffix(".part")
    part.write_text(json.dumps({"eid": walker.eid, "weight_g": walker.weight_g}), "utf-8")
    part.replace(step_file(run_dir))


def run(settings: Settings, stop: threading.Event) -> None:
    """Serve requests until told to stop; without a demonstration there is nothing to serve."""
    if not opening.has_equipment(settings):
        stop.wait()
        return
    given = opening.equipment_of(settings)
    yard = Yard(
        [Place(market_day.CRATE, market_day.SCALE.code, market_day.READER.code)],
        broker=given.broker,
        outbox=given.outbox,
        passwords=given.passwords,
    )
    yard.open()
    try:
        Keeper(settings, yard.crates[market_day.CRATE], stop).serve()
    finally:
        yard.close()


class Keeper:
    """赶牛人 · leads one animal at a time over the crate."""

    def __init__(self, settings: Settings, crate: Crate, stop: threading.Event) -> None:
        self.settings, self.crate, self.stop = settings, crate, stop
        self.leaves_at: float | None = None  # None while the crate is empty
        self.turn = 0

    def serve(self) -> None:
        """Look for requests until told to stop."""
        while not self.stop.wait(LOOK_S):
            if (walker := self._asked()) is not None:
                self._lead(walker, STAY_S)
            elif self.leaves_at is not None and time.monotonic() > self.leaves_at:
                self._let_go()
            elif self.leaves_at is None and self._is_morning():
                self._next_of_the_morning()

    def _asked(self) -> Walker | None:
        path = step_file(self.settings.run_dir)
        if not path.exists():
            return None
        asked = json.loads(path.read_text("utf-8"))
        path.unlink()
        return Walker(asked["eid"], asked["weight_g"])

    def _is_morning(self) -> bool:
        path = morning_file(self.settings.run_dir)
        return path.exists() and time.time() - path.stat().st_mtime < FRESH_S

    def _next_of_the_morning(self) -> None:
        herd = opening.walkers(self.settings)
        if herd:
            self._lead(herd[self.turn % len(herd)], MORNING_STAY_S)
            self.turn += 1

    def _lead(self, walker: Walker, stay_s: float) -> None:
        if self.leaves_at is not None:
            self._let_go()
        self.crate.step_on(walker.eid, walker.weight_g)
        self.leaves_at = time.monotonic() + stay_s

    def _let_go(self) -> None:
        self.crate.step_off()
        self.leaves_at = None


def play_morning(run_dir: Path, stop: threading.Event) -> None:
    """Ask for a morning until told to stop."""
    path = morning_file(run_dir)
    while not stop.wait(FRESH_S / 3):
        path.touch()
        os.utime(path)
    path.unlink(missing_ok=True)
