"""到期名单 · which animals a dose is due for by a day, and how many of each village.

A dose is due for an animal that was never dosed and is old enough, for a calf whose only dose is
a month old, and for one whose last dose no longer protects. Ages and days stand in the rule table;
a disease without such a rule has only animals never dosed on its list.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, false, func, null, or_, select
from sqlalchemy.orm import Session

from traceability import rules
from traceability.animals import Animal, AnimalState
from traceability.holdings import Holding
from traceability.parties import Party
from traceability.regions import CODE_CHARS
from traceability.treatments import Disease, Immunisation

DUE_STAGE = "immunisation.due"
SCHEDULE_RULE = "immunisation.schedule_"


class Due(StrEnum):
    """到期原因 · why a dose is due."""

    FIRST = "first"
    BOOSTER = "booster"
    LAPSED = "lapsed"


DUE_LABELS = {Due.FIRST: "首免", Due.BOOSTER: "犊牛加强", Due.LAPSED: "保护期满"}


@dataclass(frozen=True, slots=True)
class Schedule:
    """免疫程序 · ages and days of a disease, as the rule of a day has them."""

    first_days: int = 0  # old enough for the first dose
    booster_days: int | None = None  # a calf's second dose after so many days
    calf_days: int = 0  # a calf up to this age
    protects_days: int | None = None  # None: no rule says when a dose wears off
    citation: str | None = None

    def protected_since(self, day: date) -> date | None:
        """The first day of a dose that still protects on a day; None where any dose does."""
        return None if self.protects_days is None else day - timedelta(days=self.protects_days)


def schedule(session: Session, disease: Disease, day: date) -> Schedule:
    """The ages and days in force on a day for a disease."""
    code = f"{SCHEDULE_RULE}{disease.value}"
    for rule in rules.in_force(session, DUE_STAGE, day):
        if rule.code == code:
            return Schedule(**rule.params, citation=rule.citation)
    return Schedule()


def below(codes: Collection[str]) -> ColumnElement[bool]:
    """The condition on `Holding` that keeps the places in those regions."""
    return or_(
        *(Holding.region_code.between(code, code.ljust(CODE_CHARS, "9")) for code in codes),
        Holding.id.in_(()),
    )


def dosed(
    disease: Disease, within: ColumnElement[bool], *, during: tuple[date, date] | None = None
) -> Subquery:
    """Every living animal of some places with its doses: how many, the last day, within a time."""
    then = Immunisation.given_on.between(*during) if during else false()
    shots = and_(Immunisation.animal_id == Animal.id, Immunisation.disease == disease)
    herd = (
        select(
            Animal.id,
            Animal.ref,
            Animal.ear_tag,
            Animal.born_on,
            Animal.owner_id,
            Animal.holding_id,
            Holding.name.label("place"),
            Holding.region_code,
            func.count(Immunisation.id).label("doses"),
            func.max(Immunisation.given_on).label("last_on"),
            func.count(case((then, 1))).label("during"),
        )
        .join(Holding, Holding.id == Animal.holding_id)
        .outerjoin(Immunisation, shots)
        .where(within, Animal.state == AnimalState.ALIVE)
    )
    return herd.group_by(Animal.id, Holding.id).subquery()


def reason(herd: Subquery, plan: Schedule, day: date) -> ColumnElement[str | None]:
    """Why a dose is due by a day; NULL where none is."""
    first = and_(
        herd.c.doses == 0, herd.c.born_on <= day - timedelta(days=plan.first_days)
    )  # the same day counts
    whens = [(first, Due.FIRST.value)]
    if plan.booster_days is not None:
        ripe = day - timedelta(days=plan.booster_days)
        is_calf = herd.c.born_on > day - timedelta(days=plan.calf_days)
        whens.append((and_(herd.c.doses == 1, herd.c.last_on <= ripe, is_calf), Due.BOOSTER.value))
    if (since := plan.protected_since(day)) is not None:
        whens.append((herd.c.last_on < since, Due.LAPSED.value))
    return case(*whens, else_=null())


@dataclass(frozen=True, slots=True)
class DueAnimal:
    """该免疫的牛 · one line of a list."""

    ref: str
    ear_tag: str
    born_on: date
    region_code: str
    place: str
    owner: str
    last_on: date | None
    due: Due


def listed(
    session: Session,
    disease: Disease,
    *,
    day: date,
    within: ColumnElement[bool],
    offset: int = 0,
    limit: int | None = None,
) -> list[DueAnimal]:
    """The animals of some places for which a dose is due by a day, by village and household."""
    herd, wanted = _due(session, disease, day, within)
    chosen = (
        wanted.add_columns(Party.name.label("owner"))
        .join(Party, Party.id == herd.c.owner_id)
        .order_by(herd.c.region_code, herd.c.place, herd.c.holding_id, herd.c.ear_tag)
        .offset(offset)
        .limit(limit)
    )
    return [
        DueAnimal(
            ref=row.ref,
            ear_tag=row.ear_tag,
            born_on=row.born_on,
            region_code=row.region_code,
            place=row.place,
            owner=row.owner,
            last_on=row.last_on,
            due=Due(row.due),
        )
        for row in session.execute(chosen)
    ]


def _due(
    session: Session, disease: Disease, day: date, within: ColumnElement[bool]
) -> tuple[Subquery, Select[tuple[object, ...]]]:
    herd = dosed(disease, within)
    why = reason(herd, schedule(session, disease, day), day)
    return herd, select(herd, why.label("due")).where(why.is_not(None))


@dataclass(frozen=True, slots=True)
class VillageDue:
    """一个村 · how many animals, of how many a dose is due, by reason."""

    region_code: str
    heads: int
    due: int
    first: int
    booster: int
    lapsed: int


def by_village(
    session: Session, disease: Disease, *, day: date, within: ColumnElement[bool]
) -> Sequence[VillageDue]:
    """Every village with animals, and how many a dose is due for by a day: one question."""
    herd = dosed(disease, within)
    why = reason(herd, schedule(session, disease, day), day)
    told = select(herd.c.region_code, why.label("due")).subquery()
    counts = [func.count(case((told.c.due == each.value, 1))).label(each.value) for each in Due]
    rows = session.execute(
        select(
            told.c.region_code,
            func.count().label("heads"),
            func.count(told.c.due).label("due"),
            *counts,
        )
        .group_by(told.c.region_code)
        .order_by(told.c.region_code)
    )
    return [VillageDue(**row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name


def animals_due(
    session: Session,
    disease: Disease,
    *,
    during: tuple[date, date],
    within: ColumnElement[bool],
) -> Select[int]:
    """The ids of the animals for which a dose is due by the end of a time and not given in it."""
    herd, day = dosed(disease, within, during=during), during[1]
    return select(herd.c.id).where(
        herd.c.during == 0, reason(herd, schedule(session, disease, day), day).is_not(None)
    )
