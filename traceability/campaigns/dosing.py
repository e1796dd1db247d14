"""成批登记 · a village's or a pen's doses at once: a result for every animal, none stops another.

Sent a second time it changes nothing: an animal that has its dose of that day, or that reason
already, is told so.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload

from traceability import due_lists, rules, treatments
from traceability.animals import Animal, require_alive
from traceability.base.clock import legal_day
from traceability.base.errors import Refusal, RuleViolation
from traceability.campaigns import records
from traceability.campaigns.records import OMISSION_REASON_LABELS, Campaign, Omission
from traceability.campaigns.records import OmissionReason as Reason
from traceability.chain import events
from traceability.checks import Facts
from traceability.holdings import Holding
from traceability.parties import Party
from traceability.treatments import Immunisation, Treatment

ENTRIES_MAX = 500  # a transaction
GIVE_STAGE = "immunisation.give"


class Result(StrEnum):
    """逐头结果 · what became of one animal's line."""

    GIVEN = "given"
    WARNED = "warned"
    OMITTED = "omitted"
    ALREADY = "already"
    REFUSED = "refused"


RESULT_LABELS = {
    Result.GIVEN: "已登记",
    Result.WARNED: "已登记，有提醒",
    Result.OMITTED: "已记未免原因",
    Result.ALREADY: "已有，未改动",
    Result.REFUSED: "没有登记",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """一头牛 · dosed on a day, or that day left out for a reason."""

    animal: str  # reference
    given_on: date
    reason: Reason | None = None
    note: str = ""
    is_dosed: bool = True  # False with no reason is refused: it must be said why


@dataclass(frozen=True, slots=True)
class Line:
    """一头牛的结果."""

    animal: str
    ear_tag: str
    result: Result
    code: str = ""
    sentence: str = ""


def record(
    session: Session,
    campaign: Campaign,
    entries: Sequence[Entry],
    *,
    batch_no: str,
    within: ColumnElement[bool],
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
) -> list[Line]:
    """Record the doses and omissions of many animals, each by itself; a line for each, in order.

    Raises:
        Conflict: `campaign.closed`.
        RuleViolation: `campaign.nothing_entered`, `campaign.too_many`.
    """
    records.require_open(campaign)
    if not entries:
        raise RuleViolation("campaign.nothing_entered", "一头牛也没有：勾选打了的，没打的写明原因")
    if len(entries) > ENTRIES_MAX:
        raise RuleViolation(
            "campaign.too_many", f"一次最多 {ENTRIES_MAX} 头：请分几次登记，或用表格上传"
        )
    herd = _herd(session, entries)
    events.hold(session, *sorted(herd))
    work = _Work(session, campaign, herd, batch_no, at, by, on_behalf_of)
    work.ask(entries, within)
    return [work.line(entry) for entry in entries]


def _herd(session: Session, entries: Sequence[Entry]) -> dict[str, Animal]:
    wanted = select(Animal).where(Animal.ref.in_({entry.animal for entry in entries}))
    found = session.scalars(
        wanted.options(joinedload(Animal.holding)).execution_options(populate_existing=True)
    )
    return {animal.ref: animal for animal in found}


@dataclass(slots=True)
class _Work:
    """One submission: what it needs to know, asked once for all of its lines."""

    session: Session
    campaign: Campaign
    herd: Mapping[str, Animal]
    batch_no: str
    at: datetime
    by: Party
    on_behalf_of: Party | None
    here: Collection[int] = ()  # animals that stand within the campaign's regions and one's own
    dosed: set[tuple[int, date]] = field(default_factory=set)
    left_out: dict[int, tuple[Reason, str]] = field(default_factory=dict)
    clear_on: Mapping[int, date] = field(default_factory=dict)

    def ask(self, entries: Sequence[Entry], within: ColumnElement[bool]) -> None:
        """Look up what is known of the animals: four questions, however many they are."""
        ids = {animal.id for animal in self.herd.values()}
        put, campaign = self.session.execute, self.campaign
        places = select(Animal.id).join(Holding, Holding.id == Animal.holding_id)
        standing = places.where(Animal.id.in_(ids), within, due_lists.below(campaign.regions))
        self.here = set(self.session.scalars(standing))
        shots = select(Immunisation.animal_id, Immunisation.given_on).where(
            Immunisation.animal_id.in_(ids),
            Immunisation.disease == campaign.disease,
            Immunisation.given_on.between(campaign.first_on, campaign.last_on),
        )
        self.dosed = {(animal, day) for animal, day in put(shots)}
        omitted = select(Omission.animal_id, Omission.reason, Omission.note).where(
            Omission.campaign_id == campaign.id, Omission.animal_id.in_(ids)
        )
        self.left_out = {animal: (reason, note) for animal, reason, note in put(omitted)}
        clear = select(Treatment.animal_id, func.max(Treatment.clear_on))
        courses = clear.where(Treatment.animal_id.in_(ids)).group_by(Treatment.animal_id)
        self.clear_on = {row[0]: row[1] for row in put(courses)}

    def line(self, entry: Entry) -> Line:
        """What becomes of one animal; whatever is refused is told, and the next one goes on."""
        animal = self.herd.get(entry.animal)
        if animal is None:
            return Line(entry.animal, "", Result.REFUSED, "animal.not_found", "没有找到这头牛")
        try:
            if animal.id not in self.here:
                raise RuleViolation(
                    "campaign.outside_area", "这头牛现在不在集中免疫的范围里（卖出、调走或在路上）"
                )
            told = self._dose(animal, entry) if entry.is_dosed else self._omit(animal, entry)
        except Refusal as refusal:
            told = Result.REFUSED, refusal.code, refusal.sentence
        return Line(animal.ref, animal.ear_tag, *told)

    def _omit(self, animal: Animal, entry: Entry) -> tuple[Result, str, str]:
        require_alive(animal)
        if any(known == animal.id for known, _ in self.dosed):
            return Result.ALREADY, "", "这次集中免疫里已经打过"
        if (reason := entry.reason) is None:
            raise RuleViolation("campaign.omission_unsaid", "没有打的请选为什么没有打")
        told = (reason, entry.note.strip())
        words = OMISSION_REASON_LABELS[reason]
        if self.left_out.get(animal.id) == told:
            return Result.ALREADY, "", words
        self._check_day(entry.given_on)
        records.omit(
            self.session,
            self.campaign,
            animal,
            reason=reason,
            note=entry.note,
            on=entry.given_on,
            at=self.at,
            by=self.by,
        )
        self.left_out[animal.id] = told
        return Result.OMITTED, "", words

    def _dose(self, animal: Animal, entry: Entry) -> tuple[Result, str, str]:
        if (animal.id, entry.given_on) in self.dosed:
            return Result.ALREADY, "", f"{entry.given_on} 已经登记过"
        if entry.reason is not None:
            raise RuleViolation("campaign.both_said", "既勾了“打了”，又选了没打的原因，请留一个")
        require_alive(animal)
        self._check_day(entry.given_on)
        facts = Facts(born_on=animal.born_on, clear_on=self.clear_on.get(animal.id))
        warned = rules.require(self.session, GIVE_STAGE, facts, at=self.at)
        treatments.immunise(
            self.session,
            animal,
            disease=self.campaign.disease,
            vaccine=self.campaign.vaccine,
            batch_no=self.batch_no,
            given_on=entry.given_on,
            at=self.at,
            by=self.by,
            on_behalf_of=self.on_behalf_of,
            group=self.campaign.ref,
        )
        self.dosed.add((animal.id, entry.given_on))
        if warned:
            return Result.WARNED, warned[0].code, "；".join(each.sentence for each in warned)
        return Result.GIVEN, "", ""

    def _check_day(self, day: date) -> None:
        if day > legal_day(self.at):
            raise RuleViolation("treatment.in_future", "用药或免疫日期在将来，请核对")
        if not self.campaign.holds(day):
            first, last = self.campaign.first_on, self.campaign.last_on
            raise RuleViolation(
                "campaign.outside_days", f"{day} 不在这次集中免疫的日期里（{first} 至 {last}）"
            )
