"""牛群 · the animals that the signed-in person may see and act on, shared by pages and API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app import attention, whoami
from app.attention import AnimalNeed
from app.auth import scopes
from app.auth.privileges import MARKET, VETS
from app.auth.roles import Role
from app.lists import Listed, paged
from app.whoami import Scope
from devices.drivers import allflex
from traceability import animals, holdings, movements, regions, tagging
from traceability.animals import Animal
from traceability.base.errors import NotFound
from traceability.chain import events
from traceability.chain.events import EventView
from traceability.chain.kinds import SPECS, Kind
from traceability.consignments import records as consignments
from traceability.holdings import HOLDING_KIND_LABELS, Holding
from traceability.identifiers import eids, plates
from traceability.identifiers.ear_tags import parse_ear_tag
from traceability.identifiers.refusals import IdentifierError
from traceability.movements import Movement
from traceability.parties import Party
from traceability.quarantine import certificates

LINE_CHARS_MAX = 100
GATEKEEPERS = VETS | MARKET | {Role.CARRIER, Role.PROCESSOR, Role.REGULATOR}


def actors() -> dict[str, Any]:
    """When, by whom and for whom: what every operation of this request is told."""
    return {
        "at": whoami.now(),
        "by": whoami.actor(),
        "on_behalf_of": whoami.on_behalf_of(),
    }


def told(given: Mapping[str, Any]) -> dict[str, Any]:
    """What a form says, with when, by whom and for whom; `at` is now unless it says otherwise."""
    return {**given, **actors(), "at": given["at"] or whoami.now()}


def owner() -> Party:
    """Whose animals this request is about: the person's own, or those of whom it acts for."""
    return whoami.on_behalf_of() or whoami.actor()


def places(session: Session) -> Sequence[Holding]:
    """The places where the person may register animals."""
    return holdings.of_keeper(session, owner())


def listed(
    session: Session,
    scope: Scope,
    *,
    words: str,
    page: int,
    need: AnimalNeed | None = None,
    at: Holding | None = None,
) -> Listed[Animal]:
    """The animals within scope whose tag holds the words, of one need, at one place."""
    keepers = select(Party.id).where(Party.ref.in_(scope.keepers))
    here = select(Holding.id).where(scopes.within(scope))
    wanted = select(Animal)
    if not scope.everywhere:
        wanted = wanted.where(Animal.holding_id.in_(here) | Animal.owner_id.in_(keepers))
    if at is not None:
        wanted = wanted.where(Animal.holding_id == at.id)
    if need is not None:
        wanted = wanted.where(attention.animals(session, need, at=whoami.now()))
    digits = "".join(filter(str.isdigit, words))
    if digits:
        wanted = wanted.where(Animal.ear_tag.contains(digits) | Animal.eid.contains(digits))
    return paged(
        session,
        wanted.order_by(Animal.state, Animal.id.desc()),
        selectinload(Animal.holding),
        selectinload(Animal.owner),
        page=page,
    )


def owned(session: Session, party: Party, *, limit: int) -> Sequence[Animal]:
    """The animals of an owner, newest first."""
    mine = select(Animal).where(Animal.owner_id == party.id)
    return session.scalars(
        mine.order_by(Animal.id.desc()).limit(limit).options(selectinload(Animal.holding))
    ).all()


def get(session: Session, ref: str) -> Animal:
    """The animal of that reference, if the person may see it.

    Raises:
        NotFound: `animal.not_found`, as for one that does not exist.
    """
    return _visible(session, animals.get(session, ref))


def by_text(session: Session, text: str) -> Animal:
    """The animal of a scanned or typed tag, printed or electronic, if the person may see it.

    Raises:
        RuleViolation: the number's own refusal.
        NotFound: `animal.not_found`.
    """
    return _visible(session, animals.by_tag(session, number_of(text)))


def _visible(session: Session, animal: Animal) -> Animal:
    scope = whoami.scope()
    if scope.everywhere or animal.owner.ref in scope.keepers:
        return animal
    if animal.holding is not None and scopes.covers(scope, animal.holding):
        return animal
    journey = movements.on_the_road(session, animal)
    if journey is not None and (
        scopes.covers(scope, journey.origin) or scopes.covers(scope, journey.destination)
    ):
        return animal
    raise NotFound("animal.not_found", "没有找到这头牛，请核对耳标号码")


def movement(session: Session, ref: str) -> Movement:
    """The journey of that reference, if the person may see its animal or either end of it.

    Raises:
        NotFound: `movement.not_found`, as for one that does not exist.
    """
    found = movements.get(session, ref)
    scope = whoami.scope()
    ends = (found.origin, found.destination)
    if (
        any(scopes.covers(scope, place) for place in ends)
        or found.animal.owner.ref in scope.keepers
    ):
        return found
    raise NotFound("movement.not_found", "没有找到这条调运记录")


def at_hand(session: Session, text: str) -> Animal:
    """The animal whose tag somebody reads off its ear.

    Whoever lets animals through a gate must be told whether this one may pass, wherever it comes
    from; others see what they may see.

    Raises:
        RuleViolation: the number's own refusal.
        NotFound: `animal.not_found`.
    """
    if whoami.account().role in GATEKEEPERS:
        return animals.by_tag(session, number_of(text))
    return by_text(session, text)


def number_of(text: str) -> str:
    """The number of a scanned or typed tag, printed or electronic, or of a reader's whole line.

    A reader that types like a keyboard sends its line, `LA 982 000001088420` say, as it is set.

    Raises:
        RuleViolation: the number's own refusal, as a printed tag's.
    """
    try:
        return str(parse_ear_tag(text))
    except IdentifierError as refusal:
        try:
            return str(eids.parse_eid(text))
        except IdentifierError:
            line = allflex.read_line(text.encode()) if len(text) <= LINE_CHARS_MAX else None
            if line is None or line.eid is None:
                raise refusal from None
            return line.eid


def register(session: Session, given: Mapping[str, Any]) -> Animal:
    """Register an animal as a form or a request asked for it.

    Raises:
        NotFound: `holding.not_found`, `animal.not_found` (its dam).
    """
    told = dict(given)
    place = scopes.require(whoami.scope(), holdings.get(session, told.pop("holding")))
    dam, eid = told.pop("dam"), told.pop("eid")
    animal = animals.register(
        session,
        told.pop("ear_tag"),
        holding=place,
        owner=place.keeper,
        dam=None if dam is None else animals.by_tag(session, str(dam)),
        **told,
        **actors(),
    )
    if eid is not None:
        tagging.bind_eid(session, animal, eid, **actors())
    return animal


TAGGED = {Kind.ANIMAL_REGISTERED, Kind.ANIMAL_RETAGGED}


@dataclass(frozen=True, slots=True)
class Tagged:
    """戴了耳标的牛 · with what must be known of the tag's issue."""

    animal: Animal
    warnings: Sequence[Mapping[str, str]]


def tagged(session: Session, animal: Animal) -> Tagged:
    """An animal, and what the rules of tagging warned of when it got the tag it wears."""
    line = [each for each in events.history(session, animal.ref) if each.kind in TAGGED]
    said = (line[-1].private or {}) if line else {}
    return Tagged(animal, said.get("warnings") or [])


def depart(session: Session, given: Mapping[str, Any]) -> Movement:
    """Send an animal on its way, as a request asked for it; `at` may lie in the past (补录).

    Raises:
        NotFound: `animal.not_found`, `holding.not_found`.
        Conflict: `consignment.departs_together`.
    """
    animal = get(session, given["animal"])
    paper = certificates.newest_of(session, animal)
    if paper is not None and animal.holding_id == paper.origin_id:
        consignments.require_none_open(session, paper)
    there = holdings.get(session, given["destination"])
    plate = plates.parse_plate(given["plate"]) if given["plate"] else None
    told = {**actors(), "at": given["at"] or whoami.now()}
    return movements.depart(session, animal, to=there, plate=plate, **told)


def arrive(session: Session, given: Mapping[str, Any]) -> Movement:
    """Record an arrival, as a request asked for it; `at` may lie in the past (补录).

    Raises:
        NotFound: `animal.not_found`.
    """
    animal = get(session, given["animal"])
    return movements.arrive(session, animal, **{**actors(), "at": given["at"] or whoami.now()})


def steps(session: Session, animal: Animal) -> list[dict[str, Any]]:
    """The history of an animal as time line steps, newest first."""
    line = events.history(session, animal.ref)
    names = _place_names(session, line)
    return [_step(event, names) for event in reversed(line)]


def _place_names(session: Session, line: Sequence[EventView]) -> dict[str, str]:
    codes = {code for event in line for code in _townships(event)}
    rows = session.execute(
        select(regions.Region.code, regions.Region.name).where(regions.Region.code.in_(codes))
    )
    return {row.code: row.name for row in rows}


def _townships(event: EventView) -> list[str]:
    found = [event.public.get(key) for key in ("township", "from_township", "to_township")]
    return [code for code in found if code]


def _step(event: EventView, names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "title": SPECS[event.kind].label,
        "at": event.at,
        "place": _place(event, names),
        "evidence": evidence_of(event),
        "late": event["late_reason"] if event.late else None,
        "text": _text(event),
    }


def _place(event: EventView, names: Mapping[str, str]) -> str | None:
    if "from_township" in event.public:
        begin, end = event["from_township"], event["to_township"]
        return f"{names.get(begin, begin)} → {names.get(end, end)}"
    code, kind = event.public.get("township"), event.public.get("place_kind")
    if not code or not kind:
        return None
    label = {key.value: value for key, value in HOLDING_KIND_LABELS.items()}[kind]
    return f"{names.get(code, code)}{label}"


VET_KINDS = {Kind.INSPECTION_RECORDED, Kind.CERTIFICATE_ISSUED, Kind.CERTIFICATE_REVOKED}


def evidence_of(event: EventView) -> str:
    """On what an event rests: a device, a vet, somebody's word, or another system's."""
    if event.kind is Kind.EPCIS_OBSERVED:
        return "external"
    if event.public.get("evidence_level") == "device":
        return "device"
    return "vet" if event.kind in VET_KINDS else "self"


WORDS = {
    "vaccine": "疫苗",
    "clear_on": "休药期解除",
    "number": "编号",
    "valid_until": "有效期至",
    "certificate_number": "检疫证明",
    "old_ear_tag": "旧耳标",
    "ear_tag": "耳标",
    "eid": "电子耳标",
    "cause": "原因",
    "reason": "原因",
}


def _text(event: EventView) -> str:
    told = [f"{word} {event[field]}" for field, word in WORDS.items() if event.public.get(field)]
    if event.kind is Kind.INSPECTION_RECORDED:
        told.append("检查合格" if event["passed"] else "检查不合格")
    return "，".join(told)
