"""耳标收发 · a county receives a batch; parts go to a township, to a village vet, or back.

Every act takes its turn in the whole stock: two people cannot hand out one number.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from traceability.base import clock
from traceability.base.clock import legal_day
from traceability.base.db import take_turn
from traceability.base.errors import Conflict, RuleViolation
from traceability.chain import events
from traceability.chain.kinds import Kind
from traceability.evidence import Evidence
from traceability.identifiers.region_codes import region_on, today_code
from traceability.identifiers.tag_runs import TagRun
from traceability.parties import Party
from traceability.regions import region as known_region
from traceability.tag_stock.ranges import (
    COUNTY_DIGITS,
    HANDED,
    RANGE_KIND_LABELS,
    RANGE_KINDS,
    RangeKind,
    TagRange,
    parts,
)
from traceability.tags import AnimalTag, TagScheme

SERIES = "tag_stock"
EVENT_KINDS = {kind: event for event, kind in RANGE_KINDS.items()}


@dataclass(frozen=True, slots=True)
class Actors:
    """When, by whom and for whom something is done with tags."""

    at: datetime
    by: Party
    on_behalf_of: Party | None = None

    @property
    def hands(self) -> tuple[Party, ...]:
        """Those in whose name it is done."""
        return (self.by,) if self.on_behalf_of is None else (self.by, self.on_behalf_of)

    @property
    def told(self) -> dict[str, Any]:
        """As an event keeps them."""
        behalf = self.on_behalf_of
        return {
            "at": self.at,
            "by": self.by.ref,
            "on_behalf_of": None if behalf is None else behalf.ref,
        }


def receive(
    session: Session,
    run: TagRun,
    *,
    region_code: str,
    document_no: str,
    evidence: Evidence | None,
    at: datetime,
    by: Party,
) -> TagRange:
    """Take a batch into the store of a county, with the paper that came with it.

    Raises:
        RuleViolation: `tag_range.no_document`, `tag_range.not_a_county`, `tag_range.other_county`,
            `tag_range.county_not_then`.
        Conflict: `tag_range.overlaps`.
        NotFound: `region.unknown`.
    """
    if not document_no.strip():
        raise RuleViolation("tag_range.no_document", "请填写入库单或调拨单的编号")
    if len(region_code) != COUNTY_DIGITS:
        raise RuleViolation("tag_range.not_a_county", "耳标由县里入库，再发到乡镇和村")
    known_region(session, region_code)
    if today_code(run.county) != today_code(region_code):
        raise RuleViolation(
            "tag_range.other_county", f"{run.county} 不是本县的耳标代码：请对照包装核对号段"
        )
    day = legal_day(at)
    if region_on(run.county, day) is None:
        raise RuleViolation(
            "tag_range.county_not_then", f"{day} 时县的代码不是 {run.county}：请核对号段和入库日期"
        )
    take_turn(session, SERIES)
    _require_apart(session, run)
    row = TagRange(
        kind=RangeKind.RECEIVED,
        region_code=region_code,
        holder=by,
        document_no=document_no.strip(),
        evidence=evidence,
    )
    return _keep(session, row, run, Actors(at, by))


def _require_apart(session: Session, run: TagRun) -> None:
    other = session.scalars(
        select(TagRange)
        .where(
            TagRange.parent_id.is_(None),
            TagRange.first_tag <= run.last,
            TagRange.last_tag >= run.first,
        )
        .limit(1)
    ).one_or_none()
    if other is not None:
        raise Conflict(
            "tag_range.overlaps",
            f"和已入库的 {other.run}（单据 {other.document_no}）重号：请核对号段",
        )


def issue(
    session: Session,
    source: TagRange,
    run: TagRun,
    *,
    to: Party,
    region_code: str,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
) -> TagRange:
    """Hand a part on to somebody who will have it worn in a township or a village.

    Raises:
        RuleViolation: `tag_range.not_holder`, `tag_range.not_held`, `tag_range.too_early`,
            `tag_range.not_within`, `tag_range.worn`, `tag_range.bad_region`,
            `tag_range.to_oneself`.
        Conflict: `tag_range.not_left`.
        NotFound: `region.unknown`.
    """
    who = Actors(at, by, on_behalf_of)
    known_region(session, region_code)
    if len(region_code) <= COUNTY_DIGITS or not region_code.startswith(source.region_code):
        raise RuleViolation("tag_range.bad_region", "请发到本辖区的乡镇或村")
    if to.id == source.holder_id and region_code == source.region_code:
        raise RuleViolation("tag_range.to_oneself", "这个号段本来就在他手里")
    _require_free(session, source, run, who)
    row = TagRange(kind=RangeKind.ISSUED, region_code=region_code, holder=to, parent=source)
    return _keep(session, row, run, who)


def give_back(
    session: Session,
    source: TagRange,
    run: TagRun,
    *,
    reason: str,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
) -> TagRange:
    """Give a part back to where it came from.

    Raises:
        RuleViolation: as `issue`; `tag_range.no_reason`, `tag_range.nobody_above`.
        Conflict: `tag_range.not_left`.
    """
    who = Actors(at, by, on_behalf_of)
    above = source.parent
    if above is None:
        raise RuleViolation("tag_range.nobody_above", "县里入库的号段没有可退的地方")
    _require_free(session, source, run, who)
    row = TagRange(
        kind=RangeKind.RETURNED,
        region_code=above.region_code,
        holder=above.holder,
        parent=source,
        reason=_reason(reason),
    )
    return _keep(session, row, run, who)


def write_off(
    session: Session,
    source: TagRange,
    run: TagRun,
    *,
    kind: RangeKind,
    reason: str,
    evidence: Evidence | None,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
) -> TagRange:
    """Record tags that nobody will wear: lost, or destroyed before a camera.

    Raises:
        RuleViolation: as `issue`; `tag_range.no_reason`, `tag_range.no_photograph`.
        Conflict: `tag_range.not_left`.
    """
    who = Actors(at, by, on_behalf_of)
    told = _reason(reason)
    if kind is RangeKind.DESTROYED and (evidence is None or not evidence.is_picture):
        raise RuleViolation("tag_range.no_photograph", "销毁耳标要附照片：看得清销毁的耳标")
    _require_free(session, source, run, who)
    row = TagRange(
        kind=kind,
        region_code=source.region_code,
        holder=source.holder,
        parent=source,
        reason=told,
        evidence=evidence,
    )
    return _keep(session, row, run, who)


def confirm(
    session: Session,
    part: TagRange,
    *,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
) -> None:
    """Say that one has counted and taken what was handed on.

    Raises:
        RuleViolation: `tag_range.not_holder`, `tag_range.too_early`.
        Conflict: `tag_range.answered`.
    """
    who = Actors(at, by, on_behalf_of)
    _answer(session, part, who)
    _require_hand(part, who)
    part.confirmed_at = clock.to_ms(at)
    events.append(session, Kind.TAG_RANGE_CONFIRMED, part.ref, **who.told)


def decline(
    session: Session,
    part: TagRange,
    *,
    reason: str,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
) -> None:
    """Refuse what was handed on, or, as the one who handed it, take it back before it is taken.

    Raises:
        RuleViolation: `tag_range.not_holder`, `tag_range.no_reason`, `tag_range.too_early`.
        Conflict: `tag_range.answered`.
    """
    who = Actors(at, by, on_behalf_of)
    told = _reason(reason)
    _answer(session, part, who)
    if part.by not in who.hands:
        _require_hand(part, who)
    part.declined_at, part.decline_reason = clock.to_ms(at), told
    events.append(session, Kind.TAG_RANGE_DECLINED, part.ref, reason=told, **who.told)


def _answer(session: Session, part: TagRange, who: Actors) -> None:
    """Hold a part that waits for its receiver."""
    events.hold(session, part.ref)
    take_turn(session, SERIES)
    session.refresh(part)
    if not part.is_waiting:
        raise Conflict("tag_range.answered", f"{part.run} 已经有人签收、退掉或不需要签收")
    if who.at < part.moved_at:
        raise RuleViolation("tag_range.too_early", "签收不能早于发放，请核对时间")


def _require_hand(held: TagRange, who: Actors) -> None:
    """Only its holder acts on a range; on the county's store, its officers do."""
    if not held.in_store and held.holder not in who.hands:
        raise RuleViolation("tag_range.not_holder", "这个号段不在您手里，由领用的人办理")


def _require_free(session: Session, source: TagRange, run: TagRun, who: Actors) -> None:
    """Refuse to pass on what is not in hand: another's, gone on, worn, or not confirmed."""
    events.hold(session, source.ref)
    take_turn(session, SERIES)
    session.refresh(source)
    _require_hand(source, who)
    if not source.is_held:
        raise RuleViolation("tag_range.not_held", "这个号段还没有签收，先签收再办理")
    if source.confirmed_at is not None and who.at < source.confirmed_at:
        raise RuleViolation("tag_range.too_early", "那时这个号段还没有签收，请核对时间")
    if not run.within(source.run):
        raise RuleViolation("tag_range.not_within", f"只能在 {source.run} 之内：请核对起止号")
    for part in parts(session, source):
        if part.run.touches(run):
            label = RANGE_KIND_LABELS[part.kind]
            raise Conflict("tag_range.not_left", f"{part.run} 已经{label}，请避开这一段")
    worn = session.scalar(
        select(func.count(AnimalTag.id)).where(
            AnimalTag.value.between(run.first, run.last),
            AnimalTag.scheme == TagScheme.EAR_TAG,
            AnimalTag.worn_from < who.at,
        )
    )
    if worn:
        raise RuleViolation("tag_range.worn", f"这一段里有 {worn} 枚已经戴在牛耳上，请避开")


def _reason(reason: str) -> str:
    if not reason.strip():
        raise RuleViolation("tag_range.no_reason", "请写明原因")
    return reason.strip()


def _keep(session: Session, row: TagRange, run: TagRun, who: Actors) -> TagRange:
    """Write a range down, and the event of it and of the one it was cut from."""
    row.first_tag, row.last_tag, row.by = run.first, run.last, who.by
    row.moved_at = clock.to_ms(who.at)
    row.confirmed_at = None if row.kind in HANDED else row.moved_at
    events.hold(session, row.ref)
    session.add(row)
    session.flush()
    above = () if row.parent is None else (row.parent.ref,)
    events.append(
        session,
        EVENT_KINDS[row.kind],
        row.ref,
        *above,
        first_tag=run.first,
        last_tag=run.last,
        region_code=row.region_code,
        holder=row.holder.ref,
        document_no=row.document_no,
        reason=row.reason,
        evidence=None if row.evidence is None else row.evidence.ref,
        **who.told,
    )
    return row
