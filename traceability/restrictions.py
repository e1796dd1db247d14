"""管控 · an order that nothing may move, be sold, certified or killed where it reaches.

An order names townships, a list of places, or a circle around a place whose position is recorded.
Nothing is written to what it touches: every later step asks whether an order in force reaches it.
Source: 动物防疫法（2021 年修订）第三十八至四十二条; periods and radii are the order's own.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from math import asin, cos, radians, sin, sqrt
from typing import Any

from sqlalchemy import ColumnElement, ForeignKey, String, Text, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability.base import clock
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.holdings import UDEG, Holding
from traceability.parties import Party
from traceability.regions import region

NAME_CHARS_MAX = 60
ORDER_CHARS_MAX = 60
REASON_CHARS_MAX = 500
PLACES_MAX = 500
RADIUS_M_MAX = 50_000
BEGINS_BEFORE_MAX = timedelta(days=30)  # an order may be entered that long after it began
EARTH_RADIUS_M = 6_371_008.8  # mean radius, IUGG


class RestrictionKind(StrEnum):
    """管控类别."""

    OUTBREAK = "outbreak"
    THREATENED = "threatened"
    HOLD = "hold"


RESTRICTION_KIND_LABELS = {
    RestrictionKind.OUTBREAK: "疫点疫区封锁",
    RestrictionKind.THREATENED: "受威胁区管控",
    RestrictionKind.HOLD: "场所限制移动",
}


class Reach(StrEnum):
    """划定方式 · how an order says where it reaches."""

    REGIONS = "regions"
    HOLDINGS = "holdings"
    RADIUS = "radius"


REACH_LABELS = {
    Reach.REGIONS: "按乡镇",
    Reach.HOLDINGS: "按场所名单",
    Reach.RADIUS: "按半径",
}


class Restriction(Subject, Base):
    """管控 · where an order reaches, and from when to when."""

    __tablename__ = "restriction"
    __ref_prefix__ = "restriction"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[RestrictionKind]
    name: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    disease: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    order_no: Mapped[str] = mapped_column(String(ORDER_CHARS_MAX))
    reach: Mapped[Reach]
    places: Mapped[list[str]]  # region codes, or references of holdings; the centre of a circle
    radius_m: Mapped[int | None]
    begins_at: Mapped[datetime]
    ends_at: Mapped[datetime | None]
    by_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    lift_reason: Mapped[str | None] = mapped_column(Text)
    centre_latitude_udeg: Mapped[int | None]
    centre_longitude_udeg: Mapped[int | None]

    by: Mapped[Party] = relationship()

    def in_force(self, at: datetime) -> bool:
        """Whether the order holds at an instant."""
        return self.begins_at <= at and (self.ends_at is None or at < self.ends_at)

    def reaches(self, place: Holding) -> bool:
        """Whether the order covers a place; a circle covers no place of unknown position."""
        if self.reach is Reach.REGIONS:
            return any(place.region_code.startswith(code) for code in self.places)
        if self.reach is Reach.HOLDINGS or place.ref in self.places:
            return place.ref in self.places
        if place.latitude_udeg is None or place.longitude_udeg is None:
            return False
        here = (place.latitude_udeg, place.longitude_udeg)
        return distance_m(self.centre, here) <= (self.radius_m or 0)

    @property
    def centre(self) -> tuple[int, int]:
        """The middle of a circle, in millionths of a degree, north and east."""
        return self.centre_latitude_udeg or 0, self.centre_longitude_udeg or 0


def distance_m(one: tuple[int, int], other: tuple[int, int]) -> int:
    """The way between two positions over a sphere, in whole metres (haversine).

    >>> distance_m((26_860_000, 104_280_000), (26_860_000, 104_290_000))
    992
    """
    (south, west), (north, east) = (
        tuple(radians(part / UDEG) for part in at) for at in (one, other)
    )
    half = sin((north - south) / 2) ** 2
    half += cos(south) * cos(north) * sin((east - west) / 2) ** 2
    return round(2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(half))))


def draft(
    session: Session,
    *,
    kind: RestrictionKind,
    name: str,
    disease: str,
    order_no: str,
    reach: Reach,
    places: Collection[str],
    at: datetime,
    by: Party,
    radius_m: int | None = None,
    begins_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> Restriction:
    """An order that is not given yet: what a preview looks at, and `order` puts in force.

    Raises:
        RuleViolation: `restriction.no_name`, `restriction.no_places`, `restriction.bad_radius`,
            `restriction.no_position`, `restriction.bad_period`.
        NotFound: `region.unknown`, `holding.not_found`.
    """
    named = {"name": name.strip(), "disease": disease.strip(), "order_no": order_no.strip()}
    if not all(named.values()):
        raise RuleViolation("restriction.no_name", "请填写管控名称、病名和文号")
    begin = begins_at or at
    if begin < at - BEGINS_BEFORE_MAX or (ends_at is not None and ends_at <= max(begin, at)):
        raise RuleViolation(
            "restriction.bad_period", "管控起止时间不对：结束应晚于开始和现在，补登不超过 30 天"
        )
    found = Restriction(
        kind=kind,
        **named,
        reach=reach,
        places=sorted({*places}),
        radius_m=radius_m if reach is Reach.RADIUS else None,
        begins_at=clock.to_ms(begin),
        ends_at=None if ends_at is None else clock.to_ms(ends_at),
        by=by,
    )
    with session.no_autoflush:
        _require_places(session, found)
    return found


def _require_places(session: Session, found: Restriction) -> None:
    if not 0 < len(found.places) <= PLACES_MAX:
        raise RuleViolation("restriction.no_places", f"请选择 1 到 {PLACES_MAX} 个乡镇或场所")
    if found.reach is Reach.REGIONS:
        for code in found.places:
            region(session, code)
        return
    known = session.scalars(select(Holding).where(Holding.ref.in_(found.places))).all()
    if len(known) < len(found.places):
        raise NotFound("holding.not_found", "没有找到所列的场所，请从列表中选择")
    if found.reach is Reach.RADIUS:
        _set_centre(found, known)


def _set_centre(found: Restriction, known: Sequence[Holding]) -> None:
    if len(known) != 1 or not 0 < (found.radius_m or 0) <= RADIUS_M_MAX:
        raise RuleViolation(
            "restriction.bad_radius",
            f"按半径划定须选一个中心场所，半径不超过 {RADIUS_M_MAX // 1000} 公里",
        )
    centre = known[0]
    if centre.latitude_udeg is None:
        raise RuleViolation(
            "restriction.no_position", f"“{centre.name}”没有登记位置，先登记经纬度或改按乡镇划定"
        )
    found.centre_latitude_udeg = centre.latitude_udeg
    found.centre_longitude_udeg = centre.longitude_udeg


def places_named(session: Session, text: str, *, within: ColumnElement[bool]) -> list[str]:
    """The references of places written one a line: a farm code, or the whole name.

    Raises:
        RuleViolation: `restriction.unknown_place`, `restriction.many_places`.
    """
    refs = []
    for line in dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()):
        wanted = select(Holding.ref).where(or_(Holding.farm_code == line, Holding.name == line))
        known = session.scalars(wanted.where(within).limit(2)).all()
        if not known:
            raise RuleViolation(
                "restriction.unknown_place", f"没有找到场所“{line}”，请写全称或养殖代码"
            )
        if len(known) > 1:
            raise RuleViolation(
                "restriction.many_places", f"叫“{line}”的场所不止一处，请写养殖代码"
            )
        refs.append(known[0])
    return refs


def order(session: Session, drafted: Restriction, *, at: datetime) -> Restriction:
    """Put a drafted order in force; from now on every step asks it."""
    events.hold(session, drafted.ref)
    session.add(drafted)
    session.flush()
    events.append(
        session,
        Kind.RESTRICTION_ORDERED,
        drafted.ref,
        at=at,
        by=drafted.by.ref,
        restriction_kind=drafted.kind.value,
        begins_at=clock.stamp(drafted.begins_at),
        ends_at=None if drafted.ends_at is None else clock.stamp(drafted.ends_at),
        name=drafted.name,
        disease=drafted.disease,
        order_no=drafted.order_no,
        reach=drafted.reach.value,
        places=drafted.places,
        radius_m=drafted.radius_m,
        centre_latitude_udeg=drafted.centre_latitude_udeg,
        centre_longitude_udeg=drafted.centre_longitude_udeg,
    )
    return drafted


def lift(session: Session, found: Restriction, *, reason: str, at: datetime, by: Party) -> None:
    """End an order now, saying on what ground.

    Raises:
        RuleViolation: `restriction.lift_without_reason`.
        Conflict: `restriction.ended`.
    """
    events.hold(session, found.ref)
    session.refresh(found)
    if found.ends_at is not None and found.ends_at <= at:
        raise Conflict("restriction.ended", f"“{found.name}”已经解除，请刷新后再看")
    if not reason.strip():
        raise RuleViolation("restriction.lift_without_reason", "请写明解除的依据，如解除封锁令文号")
    found.ends_at, found.lift_reason = clock.to_ms(at), reason.strip()
    events.append(
        session,
        Kind.RESTRICTION_LIFTED,
        found.ref,
        at=at,
        by=by.ref,
        ends_at=clock.stamp(found.ends_at),
        reason=found.lift_reason,
    )


def in_force(session: Session, *, at: datetime) -> Sequence[Restriction]:
    """The orders that hold at an instant, the oldest first."""
    ended = Restriction.ends_at.is_not(None) & (Restriction.ends_at <= at)
    held = select(Restriction).where(Restriction.begins_at <= at, ~ended)
    return session.scalars(held.order_by(Restriction.begins_at, Restriction.id)).all()


def listed(session: Session) -> Sequence[Restriction]:
    """All orders, the newest first."""
    return session.scalars(select(Restriction).order_by(Restriction.begins_at.desc())).all()


def get(session: Session, ref: str) -> Restriction:
    """The order of that reference.

    Raises:
        NotFound: `restriction.not_found`.
    """
    found = session.scalars(select(Restriction).where(Restriction.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("restriction.not_found", "没有找到这项管控")
    return found


def fold(state: State | None, event: EventView) -> State | None:
    """An order as its events tell it."""
    match event.kind:
        case Kind.RESTRICTION_ORDERED:
            told = ("name", "disease", "order_no", "reach", "places", "radius_m")
            centre = ("centre_latitude_udeg", "centre_longitude_udeg")
            return {
                "kind": event["restriction_kind"],
                **{field: folding.private(event, field) for field in (*told, *centre)},
                "begins_at": event["begins_at"],
                "ends_at": event["ends_at"],
                "by_id": folding.private(event, "by"),
                "lift_reason": None,
            }
        case Kind.RESTRICTION_LIFTED:
            reason: Any = folding.private(event, "reason")
            return {**(state or {}), "ends_at": event["ends_at"], "lift_reason": reason}
        case _:
            return state


folding.register(Restriction, fold)
