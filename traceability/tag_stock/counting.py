"""耳标点数 · of each range: how many went on, were lost, are worn, and are left.

What is worn is never stored: it is counted over the tags of animals, by number.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import BigInteger, ColumnElement, ScalarSelect, cast, func, select
from sqlalchemy.orm import Session, aliased, selectinload

from traceability.identifiers.tag_runs import TagRun
from traceability.parties import Party
from traceability.tag_stock.ranges import WRITTEN_OFF, RangeKind, TagRange
from traceability.tags import AnimalTag, TagScheme

RUNS_SHOWN = 50  # of what is left of one range; nobody reads more, and each is one question


@dataclass(frozen=True, slots=True)
class Count:
    """点数 · what became of the numbers of a range; the parts add up to the whole."""

    size: int
    worn: int
    parts: dict[RangeKind, int] = field(default_factory=dict)

    @property
    def issued(self) -> int:
        """Handed on, taken or not."""
        return self.parts.get(RangeKind.ISSUED, 0)

    @property
    def returned(self) -> int:
        """Given back to where they came from."""
        return self.parts.get(RangeKind.RETURNED, 0)

    @property
    def lost(self) -> int:
        """Nobody knows where."""
        return self.parts.get(RangeKind.LOST, 0)

    @property
    def destroyed(self) -> int:
        """Destroyed before they were worn."""
        return self.parts.get(RangeKind.DESTROYED, 0)

    @property
    def left(self) -> int:
        """Still in hand."""
        return self.size - self.worn - sum(self.parts.values())

    def __add__(self, other: "Count") -> "Count":
        kinds = {*self.parts, *other.parts}
        parts = {kind: self.parts.get(kind, 0) + other.parts.get(kind, 0) for kind in kinds}
        return Count(self.size + other.size, self.worn + other.worn, parts)


NOTHING = Count(0, 0)


@dataclass(frozen=True, slots=True)
class Tally:
    """领用人的耳标 · everything of one area in one hand."""

    holder: Party
    region_code: str
    ranges: Sequence[TagRange]
    count: Count  # of what was confirmed
    waiting: int  # tags that the holder has yet to confirm


def counts(session: Session, ranges: Sequence[TagRange]) -> dict[int, Count]:
    """What became of the numbers of some ranges, by the id of each; three questions in all."""
    return counts_of(session, TagRange.id.in_([each.id for each in ranges]), ranges)


def counts_of(
    session: Session, condition: ColumnElement[bool], ranges: Iterable[TagRange]
) -> dict[int, Count]:
    """The same, where a condition says which ranges they are."""
    part = aliased(TagRange)
    cut = part.parent_id == TagRange.id, part.declined_at.is_(None)
    size = func.sum(_size(part))
    pieces: dict[int, dict[RangeKind, int]] = defaultdict(dict)
    asked = select(TagRange.id, part.kind, size).join(part, cut[0]).where(condition, cut[1])
    for whole, kind, total in session.execute(asked.group_by(TagRange.id, part.kind)):
        pieces[whole][kind] = int(total)
    asked_worn = select(TagRange.id, _worn(TagRange) - _worn_in_parts()).where(condition)
    worn = {row[0]: row[1] for row in session.execute(asked_worn)}
    return {each.id: Count(each.run.size, worn.get(each.id, 0), pieces[each.id]) for each in ranges}


def _size(of: type[TagRange]) -> ColumnElement[int]:
    return cast(of.last_tag, BigInteger) - cast(of.first_tag, BigInteger) + 1


def _worn(within: type[TagRange]) -> ScalarSelect[int]:
    """How many printed tags of a range are or were worn; one stretch of the index by number."""
    tags = select(func.count(AnimalTag.id)).where(
        AnimalTag.value.between(within.first_tag, within.last_tag),
        AnimalTag.scheme == TagScheme.EAR_TAG,
    )
    return tags.correlate(within).scalar_subquery()


def _worn_in_parts() -> ColumnElement[int]:
    """How many of those are of parts that were cut from the range."""
    part = aliased(TagRange)
    return _over_parts(part, _worn(part))


def _over_parts(part: type[TagRange], number: ColumnElement[int]) -> ColumnElement[int]:
    """The sum of a number over the parts of a range that were not declined."""
    cut = select(func.coalesce(func.sum(number), 0)).where(
        part.parent_id == TagRange.id, part.declined_at.is_(None)
    )
    return cut.correlate(TagRange).scalar_subquery()


def left() -> ColumnElement[int]:
    """How many of a range are left, as an expression on `TagRange`; for lists that sum it."""
    part = aliased(TagRange)
    cut = _over_parts(part, _size(part))
    return _size(TagRange) - cut - _worn(TagRange) + _worn_in_parts()


def runs_left(
    session: Session, whole: TagRange, pieces: Sequence[TagRange], *, at_most: int = RUNS_SHOWN
) -> list[TagRun]:
    """The numbers in hand that nobody wears, as runs, the first of them; `pieces` were cut away."""
    gaps = whole.run.without([each.run for each in pieces])[:at_most]
    found = []
    for gap in gaps:
        tags = select(AnimalTag.value).where(
            AnimalTag.value.between(gap.first, gap.last), AnimalTag.scheme == TagScheme.EAR_TAG
        )
        found += gap.without([TagRun(value, value) for value in session.scalars(tags)])
    return found[:at_most]


def worn_of(session: Session, whole: TagRange) -> int:
    """How many numbers of a range are worn or were, whoever put them on."""
    tags = select(func.count(AnimalTag.id)).where(
        AnimalTag.value.between(whole.first_tag, whole.last_tag),
        AnimalTag.scheme == TagScheme.EAR_TAG,
    )
    return session.scalar(tags) or 0


def in_custody(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The ranges in somebody's hand, or on their way there."""
    return condition & TagRange.kind.not_in(WRITTEN_OFF) & TagRange.declined_at.is_(None)


def tallies(session: Session, condition: ColumnElement[bool]) -> list[Tally]:
    """Who holds what of the ranges a condition names, by area and holder."""
    mine = in_custody(condition)
    order = (TagRange.region_code, TagRange.holder_id, TagRange.first_tag, TagRange.id)
    found = select(TagRange).where(mine).order_by(*order).options(selectinload(TagRange.holder))
    ranges = session.scalars(found).all()
    known = counts_of(session, mine, ranges)
    groups: dict[tuple[str, int], list[TagRange]] = defaultdict(list)
    for each in ranges:
        groups[each.region_code, each.holder_id].append(each)
    return [_tally(rows, known) for rows in groups.values()]


def _tally(rows: list[TagRange], known: dict[int, Count]) -> Tally:
    held = [known[row.id] for row in rows if row.is_held]
    waiting = sum(row.run.size for row in rows if row.is_waiting)
    return Tally(rows[0].holder, rows[0].region_code, rows, sum(held, NOTHING), waiting)
