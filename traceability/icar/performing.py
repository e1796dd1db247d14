"""办理 · a resource that came as one of our own operations, where it is one and the sender may.

Births register, deaths, departures, arrivals and treatments are done; a weight is never taken from
a file: trade rests on the raw frames of a scale. Everything else is kept as an observation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from traceability import animals, movements, tagging, treatments
from traceability.animals import Animal, Breed, Origin
from traceability.base.clock import legal_day, utc
from traceability.base.errors import RuleViolation
from traceability.chain import events
from traceability.chain.events import EventView
from traceability.epcis.replay import Capturer
from traceability.holdings import Holding
from traceability.icar import naming
from traceability.icar.telling import DOSE_MARK, DOSE_UNITS
from traceability.icar.vocabulary import (
    APPROVAL,
    BREED,
    DISEASE,
    EAR_TAG,
    EID,
    GENDERS,
    Collection,
)
from traceability.identifiers.ear_tags import parse_ear_tag
from traceability.identifiers.eids import parse_eid
from traceability.identifiers.plates import parse_plate
from traceability.treatments import WITHDRAWAL_DAYS_MAX, Disease

Told = Mapping[str, Any]
SEXES = {told: sex for sex, told in GENDERS.items()}
UNITS = {"MLT": "毫升", "GRM": "克", "MGM": "毫克", "LTR": "升"}
NO_DEATHS = {"Slaughter", "Theft", "Lost"}
DISPOSALS = {"ApprovedService": "无害化处理", "Consumption": "食用", "OnPremise": "就地掩埋"}
BIND_EID = "animal.bind_eid"
assert UNITS.keys() == set(DOSE_UNITS.values())


@dataclass(frozen=True, slots=True)
class Doing:
    """Who does it, when and where, and of which collection."""

    capturer: Capturer
    at: datetime
    place: Holding
    collection: Collection

    def require(self, animal: Animal, place: Holding | None) -> None:
        """Refuse what happens to another's animal, or to one that is elsewhere."""
        mine = animal.owner.ref in self.capturer.keeps
        if not mine and (place is None or not self.capturer.covers(place)):
            raise not_yours()
        if place is not self.place:
            raise kept("icar.not_here", "登记簿上这头牛现在不在这个场所")

    @property
    def actors(self) -> dict[str, Any]:
        return {"at": self.at, "by": self.capturer.by}


def kept(code: str, why: str) -> RuleViolation:
    """Why a resource changes nothing and is only kept."""
    return RuleViolation(code, f"{why}，只作为外部事件保存")


def not_yours() -> RuleViolation:
    """The sender may not do this, or not to this animal."""
    return kept("icar.not_yours", "送来的人无权为这头牛办理这件事")


def incomplete(what: str) -> RuleViolation:
    """A resource that says too little to be acted on."""
    return kept("icar.incomplete", f"资源没有说清{what}")


def instant_of(text: str) -> datetime:
    """The instant an RFC 3339 text means; a leap second is its second before.

    >>> instant_of("2026-11-22T06:12:60+08:00").isoformat()
    '2026-11-21T22:12:59+00:00'

    Raises:
        RuleViolation: `icar.bad_resource` beyond the calendar.
    """
    try:
        return utc(datetime.fromisoformat(text.upper().replace(":60", ":59", 1)))
    except (ValueError, OverflowError) as error:
        raise RuleViolation("icar.bad_resource", f"时间 {text[:40]} 读不懂，请核对") from error


def perform(session: Session, told: Told, animal: Animal | None, doing: Doing) -> EventView:
    """Do what a resource says; the event of the chain it became.

    Raises:
        RuleViolation: `icar.deleted`, `icar.not_yours`, `icar.not_here`, `icar.incomplete`,
            `icar.not_a_scale`, `icar.already_registered`, `icar.not_a_death`;
            the operation's own refusals.
        Conflict, NotFound: the operation's own refusals.
    """
    if told["meta"].get("isDeleted"):
        raise kept("icar.deleted", "来源系统已删除这条记录")
    act, needed = ACTS[doing.collection], PERMISSIONS.get(doing.collection)
    if doing.collection is Collection.TREATMENTS and disease_of(told) is not None:
        needed = "immunisation.record"
    if needed is not None and needed not in doing.capturer.permissions:
        raise not_yours()
    done = act(session, told, animal, doing)
    _, digest = events.head(session, done.ref)
    assert digest is not None
    found = events.by_digest(session, digest)
    assert found is not None
    if doing.collection is Collection.BIRTHS:
        _bind_eid(session, told, done, doing)
    return found


def _weigh(_session: Session, _told: Told, _animal: Animal | None, _doing: Doing) -> Animal:
    raise kept("icar.not_a_scale", "重量不从文件进来，贸易重量只认秤的原始报文")


def _register(session: Session, told: Told, animal: Animal | None, doing: Doing) -> Animal:
    if not doing.capturer.covers(doing.place):
        raise not_yours()
    if animal is not None:
        raise kept("icar.already_registered", "这头牛已经登记")
    detail = told.get("animalDetail") or {}
    sex, born = SEXES.get(detail.get("gender", "")), detail.get("birthDate")
    if sex is None or born is None or detail.get("specie") != "Cattle":
        raise incomplete("畜种、性别或出生日期（animalDetail）")
    if told["animal"]["scheme"] != EAR_TAG:
        raise incomplete(f"耳标号（scheme 用 {EAR_TAG}）")
    return animals.register(
        session,
        parse_ear_tag(told["animal"]["id"]),
        breed=_breed(detail),
        sex=sex,
        born_on=legal_day(instant_of(born)),
        holding=doing.place,
        owner=doing.place.keeper,
        origin=Origin.BOUGHT if told.get("registrationReason") == "Registered" else Origin.BORN,
        dam=_dam(session, detail),
        **doing.actors,
    )


def _breed(detail: Told) -> Breed:
    told = detail.get("primaryBreed") or {}
    known = told.get("scheme") == BREED and told.get("id") in set(Breed)
    return Breed(told["id"]) if known else Breed.OTHER


def _dam(session: Session, detail: Told) -> Animal | None:
    for parent in detail.get("parentage") or ():
        if parent["gender"] == "Female":
            return naming.find_animal(session, parent["identifier"])
    return None


def _bind_eid(session: Session, told: Told, animal: Animal, doing: Doing) -> None:
    """Bind the electronic tag a birth names, where the sender may."""
    others = (told.get("animalDetail") or {}).get("alternativeIdentifiers") or ()
    number = next((each["id"] for each in others if each["scheme"] == EID), None)
    if number is not None and BIND_EID in doing.capturer.permissions:
        tagging.bind_eid(session, animal, parse_eid(number), **doing.actors)


def _die(session: Session, told: Told, animal: Animal | None, doing: Doing) -> Animal:
    assert animal is not None
    doing.require(animal, animal.holding)
    if told.get("deathMethod") in NO_DEATHS:
        raise kept("icar.not_a_death", "屠宰、丢失、被盗不是病死或意外死亡，请在平台另行办理")
    cause = told.get("explanation") or "不明"
    disposal = told.get("remark") or DISPOSALS.get(told.get("disposalMethod") or "", "")
    animals.report_death(session, animal, cause=cause, disposal=disposal, **doing.actors)
    return animal


def _end(session: Session, told: Told, field: str) -> Holding | None:
    named = (told.get("consignment") or {}).get(field)
    return None if named is None else naming.find_place(session, named["scheme"], named["id"])


def _depart(session: Session, told: Told, animal: Animal | None, doing: Doing) -> Animal:
    assert animal is not None
    doing.require(animal, animal.holding)
    there = _end(session, told, "destinationLocation")
    if there is None:
        raise incomplete("登记过的到达地（consignment.destinationLocation）")
    vehicle = (told.get("consignment") or {}).get("vehicle")
    plate = parse_plate(vehicle) if vehicle else None
    movements.depart(session, animal, to=there, plate=plate, **doing.actors)
    return animal


def _arrive(session: Session, _told: Told, animal: Animal | None, doing: Doing) -> Animal:
    assert animal is not None
    journey = movements.on_the_road(session, animal)
    doing.require(animal, doing.place if journey is None else journey.destination)
    movements.arrive(session, animal, **doing.actors)
    return animal


def disease_of(told: Told) -> str | None:
    """The disease a treatment immunises against, as its trait label says."""
    label = told.get("traitLabel") or {}
    return label["id"] if label.get("scheme") == DISEASE else None


def _treat(session: Session, told: Told, animal: Animal | None, doing: Doing) -> Animal:
    assert animal is not None
    doing.require(animal, animal.holding)
    medicine, disease = told.get("medicine") or {}, disease_of(told)
    name, given_on = medicine.get("name"), legal_day(doing.at)
    if not name:
        raise incomplete("药名或疫苗（medicine.name）")
    batch_no = next((each.get("identifier") for each in told.get("batches") or ()), None) or ""
    common: dict[str, Any] = {"given_on": given_on, "batch_no": batch_no, **doing.actors}
    if disease is not None:
        if disease not in set(Disease):
            raise incomplete("疫病（traitLabel）")
        treatments.immunise(session, animal, disease=Disease(disease), vaccine=name, **common)
        return animal
    approval = medicine.get("registeredIdentifier") or {}
    treatments.treat(
        session,
        animal,
        drug=name,
        dose=_dose(told),
        approval_no=approval.get("id") if approval.get("scheme") == APPROVAL else None,
        label_days=_label_days(told, doing.at),
        **common,
    )
    return animal


def _dose(told: Told) -> str:
    comment, dose = told.get("comment") or "", told.get("dose") or {}
    if comment.startswith(DOSE_MARK):
        return str(comment.removeprefix(DOSE_MARK))
    units, quantity = str(dose.get("doseUnits") or ""), dose.get("doseQuantity")
    return "" if quantity is None else f"{quantity:g} {UNITS.get(units, units)}".strip()


def _label_days(told: Told, at: datetime) -> int | None:
    """Days of withdrawal that the resource tells for meat."""
    for each in told.get("withdrawals") or ():
        if each.get("productType") == "Meat" and each.get("endDate"):
            days = (legal_day(instant_of(each["endDate"])) - legal_day(at)).days - 1
            return min(max(days, 0), WITHDRAWAL_DAYS_MAX)
    return None


Act = Callable[[Session, Told, Animal | None, Doing], Animal]
ACTS: Mapping[Collection, Act] = {
    Collection.WEIGHTS: _weigh,
    Collection.BIRTHS: _register,
    Collection.DEATHS: _die,
    Collection.DEPARTURES: _depart,
    Collection.ARRIVALS: _arrive,
    Collection.TREATMENTS: _treat,
}
PERMISSIONS: Mapping[Collection, str] = {
    Collection.BIRTHS: "animal.register",
    Collection.DEATHS: "animal.report_death",
    Collection.DEPARTURES: "movement.depart",
    Collection.ARRIVALS: "movement.arrive",
    Collection.TREATMENTS: "treatment.record",
}
"""Collection → what one must be allowed; a weight changes nothing."""
EVERY_PERMISSION = frozenset({*PERMISSIONS.values(), "immunisation.record", BIND_EID})
assert ACTS.keys() == set(Collection)
