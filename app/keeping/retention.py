"""保存期限 · what is kept how long, on what ground, and what happens then; enforced hourly.

A legal hold on a kind of record, or on anybody's data, wins over every period. Facts of the trade
stand in the chain and are never purged: what names a person is erased on request instead.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.auth import access_log, idempotency
from app.config import Settings
from app.importing import running
from app.notices import notices
from traceability import legal_holds
from traceability.importing.runs import ImportRun, RunState

TABLE_FILE = Path(__file__).with_name("retention.json")


@dataclass(frozen=True, slots=True)
class Period:
    """保存期限 · one kind of record; certainty "S" where the text of the law was found."""

    key: str
    what: str
    keep: str
    days: int | None
    source: str
    certainty: str
    action: str


@cache
def table() -> tuple[Period, ...]:
    """The reviewed table."""
    return tuple(Period(**row) for row in json.loads(TABLE_FILE.read_text("utf-8")))


@cache
def periods() -> Mapping[str, Period]:
    """The table by key."""
    return {period.key: period for period in table()}


Purge = Callable[[Session, Settings, datetime], int]


def _import_files(session: Session, settings: Settings, at: datetime) -> int:
    """Uploaded sheets that no run has touched for a month."""
    days = periods()["import_files"].days
    assert days is not None
    used = select(ImportRun.sha256).where(
        (ImportRun.beat_at >= at - timedelta(days=days))
        | ImportRun.state.in_([RunState.WAITING, RunState.RUNNING])
    )
    kept, gone = set(session.scalars(used)), 0
    for path in (settings.data_dir / running.FOLDER).glob("*"):
        old = at.timestamp() - path.stat().st_mtime > timedelta(days=days).total_seconds()
        if path.name not in kept and old:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


PURGES: dict[str, Purge] = {
    "access_log": lambda session, _settings, at: access_log.purge(session, at=at),
    "notices": lambda session, _settings, at: notices.purge(session, at=at),
    "request_keys": lambda session, _settings, at: idempotency.purge(session, at=at),
    "import_files": _import_files,
}
assert PURGES.keys() <= {period.key for period in table()}


def tidy(session: Session, settings: Settings, *, at: datetime) -> dict[str, int]:
    """Delete what is past its time and not held; how much of each. Safe to repeat."""
    return {
        key: purge(session, settings, at)
        for key, purge in PURGES.items()
        if not legal_holds.on(session, key)
    }
