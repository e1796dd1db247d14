"""导入调运记录 · a journey's row becomes a departure and an arrival that are both past."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, update

from traceability.animals import Animal
from traceability.base import clock
from traceability.chain.kinds import Kind
from traceability.chain.tables import table_of
from traceability.importing import known
from traceability.importing.batches import IMPORTED, Batch, Line
from traceability.importing.known import Beast, Place
from traceability.importing.shapes import Reason, Row
from traceability.movements import Movement


@dataclass(frozen=True, slots=True)
class Journey:
    """A row with the animal and the places it speaks of."""

    ref: str
    row: Row
    beast: Beast
    origin: Place
    destination: Place


def prepare(batch: Batch, lines: Sequence[Line]) -> None:
    """Judge the rows of a batch and say what they would write."""
    session = batch.session
    beasts = known.beasts(session, {line.row["ear_tag"] for line in lines})
    codes = {line.row[end] for line in lines for end in ("origin", "destination")}
    places = known.places(session, batch.secret, codes)
    there = known.there(session, Movement, [_ref(batch, line.row) for line in lines])
    moved: dict[int, int] = {}
    for line in lines:
        ref = _ref(batch, line.row)
        found = _judged(ref, line.row, beasts, places)
        if ref in there:
            batch.already(line)
        elif isinstance(found, Reason):
            batch.refuse(line, found.code, found.sentence)
        else:
            there.add(ref)
            batch.accept(line, *_warnings(batch, found))
            _write(batch, found)
            found.beast.holding_id = moved[found.beast.id] = found.destination.id
    if moved:
        _move(batch, moved)


def _move(batch: Batch, moved: dict[int, int]) -> None:
    """Where each animal is after its last row; a row of older days makes it be folded anew."""
    table = table_of(Animal)
    statement = (
        update(table).where(table.c.id == bindparam("row")).values(holding_id=bindparam("place"))
    )
    rows = [{"row": beast_id, "place": place} for beast_id, place in moved.items()]
    batch.session.connection().execute(statement, rows)


def _ref(batch: Batch, row: Row) -> str:
    names = (row["origin"], row["destination"], row["departed_on"].isoformat())
    return known.ref_of(batch.secret, Movement.__ref_prefix__, row["ear_tag"], *names)


def _judged(
    ref: str, row: Row, beasts: dict[str, Beast], places: dict[str, Place]
) -> Journey | Reason:
    """The journey a row tells of, or why it cannot be."""
    beast = beasts.get(row["ear_tag"])
    if beast is None:
        return Reason("animal.not_found", f"没有耳标 {row['ear_tag']} 的牛：请先导入牛只")
    for end in ("origin", "destination"):
        if row[end] not in places:
            return Reason("import.no_holding", f"没有户号 {row[end]}：请先导入养殖户")
    if row["departed_on"] < beast.born_on:
        return Reason("import.before_birth", "调出日期早于出生日期，请核对")
    if beast.ended_on is not None and row["arrived_on"] > beast.ended_on:
        return Reason("import.after_end", "日期晚于这头牛死亡或屠宰的日期，请核对")
    return Journey(ref, row, beast, places[row["origin"]], places[row["destination"]])


def _warnings(batch: Batch, journey: Journey) -> list[Reason]:
    found = []
    if journey.beast.holding_id not in {None, journey.origin.id}:
        sentence = f"登记的所在场所不是调出户号 {journey.row['origin']}，请核对前后记录"
        found.append(Reason("import.other_origin", sentence))
    if not journey.row["certificate_number"]:
        law = batch.law("certificate.present", journey.row["departed_on"])
        found += [] if law is None else [law]
    return found


def _write(batch: Batch, journey: Journey) -> None:
    row, origin, destination = journey.row, journey.origin, journey.destination
    departed = clock.to_ms(batch.at(row["departed_on"]))
    arrived = clock.to_ms(batch.at(row["arrived_on"]))
    batch.insert(
        Movement,
        ref=journey.ref,
        animal_id=journey.beast.id,
        origin_id=origin.id,
        destination_id=destination.id,
        certificate_id=None,
        plate=row["plate"],
        departed_at=departed,
        arrived_at=arrived,
    )
    told: dict[str, Any] = {
        "evidence_level": IMPORTED,
        "certificate_number": row["certificate_number"] or None,
        "warnings": [],
        "from_kind": origin.kind,
        "from_township": origin.township,
        "to_kind": destination.kind,
        "to_township": destination.township,
        "origin": origin.ref,
        "destination": destination.ref,
        "certificate": None,
        "plate": row["plate"],
    }
    subjects = (journey.beast.ref, journey.ref)
    batch.tell(Kind.MOVEMENT_DEPARTED, *subjects, at=departed, **told)
    batch.tell(Kind.MOVEMENT_ARRIVED, *subjects, at=arrived, **told)
