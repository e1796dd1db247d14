"""行政区划 · GB/T 2260 with townships and villages, each meaning of a code with its days.

Reference data, copied from published lists (`data/SOURCE.md`) and loaded by `load_regions`; no
operation changes them, so they stand outside the chain. A paper of 2010 names 522427, one of
today 520526: `region(session, code, on=day)` finds what the code meant on that day.
"""

import json
from collections import Counter
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import String, UniqueConstraint, func, insert, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from traceability.base.db import Base
from traceability.base.errors import NotFound

DATA = Path(__file__).parent / "data" / "regions.json"
CODE_CHARS = 12
CLUSTER_COUNTY = "520526"
SEARCH_MAX = 20


class RegionLevel(StrEnum):
    """区划级别 · from province to village."""

    PROVINCE = "province"
    PREFECTURE = "prefecture"
    COUNTY = "county"
    TOWNSHIP = "township"
    VILLAGE = "village"


REGION_LEVEL_LABELS = {
    RegionLevel.PROVINCE: "省",
    RegionLevel.PREFECTURE: "市州",
    RegionLevel.COUNTY: "县区",
    RegionLevel.TOWNSHIP: "乡镇街道",
    RegionLevel.VILLAGE: "村社区",
}
UNCHAINED_TABLES = {"region": "公布的区划代码表，随程序发布，任何操作都不改动"}


class Region(Base):
    """行政区划 · one meaning of one code; `parent_code` is the next level up."""

    __tablename__ = "region"
    __table_args__ = (UniqueConstraint("code", "meaning"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(CODE_CHARS), index=True)
    meaning: Mapped[int]  # 1 for the first place a code named, 2 for the next
    name: Mapped[str] = mapped_column(String(60))
    short_name: Mapped[str] = mapped_column(String(60))
    level: Mapped[RegionLevel]
    parent_code: Mapped[str | None] = mapped_column(String(CODE_CHARS), index=True)
    valid_from: Mapped[date | None]  # None: before the lists begin
    valid_to: Mapped[date | None]  # the first day on which it no longer holds
    successor_code: Mapped[str | None] = mapped_column(String(CODE_CHARS))
    pinyin: Mapped[str] = mapped_column(String(120))
    initials: Mapped[str] = mapped_column(String(40), index=True)

    def holds(self, on: date) -> bool:
        """Whether the code meant this place on a day."""
        begun = self.valid_from is None or self.valid_from <= on
        return begun and (self.valid_to is None or on < self.valid_to)


@cache
def _rows() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(DATA.read_text(encoding="utf-8"))
    seen: Counter[str] = Counter()
    for row in rows:
        seen[row["code"]] += 1
        row["meaning"] = seen[row["code"]]
        row["level"] = RegionLevel(row["level"])
        for column in ("valid_from", "valid_to"):
            row[column] = row[column] and date.fromisoformat(row[column])
    return rows


def published_codes() -> frozenset[str]:
    """The codes of all townships and villages in the list, without a database."""
    below = {RegionLevel.TOWNSHIP, RegionLevel.VILLAGE}
    return frozenset(row["code"] for row in _rows() if row["level"] in below)


def load_regions(session: Session) -> int:
    """Bring the table in line with the published lists; safe to repeat. Answers rows added.

    A row already there is corrected in place, so that what points at it stays.
    """
    there = {(row.code, row.meaning): row for row in session.scalars(select(Region))}
    fresh = []
    for row in _rows():
        known = there.get((row["code"], row["meaning"]))
        if known is None:
            fresh.append(row)
            continue
        for column, value in row.items():
            if getattr(known, column) != value:
                setattr(known, column, value)
    if fresh:
        session.execute(insert(Region), fresh)
    return len(fresh)


def region(session: Session, code: str, *, on: date | None = None) -> Region:
    """What a code means: on a day, or the latest meaning it has had.

    Raises:
        NotFound: `region.unknown`; `region.not_then` when it meant nothing on that day.
    """
    rows = list(session.scalars(select(Region).where(Region.code == code)))
    if not rows:
        raise NotFound("region.unknown", f"没有代码为 {code} 的行政区划：请从列表中选择")
    held = [row for row in rows if on is None or row.holds(on)]
    if not held:
        raise NotFound("region.not_then", f"{on} 时没有代码为 {code} 的行政区划：请核对日期")
    return max(held, key=lambda row: row.meaning)


def children(session: Session, code: str, *, on: date | None = None) -> list[Region]:
    """The places one level below, in force on a day or today, in the order of their codes."""
    rows = session.scalars(select(Region).where(Region.parent_code == code).order_by(Region.code))
    return [row for row in rows if (row.valid_to is None if on is None else row.holds(on))]


def townships(session: Session, county: str = CLUSTER_COUNTY) -> list[Region]:
    """The townships of a county; of Weining unless another is named."""
    return [row for row in children(session, county) if row.level is RegionLevel.TOWNSHIP]


def villages(session: Session, township: str) -> list[Region]:
    """The villages and communities of a township."""
    return [row for row in children(session, township) if row.level is RegionLevel.VILLAGE]


def path(session: Session, place: Region) -> list[Region]:
    """A place and everything above it, province first."""
    found = [place]
    while (code := found[0].parent_code) is not None:
        found.insert(0, region(session, code))
    return found


def full_name(session: Session, place: Region) -> str:
    """A place as it is written on papers: 贵州省毕节市威宁彝族回族苗族自治县小海镇."""
    return "".join(each.name for each in path(session, place))


def predecessors(session: Session, place: Region) -> list[Region]:
    """The retired codes whose place this one took over."""
    query = select(Region).where(
        Region.successor_code == place.code,
        or_(Region.code != place.code, Region.name != place.name),
    )
    return list(session.scalars(query.order_by(Region.code)))


def search_regions(
    session: Session, text: str, *, below: str = CLUSTER_COUNTY, level: RegionLevel | None = None
) -> list[Region]:
    """Places in force whose name, pinyin or initials begin with or contain what was typed."""
    typed = text.strip().lower()
    if not typed:
        return []
    query = select(Region).where(
        Region.code.startswith(below, autoescape=True),
        Region.valid_to.is_(None),
        or_(
            Region.name.contains(typed, autoescape=True),
            Region.pinyin.startswith(typed, autoescape=True),
            Region.initials.startswith(typed, autoescape=True),
        ),
    )
    if level is not None:
        query = query.where(Region.level == level)
    order = (func.length(Region.code), Region.code)
    return list(session.scalars(query.order_by(*order).limit(SEARCH_MAX)))
