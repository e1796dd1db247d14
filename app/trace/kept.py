"""留存页 · a public page is rendered once per chain head and then answered before Flask is asked.

What is kept is the very answer the page gave, headers included. It serves again only while its
subject's head, the log's epoch and the alarms are what they were, and until the day is over; on
SQLite one pragma tells that nothing at all was written, so that most answers cost no query. Every
ten seconds the stored bytes of the line are hashed again, so that damage shows.
"""

import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

from flask import Flask, request
from limits import RateLimitItem, parse
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import SQLAlchemyError

from app.labels.links import LinkKind
from app.limits import LOOKING, limiter
from app.trace import alarms, lines
from app.trace.scans import Scans
from traceability.chain.tables import SubjectHead
from traceability.checkpoints.stamps import Checkpoint

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PREFIXES = tuple(f"/{kind}/" for kind in LinkKind)
OURS = "weining.kept"
REREAD_EVERY = timedelta(seconds=10)  # bytes changed behind our back show at the latest then
BYTES_MAX = 48 * 1024 * 1024
PERSONAL = ("HTTP_COOKIE", "HTTP_AUTHORIZATION", "HTTP_RANGE")
BODY_HEADERS = {"content-type", "content-length", "content-encoding"}
ALLOWED: RateLimitItem = parse(LOOKING)
Headers = list[tuple[str, str]]
Version = tuple[int, int]  # which connection looked, and what it saw


@dataclass(frozen=True, slots=True)
class Basis:
    """What a page rests on; it holds while this does."""

    kind: LinkKind
    code: str
    ref: str
    head: bytes
    epoch: int
    flagged: bool
    stored: bytes  # hash of the bytes its line is stored as
    until: datetime


@dataclass(slots=True)
class Page:
    """A kept answer."""

    basis: Basis
    headers: Headers
    etag: str
    body: bytes
    version: Version | None  # of the database when it was last known to hold
    reread_at: datetime  # when its line's bytes were last hashed


@dataclass(slots=True)
class _Asked:
    """What the view says of its answer, and what left for the visitor."""

    basis: Basis | None = None
    status: str = ""
    headers: Headers = field(default_factory=list)


def keep(basis: Basis) -> None:
    """Say that the answer to the running request may be kept, and what it rests on."""
    asked = request.environ.get(OURS)
    if isinstance(asked, _Asked):
        asked.basis = basis


class Kept:
    """The kept pages of one process, in front of the service."""

    def __init__(
        self,
        inner: "WSGIApplication",
        engine: Engine,
        *,
        now: Callable[[], datetime],
        scans: Scans,
    ) -> None:
        self.inner, self.now, self.scans = inner, now, scans
        self.engine = engine.execution_options(reads_only=True)
        self.watch = Watch(engine)
        self._pages: OrderedDict[tuple[str, bool], Page] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def __call__(self, wsgi: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        key = _key_of(wsgi)
        if key is None:
            return self.inner(wsgi, start_response)
        at, version, page = self.now(), self.watch.version(), self._pages.get(key)
        address = wsgi.get("REMOTE_ADDR") or ""
        if page is not None and self._holds(page, version, at) and _may_look(address):
            self.scans.note(page.basis.kind, page.basis.code, address, at=at)
            return _answer(page, wsgi, start_response)
        return self._ask(key, version, wsgi, start_response, at=at)

    def _holds(self, page: Page, version: Version | None, at: datetime) -> bool:
        if at >= page.basis.until:
            return False
        due = at >= page.reread_at + REREAD_EVERY
        if version is not None and version == page.version and not due:
            return True
        basis = page.basis
        try:
            with self.engine.connect() as connection:
                found = connection.execute(_state(basis.kind, basis.code, basis.ref)).one_or_none()
                line = connection.execute(lines.stored_bytes(basis.ref)).all() if due else None
        except SQLAlchemyError:  # the view will say what is the matter
            return False
        holds = found is not None and tuple(found) == (basis.head, basis.epoch, basis.flagged)
        if line is not None:
            holds, page.reread_at = holds and lines.digest_of(line) == basis.stored, at
        page.version = version
        return holds

    def _ask(
        self,
        key: tuple[str, bool],
        version: Version | None,
        wsgi: "WSGIEnvironment",
        start_response: "StartResponse",
        *,
        at: datetime,
    ) -> Iterable[bytes]:
        wsgi[OURS] = asked = _Asked()

        def overheard(status: str, headers: Headers, *more: Any) -> Callable[[bytes], object]:
            asked.status, asked.headers = status, headers
            return start_response(status, headers, *more)

        answer = self.inner(wsgi, overheard)
        told = dict(asked.headers)
        if asked.basis is None or not asked.status.startswith("200") or "Set-Cookie" in told:
            return answer
        body = b"".join(answer)
        if (close := getattr(answer, "close", None)) is not None:
            close()
        self._put(key, Page(asked.basis, list(asked.headers), told["ETag"], body, version, at))
        return [body]

    def _put(self, key: tuple[str, bool], page: Page) -> None:
        with self._lock:
            old = self._pages.pop(key, None)
            self._bytes += len(page.body) - (0 if old is None else len(old.body))
            self._pages[key] = page
            while self._bytes > BYTES_MAX:
                _key, oldest = self._pages.popitem(last=False)
                self._bytes -= len(oldest.body)


def _key_of(wsgi: "WSGIEnvironment") -> tuple[str, bool] | None:
    """The path and whether it may be gzipped; None where the service itself must answer."""
    path = wsgi["PATH_INFO"]
    plain = wsgi["REQUEST_METHOD"] == "GET" and not wsgi.get("QUERY_STRING")
    if not plain or not path.startswith(PREFIXES) or any(name in wsgi for name in PERSONAL):
        return None
    accepts = wsgi.get("HTTP_ACCEPT_ENCODING", "")
    return None if "q=" in accepts else (path, "gzip" in accepts)


def _may_look(address: str) -> bool:
    """Whether an address has looks left; if not, the service counts on and then refuses."""
    return not limiter.enabled or limiter.limiter.hit(ALLOWED, "kept", address)


def _answer(
    page: Page, wsgi: "WSGIEnvironment", start_response: "StartResponse"
) -> Iterable[bytes]:
    known = wsgi.get("HTTP_IF_NONE_MATCH")
    if known is not None and page.etag.removeprefix("W/") in known:
        left = [pair for pair in page.headers if pair[0].lower() not in BODY_HEADERS]
        start_response("304 NOT MODIFIED", left)
        return []
    start_response("200 OK", page.headers)
    return [page.body]


def _state(kind: LinkKind, code: str, ref: str) -> Any:
    """What a page rests on, as it stands now: head, epoch, alarm."""
    epoch = select(func.max(Checkpoint.epoch)).scalar_subquery()
    flagged = select(alarms.stands(kind, code)).scalar_subquery()
    return select(SubjectHead.digest, epoch, flagged).where(SubjectHead.ref == ref)


class Watch:
    """Whether anything was written since; only SQLite can tell without a query."""

    def __init__(self, engine: Engine) -> None:
        self.path = engine.url.database if engine.dialect.name == "sqlite" else None
        self._cursor: sqlite3.Cursor | None = None
        self._turn = 0
        self._lock = Lock()

    def version(self) -> Version | None:
        """What changes with every commit; None if it cannot be had."""
        if self.path is None:
            return None
        with self._lock:
            try:
                seen = self._look().execute("PRAGMA data_version").fetchone()
            except sqlite3.Error:
                self._cursor = None
                return None
            return self._turn, int(seen[0])

    def _look(self) -> sqlite3.Cursor:
        if self._cursor is None:
            self._turn += 1
            self._cursor = sqlite3.connect(
                f"file:{self.path}?mode=ro", uri=True, check_same_thread=False, isolation_level=None
            ).cursor()
        return self._cursor


def init_app(app: Flask, engine: Engine, *, now: Callable[[], datetime], scans: Scans) -> None:
    """Stand in front of the service."""
    app.wsgi_app = Kept(app.wsgi_app, engine, now=now, scans=scans)  # type: ignore[method-assign,assignment]  # Flask's documented way
