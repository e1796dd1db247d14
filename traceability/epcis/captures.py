"""采集 · what others sent as EPCIS: the bytes as they came, and what became of each event.

An event that maps to none of our operations, or that the capturer may not do, stays what it is:
an observation (外部), a subject of its own that changes nothing else.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from traceability.base.canon import sha256
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound
from traceability.base.refs import REF_CHARS_MAX, new_ref
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.parties import Party

EPCIS_ID_CHARS_MAX = 400
EPC_CHARS_MAX = 300
SUBJECTS_BESIDE = 3  # animals that are subjects of an observation beside it
NOT_CONTENT = {"recordTime", "@context"}


class CaptureState(StrEnum):
    """采集状态."""

    RUNNING = "running"
    FINISHED = "finished"
    ROLLED_BACK = "rolled_back"


CAPTURE_STATE_LABELS = {
    CaptureState.RUNNING: "处理中",
    CaptureState.FINISHED: "已完成",
    CaptureState.ROLLED_BACK: "已全部退回",
}


class OnError(StrEnum):
    """出错时 · one bad event rolls the whole document back, or the others proceed."""

    ROLLBACK = "rollback"
    PROCEED = "proceed"


class EpcisEvent(Base):
    """EPCIS 事件 · the EPCIS id of an event of the chain; with its bytes if it was captured."""

    __tablename__ = "epcis_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    epcis_id: Mapped[str] = mapped_column(String(EPCIS_ID_CHARS_MAX), unique=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), unique=True)
    content_sha256: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    body: Mapped[bytes | None]
    context: Mapped[bytes | None]  # of the document it came in


class EpcisEpc(Base):
    """EPCIS 对象 · an identifier that a captured event names."""

    __tablename__ = "epcis_epc"

    id: Mapped[int] = mapped_column(primary_key=True)
    epc: Mapped[str] = mapped_column(String(EPC_CHARS_MAX), index=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("event.id"), index=True)


class Capture(Base):
    """采集任务 · one document that somebody sent, how far it has come, a result for each event."""

    __tablename__ = "epcis_capture"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(REF_CHARS_MAX), unique=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    mandate: Mapped[dict[str, Any]]  # what the sender may do, as of when it was sent
    on_error: Mapped[OnError]
    state: Mapped[CaptureState] = mapped_column(index=True)
    media_type: Mapped[str] = mapped_column(String(40))
    document: Mapped[bytes]
    sha256: Mapped[bytes] = mapped_column(LargeBinary(32))
    total: Mapped[int]
    results: Mapped[list[str]]  # a JSON text for each event dealt with
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Observation(Subject, Base):
    """外部事件 · what somebody else says has happened; it changes nothing of ours."""

    __tablename__ = "observation"
    __ref_prefix__ = "observation"

    id: Mapped[int] = mapped_column(primary_key=True)
    epcis_id: Mapped[str] = mapped_column(String(EPCIS_ID_CHARS_MAX), unique=True)
    event_type: Mapped[str] = mapped_column(String(200))
    content_sha256: Mapped[bytes] = mapped_column(LargeBinary(32))


UNCHAINED: dict[str, str] = {
    **{
        f"epcis_event.{column.name}": "ids can be computed again; bytes are named by their hash"
        for column in Base.metadata.tables["epcis_event"].columns
    },
    **{
        f"epcis_epc.{column.name}": "an index of captured bytes"
        for column in Base.metadata.tables["epcis_epc"].columns
    },
    **{
        f"epcis_capture.{column.name}": "a task; what came of it are events"
        for column in Base.metadata.tables["epcis_capture"].columns
    },
}


@dataclass(frozen=True, slots=True)
class Captured:
    """One event as it came: its bytes, what they say, its id, the context of its document."""

    body: bytes
    told: Mapping[str, Any]
    epcis_id: str
    context: object = None

    @property
    def content_sha256(self) -> bytes:
        """The hash of what it says, however it is written."""
        content = {key: value for key, value in self.told.items() if key not in NOT_CONTENT}
        return sha256(json.dumps(content, sort_keys=True, ensure_ascii=True).encode())


def known(session: Session, captured: Captured) -> EpcisEvent | None:
    """The same event, if it came before.

    Raises:
        Conflict: `epcis.event_id_reused` for other content under the same id.
    """
    found = by_id(session, captured.epcis_id)
    if found is None:
        return None
    if found.content_sha256 != captured.content_sha256:
        raise Conflict(
            "epcis.event_id_reused",
            "这个 eventID 已用于另一件事；更正请用 errorDeclaration，新事件请换编号",
        )
    return found


def by_id(session: Session, epcis_id: str) -> EpcisEvent | None:
    """The event of that EPCIS id."""
    wanted = select(EpcisEvent).where(EpcisEvent.epcis_id == epcis_id)
    return session.scalars(wanted).one_or_none()


def observe(
    session: Session,
    captured: Captured,
    *,
    about: Sequence[str],
    animals: Sequence[str],
    refused: str | None,
    at: datetime,
    by: Party,
) -> EventView:
    """Keep an event of somebody else's as an observation; `animals` of ours are its subjects.

    Raises:
        RuleViolation: `chain.in_future`, `chain.late_without_reason`.
    """
    row = Observation(
        epcis_id=captured.epcis_id,
        event_type=str(captured.told["type"])[:200],
        content_sha256=captured.content_sha256,
    )
    subjects = [row.ref, *animals[:SUBJECTS_BESIDE]]
    events.hold(session, *subjects)
    session.add(row)
    session.flush()
    return events.append(
        session,
        Kind.EPCIS_OBSERVED,
        *subjects,
        at=at,
        by=by.ref,
        event_type=row.event_type,
        evidence_level="external",
        epcis_id=row.epcis_id,
        content_sha256=row.content_sha256.hex(),
        about=[*about],
        refused=refused,
    )


def keep(session: Session, captured: Captured, event: EventView, epcs: Sequence[str]) -> None:
    """Keep the bytes of a captured event beside the event of the chain that it became."""
    told_in = None if captured.context is None else json.dumps(captured.context).encode()
    session.add(
        EpcisEvent(
            epcis_id=captured.epcis_id,
            event_id=event.id,
            content_sha256=captured.content_sha256,
            body=captured.body,
            context=told_in,
        )
    )
    session.add_all([EpcisEpc(epc=epc[:EPC_CHARS_MAX], event_id=event.id) for epc in epcs])
    session.flush()


def open_capture(
    session: Session,
    document: bytes,
    *,
    total: int,
    by: Party,
    mandate: dict[str, Any],
    on_error: OnError,
    media_type: str,
    at: datetime,
) -> Capture:
    """A new task for a document; nothing of it is done yet."""
    row = Capture(
        ref=new_ref("capture"),
        party_id=by.id,
        mandate=mandate,
        on_error=on_error,
        state=CaptureState.RUNNING,
        media_type=media_type,
        document=document,
        sha256=sha256(document),
        total=total,
        results=[],
        created_at=at,
        finished_at=None,
    )
    session.add(row)
    session.flush()
    return row


def get(session: Session, ref: str) -> Capture:
    """The task of that reference.

    Raises:
        NotFound: `capture.not_found`.
    """
    found = session.scalars(select(Capture).where(Capture.ref == ref)).one_or_none()
    if found is None:
        raise not_found()
    return found


def not_found() -> NotFound:
    """The one answer for a task that does not exist, or is somebody else's."""
    return NotFound("capture.not_found", "没有找到这个采集任务")


def unfinished(session: Session) -> Sequence[str]:
    """The tasks that still have something to do, the oldest first."""
    wanted = select(Capture.ref).where(Capture.state == CaptureState.RUNNING)
    return session.scalars(wanted.order_by(Capture.id)).all()


def fold(state: State | None, event: EventView) -> State | None:
    """An observation as its event tells it."""
    if event.kind is not Kind.EPCIS_OBSERVED:
        return state
    private = {f: folding.private(event, f) for f in ("epcis_id", "content_sha256")}
    return {"event_type": event["event_type"], **private}


folding.register(Observation, fold)
