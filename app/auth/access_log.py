"""访问日志 · who looked at what, and when; kept for the regulator for at least six months.

Entries wait in memory and are written by a thread of their own in short transactions, at most
two seconds later, so that reading a page never waits for a write.
"""

import atexit
import logging
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from threading import Event, Lock, Thread
from typing import Any

from flask import Flask, request
from flask.wrappers import Response
from sqlalchemy import Engine, String, delete, insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from app import whoami
from app.auth import privileges
from traceability.base.db import Base, transaction

KEPT_FOR = timedelta(days=366)
WAITING_MAX = 20_000
FLUSH_EVERY_S = 2.0
EXTENSION = "platform.access_log"
logger = logging.getLogger(__name__)


class Access(Base):
    """访问记录 · one answered request of a signed-in account."""

    __tablename__ = "access"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    account_id: Mapped[int] = mapped_column(index=True)
    login: Mapped[str] = mapped_column(String(40))
    role: Mapped[str] = mapped_column(String(40))
    permission: Mapped[str] = mapped_column(String(60))
    method: Mapped[str] = mapped_column(String(10))
    subject: Mapped[str] = mapped_column(String(200), index=True)  # the path: what was looked at
    status: Mapped[int]
    address: Mapped[str] = mapped_column(String(45))


UNCHAINED: dict[str, str] = {
    f"access.{column.name}": "who looked, not what happened; kept apart and deleted after a year"
    for column in Base.metadata.tables["access"].columns
}


class AccessLog:
    """The waiting entries of one process, and the thread that writes them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._waiting: deque[dict[str, Any]] = deque(maxlen=WAITING_MAX)
        self._writer: Thread | None = None
        self._lock = Lock()
        self._stop = Event()

    def note(self, entry: dict[str, Any], *, in_background: bool) -> None:
        """Take an entry; the first one starts the writer."""
        self._waiting.append(entry)
        if in_background and self._writer is None:
            with self._lock:
                if self._writer is None:
                    self._writer = Thread(target=self._run, name="access-log", daemon=True)
                    self._writer.start()
                    atexit.register(self.close)

    def flush(self) -> None:
        """Write what waits; what cannot be written now waits on."""
        entries = []
        while self._waiting:
            entries.append(self._waiting.popleft())
        if not entries:
            return
        try:
            with transaction(self.engine, recorded_at=whoami.now()) as session:
                session.execute(insert(Access), entries)
        except SQLAlchemyError:
            logger.exception("%d entries of the access log wait on", len(entries))
            self._waiting.extendleft(reversed(entries))

    def close(self) -> None:
        """Write what is left and end."""
        self._stop.set()
        self.flush()

    def _run(self) -> None:
        while not self._stop.wait(FLUSH_EVERY_S):
            self.flush()


def init_app(app: Flask, engine: Engine) -> None:
    """Note every answered request of a signed-in account."""
    log = AccessLog(engine)
    app.extensions[EXTENSION] = log

    @app.after_request
    def note(response: Response) -> Response:
        me = whoami.account_or_none() if request.endpoint not in {None, "static"} else None
        if me is not None:
            entry = {
                "at": whoami.now(),
                "account_id": me.account_id,
                "login": me.login,
                "role": me.role.value,
                "permission": privileges.declared_here(app) or "",
                "method": request.method,
                "subject": request.path[:200],
                "status": response.status_code,
                "address": (request.remote_addr or "")[:45],
            }
            log.note(entry, in_background=not app.testing)
        return response


def flush(app: Flask) -> None:
    """Write what waits, now."""
    log: AccessLog = app.extensions[EXTENSION]
    log.flush()


def recent(session: Session, *, before: int | None = None, limit: int = 100) -> Sequence[Access]:
    """The newest entries, page by page."""
    wanted = select(Access).order_by(Access.id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(Access.id < before)
    return session.scalars(wanted).all()


def purge(session: Session, *, at: datetime) -> int:
    """Delete what is older than a year; a daily task. Safe to repeat."""
    gone = session.execute(delete(Access).where(Access.at < at - KEPT_FOR).returning(Access.id))
    return len(gone.all())
