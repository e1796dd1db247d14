"""半途 · how far an audit has come, written down so that the next process goes on from there.

Only an audit of the same log goes on: the event read last must still be there with its digest.
What was read before is not read again; what is compared at the end (heads, orphans, the log) is
compared with the log as it is then.
"""

import os
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability.audit import raw
from traceability.audit.damage import Damage, DamageKind
from traceability.audit.lines import Lines, Standing
from traceability.base import canon
from traceability.chain.tables import Event, table_of

VERSION = 1
EVERY_S = 15.0
SHARE = 20  # at most one part in so many of the time goes into keeping
PLAIN = ("after", "digest", "events", "beyond")


@dataclass(frozen=True, slots=True)
class Rows:
    """How far the second half is: which subjects are folded, none before the log is checked."""

    folded: int = 0
    prefix: str = ""
    ref: str = ""


@dataclass(slots=True)
class Halfway:
    """What an audit knows so far."""

    after: int = 0  # number of the event read last
    digest: str = ""  # and the digest of its bytes
    events: int = 0
    newest: dict[str, Standing] = field(default_factory=dict)
    damage: list[Damage] = field(default_factory=list)  # of the events and their lines
    beyond: int = 0  # and how much more of it
    rows: Rows = field(default_factory=Rows)
    rows_damage: list[Damage] = field(default_factory=list)

    def lines(self, subject_ids: Mapping[str, int]) -> Lines:
        """The lines as they stood; indexes of events read before are looked at once more."""
        return Lines(subject_ids, self.newest, self.events, strays=self.after > 0, after=self.after)


def still_holds(session: Session, known: Halfway) -> bool:
    """Whether the event read last is still the one that was read."""
    return known.after > 0 and _digest(session, known.after) == known.digest


class Keeper:
    """Keeps an audit's half way in a file: not too often, and never longer than it audits."""

    def __init__(self, path: Path, *, every_s: float = EVERY_S) -> None:
        self.path, self._every_s = path, every_s
        self._next = time.monotonic() + every_s

    def due(self) -> bool:
        """Whether it is time to keep what is known."""
        return time.monotonic() >= self._next

    def keep(self, session: Session, known: Halfway) -> None:
        """Keep it in the place of what was kept before."""
        begun = time.monotonic()
        known.digest = _digest(session, known.after) or ""
        write(self.path, known)
        now = time.monotonic()
        self._next = now + max(self._every_s, SHARE * (now - begun))

    def known(self, session: Session) -> Halfway | None:
        """What was kept of an audit of this log; None if there is nothing to go on from."""
        known = read(self.path)
        return known if known is not None and still_holds(session, known) else None

    def forget(self) -> None:
        """The audit has come to its end."""
        self.path.unlink(missing_ok=True)


def write(path: Path, known: Halfway) -> None:
    """Keep it in the place of what was kept before; a reader finds the one or the other."""
    told = {
        "version": VERSION,
        **{name: getattr(known, name) for name in PLAIN},
        "newest": known.newest,
        "damage": [asdict(each) for each in known.damage],
        "rows": asdict(known.rows),
        "rows_damage": [asdict(each) for each in known.rows_damage],
    }
    draft = path.with_suffix(f".{secrets.token_hex(4)}")
    try:
        with draft.open("wb") as file:
            file.write(orjson.dumps(told, default=str))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def read(path: Path) -> Halfway | None:
    """What was kept; None where there is nothing, or nothing that can be read."""
    try:
        told = orjson.loads(path.read_bytes())
        if told["version"] != VERSION:
            return None
        return Halfway(
            **{name: told[name] for name in PLAIN},
            newest={ref: _standing(*each) for ref, each in told["newest"].items()},
            damage=[_damage(each) for each in told["damage"]],
            rows=Rows(**told["rows"]),
            rows_damage=[_damage(each) for each in told["rows_damage"]],
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _standing(seq: int, digest: str, at: str, recorded_at: str) -> Standing:
    return seq, digest, datetime.fromisoformat(at), datetime.fromisoformat(recorded_at)


def _damage(told: dict[str, Any]) -> Damage:
    return Damage(**{**told, "kind": DamageKind(told["kind"])})


def _digest(session: Session, event_id: int) -> str | None:
    table, sqlite = table_of(Event).c, session.get_bind().dialect.name == "sqlite"
    wanted = select(raw.column(table.canonical, sqlite=sqlite)).where(table.id == event_id)
    canonical = session.scalar(wanted)
    return canon.sha256(canonical).hex() if isinstance(canonical, bytes) else None
