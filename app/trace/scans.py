"""扫码 · how often a public code was opened, by how many, and where; no address is ever stored.

Counts are gathered in memory and written every ten seconds. Whether somebody came again is told
by a hash under a salt that lives for one day in memory only; so are the hashes.
"""

import atexit
import logging
import secrets
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from threading import Event, Lock, Thread
from typing import NamedTuple

from flask import Flask, current_app
from sqlalchemy import Engine, String, UniqueConstraint, insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.labels.links import LinkKind
from app.trace import alarms
from traceability.base.clock import legal_day, start_of
from traceability.base.db import Base, transaction
from traceability.identifiers.short_codes import PUBLIC_CODE_CHARS

FLUSH_EVERY_S = 10.0
WAITING_MAX = 500_000
SEEN_MAX = 500_000  # hashes of one day; whoever comes after that counts as having been here
SALT_BYTES = 16
SAID = "said"  # whoever named one place today is not counted in another
HASH_BYTES = 8
EXTENSION = "platform.scans"
logger = logging.getLogger(__name__)


class ScanTally(Base):
    """扫码计数 · one code on one legal day; `place` a county somebody named, or empty for all."""

    __tablename__ = "scan_tally"
    __table_args__ = (UniqueConstraint("kind", "code", "on", "place"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[LinkKind]
    code: Mapped[str] = mapped_column(String(PUBLIC_CODE_CHARS))
    on: Mapped[date] = mapped_column(index=True)
    place: Mapped[str] = mapped_column(String(6))
    scans: Mapped[int]
    visitors: Mapped[int]


UNCHAINED_TABLES = {"scan_tally": "扫码次数，只供发现一码多用，不是发生在牛身上的事"}


@dataclass(frozen=True, slots=True)
class Key:
    """One row of the tally."""

    kind: LinkKind
    code: str
    on: date
    place: str = ""

    @property
    def values(self) -> dict[str, object]:
        """As columns."""
        return {"kind": self.kind, "code": self.code, "on": self.on, "place": self.place}


class _Scan(NamedTuple):
    """One look, or one word of where somebody looks."""

    kind: LinkKind
    code: str
    mark: bytes  # of the visitor
    at: datetime
    place: str
    is_said: bool = False


class Scans:
    """The scans of one process that are not written yet."""

    def __init__(
        self, engine: Engine, now: Callable[[], datetime], *, in_background: bool = False
    ) -> None:
        self.engine, self.now, self.in_background = engine, now, in_background
        self._waiting: deque[_Scan] = deque(maxlen=WAITING_MAX)
        self._seen: set[tuple[Key, bytes]] = set()
        self._salt = b""
        self._left: tuple[Counter[Key], Counter[Key]] = (Counter(), Counter())
        self._ends = datetime.min.replace(tzinfo=UTC)  # of the day the salt is for
        self._lock = Lock()
        self._stop = Event()
        self._writer: Thread | None = None

    def note(
        self, kind: LinkKind, code: str, address: str, *, at: datetime, place: str = ""
    ) -> None:
        """Somebody at that address opened a code; `place` where he is, if it is known."""
        self._waiting.append(_Scan(kind, code, self._mark(address, at), at, place))
        if self._writer is None and self.in_background:
            self.start()

    def tell_place(
        self, kind: LinkKind, code: str, address: str, *, at: datetime, place: str
    ) -> None:
        """A visitor says where he is; his first word of the day on a code counts."""
        self._waiting.append(_Scan(kind, code, self._mark(address, at), at, place, is_said=True))

    def _mark(self, address: str, at: datetime) -> bytes:
        """Whoever it is, for today: nobody can tell it back, or tomorrow's from today's."""
        if at >= self._ends:
            with self._lock:
                self._salt = secrets.token_bytes(SALT_BYTES)
                self._ends = start_of(legal_day(at) + timedelta(days=1))
        return blake2b(address.encode(), key=self._salt, digest_size=HASH_BYTES).digest()

    def _counted(self) -> tuple[Counter[Key], Counter[Key]]:
        """What waits, by row of the tally: scans and new visitors."""
        scans: Counter[Key] = Counter()
        visitors: Counter[Key] = Counter()
        while self._waiting:
            scan = self._waiting.popleft()
            on = legal_day(scan.at)
            for place in {"", scan.place} - ({""} if scan.is_said else set()):
                key = Key(scan.kind, scan.code, on, place)
                scans[key] += 0 if scan.is_said else 1
                mark = (Key(scan.kind, scan.code, on, SAID) if scan.is_said else key, scan.mark)
                if mark not in self._seen and len(self._seen) < SEEN_MAX:
                    self._seen.add(mark)
                    visitors[key] += 1
        return scans, visitors

    def flush(self) -> None:
        """Write the counts and raise what has become implausible; what cannot be written waits."""
        today = legal_day(self.now())
        with self._lock:
            scans, visitors = self._counted()
            self._left[0].update(scans)
            self._left[1].update(visitors)
            self._seen = {mark for mark in self._seen if mark[0].on >= today}
            scans, visitors = self._left
            if not scans:
                return
            try:
                self._write(scans, visitors)
            except SQLAlchemyError:
                logger.exception("the counts of %d codes wait on", len(scans))
            else:
                self._left = (Counter(), Counter())

    def _write(self, scans: Counter[Key], visitors: Counter[Key]) -> None:
        with transaction(self.engine, recorded_at=self.now()) as session:
            for key, count in scans.items():
                _add(session, key, count, visitors[key])
            for kind, code, on in sorted({(key.kind, key.code, key.on) for key in scans}):
                alarms.judge(session, kind, code, told_of(session, kind, code, on), on=on)

    def start(self) -> None:
        """Begin to write in the background; once is enough."""
        with self._lock:
            if self._writer is None:
                self._writer = Thread(target=self._run, name="scans", daemon=True)
                self._writer.start()
                atexit.register(self.close)

    def close(self) -> None:
        """Write what is left and end."""
        self._stop.set()
        self.flush()

    def _run(self) -> None:
        while not self._stop.wait(FLUSH_EVERY_S):
            self.flush()


def _add(session: Session, key: Key, scans: int, visitors: int) -> None:
    table = ScanTally.__table__.c
    same = [table[name] == value for name, value in key.values.items()]
    more = {"scans": table.scans + scans, "visitors": table.visitors + visitors}
    done = session.execute(update(ScanTally).where(*same).values(more).returning(table.id))
    if done.first() is None:
        session.execute(insert(ScanTally).values(scans=scans, visitors=visitors, **key.values))


def told_of(session: Session, kind: LinkKind, code: str, on: date) -> alarms.Told:
    """How many opened a code on a day, and in which counties."""
    rows = session.execute(
        select(ScanTally.place, ScanTally.visitors).where(
            ScanTally.kind == kind, ScanTally.code == code, ScanTally.on == on
        )
    )
    found = {place: visitors for place, visitors in rows}  # noqa: C416 - a row is no plain pair for the checker
    everywhere = found.pop("", 0)
    return alarms.Told(everywhere, tuple(sorted(place for place, seen in found.items() if seen)))


def init_app(app: Flask, engine: Engine, now: Callable[[], datetime]) -> Scans:
    """Count the scans of this service."""
    made = Scans(engine, now, in_background=not app.testing)
    app.extensions[EXTENSION] = made
    return made


def here() -> Scans:
    """The counts of the running service."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Scans)
    return found
