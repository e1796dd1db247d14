"""已有的 · what the register already holds of the things a batch of rows speaks of.

A thing that comes from a sheet gets a reference made from what names it there (an ear tag, a
household's number) and a secret of this installation, so that the same row finds itself again.
"""

import hmac
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from traceability.animals import Animal
from traceability.base.db import Subject
from traceability.holdings import Holding, public_region
from traceability.parties import Party
from traceability.regions import Region
from traceability.tags import AnimalTag
from traceability.treatments import Immunisation

REF_BYTES = 16


def ref_of(secret: bytes, prefix: str, *names: str) -> str:
    """The reference of what a sheet names so.

    >>> ref_of(b"secret", "animal", "252052600012345") == ref_of(b"secret", "animal", "2520526")
    False
    """
    said = "\x1f".join((prefix, *names)).encode()
    return f"{prefix}:{hmac.digest(secret, said, 'sha256')[:REF_BYTES].hex()}"


@dataclass(slots=True)
class Place:
    """A holding as an import needs it."""

    id: int
    ref: str
    kind: str
    region_code: str
    name: str
    keeper_id: int
    keeper_ref: str

    @property
    def township(self) -> str:
        """What a public page may show."""
        return public_region(self.region_code)


@dataclass(slots=True)
class Beast:
    """An animal as an import needs it; `holding_id` follows the rows of the batch."""

    id: int
    ref: str
    breed: str
    sex: str
    born_on: date
    ended_on: date | None
    holding_id: int | None


def places(session: Session, secret: bytes, codes: Collection[str]) -> dict[str, Place]:
    """The holdings of those numbers, whether a sheet brought them or somebody registered them."""
    refs = {ref_of(secret, "holding", code): code for code in codes}
    rows = session.execute(
        select(
            Holding.id,
            Holding.ref,
            Holding.kind,
            Holding.region_code,
            Holding.name,
            Holding.keeper_id,
            Party.ref.label("keeper_ref"),
            Holding.farm_code,
        )
        .join(Party, Party.id == Holding.keeper_id)
        .where(or_(Holding.ref.in_(refs), Holding.farm_code.in_(codes)))
    )
    found = {}
    for row in rows:
        place = Place(
            id=row.id,
            ref=row.ref,
            kind=row.kind.value,
            region_code=row.region_code,
            name=row.name,
            keeper_id=row.keeper_id,
            keeper_ref=row.keeper_ref,
        )
        found[refs.get(row.ref) or row.farm_code or ""] = place
    return found


def beasts(session: Session, ear_tags: Collection[str]) -> dict[str, Beast]:
    """The animals that wear or wore those tags."""
    rows = session.execute(
        select(
            AnimalTag.value,
            Animal.id,
            Animal.ref,
            Animal.breed,
            Animal.sex,
            Animal.born_on,
            Animal.ended_on,
            Animal.holding_id,
        )
        .join(Animal, Animal.id == AnimalTag.animal_id)
        .where(AnimalTag.value.in_(ear_tags))
    )
    return {
        row.value: Beast(
            id=row.id,
            ref=row.ref,
            breed=row.breed.value,
            sex=row.sex.value,
            born_on=row.born_on,
            ended_on=row.ended_on,
            holding_id=row.holding_id,
        )
        for row in rows
    }


def there(session: Session, model: type[Subject], refs: Iterable[str]) -> set[str]:
    """Which of those references have a row."""
    return set(session.scalars(select(model.ref).where(model.ref.in_(list(refs)))))


def ids(session: Session, model: type[Subject], refs: Iterable[str]) -> dict[str, int]:
    """The internal numbers of those references."""
    number = model.id  # type: ignore[attr-defined] # every subject's table has one
    rows = session.execute(select(model.ref, number).where(model.ref.in_(list(refs))))
    return {row[0]: row[1] for row in rows}


def regions(session: Session, codes: Collection[str]) -> set[str]:
    """Which of those region codes there are or were."""
    return set(session.scalars(select(Region.code).where(Region.code.in_(codes))))


def keepers(session: Session, numbers: Collection[str]) -> dict[str, str]:
    """Resident's or credit number → the party that has it."""
    rows = session.execute(
        select(Party.resident_id, Party.uscc, Party.ref).where(
            or_(Party.resident_id.in_(numbers), Party.uscc.in_(numbers))
        )
    )
    return {resident or credit or "": ref for resident, credit, ref in rows}


def doses(session: Session, animal_ids: Collection[int]) -> dict[tuple[int, str], int]:
    """How many doses against each disease each animal has had."""
    rows = session.execute(
        select(Immunisation.animal_id, Immunisation.disease, func.count())
        .where(Immunisation.animal_id.in_(animal_ids))
        .group_by(Immunisation.animal_id, Immunisation.disease)
    )
    return {(animal_id, disease.value): number for animal_id, disease, number in rows}


def spots(
    session: Session, holding_ids: Collection[int | None]
) -> dict[int | None, tuple[str, str]]:
    """Kind and township of those holdings, as the public may know them."""
    rows = session.execute(
        select(Holding.id, Holding.kind, Holding.region_code).where(
            Holding.id.in_({each for each in holding_ids if each is not None})
        )
    )
    return {row.id: (row.kind.value, public_region(row.region_code)) for row in rows}
