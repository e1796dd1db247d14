"""模拟早市 · animals cross the crates one after another, through the real edge into MQTT."""

import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devices.edge.config import EdgeConfig, PortConfig
from devices.edge.program import Edge
from devices.simulator.crate import DIVISION_G, NO_FAULTS, Crate, Faults
from devices.simulator.gate import Gate

WEIGHT_G_RANGE = (280_000, 720_000)


@dataclass(frozen=True, slots=True)
class Walker:
    """牛 · what steps on: its electronic tag and what it weighs."""

    eid: str
    weight_g: int


@dataclass(frozen=True, slots=True)
class Place:
    """称位 · the two devices of one crate.

    >>> Place.of("xh-crate-01")
    Place(crate='xh-crate-01', scale='xh-scale-01', reader='xh-reader-01')
    """

    crate: str
    scale: str
    reader: str

    @classmethod
    def of(cls, crate: str) -> "Place":
        """The devices that a crate's code implies."""
        return cls(crate, crate.replace("crate", "scale"), crate.replace("crate", "reader"))


def herd(count: int, *, seed: int = 1) -> list[Walker]:
    """Animals with Chinese tags and plausible weights, the same for the same seed.

    >>> herd(1)[0].eid[:3], herd(2, seed=5) == herd(2, seed=5)
    ('156', True)
    """
    chance = random.Random(seed)  # noqa: S311 a play, repeatable on purpose
    low, high = WEIGHT_G_RANGE
    return [
        Walker(
            f"156{chance.randrange(2**37):012}",
            chance.randrange(low, high, DIVISION_G),
        )
        for _ in range(count)
    ]


class Yard:
    """市场 · crates with their devices plugged into one edge program."""

    def __init__(
        self,
        places: Sequence[Place],
        *,
        broker: str,
        outbox: Path,
        passwords: dict[str, str] | None = None,
        speed: float = 1.0,
        seed: int = 1,
        gates: Sequence[str] = (),
    ) -> None:
        self.crates = {place.crate: Crate(speed=speed, seed=seed) for place in places}
        secrets = passwords or {}
        self.gates = [Gate(code, password=secrets.get(code, "")) for code in gates]
        ports = [gate.port for gate in self.gates]
        for place in places:
            crate = self.crates[place.crate]
            ports += [
                _port(place.scale, crate.scale_format, crate.scale.address, secrets),
                _port(place.reader, "allflex", crate.reader.address, secrets),
            ]
        self.edge = Edge(EdgeConfig(broker=broker, outbox=outbox, ports=tuple(ports)))
        self._random = random.Random(seed)  # noqa: S311 a play, repeatable on purpose

    def open(self) -> None:
        """Plug everything in."""
        self.edge.start()
        for crate in self.crates.values():
            for line in (crate.scale, crate.reader):
                line.wait_for_listener(10)
        for gate in self.gates:
            gate.reader.wait_for_listener(10)

    def play(
        self,
        walkers: Sequence[Walker],
        *,
        pause_seconds: float,
        stopping: threading.Event,
        faults: Faults = NO_FAULTS,
    ) -> None:
        """Lead the animals through a gate and over the crates in turn, until told to stop."""
        crates = list(self.crates.values())
        for number, walker in enumerate(walkers):
            if stopping.is_set():
                return
            crate = crates[number % len(crates)]
            if self.gates:
                self.gates[number % len(self.gates)].pass_by(walker.eid)
            behind = walkers[(number + 1) % len(walkers)].eid
            crate.step_on(walker.eid, walker.weight_g, faults=faults, behind=behind)
            stopping.wait(pause_seconds / 2)
            crate.step_off()
            stopping.wait(pause_seconds * self._random.uniform(0.3, 0.7))

    def close(self) -> None:
        """Send everybody home."""
        self.edge.stop()
        for gate in self.gates:
            gate.close()
        for crate in self.crates.values():
            crate.close()


def _port(device: str, name: str, source: str, passwords: dict[str, str]) -> PortConfig:
    return PortConfig(
        device=device,
        source=source,
        format=name,
        password=passwords.get(device, ""),
        division_g=0 if name == "allflex" else DIVISION_G,
    )
