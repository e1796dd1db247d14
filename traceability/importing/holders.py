"""导入养殖户和场所 · a household's row becomes its party and its place."""

from collections.abc import Sequence

from traceability.chain.kinds import Kind
from traceability.holdings import Holding, public_region
from traceability.importing import known
from traceability.importing.batches import IMPORTED, Batch, Line
from traceability.importing.known import Place
from traceability.parties import Party


def prepare(batch: Batch, lines: Sequence[Line]) -> None:
    """Judge the rows of a batch and say what they would write."""
    session = batch.session
    codes = known.regions(session, {line.row["region"] for line in lines})
    places = known.places(session, batch.secret, {line.row["holding"] for line in lines})
    numbers = {number for line in lines if (number := _number(line))}
    keepers = known.keepers(session, numbers)
    waiting: list[tuple[Line, str]] = []
    seen: dict[str, Line] = {}
    for line in lines:
        row = line.row
        place = places.get(row["holding"])
        if row["region"] not in codes:
            batch.refuse(line, "region.not_found", f"没有行政区划代码 {row['region']}")
        elif place is not None:
            _meet(batch, line, place)
        elif (first := seen.get(row["holding"])) is not None:
            same = first.row.values == row.values
            batch.already(line) if same else batch.differs(line, f"户号 {row['holding']}")
        else:
            seen[row["holding"]] = line
            waiting.append((line, _keeper(batch, line, keepers)))
            batch.accept(line)
    _write(batch, waiting)


def _number(line: Line) -> str | None:
    number: str | None = line.row["resident_id"] or line.row["uscc"]
    return number


def _meet(batch: Batch, line: Line, place: Place) -> None:
    row = line.row
    told = (row["place_name"], row["region"], row["place_kind"].value)
    if told == (place.name, place.region_code, place.kind):
        batch.already(line)
    else:
        batch.differs(line, f"户号 {row['holding']}")


def _keeper(batch: Batch, line: Line, keepers: dict[str, str]) -> str:
    """The reference of who keeps the place; somebody known by number is not registered again."""
    row, number = line.row, _number(line)
    if number is not None and number in keepers:
        return keepers[number]
    ref = known.ref_of(batch.secret, "party", row["holding"])
    if number is not None:
        keepers[number] = ref
    personal = {name: row[name] for name in ("name", "phone", "resident_id", "uscc")}
    batch.insert(Party, ref=ref, kind=row["party_kind"], **personal)
    batch.tell(
        Kind.PARTY_REGISTERED,
        ref,
        at=batch.at(row["registered_on"]),
        kind_of_party=row["party_kind"].value,
        **personal,
    )
    return ref


def _write(batch: Batch, waiting: Sequence[tuple[Line, str]]) -> None:
    batch.write(Party)
    ids = known.ids(batch.session, Party, {keeper for _, keeper in waiting})
    for line, keeper in waiting:
        row = line.row
        ref = known.ref_of(batch.secret, "holding", row["holding"])
        told = {
            "name": row["place_name"],
            "region_code": row["region"],
            "farm_code": row["farm_code"],
        }
        batch.insert(Holding, ref=ref, kind=row["place_kind"], keeper_id=ids[keeper], **told)
        batch.tell(
            Kind.HOLDING_REGISTERED,
            ref,
            at=batch.at(row["registered_on"]),
            evidence_level=IMPORTED,
            place_kind=row["place_kind"].value,
            township=public_region(row["region"]),
            keeper=keeper,
            **told,
        )
