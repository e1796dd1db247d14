"""导入免疫记录 · a dose's row becomes a dose of an animal that is known."""

from collections.abc import Sequence

from traceability.chain.kinds import Kind
from traceability.importing import known
from traceability.importing.batches import IMPORTED, Batch, Line
from traceability.importing.known import Beast
from traceability.importing.shapes import Row
from traceability.treatments import Immunisation


def prepare(batch: Batch, lines: Sequence[Line]) -> None:
    """Judge the rows of a batch and say what they would write."""
    session = batch.session
    beasts = known.beasts(session, {line.row["ear_tag"] for line in lines})
    there = known.there(session, Immunisation, [_ref(batch, line.row) for line in lines])
    counts = known.doses(session, {beast.id for beast in beasts.values()})
    spots = known.spots(session, {beast.holding_id for beast in beasts.values()})
    for line in lines:
        row = line.row
        ref, beast = _ref(batch, row), beasts.get(row["ear_tag"])
        if beast is None:
            batch.refuse(line, "animal.not_found", f"没有耳标 {row['ear_tag']} 的牛：请先导入牛只")
        elif ref in there:
            batch.already(line)
        elif row["given_on"] < beast.born_on:
            batch.refuse(line, "treatment.before_birth", "用药或免疫日期早于出生日期，请核对")
        elif beast.ended_on is not None and row["given_on"] > beast.ended_on:
            batch.refuse(line, "import.after_end", "日期晚于这头牛死亡或屠宰的日期，请核对")
        else:
            there.add(ref)
            key = (beast.id, row["disease"].value)
            counts[key] = counts.get(key, 0) + 1
            _write(batch, row, ref, beast, dose_no=counts[key], spot=spots.get(beast.holding_id))
            batch.accept(line)


def _ref(batch: Batch, row: Row) -> str:
    names = (row["ear_tag"], row["disease"], row["given_on"].isoformat())
    return known.ref_of(batch.secret, Immunisation.__ref_prefix__, *names, row["vaccine"])


def _write(
    batch: Batch, row: Row, ref: str, beast: Beast, *, dose_no: int, spot: tuple[str, str] | None
) -> None:
    told = {"vaccine": row["vaccine"], "batch_no": row["batch_no"]}
    batch.insert(
        Immunisation,
        ref=ref,
        animal_id=beast.id,
        disease=row["disease"],
        given_on=row["given_on"],
        given_by_id=batch.by_id,
        **told,
    )
    place_kind, township = spot or (None, None)
    batch.tell(
        Kind.IMMUNISATION_GIVEN,
        ref,
        beast.ref,
        at=batch.at(row["given_on"]),
        evidence_level=IMPORTED,
        disease=row["disease"].value,
        dose_no=dose_no,
        given_on=row["given_on"].isoformat(),
        place_kind=place_kind,
        township=township,
        **told,
    )
