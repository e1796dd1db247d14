"""场所 · any registered place: household, farm, market, abattoir, park, checkpoint."""

import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.identifiers import farm_codes
from traceability.parties import Party
from traceability.regions import region

NAME_CHARS_MAX = 60
TOWNSHIP_DIGITS = 9
COUNTY_DIGITS = 6
PROVINCE_DIGITS = 2
UDEG = 1_000_000
DEGREES = re.compile(r"-?\d{1,3}(\.\d{1,6})?")
POSITION = ("latitude_udeg", "longitude_udeg")
CHINA_UDEG = ((3_000_000, 54_000_000), (73_000_000, 136_000_000))  # south-north, west-east


class HoldingKind(StrEnum):
    """场所类别."""

    HOUSEHOLD = "household"
    FARM = "farm"
    MARKET = "market"
    ABATTOIR = "abattoir"
    CUTTING = "cutting"
    CHECKPOINT = "checkpoint"
    PARK = "park"


HOLDING_KIND_LABELS = {
    HoldingKind.HOUSEHOLD: "农户",
    HoldingKind.FARM: "养殖场",
    HoldingKind.MARKET: "牲畜交易市场",
    HoldingKind.ABATTOIR: "屠宰场",
    HoldingKind.CUTTING: "分割中心",
    HoldingKind.CHECKPOINT: "检查站",
    HoldingKind.PARK: "产业园区",
}


class Holding(Subject, Base):
    """场所 · one registered place with the party that keeps animals or runs it."""

    __tablename__ = "holding"
    __ref_prefix__ = "holding"
    __table_args__ = (Index("ix_holding_name_id", "name", "id"),)  # the order of lists

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[HoldingKind] = mapped_column(index=True)
    name: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    region_code: Mapped[str] = mapped_column(String(12), index=True)
    farm_code: Mapped[str | None] = mapped_column(String(10), unique=True)
    keeper_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    latitude_udeg: Mapped[int | None]  # millionths of a degree, WGS 84; never shown in public
    longitude_udeg: Mapped[int | None]

    keeper: Mapped[Party] = relationship()

    @property
    def township(self) -> str:
        """The code of its township, or of its county where no township is known; public."""
        return public_region(self.region_code)

    @property
    def county(self) -> str:
        """The code of its county (GB/T 2260)."""
        return self.region_code[:COUNTY_DIGITS]

    @property
    def province(self) -> str:
        """The first digits of its code, which name the province."""
        return self.region_code[:PROVINCE_DIGITS]


def public_region(code: str) -> str:
    """The part of a region code that a public page may show: never below the township.

    >>> public_region("520526104203"), public_region("520526")
    ('520526104', '520526')
    """
    return code[:TOWNSHIP_DIGITS]


def register(
    session: Session,
    *,
    kind: HoldingKind,
    name: str,
    region_code: str,
    keeper: Party,
    at: datetime,
    by: Party,
    farm_code: str | None = None,
) -> Holding:
    """Register a place.

    Raises:
        RuleViolation: `holding.no_name`, or the farm code's own refusal.
        NotFound: `region.not_found`.
        Conflict: `holding.farm_code_in_use`.
    """
    name = name.strip()
    if not 0 < len(name) <= NAME_CHARS_MAX:
        raise RuleViolation("holding.no_name", f"请填写场所名称，不超过 {NAME_CHARS_MAX} 个字")
    place = region(session, region_code)
    holding = Holding(
        kind=kind,
        name=name,
        region_code=place.code,
        farm_code=_free_farm_code(session, farm_code),
        keeper=keeper,
    )
    events.hold(session, holding.ref)
    session.add(holding)
    session.flush()
    events.append(
        session,
        Kind.HOLDING_REGISTERED,
        holding.ref,
        at=at,
        by=by.ref,
        place_kind=kind.value,
        township=holding.township,
        name=holding.name,
        region_code=holding.region_code,
        farm_code=holding.farm_code,
        keeper=keeper.ref,
    )
    return holding


def _free_farm_code(session: Session, code: str | None) -> str | None:
    if not code:
        return None
    parsed = str(farm_codes.parse_farm_code(code))
    if session.scalar(select(Holding.id).where(Holding.farm_code == parsed)) is not None:
        raise Conflict("holding.farm_code_in_use", f"养殖代码 {parsed} 已登记在另一处场所")
    return parsed


def parse_degrees(text: str) -> int:
    """A coordinate in degrees as millionths of a degree; full-width digits are accepted.

    >>> parse_degrees("26.98"), parse_degrees(" １０４.2８ ")
    (26980000, 104280000)

    Raises:
        RuleViolation: `holding.bad_degrees`.
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if DEGREES.fullmatch(plain) is None:
        raise RuleViolation("holding.bad_degrees", "经纬度应写成 26.980000 的样子，最多六位小数")
    whole, _, rest = plain.removeprefix("-").partition(".")
    value = int(whole) * UDEG + int(rest.ljust(6, "0"))
    return -value if plain.startswith("-") else value


def locate(
    session: Session,
    holding: Holding,
    *,
    latitude_udeg: int,
    longitude_udeg: int,
    at: datetime,
    by: Party,
) -> None:
    """Record where a place lies, in millionths of a degree (WGS 84); a new position replaces it.

    Raises:
        RuleViolation: `holding.bad_position`.
    """
    position = (latitude_udeg, longitude_udeg)
    if not all(low <= part <= high for part, (low, high) in zip(position, CHINA_UDEG, strict=True)):
        raise RuleViolation("holding.bad_position", "经纬度不在中国范围内，请核对先后顺序和小数点")
    events.hold(session, holding.ref)
    holding.latitude_udeg, holding.longitude_udeg = position
    events.append(
        session,
        Kind.HOLDING_LOCATED,
        holding.ref,
        at=at,
        by=by.ref,
        latitude_udeg=latitude_udeg,
        longitude_udeg=longitude_udeg,
    )


def get(session: Session, ref: str) -> Holding:
    """The holding of that reference.

    Raises:
        NotFound: `holding.not_found`.
    """
    found = session.scalars(select(Holding).where(Holding.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("holding.not_found", "没有找到这个场所")
    return found


def of_keeper(session: Session, party: Party) -> Sequence[Holding]:
    """The places a party keeps, by name."""
    mine = select(Holding).where(Holding.keeper_id == party.id).order_by(Holding.name)
    return session.scalars(mine).all()


def of_kind(session: Session, kind: HoldingKind) -> Sequence[Holding]:
    """All places of a kind, by name."""
    return session.scalars(select(Holding).where(Holding.kind == kind).order_by(Holding.name)).all()


def fold(state: State | None, event: EventView) -> State | None:
    """A holding as its events tell it."""
    if event.kind is Kind.HOLDING_LOCATED:
        return {**(state or {}), **{field: folding.private(event, field) for field in POSITION}}
    if event.kind is not Kind.HOLDING_REGISTERED:
        return state
    fields = ("name", "region_code", "farm_code")
    return {
        "kind": event["place_kind"],
        "keeper_id": folding.private(event, "keeper"),
        **{field: folding.private(event, field) for field in fields},
        **dict.fromkeys(POSITION),
    }


folding.register(Holding, fold)
