"""抽样计划 · what is looked for, where, how many of each class of place, why, and who was drawn.

The draw is a function of the seed and the herd of that instant: whoever has both draws the same
animals again, and nobody chooses the ones that are known to be well.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability.animals import Animal, AnimalState
from traceability.base.canon import sha256
from traceability.base.db import Base, Subject
from traceability.base.errors import NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.holdings import TOWNSHIP_DIGITS, Holding, HoldingKind
from traceability.parties import Party
from traceability.regions import CODE_CHARS, region

NAME_CHARS_MAX = 60
REASON_CHARS_MAX = 300
SEED_CHARS_MAX = 60
REGIONS_MAX = 60
DAYS_MAX = 366
DRAWN_MAX = 500
CLASSES = (HoldingKind.HOUSEHOLD, HoldingKind.FARM, HoldingKind.MARKET, HoldingKind.ABATTOIR)
"""The classes of places that a plan counts by."""


class SamplingPlan(Subject, Base):
    """抽样计划 · one disease or residue, some townships, a period, and the animals drawn."""

    __tablename__ = "sampling_plan"
    __ref_prefix__ = "sampling_plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    tested_for: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    risk: Mapped[str] = mapped_column(String(REASON_CHARS_MAX))
    regions: Mapped[list[str]]
    quotas: Mapped[dict[str, Any]]  # class of place → head in each township
    first_on: Mapped[date]
    last_on: Mapped[date]
    seed: Mapped[str] = mapped_column(String(SEED_CHARS_MAX))
    drawn: Mapped[dict[str, Any]]  # animal → the place where it stood, by reference
    by_id: Mapped[int] = mapped_column(ForeignKey("party.id"))

    by: Mapped[Party] = relationship()


@dataclass(frozen=True, slots=True)
class Wanted:
    """要抽什么 · what a plan is told."""

    name: str
    tested_for: str
    risk: str
    regions: Collection[str]
    quotas: Mapping[str, int]
    first_on: date
    last_on: date
    seed: str


def make(session: Session, wanted: Wanted, *, at: datetime, by: Party) -> SamplingPlan:
    """Make a plan and draw its animals from those that stand there now.

    Raises:
        RuleViolation: `sampling.unsaid`, `sampling.bad_period`, `sampling.no_regions`,
            `sampling.no_quota`, `sampling.none_found`, `sampling.too_many`.
        NotFound: `region.unknown`.
    """
    _require_right(session, wanted)
    quotas = {kind: count for kind, count in sorted(wanted.quotas.items()) if count}
    regions = sorted({*wanted.regions})
    drawn = _drawn(session, regions, quotas, wanted.seed.strip())
    if not drawn:
        raise RuleViolation("sampling.none_found", "这些地方没有这几类场所的在养牛，请改范围")
    if len(drawn) > DRAWN_MAX:
        raise RuleViolation("sampling.too_many", f"一份计划最多抽 {DRAWN_MAX} 头，请分开")
    plan = SamplingPlan(
        name=wanted.name.strip(),
        tested_for=wanted.tested_for.strip(),
        risk=wanted.risk.strip(),
        regions=regions,
        quotas=quotas,
        first_on=wanted.first_on,
        last_on=wanted.last_on,
        seed=wanted.seed.strip(),
        drawn=drawn,
        by=by,
    )
    events.hold(session, plan.ref)
    session.add(plan)
    session.flush()
    events.append(
        session,
        Kind.SAMPLING_PLANNED,
        plan.ref,
        at=at,
        by=by.ref,
        **{name: getattr(plan, name) for name in PLAIN},
        first_on=plan.first_on.isoformat(),
        last_on=plan.last_on.isoformat(),
    )
    return plan


PLAIN = ("name", "tested_for", "risk", "regions", "quotas", "seed", "drawn")


def _require_right(session: Session, wanted: Wanted) -> None:
    if not all(each.strip() for each in (wanted.name, wanted.tested_for, wanted.risk, wanted.seed)):
        raise RuleViolation("sampling.unsaid", "请写明名称、检测什么、为什么抽这些地方和随机种子")
    if not 0 <= (wanted.last_on - wanted.first_on).days <= DAYS_MAX:
        raise RuleViolation("sampling.bad_period", "起止日期不对：止不早于起，最长一年")
    if not 0 < len({*wanted.regions}) <= REGIONS_MAX:
        raise RuleViolation("sampling.no_regions", f"请选择 1 到 {REGIONS_MAX} 个乡镇")
    for code in wanted.regions:
        region(session, code)
    known = {kind.value for kind in CLASSES}
    if not any(wanted.quotas.values()) or not wanted.quotas.keys() <= known:
        raise RuleViolation("sampling.no_quota", "请填写每个乡镇每类场所抽几头，至少一类")


def _drawn(
    session: Session, regions: Sequence[str], quotas: Mapping[str, int], seed: str
) -> dict[str, str]:
    """Animal → place, for every township and class."""
    found: dict[str, str] = {}
    for code in regions:
        rows = session.execute(
            select(Animal.ref, Holding.ref, Holding.kind)
            .join(Holding, Holding.id == Animal.holding_id)
            .where(
                Holding.region_code.between(code, code.ljust(CODE_CHARS, "9")),
                Holding.kind.in_(quotas),
                Animal.state == AnimalState.ALIVE,
            )
        ).all()
        for kind, count in quotas.items():
            places = {animal: place for animal, place, its_kind in rows if its_kind == kind}
            found |= {animal: places[animal] for animal in draw(places, seed=seed, count=count)}
    return dict(sorted(found.items()))


def draw(refs: Collection[str], *, seed: str, count: int) -> list[str]:
    """So many of some references, by the order of SHA-256 of seed and reference.

    >>> draw(["a", "b", "c"], seed="2026", count=2)
    ['a', 'b']
    """
    return sorted(refs, key=lambda ref: sha256(f"{seed}:{ref}".encode()))[:count]


def get(session: Session, ref: str) -> SamplingPlan:
    """The plan of that reference.

    Raises:
        NotFound: `sampling.not_found`.
    """
    found = session.scalars(select(SamplingPlan).where(SamplingPlan.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("sampling.not_found", "没有找到这份抽样计划")
    return found


def listed(session: Session) -> Sequence[SamplingPlan]:
    """All plans, the newest first."""
    order = (SamplingPlan.last_on.desc(), SamplingPlan.id.desc())
    return session.scalars(select(SamplingPlan).order_by(*order)).all()


def township_of(place: Holding) -> str:
    """The township a sample counts for."""
    return place.region_code[:TOWNSHIP_DIGITS]


def fold(state: State | None, event: EventView) -> State | None:
    """A plan as its event tells it."""
    if event.kind is not Kind.SAMPLING_PLANNED:
        return state
    names = (*PLAIN, "first_on", "last_on")
    return {
        **{name: folding.private(event, name) for name in names},
        "by_id": folding.private(event, "by"),
    }


folding.register(SamplingPlan, fold)
