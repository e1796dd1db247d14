"""产犊疑点 · calves whose registered dam cannot well have borne them (借牛、套补的线索).

A doubt is computed from the register each time it is asked, and goes when the register is put
right; it changes nothing and refuses nothing. The limits are data, with their source.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, extract, or_, select
from sqlalchemy.orm import Session, aliased

from traceability.animals import Animal

FILE = Path(__file__).parent / "data" / "calving.json"
LISTED_MAX = 500
MONTHS_OF_YEAR = 12
MONTH_DAYS_MIN = 28


class CalvingDoubt(StrEnum):
    """疑点类别."""

    DAM_YOUNG = "dam_young"
    DAM_OLD = "dam_old"
    DAM_GONE = "dam_gone"
    GAP_SHORT = "gap_short"


CALVING_DOUBT_LABELS = {
    CalvingDoubt.DAM_YOUNG: "母牛太小",
    CalvingDoubt.DAM_OLD: "母牛太老",
    CalvingDoubt.DAM_GONE: "产犊时母牛已不在",
    CalvingDoubt.GAP_SHORT: "两胎隔得太近",
}
assert CALVING_DOUBT_LABELS.keys() == set(CalvingDoubt)


@dataclass(frozen=True)
class CalvingLimits:
    """What a cow can do, and who says so."""

    dam_months_min: int
    dam_years_max: int
    gap_days_min: int
    source: str
    certainty: str


@cache
def limits() -> CalvingLimits:
    """The limits in force.

    >>> limits().gap_days_min
    240
    """
    return CalvingLimits(**json.loads(FILE.read_text("utf-8")))


@dataclass(frozen=True)
class Doubtful:
    """One calf, its dam, an earlier calf where one matters, and the reason in a sentence."""

    kind: CalvingDoubt
    ref: str
    ear_tag: str
    born_on: date
    dam_ref: str
    dam_ear_tag: str
    earlier_ref: str | None
    earlier_ear_tag: str | None
    reason: str


_CALF, _DAM, _EARLIER = (aliased(Animal, name=name) for name in ("calf", "dam", "earlier"))
_FIELDS = (
    _CALF.ref,
    _CALF.ear_tag,
    _CALF.born_on,
    _DAM.ref.label("dam_ref"),
    _DAM.ear_tag.label("dam_ear_tag"),
    _DAM.born_on.label("dam_born_on"),
    _DAM.ended_on.label("dam_ended_on"),
)


def doubts(
    session: Session, at_holdings: ColumnElement[bool], *, kind: CalvingDoubt | None = None
) -> list[Doubtful]:
    """The doubts about calves standing at some holdings, the youngest calf first, at most 500.

    `at_holdings` is a condition on `Holding`. Calves born on one day are twins, no doubt.
    """
    found = [*_of_dams(session, at_holdings), *_of_gaps(session, at_holdings)]
    chosen = [each for each in found if kind is None or each.kind is kind]
    return sorted(chosen, key=lambda each: (-each.born_on.toordinal(), each.ear_tag))[:LISTED_MAX]


def _of_dams(session: Session, at_holdings: ColumnElement[bool]) -> list[Doubtful]:
    bounds = limits()
    age = _months(_CALF) - _months(_DAM)
    wanted = (
        select(*_FIELDS)
        .join(_DAM, _CALF.dam_id == _DAM.id)
        .where(_CALF.holding.has(at_holdings))
        .where(
            or_(
                age <= bounds.dam_months_min,
                age >= bounds.dam_years_max * MONTHS_OF_YEAR,
                _DAM.ended_on < _CALF.born_on,
            )
        )
    )
    return [
        _doubtful(row, kind, reason)
        for row in session.execute(wanted)
        for kind, reason in _judged(row, bounds)
    ]


def _judged(row: Row[*tuple[Any, ...]], bounds: CalvingLimits) -> list[tuple[CalvingDoubt, str]]:
    """What is odd about the dam on the day of birth, to the day."""
    found = []
    age = _whole_months(row.dam_born_on, row.born_on)
    if age < bounds.dam_months_min:
        told = f"登记的母牛 {age} 月龄，不到 {bounds.dam_months_min} 月龄" if age >= 0 else ""
        found.append((CalvingDoubt.DAM_YOUNG, told or "登记的母牛比牛犊还小"))
    if age >= bounds.dam_years_max * MONTHS_OF_YEAR:
        years = age // MONTHS_OF_YEAR
        told = f"登记的母牛 {years} 岁，已满 {bounds.dam_years_max} 岁"
        found.append((CalvingDoubt.DAM_OLD, told))
    if row.dam_ended_on is not None and row.dam_ended_on < row.born_on:
        told = f"登记的母牛 {row.dam_ended_on.isoformat()} 已死亡或屠宰，牛犊在那以后出生"
        found.append((CalvingDoubt.DAM_GONE, told))
    return found


def _of_gaps(session: Session, at_holdings: ColumnElement[bool]) -> list[Doubtful]:
    days = limits().gap_days_min
    apart = _months(_CALF) - _months(_EARLIER)
    wanted = (
        select(
            *_FIELDS,
            _EARLIER.ref.label("earlier_ref"),
            _EARLIER.ear_tag.label("earlier_ear_tag"),
            _EARLIER.born_on.label("earlier_born_on"),
        )
        .join(_DAM, _CALF.dam_id == _DAM.id)
        .join(
            _EARLIER,
            and_(_EARLIER.dam_id == _CALF.dam_id, _EARLIER.born_on < _CALF.born_on),
        )
        .where(_CALF.holding.has(at_holdings), apart <= days // MONTH_DAYS_MIN + 1)
    )
    return [
        _doubtful(
            row,
            CalvingDoubt.GAP_SHORT,
            f"同一母牛 {(row.born_on - row.earlier_born_on).days} 天前还有一犊，不到 {days} 天",
            earlier=(row.earlier_ref, row.earlier_ear_tag),
        )
        for row in session.execute(wanted)
        if row.born_on - row.earlier_born_on < timedelta(days=days)
    ]


def _doubtful(
    row: Row[*tuple[Any, ...]],
    kind: CalvingDoubt,
    reason: str,
    earlier: Sequence[str | None] = (None, None),
) -> Doubtful:
    return Doubtful(
        kind,
        row.ref,
        row.ear_tag,
        row.born_on,
        row.dam_ref,
        row.dam_ear_tag,
        earlier[0],
        earlier[1],
        reason,
    )


def _months(animal: type[Animal]) -> ColumnElement[int]:
    """The month of birth counted from the year nought: a net both databases can cast."""
    born = animal.born_on
    return extract("year", born) * MONTHS_OF_YEAR + extract("month", born)


def _whole_months(since: date, until: date) -> int:
    """Whole months between two days.

    >>> _whole_months(date(2025, 1, 31), date(2026, 4, 30))
    14
    """
    apart = (until.year - since.year) * MONTHS_OF_YEAR + until.month - since.month
    return apart - (until.day < since.day)
