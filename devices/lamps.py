"""判定灯 · after a gate's reader is heard, the answer that lights the lamp beside it.

A gate's reader stands at a gate and at no crate. The answer comes after the durable commit, from a
thread of its own: ingest never waits for it, and nothing it stumbles over ends ingest. Only the
newest tag of each reader is answered, and only while somebody still stands there: what waited
longer than `LATE_SECONDS` lights nothing.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select, tuple_
from sqlalchemy.orm import Session

from traceability.base.db import reading

from . import messages
from .devices import Device, DeviceKind
from .inbox import Reading, Receipt
from .messages import Light, Verdict
from .topics import Channel, Topic

QUEUE_MAX = 64  # groups of receipts; the oldest gives way
LATE_SECONDS = 5.0
WAIT_SECONDS = 0.5
logger = logging.getLogger(__name__)

Answer = tuple[Light, Sequence[str]]
Judge = Callable[[Session, str, str, datetime], Answer]
"""The light for an electronic tag read at a place (its reference), and the codes that say why."""
Tell = Callable[[Topic, bytes], None]


@dataclass(frozen=True, slots=True)
class _Heard:
    receipts: list[Receipt]
    at: float  # monotonic


class LampLoop:
    """判定灯循环 · answers what gates' readers have just said, in a thread beside the gateway."""

    def __init__(
        self, engine: Engine, now: Callable[[], datetime], judge: Judge, tell: Tell
    ) -> None:
        self._engine = engine
        self._now = now
        self._judge = judge
        self._tell = tell
        self._heard: queue.Queue[_Heard] = queue.Queue(QUEUE_MAX)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lamps")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the answer in hand."""
        self._stop.set()
        self._thread.join()

    def take(self, receipts: list[Receipt]) -> None:
        """What was just stored; never waits: when the lamps are behind, the oldest is let go."""
        heard = _Heard(receipts, time.monotonic())
        while True:
            try:
                self._heard.put_nowait(heard)
            except queue.Full:
                try:
                    self._heard.get_nowait()
                except queue.Empty:
                    continue
            else:
                return

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                heard = self._heard.get(timeout=WAIT_SECONDS)
            except queue.Empty:
                continue
            if time.monotonic() - heard.at > LATE_SECONDS:
                continue
            try:
                self._answer(heard)
            except Exception:  # the lamp stays dark; the next tag is answered again
                logger.exception("gate not answered")

    def _answer(self, heard: _Heard) -> None:
        with reading(self._engine) as session:
            for code, holding, row in newest_at_gates(session, heard.receipts):
                light, reasons = self._judge(session, row.eid or "", holding, self._now())
                if time.monotonic() - heard.at > LATE_SECONDS:
                    return
                verdict = Verdict(
                    boot=row.boot,
                    seq=row.seq,
                    eid=row.eid or "",
                    light=light,
                    reasons=tuple(reasons),
                )
                self._tell(Topic(code, Channel.VERDICT), messages.format_verdict(verdict))


def newest_at_gates(
    session: Session, receipts: Iterable[Receipt]
) -> list[tuple[str, str, Reading]]:
    """Of what was stored, each gate reader's newest tag, with the reader's code and its place."""
    newest: dict[str, tuple[int, int]] = {}
    for each in receipts:
        if each.kept_as_reading and each.boot is not None and each.seq is not None:
            key = (each.boot, each.seq)
            newest[each.code] = max(key, newest.get(each.code, key))
    if not newest:
        return []
    wanted = (
        select(Device.code, Device.holding, Reading)
        .join(Device, Device.id == Reading.device_id)
        .where(
            tuple_(Device.code, Reading.boot, Reading.seq).in_(
                [(code, *key) for code, key in newest.items()]
            ),
            Device.kind == DeviceKind.READER,
            Device.gate.is_not(None),
            Device.crate.is_(None),
            Reading.eid.is_not(None),
        )
        .order_by(Device.code)
    )
    return [(row.code, row.holding, row.Reading) for row in session.execute(wanted)]
