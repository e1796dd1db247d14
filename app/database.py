"""数据库会话 · one session a request, opened when first asked for.

GET and HEAD get a transaction that cannot write; everything else a writing one, committed when
the view has succeeded and before the answer leaves, rolled back on every answer from 400 up. A
request that lost against another one (deadlock, serialization, a unique key) is run again, a
bounded number of times.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from flask import Flask, current_app, g, request
from flask import session as cookie
from flask.wrappers import Response
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from traceability.base import db
from traceability.base.db import Recording, make_engine

ATTEMPTS_MAX = 3
CONFLICT_STATES = {"40001", "40P01", "23505"}  # serialization, deadlock, unique key (PostgreSQL)
READING_METHODS = {"GET", "HEAD", "OPTIONS"}
FAILED = 400
EXTENSION = "platform.engine"


def init_app(app: Flask, url: str) -> None:
    """Give the service its engine."""
    app.extensions[EXTENSION] = make_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    app.teardown_request(_close)


def engine() -> Engine:
    """The engine of this service."""
    found = current_app.extensions[EXTENSION]
    assert isinstance(found, Engine)
    return found


def session() -> Session:
    """The session of the running request."""
    if "session" not in g:
        g.session = _open()
    opened = g.session
    assert isinstance(opened, Session)
    return opened


def _open() -> Session:
    if request.method in READING_METHODS:
        quiet = engine().execution_options(reads_only=True)
        return Session(quiet, expire_on_commit=False)
    opened = Session(engine(), expire_on_commit=False)
    opened.info["recording"] = _recording()
    return opened


def _recording() -> Recording:
    from app import whoami  # whoami loads accounts through this module

    reason = request.form.get("late_reason", "").strip()
    return Recording(whoami.now(), late_reason=reason or None)


def amend_recording(*, late_reason: str | None = None, confirmed_by: str | None = None) -> None:
    """Say of the running transaction why it is late, or which second person decided."""
    known = session().info["recording"]
    changes = {"late_reason": late_reason, "confirmed_by": confirmed_by}
    given = {name: value for name, value in changes.items() if value}
    session().info["recording"] = replace(known, **given)


@contextmanager
def reading() -> Iterator[Session]:
    """A short reading transaction of its own, apart from the request's."""
    with db.reading(engine()) as short:
        yield short


@contextmanager
def writing(at: datetime) -> Iterator[Session]:
    """A short writing transaction of its own, kept even if the request is refused."""
    with db.transaction(engine(), recorded_at=at) as short:
        yield short


def in_transaction(view: Callable[[], Response]) -> Response:
    """Answer a request inside its transaction; run it again if it lost against another one."""
    remembered = dict(cookie)
    for attempt in range(1, ATTEMPTS_MAX + 1):
        try:
            response = view()
            _finish(keep=response.status_code < FAILED)
        except DBAPIError as error:
            _finish(keep=False)
            if attempt == ATTEMPTS_MAX or not _lost(error):
                raise
            _rewind(remembered)
        except BaseException:
            _finish(keep=False)
            raise
        else:
            return response
    raise AssertionError("the last attempt answers or raises")


def _close(_error: BaseException | None) -> None:
    """End what an error page has opened after its request's own session was gone."""
    _finish(keep=False)


def _finish(*, keep: bool) -> None:
    opened: Session | None = g.pop("session", None)
    if opened is None:
        return
    try:
        if keep and request.method not in READING_METHODS:
            opened.commit()
    finally:
        opened.close()


def _lost(error: DBAPIError) -> bool:
    """Whether another transaction was quicker, so that a second try may succeed."""
    state = getattr(error.orig, "sqlstate", None)
    return isinstance(error, IntegrityError) or state in CONFLICT_STATES


def _rewind(remembered: dict[str, object]) -> None:
    """Set back what a failed attempt has used up: the cookie's contents and uploaded files."""
    cookie.clear()
    cookie.update(remembered)
    for upload in request.files.values():
        upload.seek(0)
    g.pop("actor", None)
    g.pop("on_behalf_of", None)
