"""样品 · one animal's sample under one seal: taken, reported, and followed up until closed."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from traceability.animals import Animal
from traceability.base.clock import legal_day
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.holdings import Holding
from traceability.parties import Party
from traceability.samples.plans import SamplingPlan

SEAL_CHARS_MAX = 40
WORDS_CHARS_MAX = 300
REPORT_CHARS_MAX = 60
STEPS_MAX = 50


class SampleState(StrEnum):
    """样品状态."""

    TAKEN = "taken"
    PASSED = "passed"
    FAILED = "failed"
    CLOSED = "closed"


SAMPLE_STATE_LABELS = {
    SampleState.TAKEN: "待报告",
    SampleState.PASSED: "合格",
    SampleState.FAILED: "不合格，跟进中",
    SampleState.CLOSED: "不合格，已了结",
}
NEXT_STATES: dict[SampleState, set[SampleState]] = {
    SampleState.TAKEN: {SampleState.PASSED, SampleState.FAILED},
    SampleState.PASSED: set(),
    SampleState.FAILED: {SampleState.CLOSED},
    SampleState.CLOSED: set(),
}
assert NEXT_STATES.keys() == SAMPLE_STATE_LABELS.keys() == set(SampleState)


class Sample(Subject, Base):
    """样品 · what was taken from one animal for a plan."""

    __tablename__ = "sample"
    __ref_prefix__ = "sample"
    __table_args__ = (UniqueConstraint("sampling_plan_id", "animal_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sampling_plan_id: Mapped[int] = mapped_column(ForeignKey("sampling_plan.id"))
    animal_id: Mapped[int] = mapped_column(ForeignKey("animal.id"), index=True)
    holding_id: Mapped[int] = mapped_column(ForeignKey("holding.id"), index=True)
    seal_no: Mapped[str] = mapped_column(String(SEAL_CHARS_MAX), unique=True)
    material: Mapped[str] = mapped_column(String(SEAL_CHARS_MAX))
    taken_on: Mapped[date]
    off_plan: Mapped[str | None] = mapped_column(String(WORDS_CHARS_MAX))  # why not one drawn
    state: Mapped[SampleState] = mapped_column(index=True)
    laboratory: Mapped[str | None] = mapped_column(String(REPORT_CHARS_MAX))
    report_no: Mapped[str | None] = mapped_column(String(REPORT_CHARS_MAX))
    tested_on: Mapped[date | None]
    nonconformity: Mapped[str | None] = mapped_column(String(WORDS_CHARS_MAX))
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSON)  # each with its day and its words

    plan: Mapped[SamplingPlan] = relationship()
    animal: Mapped[Animal] = relationship()
    holding: Mapped[Holding] = relationship()


def take(
    session: Session,
    plan: SamplingPlan,
    animal: Animal,
    *,
    seal_no: str,
    material: str,
    taken_on: date,
    at: datetime,
    by: Party,
    off_plan: str = "",
) -> Sample:
    """Record a sample under its seal; of an animal not drawn, with the reason.

    Raises:
        RuleViolation: `sample.unsaid`, `sample.outside_period`, `sample.off_plan`,
            `sample.on_the_road`.
        Conflict: `sample.seal_used`, `sample.taken_twice`.
    """
    if animal.holding is None:
        raise RuleViolation("sample.on_the_road", "这头牛在路上，到达后再采样")
    row = Sample(
        plan=plan,
        animal=animal,
        holding=animal.holding,
        seal_no=seal_no.strip(),
        material=material.strip(),
        taken_on=taken_on,
        off_plan=off_plan.strip() or None,
        state=SampleState.TAKEN,
        steps=[],
    )
    events.hold(session, animal.ref, row.ref)
    with session.no_autoflush:
        _require_right(session, row, today=legal_day(at))
    session.add(row)
    session.flush()
    events.append(
        session,
        Kind.SAMPLE_TAKEN,
        row.ref,
        animal.ref,
        at=at,
        by=by.ref,
        sampling_plan=plan.ref,
        holding=animal.holding.ref,
        taken_on=taken_on.isoformat(),
        **{name: getattr(row, name) for name in TOLD},
    )
    return row


TOLD = ("seal_no", "material", "off_plan")


def _require_right(session: Session, row: Sample, *, today: date) -> None:
    plan = row.plan
    if not row.seal_no or not row.material:
        raise RuleViolation("sample.unsaid", "请填写封签号和样品种类")
    if not plan.first_on <= row.taken_on <= min(plan.last_on, today):
        raise RuleViolation("sample.outside_period", "采样日期不在计划期间内，或还没有到")
    if row.animal.ref not in plan.drawn and row.off_plan is None:
        raise RuleViolation("sample.off_plan", "这头牛没有被抽中：请采抽中的牛，或写明为什么换它")
    if session.scalar(select(Sample.id).where(Sample.seal_no == row.seal_no)) is not None:
        raise Conflict("sample.seal_used", f"封签号 {row.seal_no} 已经登记在另一份样品上")
    same = select(Sample.id).where(
        Sample.sampling_plan_id == plan.id, Sample.animal_id == row.animal.id
    )
    if session.scalar(same) is not None:
        raise Conflict("sample.taken_twice", f"{row.animal.ear_tag} 在这份计划里已经采过样")


def report(
    session: Session,
    sample: Sample,
    *,
    passed: bool,
    laboratory: str,
    report_no: str,
    tested_on: date,
    nonconformity: str,
    at: datetime,
    by: Party,
) -> None:
    """Record what the laboratory's report says; a failed sample is open until it is closed.

    Raises:
        RuleViolation: `sample.unsaid`, `sample.report_before_sample`.
        Conflict: `sample.out_of_step`.
    """
    to = SampleState.PASSED if passed else SampleState.FAILED
    _hold(session, sample, to)
    if not laboratory.strip() or not report_no.strip() or not (passed or nonconformity.strip()):
        raise RuleViolation("sample.unsaid", "请照报告填写检测单位和编号，不合格的写明是什么")
    if not sample.taken_on <= tested_on <= legal_day(at):
        raise RuleViolation("sample.report_before_sample", "报告日期早于采样，或还没有到")
    sample.state, sample.tested_on = to, tested_on
    sample.laboratory, sample.report_no = laboratory.strip(), report_no.strip()
    sample.nonconformity = nonconformity.strip() or None
    events.append(
        session,
        Kind.SAMPLE_REPORTED,
        sample.ref,
        at=at,
        by=by.ref,
        sample_state=to.value,
        tested_on=tested_on.isoformat(),
        **{name: getattr(sample, name) for name in REPORTED},
    )


REPORTED = ("laboratory", "report_no", "nonconformity")


def _hold(session: Session, sample: Sample, to: SampleState) -> None:
    events.hold(session, sample.ref)
    session.refresh(sample)
    if to not in NEXT_STATES[sample.state]:
        label = SAMPLE_STATE_LABELS[sample.state]
        raise Conflict("sample.out_of_step", f"这份样品的状态是“{label}”，请刷新后再看")


def follow_up(session: Session, sample: Sample, *, words: str, at: datetime, by: Party) -> None:
    """Record a step that was taken about a failed sample.

    Raises:
        RuleViolation: `sample.unsaid`, `sample.too_many_steps`.
        Conflict: `sample.out_of_step`.
    """
    _hold(session, sample, SampleState.CLOSED)
    if len(sample.steps) >= STEPS_MAX:
        raise RuleViolation("sample.too_many_steps", f"最多登记 {STEPS_MAX} 步，请了结或另立案")
    _step(session, sample, Kind.SAMPLE_FOLLOWED_UP, words, at=at, by=by)


def close(session: Session, sample: Sample, *, words: str, at: datetime, by: Party) -> None:
    """Close a failed sample once something was done about it.

    Raises:
        RuleViolation: `sample.unsaid`, `sample.not_followed_up`.
        Conflict: `sample.out_of_step`.
    """
    _hold(session, sample, SampleState.CLOSED)
    if not sample.steps:
        raise RuleViolation("sample.not_followed_up", "还没有登记处理措施：先登记做了什么再了结")
    _step(session, sample, Kind.SAMPLE_CLOSED, words, at=at, by=by)
    sample.state = SampleState.CLOSED


def _step(
    session: Session, sample: Sample, kind: Kind, words: str, *, at: datetime, by: Party
) -> None:
    said = words.strip()[:WORDS_CHARS_MAX]
    if not said:
        raise RuleViolation("sample.unsaid", "请写明做了什么、结果怎样")
    sample.steps = [*sample.steps, {"on": legal_day(at).isoformat(), "words": said}]
    events.append(session, kind, sample.ref, at=at, by=by.ref, steps=sample.steps)


def get(session: Session, ref: str) -> Sample:
    """The sample of that reference.

    Raises:
        NotFound: `sample.not_found`.
    """
    found = session.scalars(select(Sample).where(Sample.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("sample.not_found", "没有找到这份样品")
    return found


def of_plans(session: Session, plans: Collection[SamplingPlan]) -> Sequence[Sample]:
    """The samples of some plans, with their animals and places, the newest first."""
    wanted = select(Sample).where(Sample.sampling_plan_id.in_([plan.id for plan in plans]))
    whole = (joinedload(Sample.animal), joinedload(Sample.holding), joinedload(Sample.plan))
    return session.scalars(wanted.order_by(Sample.id.desc()).options(*whole)).all()


def fold(state: State | None, event: EventView) -> State | None:
    """A sample as its events tell it."""
    match event.kind:
        case Kind.SAMPLE_TAKEN:
            return {
                **{name: folding.private(event, name) for name in (*TOLD, "taken_on")},
                **{
                    f"{name}_id": folding.private(event, name)
                    for name in ("sampling_plan", "holding")
                },
                "animal_id": event.links[1].ref,
                "state": SampleState.TAKEN.value,
                **dict.fromkeys((*REPORTED, "tested_on")),
                "steps": [],
            }
        case Kind.SAMPLE_REPORTED:
            told = {name: folding.private(event, name) for name in (*REPORTED, "tested_on")}
            return {**(state or {}), **told, "state": folding.private(event, "sample_state")}
        case Kind.SAMPLE_FOLLOWED_UP:
            return {**(state or {}), "steps": folding.private(event, "steps")}
        case Kind.SAMPLE_CLOSED:
            steps = folding.private(event, "steps")
            return {**(state or {}), "steps": steps, "state": SampleState.CLOSED.value}
        case _:
            return state


folding.register(Sample, fold)
