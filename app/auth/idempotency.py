"""幂等键 · the same POST twice is one act: the same key and body give the first answer again.

A key comes in the `Idempotency-Key` header or the form field `idempotency_key`. Keys are the
account's own; the record is written in the transaction of the act itself.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256

from flask import request
from flask.wrappers import Response
from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint, delete, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app import database, whoami
from app.auth.logins import DIGEST_BYTES
from traceability.base.db import Base
from traceability.base.errors import Conflict, RuleViolation

HEADER = "Idempotency-Key"
FIELDS = ("_idempotency", "idempotency_key")
KEY_CHARS_MAX = 80
KEPT_FOR = timedelta(days=7)
NOT_HASHED = {*FIELDS, "csrf_token"}
FAILED = 400


class IdempotencyKey(Base):
    """幂等键 · one answered request of one account."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("account_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    key: Mapped[str] = mapped_column(String(KEY_CHARS_MAX))
    request_hash: Mapped[bytes] = mapped_column(LargeBinary(DIGEST_BYTES))
    status: Mapped[int]
    location: Mapped[str | None] = mapped_column(String(400))
    content_type: Mapped[str] = mapped_column(String(100))
    body: Mapped[bytes]
    answered_at: Mapped[datetime] = mapped_column(index=True)


UNCHAINED: dict[str, str] = {
    f"idempotency_key.{column.name}": "answers kept for a few days so that a repeat changes nothing"
    for column in Base.metadata.tables["idempotency_key"].columns
}


def once(view: Callable[[], Response]) -> Response:
    """Answer a request; a repeated one gets the answer it had.

    An answer that says `no-store` (somebody's whole data) is not kept and is made anew.

    Raises:
        Conflict: `request.key_reused` for another body under the same key.
        RuleViolation: `request.bad_key`.
    """
    me, key = whoami.account_or_none(), _key()
    if key is None or me is None:
        return view()
    if not (key.isascii() and key.isprintable() and len(key) <= KEY_CHARS_MAX):
        raise RuleViolation("request.bad_key", f"幂等键应为不超过 {KEY_CHARS_MAX} 位的可见字符")
    session, digest = database.session(), _request_hash()
    _wait_for_twin(session, f"{me.account_id}:{key}")
    known = session.scalars(
        select(IdempotencyKey).where(
            IdempotencyKey.account_id == me.account_id, IdempotencyKey.key == key
        )
    ).one_or_none()
    if known is not None:
        return _again(known, digest)
    response = view()
    if response.status_code < FAILED and not response.cache_control.no_store:
        response.direct_passthrough = False  # a file is kept like any other answer
        session.add(
            IdempotencyKey(
                account_id=me.account_id,
                key=key,
                request_hash=digest,
                status=response.status_code,
                location=response.headers.get("Location"),
                content_type=response.headers.get("Content-Type", "text/plain")[:100],
                body=response.get_data(),
                answered_at=whoami.now(),
            )
        )
        session.flush()
    return response


def _wait_for_twin(session: Session, name: str) -> None:
    """Let a request with the same key end first. On SQLite writers wait for each other anyway."""
    if session.get_bind().dialect.name == "postgresql":
        number = int.from_bytes(sha256(name.encode()).digest()[:8], signed=True)
        session.execute(select(func.pg_advisory_xact_lock(number)))


def _key() -> str | None:
    if request.method != "POST":
        return None
    given = (request.headers.get(HEADER), *(request.form.get(field) for field in FIELDS))
    return next((key for key in given if key), None)


def _part(part: tuple[str | None, object]) -> str:
    """A part of a form by its name, which a hostile one may lack; those of one name as sent."""
    return part[0] or ""


def _request_hash() -> bytes:
    digest = sha256(f"{request.method} {request.full_path}\n".encode())
    for name, value in sorted(request.form.items(multi=True), key=_part):
        if name not in NOT_HASHED:
            digest.update(f"{name!r}={value!r}\n".encode())
    for name, upload in sorted(request.files.items(multi=True), key=_part):
        digest.update(f"{name!r}:".encode() + sha256(upload.read()).digest())
        upload.seek(0)
    if not request.form and not request.files:
        digest.update(request.get_data(cache=True))
    return digest.digest()


def _again(known: IdempotencyKey, digest: bytes) -> Response:
    if known.request_hash != digest:
        raise Conflict("request.key_reused", "这个幂等键已用于另一份内容，请换一个键再提交")
    response = Response(known.body, status=known.status, content_type=known.content_type)
    if known.location is not None:
        response.headers["Location"] = known.location
    response.headers["Idempotent-Replayed"] = "true"
    return response


def purge(session: Session, *, at: datetime) -> int:
    """Forget old keys; a daily task. Safe to repeat."""
    old = delete(IdempotencyKey).where(IdempotencyKey.answered_at < at - KEPT_FOR)
    gone = session.execute(old.returning(IdempotencyKey.id))
    return len(gone.all())
