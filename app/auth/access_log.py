"""访问日志 · who looked at what, and when; kept for the regulator for at least six months.

Entries wait in memory and are written by a thread of their own in short transactions, at most
two seconds later, so that reading a page never waits for a write.
"""

import atexit
import logging
from collections import deque
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from threading import Event, Lock, Thread
from typing import Any
from urllib.parse import unquote_plus

from flask import Flask, current_app, request
from flask.wrappers import Response
from sqlalchemy import ColumnElement, Engine, String, delete, insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from app import whoami
from app.auth import privileges
from app.auth.accounts import Account
from traceability.base.clock import end_of, start_of, to_ms
from traceability.base.db import Base, transaction
from traceability.parties import Party

KEPT_FOR = timedelta(days=366)
WAITING_MAX = 20_000
SUBJECT_CHARS_MAX = 200
AUDITING = frozenset({"chain.audit", "chain.search", "access.view"})
"""Permissions of auditors: what they searched for is written down, not only that they looked."""
FLUSH_EVERY_S = 2.0
MILLISECOND = timedelta(milliseconds=1)
Act = tuple[datetime, str]  # the instant of recording, the reference of whoever acted
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
    subject: Mapped[str] = mapped_column(String(SUBJECT_CHARS_MAX), index=True)
    # the path: what was looked at; of an audit also what was searched for
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
                "subject": looked_at()[:SUBJECT_CHARS_MAX],
                "status": response.status_code,
                "address": (request.remote_addr or "")[:45],
            }
            log.note(entry, in_background=not app.testing)
        return response


def looked_at() -> str:
    """What the running request looks at, in readable characters."""
    asked = request.query_string.decode("utf-8", "replace")
    if not asked or privileges.declared_here(current_app) not in AUDITING:
        return request.path
    words = "".join(each if each.isprintable() else " " for each in unquote_plus(asked))
    return f"{request.path}?{words}"


def flush(app: Flask) -> None:
    """Write what waits, now."""
    log: AccessLog = app.extensions[EXTENSION]
    log.flush()


@dataclass(frozen=True, slots=True)
class Narrow:
    """哪些访问 · of which login, from where, what was looked at, in which days."""

    login: str = ""
    address: str = ""
    subject: str = ""
    first: date | None = None
    last: date | None = None

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """As conditions on `Access`."""
        found: list[ColumnElement[bool]] = []
        if self.login:
            found.append(Access.login == self.login)
        if self.address:
            found.append(Access.address == self.address)
        if self.subject:
            found.append(Access.subject.contains(self.subject, autoescape=True))
        if self.first:
            found.append(Access.at >= start_of(self.first))
        if self.last:
            found.append(Access.at < end_of(self.last))
        return found


EVERYTHING = Narrow()


def recent(
    session: Session, *, narrow: Narrow = EVERYTHING, before: int | None = None, limit: int = 100
) -> Sequence[Access]:
    """The newest entries, page by page."""
    wanted = select(Access).where(*narrow.conditions).order_by(Access.id.desc()).limit(limit)
    if before is not None:
        wanted = wanted.where(Access.id < before)
    return session.scalars(wanted).all()


def addresses(session: Session, acts: Collection[Act]) -> dict[Act, str]:
    """From where each act came: an instant of recording and the party that acted → address.

    The instant of a request is that of the events it records. What no request recorded (a device,
    an import, a task), or what is older than a year, is not there.
    """
    instants = [at for at, _ in acts]
    if not instants:
        return {}
    rows = session.execute(
        select(Access.at, Access.address, Party.ref)
        .join(Account, Account.id == Access.account_id)
        .join(Party, Party.id == Account.party_id)
        .where(
            Access.at >= min(instants),
            Access.at < max(instants) + MILLISECOND,
            Access.method != "GET",
            Party.ref.in_({ref for _, ref in acts}),
        )
    )
    return {(to_ms(at), ref): address for at, address, ref in rows}


def purge(session: Session, *, at: datetime) -> int:
    """Delete what is older than a year; a daily task. Safe to repeat."""
    gone = session.execute(delete(Access).where(Access.at < at - KEPT_FOR).returning(Access.id))
    return len(gone.all())
