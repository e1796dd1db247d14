"""办理 · a captured event as one of our own operations, where it is one and the sender may do it.

Known: registering (commissioning, ADD), departure, arrival, death (destroying, DELETE),
immunisation and treatment (told by `weining:kind`). Everything else is an observation.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability import animals, holdings, movements, treatments
from traceability.animals import Animal, Breed, Origin, Sex
from traceability.base.errors import NotFound, RuleViolation
from traceability.chain import events
from traceability.chain.events import EventView
from traceability.chain.kinds import Kind
from traceability.epcis.identifiers import ref_of, tag_of
from traceability.epcis.vocabulary import ours
from traceability.holdings import Holding
from traceability.identifiers.ear_tags import parse_ear_tag
from traceability.parties import Party
from traceability.tags import AnimalTag
from traceability.treatments import Disease

EPC_FIELDS = ("epcList", "childEPCs", "inputEPCList", "outputEPCList")
Told = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Capturer:
    """采集人 · who sends, what they may do, and at which places."""

    by: Party
    permissions: frozenset[str]
    covers: Callable[[Holding], bool]
    keeps: frozenset[str]  # parties whose animals are theirs


def epcs_of(told: Told) -> list[str]:
    """Every single thing an event names."""
    listed = [epc for field in EPC_FIELDS for epc in told.get(field, ())]
    parent = told.get("parentID")
    return list(dict.fromkeys([*listed, *([parent] if isinstance(parent, str) else [])]))


def refs_of(epcs: Iterable[str]) -> list[str]:
    """Those of our references among identifiers."""
    return [ref for epc in epcs if (ref := ref_of(epc)) is not None]


def animal_of(session: Session, epc: str) -> Animal | None:
    """The animal an identifier names, by its reference or by a tag."""
    ref, number = ref_of(epc), tag_of(epc)
    if ref is not None:
        return session.scalars(select(Animal).where(Animal.ref == ref)).one_or_none()
    if number is None:
        return None
    worn = select(AnimalTag.animal_id).where(AnimalTag.value == number).limit(1)
    return session.scalars(select(Animal).where(Animal.id.in_(worn))).one_or_none()


def perform(session: Session, told: Told, capturer: Capturer, at: datetime) -> EventView | None:
    """Do what an event says, if it is one of our operations; the event of the chain it became.

    Raises:
        RuleViolation: `epcis.not_yours`; the operation's own refusals.
        Conflict, NotFound: the operation's own refusals.
    """
    if "errorDeclaration" in told or told["type"] != "ObjectEvent":
        return None
    epcs = epcs_of(told)
    if len(epcs) != 1:
        return None
    animal = animal_of(session, epcs[0])
    act = ACTS.get(_sign(told)) or ACTS.get((str(told.get("bizStep")), str(told.get("action"))))
    if act is None or (animal is None) != (act is _register):
        return None
    permission = PERMISSIONS[act]
    if permission not in capturer.permissions:
        raise not_yours()
    done = act(session, told, animal, Doing(capturer, at))
    _, digest = events.head(session, done.ref)
    assert digest is not None
    return events.by_digest(session, digest)


def not_yours() -> RuleViolation:
    """The sender may not do this, or not there."""
    return RuleViolation("epcis.not_yours", "采集人无权在这个场所办理这件事，只作为外部事件保存")


@dataclass(frozen=True, slots=True)
class Doing:
    """Who does it and when."""

    capturer: Capturer
    at: datetime

    def require(self, place: Holding | None, owner: Party | None = None) -> None:
        """Refuse to act where the sender has no say."""
        mine = owner is not None and owner.ref in self.capturer.keeps
        if not mine and (place is None or not self.capturer.covers(place)):
            raise not_yours()

    @property
    def actors(self) -> dict[str, Any]:
        return {"at": self.at, "by": self.capturer.by}


def _sign(told: Told) -> tuple[str, str]:
    return (str(told.get(ours("kind"))), str(told.get("action")))


def _place(session: Session, told: Told, field: str) -> Holding | None:
    ref = ref_of(told.get(field, {}).get("id"))
    return None if ref is None else _holding(session, ref)


def _holding(session: Session, ref: str) -> Holding | None:
    try:
        return holdings.get(session, ref)
    except NotFound:
        return None


def _destination(session: Session, told: Told) -> Holding | None:
    for row in told.get("destinationList", ()):
        ref = ref_of(row.get("destination"))
        if row.get("type") == "location" and ref is not None:
            return _holding(session, ref)
    return _place(session, told, "bizLocation")


def _text(told: Told, name: str, fallback: str = "") -> str:
    value = told.get(ours(name), fallback)
    return value if isinstance(value, str) else fallback


def _register(session: Session, told: Told, _animal: Animal | None, doing: Doing) -> Animal:
    ilmd = told.get("ilmd", {})
    place = _place(session, told, "bizLocation")
    doing.require(place)
    assert place is not None
    try:
        facts: dict[str, Any] = {
            "breed": Breed(_text(ilmd, "breed")),
            "sex": Sex(_text(ilmd, "sex")),
            "born_on": date.fromisoformat(_text(ilmd, "bornOn")),
            "origin": Origin(_text(ilmd, "origin", "born")),
        }
    except ValueError as error:
        raise incomplete("品种、性别或出生日期") from error
    tag = parse_ear_tag(_text(ilmd, "earTag") or tag_of(epcs_of(told)[0]) or "")
    return animals.register(
        session, tag, holding=place, owner=place.keeper, **facts, **doing.actors
    )


def incomplete(what: str) -> RuleViolation:
    """An event that says too little to be acted on."""
    return RuleViolation("epcis.incomplete", f"事件缺少{what}，只作为外部事件保存")


def _depart(session: Session, told: Told, animal: Animal | None, doing: Doing) -> Animal:
    assert animal is not None
    doing.require(animal.holding, animal.owner)
    there = _destination(session, told)
    if there is None:
        raise incomplete("到达地")
    movements.depart(session, animal, to=there, **doing.actors)
    return animal


def _arrive(session: Session, told: Told, animal: Animal | None, doing: Doing) -> Animal:
    assert animal is not None
    journey = movements.on_the_road(session, animal)
    doing.require(None if journey is None else journey.destination, animal.owner)
    there = _destination(session, told)
    if journey is not None and there is not None and there is not journey.destination:
        raise RuleViolation("epcis.elsewhere", "到达地与启运时申报的不同，只作为外部事件保存")
    movements.arrive(session, animal, **doing.actors)
    return animal


def _die(session: Session, told: Told, animal: Animal | None, doing: Doing) -> Animal:
    assert animal is not None
    doing.require(animal.holding, animal.owner)
    cause, disposal = _text(told, "cause", "不明"), _text(told, "disposal")
    animals.report_death(session, animal, cause=cause, disposal=disposal, **doing.actors)
    return animal


def _day(told: Told) -> date:
    try:
        return date.fromisoformat(_text(told, "givenOn"))
    except ValueError as error:
        raise incomplete("日期（weining:givenOn）") from error


def _immunise(session: Session, told: Told, animal: Animal | None, doing: Doing) -> Animal:
    assert animal is not None
    doing.require(animal.holding, animal.owner)
    try:
        disease = Disease(_text(told, "disease"))
    except ValueError as error:
        raise incomplete("疫病（weining:disease）") from error
    treatments.immunise(
        session,
        animal,
        disease=disease,
        vaccine=_text(told, "vaccine"),
        batch_no=_text(told, "batchNo"),
        given_on=_day(told),
        **doing.actors,
    )
    return animal


def _treat(session: Session, told: Told, animal: Animal | None, doing: Doing) -> Animal:
    assert animal is not None
    doing.require(animal.holding, animal.owner)
    days = told.get(ours("withdrawalDays"))
    treatments.treat(
        session,
        animal,
        drug=_text(told, "drug"),
        dose=_text(told, "dose"),
        batch_no=_text(told, "batchNo") or None,
        given_on=_day(told),
        label_days=days if isinstance(days, int) else None,
        **doing.actors,
    )
    return animal


Act = Callable[[Session, Told, Animal | None, Doing], Animal]
ACTS: Mapping[tuple[str, str], Act] = {
    ("commissioning", "ADD"): _register,
    ("departing", "OBSERVE"): _depart,
    ("arriving", "OBSERVE"): _arrive,
    ("destroying", "DELETE"): _die,
    (Kind.IMMUNISATION_GIVEN.value, "OBSERVE"): _immunise,
    (Kind.TREATMENT_GIVEN.value, "OBSERVE"): _treat,
}
"""Business step or `weining:kind`, and action → the operation."""
PERMISSIONS: Mapping[Act, str] = {
    _register: "animal.register",
    _depart: "movement.depart",
    _arrive: "movement.arrive",
    _die: "animal.report_death",
    _immunise: "immunisation.record",
    _treat: "treatment.record",
}
assert {*ACTS.values()} == PERMISSIONS.keys()
