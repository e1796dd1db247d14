"""转述 · one event of the chain as the ICAR resource that says the same.

What ADE has no field for is told in a trait label or a remark; docs/icar.md lists each.
"""

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime

from traceability.animals import Animal, Origin, Sex
from traceability.base.clock import legal_day, stamp, start_of
from traceability.chain.events import EventView
from traceability.chain.kinds import Kind
from traceability.epcis.identifiers import event_uri
from traceability.icar import vocabulary as words
from traceability.icar.naming import Names, Told, animal_name, identifier
from traceability.icar.vocabulary import KINDS, RESOURCES
from traceability.weighings import Basis

G_PER_KG = 1000
LIVE = {Basis.LIVE_GROSS.value, Basis.LIVE_FASTED.value}
DOSE = re.compile(r"(\d{1,6}(?:\.\d{1,4})?)\s*(mL|ml|毫升|g|克|mg|毫克|L|升)")
DOSE_UNITS = {
    **dict.fromkeys(("mL", "ml", "毫升"), "MLT"),
    **dict.fromkeys(("g", "克"), "GRM"),
    **dict.fromkeys(("mg", "毫克"), "MGM"),
    **dict.fromkeys(("L", "升"), "LTR"),
}
DOSE_MARK = "用量："
DISPOSALS = {"无害化": "ApprovedService", "深埋": "OnPremise", "掩埋": "OnPremise"}
COLLECTION_OF = {kind: collection for collection, kinds in KINDS.items() for kind in kinds}


def resource(
    names: Names, event: EventView, *, at: str, error: EventView | None = None
) -> Told | None:
    """An event as a resource; None for one that ADE has no word for, or whose content is erased.

    `at` is the place it is told of; `error` the event that corrects or annuls it: the resource is
    then told as deleted.
    """
    collection = COLLECTION_OF.get(event.kind)
    animal = names.animal(_animal_of(event))
    if collection is None or animal is None or event.private is None:
        return None
    body = SHAPES[event.kind](names, event, animal)
    if body is None:
        return None
    return {
        "resourceType": RESOURCES[collection],
        "id": event_uri(event.digest),
        "meta": _meta(event, error),
        "location": names.place(at),
        "eventDateTime": stamp(event.at),
        "animal": animal_name(animal),
        **body,
    }


def again(body: bytes, event: EventView, error: EventView | None = None) -> Told:
    """A resource that came, as it came; with its number here where it had none."""
    told: Told = {"id": event_uri(event.digest), **json.loads(body)}
    if error is not None:
        told["meta"] |= {"modified": stamp(error.recorded_at), "isDeleted": True}
    return told


def _animal_of(event: EventView) -> str | None:
    return next((link.ref for link in event.links if link.ref.startswith("animal:")), None)


def _meta(event: EventView, error: EventView | None) -> Told:
    told = {"source": words.SOURCE, "sourceId": event.digest.hex()}
    created = stamp(event.recorded_at)
    if error is None:
        return {**told, "modified": created, "created": created}
    return {**told, "modified": stamp(error.recorded_at), "created": created, "isDeleted": True}


def _weight(_names: Names, event: EventView, _animal: Animal) -> Told | None:
    if event["basis"] not in LIVE or event["weight_g"] is None:
        return None
    measured = {"measurement": event["weight_g"] / G_PER_KG, "units": words.KILOGRAM}
    return {
        "weight": {**measured, "method": "LoadCell"},
        "device": {"identifier": identifier(words.INSTRUMENT, event["instrument"])},
        "traitLabel": identifier(words.BASIS, event["basis"]),
    }


def _birth(names: Names, event: EventView, animal: Animal) -> Told | None:
    born_on = date.fromisoformat(event["born_on"])
    detail: Told = {
        "resourceType": "icarAnimalCoreResource",
        "identifier": animal_name(animal),
        "specie": "Cattle",
        "gender": words.GENDERS[Sex(event["sex"])],
        "birthDate": stamp(start_of(born_on)),
        "primaryBreed": identifier(words.BREED, event["breed"]),
    }
    if animal.eid is not None:
        detail["alternativeIdentifiers"] = [identifier(words.EID, animal.eid)]
    if (dam := names.animal(event["dam"])) is not None:
        parent = {"gender": "Female", "relation": "Genetic", "identifier": animal_name(dam)}
        detail["parentage"] = [{"parentOf": animal_name(animal), **parent}]
    born_here = event["origin"] == Origin.BORN.value
    return {
        "registrationReason": "Born" if born_here else "Registered",
        "animalDetail": detail,
    }


def _death(_names: Names, event: EventView, _animal: Animal) -> Told | None:
    if event.kind is Kind.ANIMAL_SLAUGHTERED:
        return {"deathReason": "Consumption", "deathMethod": "Slaughter"}
    disposal = event["disposal"] or ""
    method = next((told for word, told in DISPOSALS.items() if word in disposal), "Other")
    found: Told = {
        "deathReason": "Other",
        "deathMethod": "Perished",
        "explanation": event["cause"],
        "disposalMethod": method,
    }
    return {**found, "remark": disposal} if disposal else found


def _journey(names: Names, event: EventView, _animal: Animal) -> Told | None:
    consignment: Told = {
        "originLocation": names.place(event["origin"]),
        "destinationLocation": names.place(event["destination"]),
    }
    if event["plate"]:
        consignment["vehicle"] = event["plate"]
    if event["certificate_number"]:
        paper = identifier(words.CERTIFICATE, event["certificate_number"])
        consignment["declarations"] = [{"declarationId": paper}]
    return {"consignment": consignment}


def _given(event: EventView, name: str) -> Told:
    found: Told = {
        "eventDateTime": stamp(given_at(event.at, date.fromisoformat(event["given_on"]))),
        "medicine": {"family": "Veterinary Supplies", "name": name},
    }
    if event["batch_no"]:
        found["batches"] = [{"identifier": event["batch_no"]}]
    return found


def given_at(at: datetime, given_on: date) -> datetime:
    """When a dose was given: the instant it was told at on its day, else the start of that day."""
    return at if legal_day(at) == given_on else start_of(given_on)


def _treated(_names: Names, event: EventView, _animal: Animal) -> Told | None:
    found = _given(event, event["drug"])
    clear_on = date.fromisoformat(event["clear_on"])
    found["withdrawals"] = [{"productType": "Meat", "endDate": stamp(start_of(clear_on))}]
    if event["approval_no"]:
        found["medicine"]["registeredIdentifier"] = identifier(words.APPROVAL, event["approval_no"])
    if event["dose"]:
        found["comment"] = f"{DOSE_MARK}{event['dose']}"
        if (dose := DOSE.fullmatch(event["dose"])) is not None:
            units = DOSE_UNITS[dose[2]]
            found["dose"] = {"doseQuantity": float(dose[1]), "doseUnits": units}
    return found


def _immunised(_names: Names, event: EventView, _animal: Animal) -> Told | None:
    label = identifier(words.DISEASE, event["disease"])
    return {**_given(event, event["vaccine"]), "traitLabel": label}


Shape = Callable[[Names, EventView, Animal], Told | None]
SHAPES: Mapping[Kind, Shape] = {
    Kind.WEIGHING_RECORDED: _weight,
    Kind.ANIMAL_REGISTERED: _birth,
    Kind.ANIMAL_DIED: _death,
    Kind.ANIMAL_SLAUGHTERED: _death,
    Kind.MOVEMENT_DEPARTED: _journey,
    Kind.MOVEMENT_ARRIVED: _journey,
    Kind.TREATMENT_GIVEN: _treated,
    Kind.IMMUNISATION_GIVEN: _immunised,
}
assert SHAPES.keys() == COLLECTION_OF.keys()
