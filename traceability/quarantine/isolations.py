"""隔离处理 · an animal that failed: held, its keeper told, set apart, then healed or destroyed.

One line of steps: 留置 → 通知 → 隔离 → 解除, or 判定无害化处理 → 无害化处理 → 结案. While it
lasts the animal's own state is `held` or `condemned`, and no door leads on. Sources: 动物防疫法
（2021 年修订）第五十六、五十七条; 病死及病害动物无害化处理技术规范（农医发〔2017〕25 号）.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability.animals import STATE_LABELS, Animal, AnimalState
from traceability.base import clock
from traceability.base.clock import legal_day
from traceability.base.db import Base, Subject, take_turn
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.evidence import Evidence
from traceability.holdings import Holding
from traceability.parties import Party
from traceability.quarantine.disposal import DisposalMethod

REASON_CHARS_MAX = 400
PLACE_CHARS_MAX = 120
NAME_CHARS_MAX = 60
PHOTOGRAPHS_MAX = 12
WEIGHT_G_MAX = 2_000_000
COUNTY_DIGITS = 6


class IsolationState(StrEnum):
    """处理进度."""

    HELD = "held"
    NOTIFIED = "notified"
    ISOLATED = "isolated"
    RELEASED = "released"
    CONDEMNED = "condemned"
    DISPOSED = "disposed"
    CLOSED = "closed"


ISOLATION_STATE_LABELS = {
    IsolationState.HELD: "已留置",
    IsolationState.NOTIFIED: "已通知",
    IsolationState.ISOLATED: "隔离中",
    IsolationState.RELEASED: "已解除",
    IsolationState.CONDEMNED: "待无害化处理",
    IsolationState.DISPOSED: "已无害化处理",
    IsolationState.CLOSED: "已结案",
}

NEXT_STEPS: dict[IsolationState, set[IsolationState]] = {
    IsolationState.HELD: {IsolationState.NOTIFIED},
    IsolationState.NOTIFIED: {IsolationState.ISOLATED, IsolationState.CONDEMNED},
    IsolationState.ISOLATED: {IsolationState.RELEASED, IsolationState.CONDEMNED},
    IsolationState.CONDEMNED: {IsolationState.DISPOSED},
    IsolationState.RELEASED: {IsolationState.CLOSED},
    IsolationState.DISPOSED: {IsolationState.CLOSED},
    IsolationState.CLOSED: set(),
}
assert NEXT_STEPS.keys() == set(IsolationState)
ENDED = {IsolationState.RELEASED, IsolationState.DISPOSED, IsolationState.CLOSED}
UNDER_WAY = {*IsolationState} - ENDED


class Isolation(Subject, Base):
    """隔离处理 · what is done with one animal that failed, from the hold to the end."""

    __tablename__ = "isolation"
    __ref_prefix__ = "isolation"

    id: Mapped[int] = mapped_column(primary_key=True)
    animal_id: Mapped[int] = mapped_column(ForeignKey("animal.id"), index=True)
    holding_id: Mapped[int] = mapped_column(ForeignKey("holding.id"), index=True)
    vet_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    state: Mapped[IsolationState]
    opened_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(REASON_CHARS_MAX))
    county: Mapped[str] = mapped_column(String(COUNTY_DIGITS))
    notice_no: Mapped[str | None] = mapped_column(String(10))
    requirement: Mapped[str | None] = mapped_column(String(REASON_CHARS_MAX))
    isolated_at: Mapped[datetime | None]
    isolated_where: Mapped[str | None] = mapped_column(String(PLACE_CHARS_MAX))
    finding: Mapped[str | None] = mapped_column(String(REASON_CHARS_MAX))
    method: Mapped[DisposalMethod | None]
    disposed_where: Mapped[str | None] = mapped_column(String(PLACE_CHARS_MAX))
    witness: Mapped[str | None] = mapped_column(String(NAME_CHARS_MAX))
    weight_g: Mapped[int | None]
    photographs: Mapped[list[str] | None]
    closed_on: Mapped[date | None]

    animal: Mapped[Animal] = relationship()
    holding: Mapped[Holding] = relationship()
    vet: Mapped[Party] = relationship()

    __table_args__ = (UniqueConstraint("county", "notice_no"),)


def open_case(
    session: Session, animal: Animal, *, reason: str, at: datetime, by: Party
) -> Isolation:
    """Hold an animal where it stands; from now on no door leads on.

    Raises:
        RuleViolation: `isolation.without_reason`, `isolation.on_the_road`.
        Conflict: `isolation.not_alive`.
    """
    events.hold(session, animal.ref)
    session.refresh(animal, ["state", "holding_id"])
    said = _said("isolation.without_reason", "请写明不合格的原因", reason, REASON_CHARS_MAX)
    if animal.state is not AnimalState.ALIVE:
        label = STATE_LABELS[animal.state]
        raise Conflict("isolation.not_alive", f"这头牛的状态是“{label}”，不能再留置")
    if animal.holding is None:
        raise RuleViolation("isolation.on_the_road", "这头牛在路上，先登记到达再留置")
    found = Isolation(
        animal=animal,
        holding=animal.holding,
        vet=by,
        state=IsolationState.HELD,
        opened_at=clock.to_ms(at),
        reason=said,
        county=animal.holding.county,
    )
    session.add(found)
    session.flush()
    events.hold(session, found.ref)
    animal.state = AnimalState.HELD
    told = {"holding": found.holding.ref, "county": found.county, "reason": said}
    _append(session, Kind.ISOLATION_OPENED, found, at=at, by=by, **told)
    return found


def notify(
    session: Session, found: Isolation, *, requirement: str, at: datetime, by: Party
) -> None:
    """Give the keeper the notice (检疫处理通知单), numbered by year within the county.

    Raises:
        RuleViolation: `isolation.without_requirement`.
        Conflict: `isolation.out_of_step`.
    """
    _step(session, found, IsolationState.NOTIFIED)
    found.requirement = _said(
        "isolation.without_requirement", "请写明要求怎样处理", requirement, REASON_CHARS_MAX
    )
    found.notice_no = _next_notice(session, found.county, legal_day(at).year)
    told = {"notice_no": found.notice_no, "requirement": found.requirement}
    _append(session, Kind.ISOLATION_NOTIFIED, found, at=at, by=by, **told)


def isolate(session: Session, found: Isolation, *, where: str, at: datetime, by: Party) -> None:
    """Set the animal apart from the others.

    Raises:
        RuleViolation: `isolation.without_place`.
        Conflict: `isolation.out_of_step`.
    """
    _step(session, found, IsolationState.ISOLATED)
    found.isolated_where = _said(
        "isolation.without_place", "请写明隔离在哪里", where, PLACE_CHARS_MAX
    )
    found.isolated_at = clock.to_ms(at)
    _append(session, Kind.ISOLATION_BEGUN, found, at=at, by=by, where=found.isolated_where)


def release(session: Session, found: Isolation, *, finding: str, at: datetime, by: Party) -> None:
    """Let the animal go again, saying on what ground.

    Raises:
        RuleViolation: `isolation.without_finding`.
        Conflict: `isolation.out_of_step`, `isolation.animal_gone`.
    """
    _step(session, found, IsolationState.RELEASED)
    _require_state(found, AnimalState.HELD)
    found.finding = _finding(finding)
    found.animal.state = AnimalState.ALIVE
    _append(session, Kind.ISOLATION_RELEASED, found, at=at, by=by, finding=found.finding)


def condemn(session: Session, found: Isolation, *, finding: str, at: datetime, by: Party) -> None:
    """Decide that the animal must be destroyed.

    Raises:
        RuleViolation: `isolation.without_finding`.
        Conflict: `isolation.out_of_step`, `isolation.animal_gone`.
    """
    _step(session, found, IsolationState.CONDEMNED)
    _require_state(found, AnimalState.HELD)
    found.finding = _finding(finding)
    found.animal.state = AnimalState.CONDEMNED
    _append(session, Kind.ISOLATION_CONDEMNED, found, at=at, by=by, finding=found.finding)


def dispose(
    session: Session,
    found: Isolation,
    *,
    method: DisposalMethod,
    where: str,
    witness: str,
    weight_g: int,
    photographs: Sequence[Evidence],
    at: datetime,
    by: Party,
) -> None:
    """Record the harmless disposal: how, where, before whom, how heavy, with photographs.

    An animal that died while it was held is disposed of from whatever step it had reached.

    Raises:
        RuleViolation: `isolation.without_place`, `isolation.without_witness`,
            `isolation.bad_weight`, `isolation.without_photograph`.
        Conflict: `isolation.out_of_step`.
    """
    died = _held(session, found).animal.state is AnimalState.DEAD
    if found.state is not IsolationState.CONDEMNED and not (died and found.state in UNDER_WAY):
        raise _out_of_step(found, IsolationState.DISPOSED)
    if not 0 < weight_g <= WEIGHT_G_MAX:
        raise RuleViolation("isolation.bad_weight", "重量应在 0 到 2000 公斤之间，请核对")
    if not 0 < len(photographs) <= PHOTOGRAPHS_MAX:
        raise RuleViolation(
            "isolation.without_photograph", f"请附 1 到 {PHOTOGRAPHS_MAX} 张处理现场照片"
        )
    found.disposed_where = _said(
        "isolation.without_place", "请写明在哪里处理", where, PLACE_CHARS_MAX
    )
    found.witness = _said("isolation.without_witness", "请写明见证人姓名", witness, NAME_CHARS_MAX)
    found.state, found.method, found.weight_g = IsolationState.DISPOSED, method, weight_g
    found.photographs = [each.ref for each in photographs]
    if not died:
        found.animal.state, found.animal.ended_on = AnimalState.DEAD, legal_day(at)
    told = {"where": found.disposed_where, "witness": found.witness, "weight_g": weight_g}
    shown = {"method": method.value, "died_before": died, "photographs": found.photographs}
    _append(session, Kind.ISOLATION_DISPOSED, found, at=at, by=by, **told, **shown)


def close(session: Session, found: Isolation, *, at: datetime, by: Party) -> None:
    """Close the case; nothing is added to it any more.

    Raises:
        Conflict: `isolation.out_of_step`.
    """
    _step(session, found, IsolationState.CLOSED)
    found.closed_on = legal_day(at)
    _append(session, Kind.ISOLATION_CLOSED, found, at=at, by=by)


def _held(session: Session, found: Isolation) -> Isolation:
    events.hold(session, found.ref, found.animal.ref)
    session.refresh(found, ["state"])
    session.refresh(found.animal, ["state"])
    return found


def _step(session: Session, found: Isolation, to: IsolationState) -> None:
    if to not in NEXT_STEPS[_held(session, found).state]:
        raise _out_of_step(found, to)
    found.state = to


def _out_of_step(found: Isolation, to: IsolationState) -> Conflict:
    now, wanted = ISOLATION_STATE_LABELS[found.state], ISOLATION_STATE_LABELS[to]
    return Conflict("isolation.out_of_step", f"现在是“{now}”，不能登记为“{wanted}”，请刷新后再看")


def _require_state(found: Isolation, state: AnimalState) -> None:
    if found.animal.state is not state:
        label = STATE_LABELS[found.animal.state]
        raise Conflict("isolation.animal_gone", f"这头牛的状态是“{label}”，请登记无害化处理")


def _said(code: str, sentence: str, words: str, chars_max: int) -> str:
    if not (said := words.strip()[:chars_max]):
        raise RuleViolation(code, sentence)
    return said


def _finding(words: str) -> str:
    return _said(
        "isolation.without_finding", "请写明依据，如检测结果、观察天数", words, REASON_CHARS_MAX
    )


def _next_notice(session: Session, county: str, year: int) -> str:
    """Year and a serial of six digits within the county (rules.md §2.4, 检疫处理通知单)."""
    take_turn(session, f"notice-{county}-{year}")
    with session.no_autoflush:
        newest = session.scalar(
            select(func.max(Isolation.notice_no)).where(
                Isolation.county == county, Isolation.notice_no.startswith(str(year))
            )
        )
    serial = 1 if newest is None else int(newest[4:]) + 1
    return f"{year}{serial:06d}"


def _append(
    session: Session, kind: Kind, found: Isolation, *, at: datetime, by: Party, **told: Any
) -> None:
    subjects = (found.ref, found.animal.ref)
    events.append(session, kind, *subjects, at=at, by=by.ref, **told)


def get(session: Session, ref: str) -> Isolation:
    """The case of that reference.

    Raises:
        NotFound: `isolation.not_found`.
    """
    found = session.scalars(select(Isolation).where(Isolation.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("isolation.not_found", "没有找到这项隔离处理")
    return found


def of_animal(session: Session, animal: Animal) -> Sequence[Isolation]:
    """The cases of an animal, the newest first."""
    mine = select(Isolation).where(Isolation.animal_id == animal.id)
    return session.scalars(mine.order_by(Isolation.id.desc())).all()


def _told(event: EventView, *fields: str) -> State:
    return {field: folding.private(event, field) for field in fields}


def _opened(event: EventView) -> State:
    later = ("notice_no", "requirement", "isolated_at", "isolated_where", "finding", "method")
    last = ("disposed_where", "witness", "weight_g", "photographs", "closed_on")
    return {
        **dict.fromkeys((*later, *last)),
        **_told(event, "reason", "county"),
        "animal_id": event.links[1].ref,
        "holding_id": folding.private(event, "holding"),
        "vet_id": folding.private(event, "by"),
        "opened_at": clock.stamp(event.at),
    }


def _disposed(event: EventView) -> State:
    return {
        "method": event["method"],
        "disposed_where": folding.private(event, "where"),
        **_told(event, "witness", "weight_g", "photographs"),
    }


def _begun(event: EventView) -> State:
    where = folding.private(event, "where")
    return {"isolated_at": clock.stamp(event.at), "isolated_where": where}


def _tells(*fields: str) -> Callable[[EventView], State]:
    return lambda event: _told(event, *fields)


_CHANGES: dict[Kind, tuple[IsolationState, Callable[[EventView], State]]] = {
    Kind.ISOLATION_OPENED: (IsolationState.HELD, _opened),
    Kind.ISOLATION_NOTIFIED: (IsolationState.NOTIFIED, _tells("notice_no", "requirement")),
    Kind.ISOLATION_BEGUN: (IsolationState.ISOLATED, _begun),
    Kind.ISOLATION_RELEASED: (IsolationState.RELEASED, _tells("finding")),
    Kind.ISOLATION_CONDEMNED: (IsolationState.CONDEMNED, _tells("finding")),
    Kind.ISOLATION_DISPOSED: (IsolationState.DISPOSED, _disposed),
    Kind.ISOLATION_CLOSED: (
        IsolationState.CLOSED,
        lambda event: {"closed_on": legal_day(event.at).isoformat()},
    ),
}


def fold(state: State | None, event: EventView) -> State | None:
    """A case as its events tell it."""
    if event.kind not in _CHANGES:
        return state
    step, told = _CHANGES[event.kind]
    return {**(state or {}), **told(event), "state": step.value}


folding.register(Isolation, fold)
