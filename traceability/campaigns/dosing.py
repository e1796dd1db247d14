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
from traceability.base.errors import NotFound, Refusal, RuleViolation
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
WRITTEN = frozenset({Result.GIVEN, Result.WARNED, Result.OMITTED})


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
    wanted = select(Animal).where(Animal.ref.in_({entry.animal for entry in entries}))
    found = session.scalars(
        wanted.options(joinedload(Animal.holding)).execution_options(populate_existing=True)
    )
    herd = {animal.ref: animal for animal in found}
    events.hold(session, *sorted(herd))
    judge = Judge(session, campaign, herd, at)
    judge.ask(within)
    work = _Work(session, campaign, batch_no, at, by, on_behalf_of)
    return [_line(judge, work, entry) for entry in entries]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to become of one entry, before anything is written."""

    result: Result
    code: str = ""
    sentence: str = ""


@dataclass(slots=True)
class Judge:
    """What the entries of one submission or one sheet need to know, asked once for all of them."""

    session: Session
    campaign: Campaign
    herd: Mapping[str, Animal]  # by reference
    at: datetime
    here: Collection[int] = ()  # animals that stand within the campaign's regions and one's own
    dosed: set[tuple[int, date]] = field(default_factory=set)
    left_out: dict[int, tuple[Reason, str]] = field(default_factory=dict)
    clear_on: Mapping[int, date] = field(default_factory=dict)

    def ask(self, within: ColumnElement[bool]) -> None:
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

    def verdict(self, entry: Entry) -> Verdict:
        """What is to become of an entry; the next one of the same animal knows of it."""
        animal = self.herd.get(entry.animal)
        try:
            if animal is None:
                raise NotFound("animal.not_found", "没有找到这头牛")
            if animal.id not in self.here:
                raise RuleViolation(
                    "campaign.outside_area", "这头牛现在不在集中免疫的范围里（卖出、调走或在路上）"
                )
            return self._dose(animal, entry) if entry.is_dosed else self._omit(animal, entry)
        except Refusal as refusal:
            return Verdict(Result.REFUSED, refusal.code, refusal.sentence)

    def _omit(self, animal: Animal, entry: Entry) -> Verdict:
        require_alive(animal)
        if any(known == animal.id for known, _ in self.dosed):
            return Verdict(Result.ALREADY, "", "这次集中免疫里已经打过")
        if (reason := entry.reason) is None:
            raise RuleViolation("campaign.omission_unsaid", "没有打的请选为什么没有打")
        told, words = (reason, entry.note.strip()), OMISSION_REASON_LABELS[reason]
        if self.left_out.get(animal.id) == told:
            return Verdict(Result.ALREADY, "", words)
        records.require_said(reason, entry.note)
        self._check_day(entry.given_on)
        self.left_out[animal.id] = told
        return Verdict(Result.OMITTED, "", words)

    def _dose(self, animal: Animal, entry: Entry) -> Verdict:
        day = entry.given_on
        if (animal.id, day) in self.dosed:
            return Verdict(Result.ALREADY, "", f"{day} 已经登记过")
        if entry.reason is not None:
            raise RuleViolation("campaign.both_said", "既写了打了，又写了没打的原因，请留一个")
        require_alive(animal)
        if day < animal.born_on:
            raise RuleViolation("treatment.before_birth", "用药或免疫日期早于出生日期，请核对")
        self._check_day(day)
        facts = Facts(born_on=animal.born_on, clear_on=self.clear_on.get(animal.id))
        warned = rules.require(self.session, GIVE_STAGE, facts, at=self.at)
        self.dosed.add((animal.id, day))
        if warned:
            words = "；".join(each.sentence for each in warned)
            return Verdict(Result.WARNED, warned[0].code, words)
        return Verdict(Result.GIVEN)

    def _check_day(self, day: date) -> None:
        if day > legal_day(self.at):
            raise RuleViolation("treatment.in_future", "用药或免疫日期在将来，请核对")
        if not self.campaign.holds(day):
            first, last = self.campaign.first_on, self.campaign.last_on
            raise RuleViolation(
                "campaign.outside_days", f"{day} 不在这次集中免疫的日期里（{first} 至 {last}）"
            )


@dataclass(frozen=True, slots=True)
class _Work:
    """One submission: who records what, with which batch of vaccine."""

    session: Session
    campaign: Campaign
    batch_no: str
    at: datetime
    by: Party
    on_behalf_of: Party | None

    def write(self, animal: Animal, entry: Entry) -> None:
        """Write the dose or the reason for none."""
        if entry.reason is not None:
            records.omit(
                self.session,
                self.campaign,
                animal,
                reason=entry.reason,
                note=entry.note,
                on=entry.given_on,
                at=self.at,
                by=self.by,
            )
            return
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


def _line(judge: Judge, work: _Work, entry: Entry) -> Line:
    """What becomes of one animal; whatever is refused is told, and the next one goes on."""
    animal, found = judge.herd.get(entry.animal), judge.verdict(entry)
    if animal is not None and found.result in WRITTEN:
        try:
            work.write(animal, entry)
        except Refusal as refusal:
            found = Verdict(Result.REFUSED, refusal.code, refusal.sentence)
    tag = "" if animal is None else animal.ear_tag
    return Line(entry.animal, tag, found.result, found.code, found.sentence)
