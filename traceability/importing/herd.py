"""导入牛只 · an animal's row becomes the animal, its tags and their events."""

from collections.abc import Sequence
from typing import Any

from traceability.animals import Animal, AnimalState
from traceability.base import clock
from traceability.chain.kinds import Kind
from traceability.identifiers import short_codes
from traceability.importing import known
from traceability.importing.batches import IMPORTED, Batch, Line
from traceability.importing.known import Beast, Place
from traceability.importing.shapes import Row
from traceability.tags import AnimalTag, TagScheme


def prepare(batch: Batch, lines: Sequence[Line]) -> None:
    """Judge the rows of a batch and say what they would write."""
    session = batch.session
    places = known.places(session, batch.secret, {line.row["holding"] for line in lines})
    worn = {line.row["ear_tag"] for line in lines} | {line.row["eid"] for line in lines} - {None}
    beasts = known.beasts(session, worn)
    taken: dict[str, Line] = {}
    waiting: list[tuple[Row, Place]] = []
    for line in lines:
        row = line.row
        place = places.get(row["holding"])
        if row["ear_tag"] in beasts:
            _meet(batch, line, beasts[row["ear_tag"]])
        elif (first := taken.get(row["ear_tag"])) is not None:
            same = first.row.values == row.values
            batch.already(line) if same else batch.differs(line, f"耳标 {row['ear_tag']}")
        elif row["eid"] is not None and (row["eid"] in beasts or row["eid"] in taken):
            batch.refuse(line, "animal.tag_in_use", f"电子耳标 {row['eid']} 已登记在另一头牛上")
        elif place is None:
            batch.refuse(line, "import.no_holding", f"没有户号 {row['holding']}：请先导入养殖户")
        else:
            taken[row["ear_tag"]] = line
            taken[row["eid"] or row["ear_tag"]] = line
            waiting.append((row, place))
            batch.accept(line)
    _write(batch, waiting)


def _meet(batch: Batch, line: Line, beast: Beast) -> None:
    row = line.row
    if (row["breed"].value, row["sex"].value, row["born_on"]) == (
        beast.breed,
        beast.sex,
        beast.born_on,
    ):
        batch.already(line)
    else:
        batch.differs(line, f"耳标 {row['ear_tag']}")


def _write(batch: Batch, waiting: Sequence[tuple[Row, Place]]) -> None:
    for row, place in waiting:
        batch.insert(
            Animal,
            ref=known.ref_of(batch.secret, "animal", row["ear_tag"]),
            ear_tag=row["ear_tag"],
            eid=row["eid"],
            short_code=short_codes.new_public_code(),
            breed=row["breed"],
            sex=row["sex"],
            born_on=row["born_on"],
            origin=row["origin"],
            state=AnimalState.ALIVE,
            ended_on=None,
            holding_id=place.id,
            owner_id=place.keeper_id,
            dam_id=None,
        )
    animals = batch.inserts.get(Animal, [])
    batch.write(Animal)
    ids = known.ids(batch.session, Animal, [animal["ref"] for animal in animals])
    for animal, (row, place) in zip(animals, waiting, strict=True):
        _tag(batch, animal, row, place, animal_id=ids[animal["ref"]])


def _tag(batch: Batch, animal: dict[str, Any], row: Row, place: Place, *, animal_id: int) -> None:
    at = clock.to_ms(batch.at(row["registered_on"]))
    tag = known.ref_of(batch.secret, "tag", row["ear_tag"])
    worn = {"animal_id": animal_id, "worn_from": at, "worn_until": None}
    batch.insert(AnimalTag, ref=tag, scheme=TagScheme.EAR_TAG, value=row["ear_tag"], **worn)
    batch.tell(
        Kind.ANIMAL_REGISTERED,
        animal["ref"],
        tag,
        at=at,
        evidence_level=IMPORTED,
        ear_tag=row["ear_tag"],
        breed=row["breed"].value,
        sex=row["sex"].value,
        born_month=f"{row['born_on']:%Y-%m}",
        origin=row["origin"].value,
        place_kind=place.kind,
        township=place.township,
        born_on=row["born_on"].isoformat(),
        holding=place.ref,
        owner=place.keeper_ref,
        short_code=animal["short_code"],
        dam=None,
    )
    if row["eid"] is not None:
        second = known.ref_of(batch.secret, "tag", row["eid"])
        batch.insert(AnimalTag, ref=second, scheme=TagScheme.EID, value=row["eid"], **worn)
        batch.tell(Kind.ANIMAL_EID_BOUND, animal["ref"], second, at=at, eid=row["eid"])
