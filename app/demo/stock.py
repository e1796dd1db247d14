"""演示的耳标库存 · a batch in the county's store, a part for each place, the newest waiting."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from traceability.base.db import Recording
from traceability.holdings import Holding
from traceability.identifiers.tag_runs import TagRun
from traceability.parties import Party
from traceability.tag_stock import handing, ranges
from traceability.tag_stock.ranges import RangeKind, TagRange

WEINING = "520526"
BATCH = (10_001, 30_000)
NEWEST = (20_001, 20_100)
LOST = (20_201, 20_202)
SPARE = (20_101, 20_300)
DAY = timedelta(days=1)


def _run(ends: tuple[int, int]) -> TagRun:
    first, last = (f"2{WEINING}{serial:08d}" for serial in ends)
    return TagRun(first, last)


def supply(
    session: Session,
    spans: Mapping[str, tuple[int, int]],
    places: Mapping[str, Holding],
    people: Mapping[str, Party],
    *,
    at: datetime,
) -> None:
    """Receive the batch and issue to each place the numbers its animals will wear."""
    officer, vet = people["official_vet"], people["village_vet"]
    batch = handing.receive(
        session,
        _run(BATCH),
        region_code=WEINING,
        document_no="演示调拨 001",
        evidence=None,
        at=at,
        by=officer,
    )
    for name, span in spans.items():
        code = places[name].region_code
        _issue(session, batch, span, to=vet, code=code, at=at, by=officer)


def _issue(
    session: Session,
    batch: TagRange,
    span: tuple[int, int],
    *,
    to: Party,
    code: str,
    at: datetime,
    by: Party,
) -> TagRange:
    part = handing.issue(session, batch, _run(span), to=to, region_code=code, at=at, by=by)
    handing.confirm(session, part, at=at, by=to)
    return part


def hand_out_lately(
    session: Session, *, region_code: str, officer: Party, vet: Party, now: datetime
) -> None:
    """A part with two lost tags, and yesterday's that the village vet has yet to confirm."""
    at = now - DAY
    session.info["recording"] = Recording(at)
    batch = ranges.batch_of(session, _run(BATCH).first)
    spare = _issue(session, batch, SPARE, to=vet, code=region_code, at=at, by=officer)
    handing.write_off(
        session,
        spare,
        _run(LOST),
        kind=RangeKind.LOST,
        reason="下乡途中掉了",
        evidence=None,
        at=at,
        by=vet,
    )
    handing.issue(session, batch, _run(NEWEST), to=vet, region_code=region_code, at=at, by=officer)
    session.info["recording"] = Recording(now)
