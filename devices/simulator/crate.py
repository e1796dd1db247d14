"""模拟称笼 · one weigh-crate: a scale that never stops talking and a reader at its gate.

`step_on` puts an animal on now: the weight rises and sways, the tag is read, the weight settles;
`step_off` lets it go. Everything is seeded; `speed` divides every wait.
"""

import random
import threading
from dataclasses import dataclass

from devices.simulator.equipment import SCALES, Socket, allflex

FRAMES_PER_SECOND = 10
CLIMB_FRAMES = 8
SWAY_FRAMES = 12
SWAY_G = 12_000
SETTLED_FRAMES = 12
TREMBLE_G = 100
DIVISION_G = 500


@dataclass(frozen=True, slots=True)
class Faults:
    """故障 · chances between 0 and 1, drawn for each animal."""

    crossed: float = 0.0  # the reader also hears the tag of the animal behind
    repeated: float = 0.0  # a line is said twice
    garbage: float = 0.0  # noise on both lines
    unplugged: float = 0.0  # both lines are lost for a moment


NO_FAULTS = Faults()


class Crate:
    """称笼 · of one scale and one reader."""

    def __init__(
        self, *, scale_format: str = "yaohua-0", speed: float = 1.0, seed: int = 1
    ) -> None:
        self.scale, self.reader = Socket(), Socket()
        self.scale_format = scale_format
        self._encode = SCALES[scale_format]
        self._pause = 1 / FRAMES_PER_SECOND / speed
        self._random = random.Random(seed)  # noqa: S311 a play, repeatable on purpose
        self._lock = threading.Lock()
        self._shown: tuple[int, bool] = (0, True)
        self._stopping = threading.Event()
        self._beat = threading.Condition(self._lock)
        self._beats = 0
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self._thread.start()

    def _talk(self) -> None:
        while not self._stopping.wait(self._pause):
            with self._beat:
                weight_g, stable = self._shown
                if (
                    not stable
                ):  # an animal that moves shows no two frames alike, however late we are
                    weight_g += self._beats % 2 * TREMBLE_G
                self._beats += 1
                self._beat.notify_all()
            self.scale.say(self._encode(weight_g, stable=stable))

    def _show(self, weight_g: int, *, stable: bool, frames: int = 1) -> None:
        """Let the scale show a weight for some frames."""
        with self._beat:
            self._shown = (weight_g, stable)
            until = self._beats + frames
            self._beat.wait_for(lambda: self._beats >= until or self._stopping.is_set())

    def step_on(
        self, eid: str, weight_g: int, *, faults: Faults = NO_FAULTS, behind: str | None = None
    ) -> None:
        """Put an animal on, and return when its weight, in whole divisions, has been stable."""
        weight_g -= weight_g % DIVISION_G
        for step in range(1, CLIMB_FRAMES):
            self._show(weight_g * step // CLIMB_FRAMES // 100 * 100, stable=False)
        self._disturb(faults, weight_g)
        self.read_tag(eid, repeated=self._happens(faults.repeated))
        if behind and self._happens(faults.crossed):
            self.read_tag(behind)
        for _ in range(SWAY_FRAMES):
            self._sway(weight_g)
        self._show(weight_g, stable=True, frames=SETTLED_FRAMES)

    def _sway(self, weight_g: int) -> None:
        """One frame of an animal that shifts its feet; no two alike."""
        last_g, _ = self._shown
        sway_g = self._random.randrange(-SWAY_G, SWAY_G) // 100 * 100
        moved_g = max(weight_g + sway_g, 0)
        self._show(moved_g + TREMBLE_G if moved_g == last_g else moved_g, stable=False)

    def step_off(self) -> None:
        """Let the animal go; the platform comes to rest at zero."""
        weight_g, _ = self._shown
        for step in range(CLIMB_FRAMES // 2, 0, -1):
            self._show(weight_g * step // CLIMB_FRAMES // 100 * 100, stable=False)
        self._show(0, stable=True, frames=SETTLED_FRAMES)

    def read_tag(self, eid: str, *, repeated: bool = False) -> None:
        """Let the reader hear a tag."""
        self.reader.say(allflex(eid) * (2 if repeated else 1))

    def _disturb(self, faults: Faults, weight_g: int) -> None:
        if self._happens(faults.garbage):
            self.reader.say(self._random.randbytes(16) + b"\r\n")
            self.scale.say(self._random.randbytes(16))
        if self._happens(faults.unplugged):
            lines = (self.scale, self.reader)
            for line in lines:
                line.unplug()
            while not all(line.wait_for_listener(0) for line in lines):
                if self._stopping.is_set():
                    return
                self._sway(weight_g)

    def _happens(self, chance: float) -> bool:
        return self._random.random() < chance

    def close(self) -> None:
        """Switch everything off."""
        self._stopping.set()
        with self._beat:
            self._beat.notify_all()
        self._thread.join(2)
        self.scale.close()
        self.reader.close()
