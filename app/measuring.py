"""统计办理 · the measures of one's own area: a county, its townships; page, API, workbook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from app import campaigning, whoami, workbooks
from app.auth import scopes
from app.filters import permille
from traceability import due_lists, measures, rules
from traceability.base.clock import legal_day
from traceability.holdings import COUNTY_DIGITS
from traceability.measures import DEFINED, Asked, Case, Definition, Measure, Row, Wanted
from traceability.treatments import DISEASE_LABELS, Disease

RECORDS_MAX = 50_000
"""More records than one workbook should hold."""
TARGET_STAGE, TARGET_RULE = "campaign.close", "campaign.density"
COLUMNS = {
    "统计项目": 18, "县": 22, "乡镇": 18, "代码": 12, "做到": 10, "应做": 10, "比例": 10,
    "分子": 40, "分母": 40, "期间": 34, "不计": 40, "记在哪里": 24, "起": 12, "止": 12,
}  # fmt: skip
RECORD_COLUMNS = {
    "统计项目": 18, "记录": 22, "场所": 22, "乡镇": 18, "期限": 12, "办理": 12, "做到": 8,
    "编号": 46,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class County:
    """一个县 · all its townships together, then each."""

    whole: Row
    townships: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Measured:
    """一项统计 · its definition, all one may see together, and by county and township."""

    measure: Measure
    defined: Definition
    basis: str
    whole: Row
    counties: Sequence[County]


@dataclass(frozen=True, slots=True)
class Measurements:
    """统计 · every measure of a period, and what the places are called."""

    asked: Asked
    measures: Sequence[Measured]
    names: Mapping[str, str]


def asked(
    *, first: date | None = None, last: date | None = None, disease: Disease = Disease.FMD
) -> Asked:
    """A period; from the beginning of the year until today unless it is told otherwise."""
    at = whoami.now()
    until = last or legal_day(at)
    return Asked(first or until.replace(month=1, day=1), until, at, disease)


def _within() -> ColumnElement[bool]:
    return scopes.within(whoami.scope())


def measured(session: Session, period: Asked) -> Measurements:
    """Every measure in one's own area: as many questions for one township as for all."""
    found = [_measured(session, measure, period) for measure in Measure]
    codes = {
        row.region_code
        for each in found
        for county in each.counties
        for row in (county.whole, *county.townships)
    }
    return Measurements(period, found, campaigning.names_of(session, codes))


def _measured(session: Session, measure: Measure, period: Asked) -> Measured:
    rows = measures.by_township(session, measure, period, within=_within())
    return Measured(
        measure=measure,
        defined=DEFINED[measure],
        basis=_basis(session, measure, period),
        whole=measures.total(rows),
        counties=_by_county(rows),
    )


def _by_county(rows: Sequence[Row]) -> list[County]:
    codes = sorted({row.region_code[:COUNTY_DIGITS] for row in rows})
    grouped = {code: [row for row in rows if row.region_code.startswith(code)] for code in codes}
    return [County(measures.total(mine, code), mine) for code, mine in grouped.items()]


def _basis(session: Session, measure: Measure, period: Asked) -> str:
    """What the rule in force says, with its numbers; from the rule table, never from here."""
    match measure:
        case Measure.TAGGED:
            stage, code, words = measures.TAG_STAGE, measures.TAG_RULE, "出生后 {days} 天内"
        case Measure.DENSITY:
            return _basis_of_density(session, period)
        case Measure.REPORTED:
            stage, code, words = "arrival.report", "arrival.reported", "期限照各批次到达当天的规则"
        case Measure.ANSWERED:
            return ""
    for rule in rules.in_force(session, stage, period.day):
        if rule.code == code:
            return f"{words.format(**rule.params)}（{rule.citation}）"
    return "规则表里没有这一天的期限"


def _basis_of_density(session: Session, period: Asked) -> str:
    plan = due_lists.schedule(session, period.disease, period.day)
    name = DISEASE_LABELS[period.disease]
    words = (
        f"{name}，打过就算"
        if plan.protects_days is None
        else f"{name}，一次保护 {plan.protects_days} 天（{plan.citation}）"
    )
    for rule in rules.in_force(session, TARGET_STAGE, period.day):
        if rule.code == TARGET_RULE:
            return f"{words}；应不低于 {rule.params['percent']}%（{rule.citation}）"
    return words


def records(
    session: Session,
    measure: Measure,
    period: Asked,
    wanted: Wanted,
    *,
    offset: int = 0,
    limit: int = RECORDS_MAX,
) -> tuple[int, Sequence[Case]]:
    """The records behind a number in one's own area, and how many there are."""
    return measures.listed(
        session, measure, period, wanted, within=_within(), offset=offset, limit=limit
    )


def sheet(session: Session, period: Asked) -> bytes:
    """Every number with its definition beside it, as a workbook."""
    shown = measured(session, period)
    lines = [
        (
            each.defined.title,
            shown.names[row.region_code[:COUNTY_DIGITS]],
            shown.names[row.region_code] if row is not county.whole else "全县",
            row.region_code,
            str(row.met),
            str(row.whole),
            permille(row.permille),
            f"{each.defined.numerator}；{each.basis}" if each.basis else each.defined.numerator,
            each.defined.denominator,
            each.defined.period,
            each.defined.left_out,
            each.defined.place,
            period.first.isoformat(),
            period.last.isoformat(),
        )
        for each in shown.measures
        for county in each.counties
        for row in (county.whole, *county.townships)
    ]
    return workbooks.written("统计", COLUMNS, lines)


def records_sheet(session: Session, measure: Measure, period: Asked, wanted: Wanted) -> bytes:
    """The records behind a number, as a workbook."""
    _, found = records(session, measure, period, wanted)
    names = campaigning.names_of(session, {each.region_code for each in found})
    lines = [
        (
            DEFINED[measure].title,
            each.label,
            each.place,
            names[each.region_code],
            each.due_on.isoformat() if each.due_on else "",
            each.done_on.isoformat() if each.done_on else "",
            "是" if each.met else "否",
            each.ref,
        )
        for each in found
    ]
    return workbooks.written("记录", RECORD_COLUMNS, lines)
