"""证据 · a file and its hash: a photograph, a paper, a test report.

The file lies under its SHA-256 in a folder outside the database; the event carries the hash.
"""

import os
from datetime import datetime
from pathlib import Path

from sqlalchemy import LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from traceability.base import canon
from traceability.base.db import Base, Subject
from traceability.base.errors import NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.parties import Party

PICTURE = "image/"
BYTES_MAX = 10 * 1024 * 1024
TYPES: dict[str, tuple[bytes, ...]] = {
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/webp": (b"RIFF",),
    "application/pdf": (b"%PDF-",),
}


class Evidence(Subject, Base):
    """证据 · one file, named by its hash."""

    __tablename__ = "evidence"
    __ref_prefix__ = "evidence"

    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    media_type: Mapped[str] = mapped_column(String(40))
    size_bytes: Mapped[int]
    title: Mapped[str] = mapped_column(String(80))

    @property
    def is_picture(self) -> bool:
        """Whether it is a photograph, not a paper."""
        return self.media_type.startswith(PICTURE)


def media_type_of(data: bytes) -> str | None:
    r"""The type of a file by its first bytes, never by its name.

    >>> media_type_of(b"%PDF-1.7")
    'application/pdf'
    >>> media_type_of(b"MZ") is None
    True
    """
    for media_type, beginnings in TYPES.items():
        if data.startswith(beginnings):
            return media_type
    return None


def path_of(folder: Path, digest: bytes) -> Path:
    """Where the file of that hash lies."""
    name = digest.hex()
    return folder / name[:2] / name


def store(
    session: Session, folder: Path, data: bytes, *, title: str, at: datetime, by: Party
) -> Evidence:
    """Keep a file; the bytes are on the disk before the event says so.

    Raises:
        RuleViolation: `evidence.empty`, `evidence.too_large`, `evidence.unknown_type`.
    """
    if not data:
        raise RuleViolation("evidence.empty", "文件是空的，请重新选择")
    if len(data) > BYTES_MAX:
        raise RuleViolation("evidence.too_large", "文件超过 10 MB，请压缩后再传")
    media_type = media_type_of(data)
    if media_type is None:
        raise RuleViolation("evidence.unknown_type", "只收照片（JPG、PNG、WebP）和 PDF 文件")
    digest = canon.sha256(data)
    _write(path_of(folder, digest), data)
    row = Evidence(
        sha256=digest, media_type=media_type, size_bytes=len(data), title=title.strip()[:80]
    )
    events.hold(session, row.ref)
    session.add(row)
    session.flush()
    events.append(
        session,
        Kind.EVIDENCE_STORED,
        row.ref,
        at=at,
        by=by.ref,
        media_type=media_type,
        sha256=digest.hex(),
        size_bytes=len(data),
        title=row.title,
    )
    return row


def _write(path: Path, data: bytes) -> None:
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def get(session: Session, ref: str) -> Evidence:
    """The evidence of that reference.

    Raises:
        NotFound: `evidence.not_found`.
    """
    found = session.scalars(select(Evidence).where(Evidence.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("evidence.not_found", "没有找到这份证据")
    return found


def read(folder: Path, evidence: Evidence) -> bytes:
    """The bytes of a file, checked against its hash.

    Raises:
        NotFound: `evidence.lost`.
    """
    path = path_of(folder, evidence.sha256)
    data = path.read_bytes() if path.exists() else b""
    if canon.sha256(data) != evidence.sha256:
        raise NotFound("evidence.lost", "证据文件缺失或被改动，请报告平台管理员")
    return data


def fold(state: State | None, event: EventView) -> State | None:
    """A file's record as its event tells it."""
    if event.kind is not Kind.EVIDENCE_STORED:
        return state
    private = {f: folding.private(event, f) for f in ("sha256", "size_bytes", "title")}
    return {"media_type": event["media_type"], **private}


folding.register(Evidence, fold)
