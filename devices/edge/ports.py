r"""端口 · from the bytes of one device to its readings; pure: the instant comes with the bytes.

A scale gives one reading each time its weight settles at another value, not one a frame; a reader
gives one each tag line, the same tag within three seconds only counted.

>>> port = ReaderPort("allflex")
>>> line = b"LA 982 000001088420\r\n"
>>> [draft.eid for draft in port.take(line * 2, monotonic=0.0)], port.repeated
(['982000001088420'], 1)
"""

from dataclasses import dataclass
from typing import Protocol

from devices.drivers.formats import FORMATS
from devices.drivers.frames import Decoder, Frame
from devices.edge.config import PortConfig
from devices.messages import Live, ReadingKind
from devices.stability import Rule, Watch

SILENCE_SECONDS = 2.0  # old bytes are never joined to those that come after it
REPEAT_SECONDS = 3.0
RANGE_ERRORS = ("over_range", "under_range")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """待编号读数 · a reading before it has its number."""

    kind: ReadingKind
    frames: tuple[bytes, ...]
    eid: str | None = None
    weight_g: int | None = None


class Port(Protocol):
    """端口 · `live` is the last value for the screen."""

    live: Live | None
    errors: int

    def begin(self) -> None:
        """A new connection: nothing of the old one counts."""
        ...

    def take(self, data: bytes, *, monotonic: float) -> list[Draft]:
        """The readings that these bytes complete."""
        ...

    def end(self) -> list[Draft]:
        """The readings that the end of the connection completes."""
        ...


class _Stream:
    """The decoder of one connection, begun anew after a silence."""

    def __init__(self, format_name: str) -> None:
        self._format = FORMATS[format_name]
        self._heard: float | None = None
        self._decoder: Decoder = self._format.decoder()

    def begin(self) -> None:
        self._decoder = self._format.decoder()
        self._heard = None

    def frames(self, data: bytes, *, monotonic: float) -> list[Frame]:
        frames: list[Frame] = []
        if self._heard is not None and monotonic - self._heard > SILENCE_SECONDS:
            frames = self._decoder.close()
            self.begin()
        self._heard = monotonic
        return frames + self._decoder.feed(data)

    def close(self) -> list[Frame]:
        return self._decoder.close()


class ScalePort:
    """秤 · one reading each time the weight settles."""

    def __init__(self, format_name: str, rule: Rule) -> None:
        self.live: Live | None = None
        self.errors = 0
        self._stream = _Stream(format_name)
        self._rule = rule
        self._watch = Watch(rule)
        self._settled_g: int | None = None

    def begin(self) -> None:
        """A new connection: nothing of the old one counts."""
        self._stream.begin()
        self._watch = Watch(self._rule)
        self._settled_g = None

    def take(self, data: bytes, *, monotonic: float) -> list[Draft]:
        """The weights that these bytes prove stable."""
        frames = self._stream.frames(data, monotonic=monotonic)
        return [draft for frame in frames if (draft := self._see(frame))]

    def end(self) -> list[Draft]:
        """The weight that the last frame proves stable."""
        return [draft for frame in self._stream.close() if (draft := self._see(frame))]

    def _see(self, frame: Frame) -> Draft | None:
        judged = self._watch.see(frame)
        if frame.weight_g is None:
            self.errors += 1
            if frame.error in RANGE_ERRORS:
                self.live = Live(kind=ReadingKind.WEIGHT)
            return None
        stable = judged.weight_g is not None
        self.live = Live(kind=ReadingKind.WEIGHT, weight_g=frame.weight_g, stable=stable)
        if frame.weight_g < self._rule.min_g:
            self._settled_g = None
        if not stable or judged.weight_g == self._settled_g:
            return None
        self._settled_g = judged.weight_g
        return Draft(kind=ReadingKind.WEIGHT, frames=self._watch.frames, weight_g=judged.weight_g)


class ReaderPort:
    """阅读器 · one reading each tag line; `repeated` counts those within three seconds."""

    def __init__(self, format_name: str) -> None:
        self.live: Live | None = None
        self.errors = 0
        self.repeated = 0
        self._stream = _Stream(format_name)
        self._sent: dict[str, float] = {}

    def begin(self) -> None:
        """A new connection: nothing of the old one counts."""
        self._stream.begin()

    def take(self, data: bytes, *, monotonic: float) -> list[Draft]:
        """The tags of the lines that these bytes end."""
        self._sent = {eid: at for eid, at in self._sent.items() if monotonic - at < REPEAT_SECONDS}
        frames = self._stream.frames(data, monotonic=monotonic)
        return [draft for frame in frames if (draft := self._see(frame, monotonic))]

    def end(self) -> list[Draft]:
        """Nothing: a line without its end may have been cut."""
        self._stream.close()
        return []

    def _see(self, frame: Frame, monotonic: float) -> Draft | None:
        if frame.eid is None:
            self.errors += 1
            return None
        self.live = Live(kind=ReadingKind.TAG, eid=frame.eid)
        if frame.eid in self._sent:
            self.repeated += 1
            return None
        self._sent[frame.eid] = monotonic
        return Draft(kind=ReadingKind.TAG, frames=(frame.raw,), eid=frame.eid)


def port_for(config: PortConfig) -> ScalePort | ReaderPort:
    """The port that a configuration describes."""
    if FORMATS[config.format].kind == "tag":
        return ReaderPort(config.format)
    return ScalePort(config.format, config.rule)
