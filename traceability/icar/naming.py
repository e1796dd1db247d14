"""名称 · our references as ICAR identifiers, looked up once, and identifiers back to our things."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability.animals import Animal
from traceability.holdings import Holding
from traceability.icar.vocabulary import EAR_TAG, EID, FARM_CODE, HOLDING
from traceability.tags import AnimalTag, TagScheme

Told = dict[str, Any]
TAGS = {EAR_TAG: TagScheme.EAR_TAG, EID: TagScheme.EID}


def identifier(scheme: str, number: str) -> Told:
    """An identifier under its scheme."""
    return {"id": number, "scheme": scheme}


@dataclass(slots=True)
class Names:
    """名册 · the animals and places of one answer."""

    session: Session
    _animals: dict[str, Animal | None] = field(default_factory=dict)
    _places: dict[str, Holding | None] = field(default_factory=dict)

    def animal(self, ref: object) -> Animal | None:
        """The animal of a reference."""
        if not isinstance(ref, str):
            return None
        if ref not in self._animals:
            wanted = select(Animal).where(Animal.ref == ref)
            self._animals[ref] = self.session.scalars(wanted).one_or_none()
        return self._animals[ref]

    def place(self, ref: object) -> Told | None:
        """How a place is called: by its farm code, or by our reference where it has none."""
        if not isinstance(ref, str):
            return None
        if ref not in self._places:
            wanted = select(Holding).where(Holding.ref == ref)
            self._places[ref] = self.session.scalars(wanted).one_or_none()
        found = self._places[ref]
        return None if found is None else place_name(found)


def place_name(place: Holding) -> Told:
    """How a place is called."""
    if place.farm_code is None:
        return identifier(HOLDING, place.ref)
    return identifier(FARM_CODE, place.farm_code)


def animal_name(animal: Animal) -> Told:
    """How an animal is called: by the tag it wears."""
    return identifier(EAR_TAG, animal.ear_tag)


def find_place(session: Session, scheme: str, number: str) -> Holding | None:
    """The place of an identifier, if it is one of ours."""
    column = {HOLDING: Holding.ref, FARM_CODE: Holding.farm_code}.get(scheme)
    if column is None:
        return None
    return session.scalars(select(Holding).where(column == number)).one_or_none()


def find_animal(session: Session, told: Mapping[str, Any]) -> Animal | None:
    """The animal that wears or wore the tag an identifier names."""
    scheme = TAGS.get(str(told.get("scheme")))
    if scheme is None:
        return None
    worn = select(AnimalTag.animal_id).where(
        AnimalTag.scheme == scheme, AnimalTag.value == told.get("id")
    )
    return session.scalars(select(Animal).where(Animal.id.in_(worn))).one_or_none()
