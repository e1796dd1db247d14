"""集中免疫登记表 · a campaign's sheet: an animal's dose on a day, or why it got none.

Judged as `campaigns.dosing` judges a page's submission; the doses go in with the whole batch.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from traceability import due_lists
from traceability.animals import Animal
from traceability.base.clock import legal_day
from traceability.base.refs import new_ref
from traceability.campaigns import records
from traceability.campaigns.dosing import Entry, Judge, Result
from traceability.campaigns.records import OMISSION_REASON_LABELS, OmissionReason
from traceability.chain.kinds import Kind
from traceability.importing import known
from traceability.importing.batches import Batch, Line
from traceability.importing.shapes import Reason, Row
from traceability.parties import Party
from traceability.tags import AnimalTag
from traceability.treatments import Immunisation, place_of


def prepare(batch: Batch, lines: Sequence[Line]) -> None:
    """Judge the rows of a batch and say what they would write.

    Raises:
        Conflict: `campaign.closed`.
    """
    session, campaign = batch.session, batch.campaign
    assert campaign is not None, "a campaign's sheet names its campaign"
    records.require_open(campaign)
    worn = _worn(batch, {line.row["ear_tag"] for line in lines})
    herd = {animal.ref: animal for animal in worn.values()}
    judge = Judge(session, campaign, herd, batch.now)
    judge.ask(due_lists.below(batch.area))
    counts = known.doses(session, {animal.id for animal in herd.values()})
    for line in lines:
        if (animal := worn.get(line.row["ear_tag"])) is None:
            batch.refuse(line, "animal.not_found", f"没有耳标 {line.row['ear_tag']} 的牛")
        else:
            _take(batch, line, animal, judge=judge, counts=counts)


def _take(
    batch: Batch,
    line: Line,
    animal: Animal,
    *,
    judge: Judge,
    counts: dict[tuple[int, str], int],
) -> None:
    """Say what becomes of one row, and what it writes."""
    entry = _entry(line.row, animal, today=min(legal_day(batch.now), judge.campaign.last_on))
    found = judge.verdict(entry)
    if found.result is Result.REFUSED:
        batch.refuse(line, found.code, found.sentence)
        return
    if found.result is Result.ALREADY:
        batch.already(line)
        return
    if found.result is Result.OMITTED:
        _omit(batch, animal, entry)
    else:
        key = (animal.id, judge.campaign.disease.value)
        counts[key] = counts.get(key, 0) + 1
        _dose(batch, animal, line.row, entry.given_on, dose_no=counts[key])
    batch.accept(line, *([Reason(found.code, found.sentence)] if found.code else []))


def _worn(batch: Batch, ear_tags: set[str]) -> dict[str, Animal]:
    """The animals that wear or wore those tags."""
    rows = batch.session.execute(
        select(AnimalTag.value, Animal)
        .join(Animal, Animal.id == AnimalTag.animal_id)
        .where(AnimalTag.value.in_(ear_tags))
        .options(joinedload(Animal.holding))
    )
    return {row[0]: row[1] for row in rows}


REASONS = {label: reason for reason, label in OMISSION_REASON_LABELS.items()}


def _entry(row: Row, animal: Animal, *, today: date) -> Entry:
    """A row as an entry; words that are no reason of the list are the reason's note."""
    words = row["reason"]
    reason = REASONS.get(words, OmissionReason.OTHER) if words else None
    note = words if reason is OmissionReason.OTHER else ""
    if row["given_on"] is not None:
        return Entry(animal.ref, row["given_on"], reason, note)
    return Entry(animal.ref, today, reason, note, is_dosed=False)


def _omit(batch: Batch, animal: Animal, entry: Entry) -> None:
    if batch.is_trial or batch.campaign is None or entry.reason is None:
        return
    records.omit(
        batch.session,
        batch.campaign,
        animal,
        reason=entry.reason,
        note=entry.note,
        on=entry.given_on,
        at=batch.now,
        by=batch.session.get_one(Party, batch.by_id),
    )


def _dose(batch: Batch, animal: Animal, row: Row, given_on: date, *, dose_no: int) -> None:
    assert batch.campaign is not None
    ref = new_ref(Immunisation.__ref_prefix__)
    told = {"vaccine": batch.campaign.vaccine, "batch_no": row["batch_no"]}
    batch.insert(
        Immunisation,
        ref=ref,
        animal_id=animal.id,
        disease=batch.campaign.disease,
        given_on=given_on,
        given_by_id=batch.by_id,
        **told,
    )
    batch.tell(
        Kind.IMMUNISATION_GIVEN,
        ref,
        animal.ref,
        at=batch.now,
        group=batch.campaign.ref,
        disease=batch.campaign.disease.value,
        dose_no=dose_no,
        given_on=given_on.isoformat(),
        **told,
        **place_of(animal),
    )
