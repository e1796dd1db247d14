"""运输批次 · the row, its states, and how it follows from its events."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability.animals import ref_of
from traceability.base import clock
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.parties import Party
from traceability.quarantine.certificates import Certificate

WORDS_CHARS_MAX = 120
STEPS_MAX = 60  # disinfections, stamps or losses of one journey
Steps = list[dict[str, Any]]


class ConsignmentState(StrEnum):
    """运输批次状态."""

    LOADING = "loading"
    ON_ROAD = "on_road"
    ARRIVED = "arrived"
    CANCELLED = "cancelled"


CONSIGNMENT_STATE_LABELS = {
    ConsignmentState.LOADING: "装车",
    ConsignmentState.ON_ROAD: "在途",
    ConsignmentState.ARRIVED: "已到达",
    ConsignmentState.CANCELLED: "已取消",
}
assert CONSIGNMENT_STATE_LABELS.keys() == set(ConsignmentState)


class Disinfecting(StrEnum):
    """消毒时机."""

    BEFORE_LOADING = "before_loading"
    AFTER_UNLOADING = "after_unloading"


DISINFECTING_LABELS = {
    Disinfecting.BEFORE_LOADING: "装车前",
    Disinfecting.AFTER_UNLOADING: "卸车后",
}
assert DISINFECTING_LABELS.keys() == set(Disinfecting)


class LossKind(StrEnum):
    """途中损失."""

    DEATH = "death"
    INJURY = "injury"
    ESCAPE = "escape"


LOSS_KIND_LABELS = {LossKind.DEATH: "死亡", LossKind.INJURY: "受伤", LossKind.ESCAPE: "走失"}
assert LOSS_KIND_LABELS.keys() == set(LossKind)


class ReportEnd(StrEnum):
    """落地报告报给哪一端的县."""

    ORIGIN = "origin"
    DESTINATION = "destination"


REPORT_END_LABELS = {ReportEnd.ORIGIN: "启运地", ReportEnd.DESTINATION: "到达地"}
assert REPORT_END_LABELS.keys() == set(ReportEnd)


class Consignment(Subject, Base):
    """运输批次 · the animals of one certificate on one vehicle."""

    __tablename__ = "consignment"
    __ref_prefix__ = "consignment"

    id: Mapped[int] = mapped_column(primary_key=True)
    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificate.id"))
    plate: Mapped[str] = mapped_column(String(12))
    state: Mapped[ConsignmentState]
    opened_at: Mapped[datetime] = mapped_column(index=True)
    loaded: Mapped[list[str]] = mapped_column(JSON)  # ear tags scanned on the vehicle
    loaded_at: Mapped[datetime | None]
    departed_at: Mapped[datetime | None]
    unloaded: Mapped[list[str]] = mapped_column(JSON)  # ear tags scanned at the arrival
    arrived_at: Mapped[datetime | None]
    disinfections: Mapped[Steps] = mapped_column(JSON)
    stamps: Mapped[Steps] = mapped_column(JSON)
    losses: Mapped[Steps] = mapped_column(JSON)
    report_due_at: Mapped[datetime | None] = mapped_column(index=True)
    origin_report_due: Mapped[bool]
    origin_reported_at: Mapped[datetime | None]
    destination_reported_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None] = mapped_column(String(WORDS_CHARS_MAX))

    certificate: Mapped[Certificate] = relationship()

    __table_args__ = (
        Index(
            "uq_consignment_plate_under_way",
            "plate",
            unique=True,
            sqlite_where=text("state IN ('loading', 'on_road')"),
            postgresql_where=text("state IN ('loading', 'on_road')"),
        ),
        Index(
            "uq_consignment_certificate",
            "certificate_id",
            unique=True,
            sqlite_where=text("state <> 'cancelled'"),
            postgresql_where=text("state <> 'cancelled'"),
        ),
    )

    @property
    def lost(self) -> Mapping[str, LossKind]:
        """Ear tags of the animals that something happened to; the gravest word of each."""
        told = sorted(self.losses, key=lambda loss: loss["loss_kind"] == LossKind.INJURY.value)
        return {each["ear_tag"]: LossKind(each["loss_kind"]) for each in reversed(told)}


def get(session: Session, ref: str) -> Consignment:
    """The consignment of that reference.

    Raises:
        NotFound: `consignment.not_found`.
    """
    found = session.scalars(select(Consignment).where(Consignment.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("consignment.not_found", "没有找到这个运输批次")
    return found


def of_certificate(session: Session, paper: Certificate) -> Consignment | None:
    """The consignment that a certificate serves, if one was opened and not cancelled."""
    mine = select(Consignment).where(
        Consignment.certificate_id == paper.id, Consignment.state != ConsignmentState.CANCELLED
    )
    return session.scalars(mine).one_or_none()


def require_none_open(session: Session, paper: Certificate) -> None:
    """Refuse a departure by hand under a certificate that a vehicle's consignment serves.

    Raises:
        Conflict: `consignment.departs_together`.
    """
    if (found := of_certificate(session, paper)) is not None:
        raise Conflict(
            "consignment.departs_together",
            f"检疫证明 {paper.number} 已建运输批次（{found.plate}）：请在运输批次里登记启运",
        )


def held_in(session: Session, found: Consignment, *states: ConsignmentState, at: datetime) -> None:
    """Hold a consignment for a step that is open in these states only.

    Raises:
        RuleViolation: `consignment.before_last_step`.
        Conflict: `consignment.out_of_step`.
    """
    events.hold(session, found.ref)
    session.refresh(found)
    if found.state not in states:
        label = CONSIGNMENT_STATE_LABELS[found.state]
        raise Conflict("consignment.out_of_step", f"运输批次现在是“{label}”，不能办这一步")
    known = (found.opened_at, found.loaded_at, found.departed_at, found.arrived_at)
    if clock.to_ms(at) < max(each for each in known if each is not None):
        raise RuleViolation("consignment.before_last_step", "时间早于运输批次的上一步，请核对")


def said(words: str, *, what: str) -> str:
    """Words that a step needs, tidied.

    Raises:
        RuleViolation: `consignment.unsaid`.
    """
    tidy = words.strip()
    if not 0 < len(tidy) <= WORDS_CHARS_MAX:
        raise RuleViolation("consignment.unsaid", f"请填写{what}，不超过 {WORDS_CHARS_MAX} 个字")
    return tidy


def append(
    session: Session,
    kind: Kind,
    found: Consignment,
    *,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
    **told: Any,
) -> None:
    """The event of a step."""
    on_behalf = ref_of(on_behalf_of)
    events.append(session, kind, found.ref, at=at, by=by.ref, on_behalf_of=on_behalf, **told)


START: Mapping[str, Any] = {
    "loaded": [],
    "loaded_at": None,
    "departed_at": None,
    "unloaded": [],
    "arrived_at": None,
    "disinfections": [],
    "stamps": [],
    "losses": [],
    "report_due_at": None,
    "origin_report_due": False,
    "origin_reported_at": None,
    "destination_reported_at": None,
    "cancel_reason": None,
}
"""What a consignment begins with."""

STEP_FIELDS: Mapping[str, tuple[str, ...]] = {
    "disinfections": ("disinfecting", "agent", "place", "done_by"),
    "stamps": ("place", "entry_point", "passed", "words"),
    "losses": ("loss_kind", "ear_tag", "place", "words", "evidence"),
}


def _step(column: str, event: EventView, known: State) -> State:
    """The steps so far and one more; erased ones stay erased."""
    if event.private is None or known[column] is folding.ERASED:
        return {column: folding.ERASED}
    made = {name: event[name] for name in STEP_FIELDS[column]}
    step = {"at": clock.stamp(event.at), "by": event["by"], **made}
    return {column: [*known[column], step]}


def _opened(event: EventView, _known: State) -> State:
    told = {
        f"{name}_id" if name == "certificate" else name: folding.private(event, name)
        for name in ("certificate", "plate")
    }
    state = ConsignmentState.LOADING.value
    return {**START, **told, "state": state, "opened_at": clock.stamp(event.at)}


def _loaded(event: EventView, _known: State) -> State:
    return {"loaded": folding.private(event, "ear_tags"), "loaded_at": clock.stamp(event.at)}


def _departed(event: EventView, _known: State) -> State:
    return {"state": ConsignmentState.ON_ROAD.value, "departed_at": clock.stamp(event.at)}


def _cancelled(event: EventView, _known: State) -> State:
    reason = folding.private(event, "reason")
    return {"state": ConsignmentState.CANCELLED.value, "cancel_reason": reason}


def _reported(event: EventView, _known: State) -> State:
    end = folding.private(event, "report_end")
    if end is folding.ERASED:
        return {f"{each.value}_reported_at": folding.ERASED for each in ReportEnd}
    return {f"{end}_reported_at": clock.stamp(event.at)}


def _arrived(event: EventView, known: State) -> State:
    again = known.get("arrived_at") is not None
    told = {
        "state": ConsignmentState.ARRIVED.value,
        "unloaded": folding.private(event, "ear_tags"),
    }
    if again:
        return told
    due = {name: folding.private(event, name) for name in ("report_due_at", "origin_report_due")}
    return {**told, "arrived_at": clock.stamp(event.at), **due}


CHANGES: Mapping[Kind, Callable[[EventView, State], State]] = {
    Kind.CONSIGNMENT_OPENED: _opened,
    Kind.CONSIGNMENT_DISINFECTED: partial(_step, "disinfections"),
    Kind.CONSIGNMENT_LOADED: _loaded,
    Kind.CONSIGNMENT_DEPARTED: _departed,
    Kind.CONSIGNMENT_STAMPED: partial(_step, "stamps"),
    Kind.CONSIGNMENT_LOST: partial(_step, "losses"),
    Kind.CONSIGNMENT_ARRIVED: _arrived,
    Kind.CONSIGNMENT_REPORTED: _reported,
    Kind.CONSIGNMENT_CANCELLED: _cancelled,
}
"""What each event changes of the columns."""


def fold(state: State | None, event: EventView) -> State | None:
    """A consignment as its events tell it."""
    change, known = CHANGES.get(event.kind), state or {}
    return state if change is None else {**known, **change(event, known)}


folding.register(Consignment, fold)
