"""重判 · the acts of a period, in one's area, judged by the rules as changed or as of another day.

Bounded: of each stage the newest `ACTS_MAX`; a page shows the first `TURNS_MAX` that turn.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import whoami
from app.auth import scopes
from market.sales.acts import of_sales
from market.sales.records import Sale
from traceability import rules
from traceability.amendments import Amendment, AmendmentState
from traceability.base.clock import end_of, start_of
from traceability.base.errors import Conflict, RuleViolation
from traceability.holdings import Holding
from traceability.movements import Movement
from traceability.quarantine.declarations import Declaration
from traceability.quarantine.papers import Certificate
from traceability.rejudging import acts
from traceability.rejudging.turns import (
    EFFECT_ORDER,
    Act,
    Book,
    Effect,
    Turn,
    amended,
    of_day,
    turns,
)

ACTS_MAX = 5_000
TURNS_MAX = 200
DAYS_MAX = 3_660
YEAR = timedelta(days=365)
STAGES: Mapping[str, tuple[acts.Read, Any, Any]] = {
    "declaration.file": (acts.of_declarations, Declaration.filed_at, Declaration.origin_id),
    "certificate.issue": (acts.of_certificates, Certificate.issued_at, Certificate.origin_id),
    "movement.depart": (acts.of_departures, Movement.departed_at, Movement.origin_id),
    "movement.arrive": (acts.of_arrivals, Movement.arrived_at, Movement.destination_id),
    "sale.agree": (of_sales, Sale.agreed_at, Sale.market_id),
}
"""Stage → how its acts are read, the instant and the place they are chosen by."""


@dataclass(frozen=True, slots=True)
class Period:
    """From one legal day to another, both within it."""

    since: date
    until: date

    def __post_init__(self) -> None:
        """Refuse what is no period.

        Raises:
            RuleViolation: `rejudging.bad_period`.
        """
        if not 0 <= (self.until - self.since).days <= DAYS_MAX:
            raise RuleViolation("rejudging.bad_period", "请填写起止日期，起在前，最多十年")

    @classmethod
    def of(cls, since: date | None, until: date | None, *, today: date) -> "Period":
        """The period asked for; by default the year that ends today."""
        last = until or today
        return cls(since or last - YEAR, last)


@dataclass(frozen=True, slots=True)
class Judged:
    """判定依据 · every outcome of one act, with the evidence it used."""

    label: str
    at: datetime
    outcomes: Sequence[rules.Outcome]


@dataclass(frozen=True, slots=True)
class Total:
    """合计 · how many acts of a stage turn from one effect to another."""

    stage: str
    before: Effect
    after: Effect
    acts: int


@dataclass(frozen=True, slots=True)
class Rejudged:
    """重判结果."""

    counted: Mapping[str, int]
    """Acts judged, by stage."""
    cut: Sequence[str]
    """Stages of which only the newest were judged."""
    unkept: Sequence[str]
    """Stages whose acts the platform does not keep."""
    totals: Sequence[Total]
    """How many acts turn, and how."""
    turns: Sequence[Turn]
    """The first of them."""


def of_amendment(session: Session, amendment: Amendment, period: Period) -> Rejudged:
    """What the acts of a period would have been, had a proposed change held.

    Raises:
        Conflict: `amendment.closed`: once decided, the table is no longer the one it would change.
    """
    if amendment.state is not AmendmentState.PROPOSED:
        raise Conflict("amendment.closed", "这项修改已经有结论，重判只看待批准的修改")
    card, book = amendment.proposed, rules.cards(session)
    old = None if amendment.rule is None else rules.card_of(amendment.rule)
    stages = {*card.stages, *(() if old is None else old.stages)}
    after = amended(book, amendment.change, card, old)
    return _rejudged(session, stages, period, before=book, after=after)


def of_another_day(session: Session, stage: str, day: date, period: Period) -> Rejudged:
    """What the acts of a stage would have been by the rules of another day.

    Raises:
        RuleViolation: `rejudging.bad_stage`.
    """
    if stage not in STAGES:
        raise RuleViolation("rejudging.bad_stage", "请选一个办理环节")
    book = rules.cards(session)
    return _rejudged(session, {stage}, period, before=book, after=of_day(book, day))


def _rejudged(
    session: Session, stages: set[str], period: Period, *, before: Book, after: Book
) -> Rejudged:
    counted: dict[str, int] = {}
    found: list[Turn] = []
    totals = Counter[tuple[str, Effect, Effect]]()
    for stage in [stage for stage in rules.STAGE_LABELS if stage in stages & STAGES.keys()]:
        done = _done(session, stage, period)
        counted[stage] = len(done)
        turned = list(turns(done, before, after))
        totals.update(_by_act(stage, turned))
        found += turned[: TURNS_MAX - len(found)]
    return Rejudged(
        counted=counted,
        cut=[stage for stage, count in counted.items() if count == ACTS_MAX],
        unkept=[stage for stage in rules.STAGE_LABELS if stage in stages - STAGES.keys()],
        totals=[Total(*key, acts=count) for key, count in totals.items()],
        turns=found,
    )


def _by_act(stage: str, turned: Sequence[Turn]) -> Counter[tuple[str, Effect, Effect]]:
    """Each act once, by the strictest of the rules that turn."""
    was: dict[tuple[str, str], Effect] = {}
    now: dict[tuple[str, str], Effect] = {}
    for turn in turned:
        key = (turn.act.ref, turn.act.label)
        was[key] = max(was.get(key, turn.before), turn.before, key=EFFECT_ORDER.__getitem__)
        now[key] = max(now.get(key, turn.after), turn.after, key=EFFECT_ORDER.__getitem__)
    return Counter((stage, was[key], now[key]) for key in was if was[key] is not now[key])


def of_certificate(session: Session, paper: Certificate) -> Sequence[Judged]:
    """Every rule that a certificate was issued under, for each of its animals."""
    return _judged(session, acts.of_certificates(session, Certificate.id == paper.id, ACTS_MAX))


def of_declaration(session: Session, declaration: Declaration) -> Sequence[Judged]:
    """Every rule that a declaration was filed under."""
    return _judged(session, acts.of_declarations(session, Declaration.id == declaration.id, 1))


def _judged(session: Session, done: Sequence[Act]) -> Sequence[Judged]:
    book = rules.cards(session)
    return [
        Judged(act.label, act.at, rules.judged(book, act.stage, act.facts, at=act.at))
        for act in done
    ]


def _done(session: Session, stage: str, period: Period) -> list[Act]:
    read, instant, place = STAGES[stage]
    mine = select(Holding.id).where(scopes.within(whoami.scope()))
    inside = (instant >= start_of(period.since)) & (instant < end_of(period.until))
    return read(session, inside & place.in_(mine), ACTS_MAX)
