"""统计 · coverage and timeliness by township: what is counted, and the very records behind it.

One statement a measure gives its cases, each met or not; the numbers count those cases and the
lists show them, so that a number and what stands behind it cannot differ. Definitions: `DEFINED`.
Everything is counted from what is registered now: a late entry changes a past period.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    Subquery,
    and_,
    case,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy import Integer as SqlInteger
from sqlalchemy.orm import InstrumentedAttribute, Session

from traceability import due_lists, rules
from traceability.animals import Animal, Origin
from traceability.base.clock import end_of, legal_day, start_of
from traceability.base.sql_days import days_after, legal_day_of
from traceability.consignments.records import (
    REPORT_END_LABELS,
    Consignment,
    ConsignmentState,
    ReportEnd,
)
from traceability.holdings import TOWNSHIP_DIGITS, Holding
from traceability.movements import Movement
from traceability.parties import Party
from traceability.quarantine.certificates import Certificate
from traceability.quarantine.declarations import Declaration
from traceability.regions import CODE_CHARS
from traceability.tags import AnimalTag, TagScheme
from traceability.treatments import Disease, Immunisation

TAG_STAGE, TAG_RULE = "tag.due", "tag.within_days"
ONE_DAY = timedelta(days=1)
FULL = 1000


class Measure(StrEnum):
    """统计项目."""

    TAGGED = "tagged"
    DENSITY = "density"
    REPORTED = "reported"
    ANSWERED = "answered"


@dataclass(frozen=True, slots=True)
class Definition:
    """统计口径 · what a measure counts, in words."""

    title: str
    numerator: str
    denominator: str
    period: str
    left_out: str
    place: str
    unit: str


DEFINED: Mapping[Measure, Definition] = {
    Measure.TAGGED: Definition(
        title="按时戴标",
        numerator="其中第一枚耳标在期限当天或以前戴上的",
        denominator="本场出生、戴标期限落在期间内的牛，期限是出生后规则规定的天数",
        period="按戴标期限那一天计，期限还没有过完的不计",
        left_out="购入的牛；始终没有登记的牛犊平台不知道，不在内",
        place="出生登记时所在的乡镇",
        unit="头",
    ),
    Measure.DENSITY: Definition(
        title="免疫密度",
        numerator="其中期末那一天最近一次免疫仍在保护期内的",
        denominator="期间最后一天已戴标登记、还活着的牛，留置的也算",
        period="按期间最后一天计，那一天还没有到就按今天",
        left_out="那一天在运输途中的牛；规则没有写保护期的病，打过就算保护",
        place="那一天所在的乡镇",
        unit="头",
    ),
    Measure.REPORTED: Definition(
        title="落地报告按时",
        numerator="其中在到期时刻以前报告的",
        denominator="到期时刻落在期间内的落地报告；两端都要报的批次算两次",
        period="按报告的到期时刻计，还没有到期的不计",
        left_out="按到达当天的规定不用报告的批次；没有建运输批次的调运",
        place="报给哪一端，就算哪一端场所的乡镇",
        unit="次",
    ),
    Measure.ANSWERED: Definition(
        title="检疫申报按时答复",
        numerator="其中在启运日当天或以前受理或不予受理的",
        denominator="启运日落在期间内的检疫申报",
        period="按申报的启运日计，启运日还没有过完的不计",
        left_out="屠宰检疫申报；办法只说及时审查，没有定天数，启运日是平台定的界线",
        place="起运场所的乡镇",
        unit="份",
    ),
}
assert DEFINED.keys() == set(Measure)


@dataclass(frozen=True, slots=True)
class Asked:
    """统计期间 · both days belong to it; `at` is the instant of asking."""

    first: date
    last: date
    at: datetime
    disease: Disease = Disease.FMD

    @property
    def day(self) -> date:
        """The last day of the period that has begun."""
        return min(self.last, legal_day(self.at))

    @property
    def over(self) -> date:
        """The last day of the period that is over."""
        return min(self.last, legal_day(self.at) - ONE_DAY)


@dataclass(frozen=True, slots=True)
class Row:
    """一个乡镇 · how many cases there are, and how many of them met."""

    region_code: str
    whole: int
    met: int

    @property
    def permille(self) -> int | None:
        """The share that met, rounded down; None where there are no cases."""
        return self.met * FULL // self.whole if self.whole else None


@dataclass(frozen=True, slots=True)
class Case:
    """一条记录 · one case behind a number."""

    ref: str
    label: str
    place: str
    region_code: str
    due_on: date | None
    done_on: date | None
    met: bool


def by_township(
    session: Session, measure: Measure, asked: Asked, *, within: ColumnElement[bool]
) -> Sequence[Row]:
    """Every township with cases, by code: one question."""
    found = _cases(session, measure, asked, within).subquery()
    code = func.substr(found.c.region_code, 1, TOWNSHIP_DIGITS).label("code")
    rows = session.execute(
        select(code, func.count(), func.sum(found.c.met)).group_by(code).order_by(code)
    )
    return [Row(code, whole, int(met)) for code, whole, met in rows]


def total(rows: Sequence[Row], region_code: str = "") -> Row:
    """Several places together, under the code of what holds them."""
    return Row(region_code, sum(row.whole for row in rows), sum(row.met for row in rows))


@dataclass(frozen=True, slots=True)
class Wanted:
    """哪些记录 · below a region, met or not, or all of them."""

    region: str = ""
    met: bool | None = None


def listed(
    session: Session,
    measure: Measure,
    asked: Asked,
    wanted: Wanted,
    *,
    within: ColumnElement[bool],
    offset: int = 0,
    limit: int | None = None,
) -> tuple[int, Sequence[Case]]:
    """How many cases there are behind a number, and some of them, by place and name."""
    found = _cases(session, measure, asked, within).subquery()
    chosen = select(found).where(*_narrowed(found, wanted))
    count = session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    order = (found.c.region_code, found.c.place, found.c.label, found.c.ref)
    rows = session.execute(chosen.order_by(*order).offset(offset).limit(limit))
    return count, [_case(row) for row in rows]


def _narrowed(found: Subquery, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.region:
        last = wanted.region.ljust(CODE_CHARS, "9")
        conditions.append(found.c.region_code.between(wanted.region, last))
    if wanted.met is not None:
        conditions.append(found.c.met == int(wanted.met))
    return conditions


def _case(row: Any) -> Case:
    return Case(
        ref=row.ref,
        label=row.label,
        place=row.place,
        region_code=row.region_code,
        due_on=_day(row.due, is_end=True),
        done_on=_day(row.done),
        met=bool(row.met),
    )


def _day(told: date | datetime | None, *, is_end: bool = False) -> date | None:
    if isinstance(told, datetime):  # the end of a day is the first instant of the next
        return legal_day(told - timedelta(milliseconds=1) if is_end else told)
    return told


def tag_days(session: Session, day: date) -> int | None:
    """Within how many days of its birth an animal is to be tagged, by the rule of a day."""
    for rule in rules.in_force(session, TAG_STAGE, day):
        if rule.code == TAG_RULE:
            return int(rule.params["days"])
    return None


def _cases(
    session: Session, measure: Measure, asked: Asked, within: ColumnElement[bool]
) -> Select[Any]:
    match measure:
        case Measure.TAGGED:
            return _tagged(session, asked, within)
        case Measure.DENSITY:
            return _protected(session, asked, within)
        case Measure.REPORTED:
            return _reported(asked, within)
        case Measure.ANSWERED:
            return _answered(asked, within)


def _columns(
    ref: Any, label: Any, *, due: Any, done: Any, met: ColumnElement[bool]
) -> tuple[Any, ...]:
    return (
        ref.label("ref"),
        label.label("label"),
        Holding.name.label("place"),
        Holding.region_code,
        due.label("due"),
        done.label("done"),
        case((met, 1), else_=0).label("met"),
    )


def _first_worn() -> ScalarSelect[datetime]:
    mine = and_(AnimalTag.animal_id == Animal.id, AnimalTag.scheme == TagScheme.EAR_TAG)
    return select(func.min(AnimalTag.worn_from)).where(mine).correlate(Animal).scalar_subquery()


def _of_journeys(
    column: InstrumentedAttribute[int], *conditions: ColumnElement[bool], newest: bool = False
) -> ScalarSelect[int]:
    """A column of an animal's first or newest journey."""
    order = (Movement.departed_at, Movement.id)
    mine = select(column).where(Movement.animal_id == Animal.id, *conditions)
    wanted = mine.order_by(*(each.desc() if newest else each for each in order)).limit(1)
    return wanted.correlate(Animal).scalar_subquery()


def _tagged(session: Session, asked: Asked, within: ColumnElement[bool]) -> Select[Any]:
    days = tag_days(session, asked.day)
    worn, due = _first_worn(), days_after(Animal.born_on, literal(days or 0, SqlInteger))
    met = legal_day_of(worn) <= due
    born_at = func.coalesce(_of_journeys(Movement.origin_id), Animal.holding_id)
    span = timedelta(days=days or 0)
    return (
        select(*_columns(Animal.ref, Animal.ear_tag, due=due, done=worn, met=met))
        .join(Holding, Holding.id == born_at)
        .where(
            within,
            Animal.origin == Origin.BORN,
            Animal.born_on.between(asked.first - span, asked.over - span),
            literal(days is not None),
        )
    )


def _protected(session: Session, asked: Asked, within: ColumnElement[bool]) -> Select[Any]:
    day = asked.day
    given = (
        select(func.max(Immunisation.given_on))
        .where(
            Immunisation.animal_id == Animal.id,
            Immunisation.disease == asked.disease,
            Immunisation.given_on <= day,
        )
        .correlate(Animal)
        .scalar_subquery()
    )
    since = due_lists.schedule(session, asked.disease, day).protected_since(day)
    protects = given.is_not(None) if since is None else given >= since
    herd = select(*_columns(Animal.ref, Animal.ear_tag, due=null(), done=given, met=protects))
    return _standing(herd, day, is_today=day == legal_day(asked.at)).where(
        within,
        Animal.born_on <= day,
        func.coalesce(Animal.ended_on > day, literal(True)),  # noqa: FBT003 - SQL's true
        _first_worn() < end_of(day),
    )


def _standing(herd: Select[Any], day: date, *, is_today: bool) -> Select[Any]:
    """Join each animal with the place where it stood at the end of a day; none on the road."""
    if is_today:
        return herd.join(Holding, Holding.id == Animal.holding_id)
    end = end_of(day)
    before = _of_journeys(Movement.id, Movement.departed_at < end, newest=True)
    after = _of_journeys(Movement.origin_id, Movement.departed_at >= end)
    place = case(
        (Movement.id.is_(None), func.coalesce(after, Animal.holding_id)),
        (Movement.arrived_at < end, Movement.destination_id),
        else_=null(),
    )
    return herd.outerjoin(Movement, Movement.id == before).join(Holding, Holding.id == place)


def _reported(asked: Asked, within: ColumnElement[bool]) -> Select[Any]:
    ends = {
        ReportEnd.DESTINATION: (
            Certificate.destination_id,
            Consignment.destination_reported_at,
            literal(True),  # noqa: FBT003 - SQL's true
        ),
        ReportEnd.ORIGIN: (
            Certificate.origin_id,
            Consignment.origin_reported_at,
            Consignment.origin_report_due.is_(True),
        ),
    }
    until = min(end_of(asked.last), asked.at)
    both = [
        select(
            *_columns(
                Consignment.ref,
                Consignment.plate + literal(f" · {REPORT_END_LABELS[end]}"),
                due=Consignment.report_due_at,
                done=at,
                met=at <= Consignment.report_due_at,
            )
        )
        .join(Certificate, Certificate.id == Consignment.certificate_id)
        .join(Holding, Holding.id == place)
        .where(
            within,
            asks,
            Consignment.state == ConsignmentState.ARRIVED,
            Consignment.report_due_at > start_of(asked.first),
            Consignment.report_due_at <= until,
        )
        for end, (place, at, asks) in ends.items()
    ]
    return select(union_all(*both).subquery())


def _answered(asked: Asked, within: ColumnElement[bool]) -> Select[Any]:
    in_time = legal_day_of(Declaration.answered_at) <= Declaration.leaves_on
    due, done = Declaration.leaves_on, Declaration.answered_at
    return (
        select(*_columns(Declaration.ref, Party.name, due=due, done=done, met=in_time))
        .join(Holding, Holding.id == Declaration.origin_id)
        .join(Party, Party.id == Declaration.declarant_id)
        .where(within, Declaration.leaves_on.between(asked.first, asked.over))
    )
