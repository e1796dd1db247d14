"""牛只 · one living thing, one row for life; tags are dated aliases that come and go.

Registered by `register`, tagged anew by `tagging`; its end is `report_death` or slaughter.
Ear tags: 农业部令第67号（畜禽标识和养殖档案管理办法）.
"""

from collections.abc import Callable
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability import tags
from traceability.base.clock import legal_day
from traceability.base.db import Base, Subject
from traceability.base.errors import NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.holdings import Holding
from traceability.identifiers import short_codes
from traceability.identifiers.ear_tags import EarTag, Species
from traceability.parties import Party
from traceability.tag_stock import checking
from traceability.tags import AnimalTag, TagScheme

AGE_YEARS_MAX = 30
TRAITS = ("ear_tag", "breed", "sex", "origin")


class Sex(StrEnum):
    """性别."""

    MALE = "male"
    FEMALE = "female"
    STEER = "steer"


SEX_LABELS = {Sex.MALE: "公", Sex.FEMALE: "母", Sex.STEER: "阉牛"}


class Breed(StrEnum):
    """品种."""

    WEINING = "weining"
    SIMMENTAL = "simmental"
    SIMMENTAL_CROSS = "simmental_cross"
    ANGUS = "angus"
    ANGUS_CROSS = "angus_cross"
    OTHER = "other"


BREED_LABELS = {
    Breed.WEINING: "威宁黄牛",
    Breed.SIMMENTAL: "西门塔尔牛",
    Breed.SIMMENTAL_CROSS: "西门塔尔杂交牛",
    Breed.ANGUS: "安格斯牛",
    Breed.ANGUS_CROSS: "安格斯杂交牛",
    Breed.OTHER: "其他",
}


class Origin(StrEnum):
    """来源 · how the animal came to be registered here."""

    BORN = "born"
    BOUGHT = "bought"


ORIGIN_LABELS = {Origin.BORN: "本场出生", Origin.BOUGHT: "购入"}


class AnimalState(StrEnum):
    """状态."""

    ALIVE = "alive"
    HELD = "held"
    CONDEMNED = "condemned"
    DEAD = "dead"
    SLAUGHTERED = "slaughtered"


STATE_LABELS = {
    AnimalState.ALIVE: "在养",
    AnimalState.HELD: "留置",
    AnimalState.CONDEMNED: "待无害化处理",
    AnimalState.DEAD: "死亡",
    AnimalState.SLAUGHTERED: "已屠宰",
}

NEXT_STATES: dict[AnimalState, set[AnimalState]] = {
    AnimalState.ALIVE: {AnimalState.HELD, AnimalState.DEAD, AnimalState.SLAUGHTERED},
    AnimalState.HELD: {AnimalState.ALIVE, AnimalState.CONDEMNED, AnimalState.DEAD},
    AnimalState.CONDEMNED: {AnimalState.DEAD},
    AnimalState.DEAD: set(),
    AnimalState.SLAUGHTERED: set(),
}
assert NEXT_STATES.keys() == set(AnimalState)


class Animal(Subject, Base):
    """牛只 · one living thing."""

    __tablename__ = "animal"
    __ref_prefix__ = "animal"
    __table_args__ = (Index("ix_animal_state_id", "state", "id"),)  # the order of lists

    id: Mapped[int] = mapped_column(primary_key=True)
    ear_tag: Mapped[str] = mapped_column(String(15), unique=True)
    eid: Mapped[str | None] = mapped_column(String(15), unique=True)
    short_code: Mapped[str] = mapped_column(String(20), unique=True)
    breed: Mapped[Breed]
    sex: Mapped[Sex]
    born_on: Mapped[date]
    origin: Mapped[Origin]
    state: Mapped[AnimalState]
    ended_on: Mapped[date | None]
    holding_id: Mapped[int | None] = mapped_column(ForeignKey("holding.id"), index=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("party.id"), index=True)
    dam_id: Mapped[int | None] = mapped_column(ForeignKey("animal.id"), index=True)

    holding: Mapped[Holding | None] = relationship()  # None while on the road
    owner: Mapped[Party] = relationship()
    dam: Mapped["Animal | None"] = relationship(remote_side="Animal.id")


def register(
    session: Session,
    ear_tag: EarTag,
    *,
    breed: Breed,
    sex: Sex,
    born_on: date,
    holding: Holding,
    owner: Party,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
    origin: Origin = Origin.BORN,
    dam: Animal | None = None,
) -> Animal:
    """Register an animal with the tag it wears.

    Raises:
        RuleViolation: `animal.not_cattle`, `animal.born_in_future`, `animal.too_old`,
            `animal.dam_not_female`; where a rule of `animal.tag` blocks, its refusal.
        Conflict: `animal.tag_in_use`.
    """
    _check_birth(ear_tag, born_on=born_on, dam=dam, at=at)
    tags.require_unworn(session, TagScheme.EAR_TAG, ear_tag.code)
    animal = Animal(
        ear_tag=ear_tag.code,
        short_code=short_codes.new_public_code(),
        breed=breed,
        sex=sex,
        born_on=born_on,
        origin=origin,
        state=AnimalState.ALIVE,
        holding=holding,
        owner=owner,
        dam=dam,
    )
    session.add(animal)
    session.flush()
    tag = tags.put_on(session, animal.id, TagScheme.EAR_TAG, ear_tag.code, at=at)
    events.hold(session, animal.ref, tag.ref)
    events.append(
        session,
        Kind.ANIMAL_REGISTERED,
        animal.ref,
        tag.ref,
        at=at,
        by=by.ref,
        on_behalf_of=ref_of(on_behalf_of),
        **{name: folding.plain(getattr(animal, name)) for name in TRAITS},
        born_month=f"{born_on:%Y-%m}",
        place_kind=holding.kind.value,
        township=holding.township,
        born_on=born_on.isoformat(),
        holding=holding.ref,
        owner=owner.ref,
        short_code=animal.short_code,
        dam=None if dam is None else dam.ref,
        warnings=checking.judged(session, ear_tag, holding, (by, on_behalf_of), at=at),
    )
    return animal


def ref_of(party: Party | None) -> str | None:
    """The reference of a party, if there is one."""
    return None if party is None else party.ref


def _check_birth(ear_tag: EarTag, *, born_on: date, dam: Animal | None, at: datetime) -> None:
    today = legal_day(at)
    if ear_tag.species is not Species.CATTLE:
        raise RuleViolation("animal.not_cattle", "这不是牛的耳标（牛的耳标以 2 开头）")
    if born_on > today:
        raise RuleViolation("animal.born_in_future", "出生日期在将来，请核对")
    if born_on.year < today.year - AGE_YEARS_MAX:
        raise RuleViolation("animal.too_old", f"出生日期早于 {AGE_YEARS_MAX} 年前，请核对")
    if dam is not None and dam.sex is not Sex.FEMALE:
        raise RuleViolation("animal.dam_not_female", "登记的母牛不是母牛，请核对耳标")


def report_death(
    session: Session,
    animal: Animal,
    *,
    cause: str,
    disposal: str,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
) -> None:
    """Record that an animal died and what became of the carcass (动物防疫法 第五十七条).

    Raises:
        RuleViolation: `animal.not_alive`, `animal.death_without_cause`.
    """
    events.hold(session, animal.ref)
    if AnimalState.DEAD not in NEXT_STATES[animal.state]:
        raise RuleViolation("animal.not_alive", f"这头牛的状态是“{STATE_LABELS[animal.state]}”")
    if not cause.strip():
        raise RuleViolation("animal.death_without_cause", "请写明死亡原因，不清楚就写“不明”")
    animal.state, animal.ended_on = AnimalState.DEAD, legal_day(at)
    events.append(
        session,
        Kind.ANIMAL_DIED,
        animal.ref,
        at=at,
        by=by.ref,
        on_behalf_of=ref_of(on_behalf_of),
        cause=cause.strip(),
        disposal=disposal.strip(),
    )


def require_alive(animal: Animal) -> None:
    """Refuse to act on an animal that is held, condemned or gone.

    Raises:
        RuleViolation: `animal.not_alive`.
    """
    if animal.state is not AnimalState.ALIVE:
        label = STATE_LABELS[animal.state]
        raise RuleViolation("animal.not_alive", f"这头牛的状态是“{label}”，不能办理")


def get(session: Session, ref: str) -> Animal:
    """The animal of that reference; else NotFound `animal.not_found`."""
    return _one(session, Animal.ref == ref)


def by_tag(session: Session, number: str) -> Animal:
    """The animal that wears or once wore a tag, printed or electronic.

    Raises:
        NotFound: `animal.not_found`.
    """
    tags = select(AnimalTag.animal_id).where(AnimalTag.value == number).order_by(AnimalTag.scheme)
    return _one(session, Animal.id == tags.limit(1).scalar_subquery())


def by_short_code(session: Session, code: str) -> Animal:
    """The animal whose public code that is; else NotFound `animal.not_found`."""
    return _one(session, Animal.short_code == code)


def _one(session: Session, condition: object) -> Animal:
    found = session.scalars(select(Animal).where(condition)).one_or_none()  # type: ignore[arg-type] # a column expression
    if found is None:
        raise NotFound("animal.not_found", "没有找到这头牛，请核对耳标号码")
    return found


def _registered(event: EventView) -> State:
    return {
        **{field: event[field] for field in TRAITS},
        **{field: folding.private(event, field) for field in ("born_on", "short_code")},
        **{f"{field}_id": folding.private(event, field) for field in ("holding", "owner", "dam")},
        "eid": None,
        "state": AnimalState.ALIVE.value,
        "ended_on": None,
    }


def _ended(end: AnimalState) -> Callable[[EventView], State]:
    return lambda event: {"state": end.value, "ended_on": legal_day(event.at).isoformat()}


CHANGES: dict[Kind, Callable[[EventView], State]] = {
    Kind.ANIMAL_REGISTERED: _registered,
    Kind.ANIMAL_RETAGGED: lambda event: {"ear_tag": event["ear_tag"]},
    Kind.ANIMAL_EID_BOUND: lambda event: {"eid": event["eid"]},
    Kind.ANIMAL_DIED: _ended(AnimalState.DEAD),
    Kind.ANIMAL_SLAUGHTERED: _ended(AnimalState.SLAUGHTERED),
    Kind.ISOLATION_OPENED: lambda _: {"state": AnimalState.HELD.value},
    Kind.ISOLATION_RELEASED: lambda _: {"state": AnimalState.ALIVE.value},
    Kind.ISOLATION_CONDEMNED: lambda _: {"state": AnimalState.CONDEMNED.value},
    Kind.ISOLATION_DISPOSED: lambda event: (
        {} if event["died_before"] else _ended(AnimalState.DEAD)(event)
    ),
    Kind.MOVEMENT_DEPARTED: lambda _: {"holding_id": None},
    Kind.MOVEMENT_ARRIVED: lambda event: {"holding_id": folding.private(event, "destination")},
    Kind.SALE_HANDED_OVER: lambda event: {"owner_id": folding.private(event, "buyer")},
}


def fold(state: State | None, event: EventView) -> State | None:
    """An animal as its events tell it."""
    change = CHANGES.get(event.kind)
    return state if change is None else {**(state or {}), **change(event)}


folding.register(Animal, fold)
