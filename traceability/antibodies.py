"""抗体检测 · a blood sample of an animal, what the laboratory found, and the rate that passed.

Laboratory, report number and titre stand as printed on the report; whether a titre is enough is
the report's own word.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, String, case, func, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from traceability.animals import Animal
from traceability.base.clock import legal_day
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, RuleViolation
from traceability.campaigns import coverage
from traceability.campaigns.records import Campaign
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.holdings import Holding
from traceability.parties import Party
from traceability.treatments import Disease

LABORATORY_CHARS_MAX = 60
REPORT_CHARS_MAX = 40
TITRE_CHARS_MAX = 20
PRIVATE = ("laboratory", "report_no", "titre")


class AntibodyResult(StrEnum):
    """抗体结果."""

    PASSED = "passed"
    FAILED = "failed"


ANTIBODY_RESULT_LABELS = {AntibodyResult.PASSED: "合格", AntibodyResult.FAILED: "不合格"}


class AntibodyTest(Subject, Base):
    """抗体检测 · one sample, as the report tells it."""

    __tablename__ = "antibody_test"
    __ref_prefix__ = "antibody"

    id: Mapped[int] = mapped_column(primary_key=True)
    animal_id: Mapped[int] = mapped_column(ForeignKey("animal.id"), index=True)
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"), index=True)
    holding_id: Mapped[int | None] = mapped_column(ForeignKey("holding.id"), index=True)
    disease: Mapped[Disease]
    sampled_on: Mapped[date]
    result: Mapped[AntibodyResult]
    titre: Mapped[str] = mapped_column(String(TITRE_CHARS_MAX))
    laboratory: Mapped[str] = mapped_column(String(LABORATORY_CHARS_MAX))
    report_no: Mapped[str] = mapped_column(String(REPORT_CHARS_MAX))

    animal: Mapped[Animal] = relationship()
    campaign: Mapped[Campaign | None] = relationship()
    holding: Mapped[Holding | None] = relationship()  # where the sample was taken


def record(
    session: Session,
    animal: Animal,
    *,
    disease: Disease,
    sampled_on: date,
    result: AntibodyResult,
    laboratory: str,
    report_no: str,
    at: datetime,
    by: Party,
    titre: str = "",
    campaign: Campaign | None = None,
) -> AntibodyTest:
    """Record what a laboratory found in an animal's blood.

    Raises:
        RuleViolation: `antibody.in_future`, `antibody.outside_life`, `antibody.no_laboratory`,
            `antibody.other_disease`, `antibody.outside_area`.
        Conflict: `antibody.known`.
    """
    row = AntibodyTest(
        animal=animal,
        campaign=campaign,
        holding=animal.holding,
        disease=disease,
        sampled_on=sampled_on,
        result=result,
        titre=titre.strip(),
        laboratory=laboratory.strip(),
        report_no=report_no.strip(),
    )
    events.hold(session, animal.ref, row.ref)
    with session.no_autoflush:
        _require_right(session, row, today=legal_day(at))
    session.add(row)
    session.flush()
    events.append(
        session,
        Kind.ANTIBODY_TESTED,
        row.ref,
        animal.ref,
        at=at,
        by=by.ref,
        campaign=None if campaign is None else campaign.ref,
        holding=None if animal.holding is None else animal.holding.ref,
        disease=disease.value,
        sampled_on=sampled_on.isoformat(),
        result=result.value,
        **{name: getattr(row, name) for name in PRIVATE},
    )
    return row


def _require_right(session: Session, row: AntibodyTest, *, today: date) -> None:
    animal = row.animal
    if row.sampled_on > today:
        raise RuleViolation("antibody.in_future", "采样日期在将来，请核对")
    ended = animal.ended_on is not None and row.sampled_on > animal.ended_on
    if row.sampled_on < animal.born_on or ended:
        raise RuleViolation(
            "antibody.outside_life", "采样日期早于出生，或晚于死亡、屠宰的日期，请核对"
        )
    if not row.laboratory or not row.report_no:
        raise RuleViolation("antibody.no_laboratory", "请照报告填写实验室名称和报告编号")
    if row.campaign is not None and row.campaign.disease is not row.disease:
        raise RuleViolation("antibody.other_disease", "这次集中免疫防的不是这种病")
    if row.campaign is not None and not _lies_within(row.holding, row.campaign):
        raise RuleViolation("antibody.outside_area", "这头牛现在不在这次集中免疫的范围里")
    known = select(AntibodyTest.id).where(
        AntibodyTest.animal_id == animal.id,
        AntibodyTest.disease == row.disease,
        AntibodyTest.report_no == row.report_no,
    )
    if session.scalar(known.limit(1)) is not None:
        raise Conflict(
            "antibody.known", f"报告 {row.report_no} 里 {animal.ear_tag} 的结果已经登记过"
        )


def _lies_within(place: Holding | None, campaign: Campaign) -> bool:
    return place is not None and place.region_code.startswith(tuple(campaign.regions))


@dataclass(frozen=True, slots=True)
class Rate:
    """合格率 · of a village, or of all of them."""

    region_code: str
    samples: int
    passed: int

    @property
    def percent(self) -> int | None:
        """Samples that passed, rounded down; None where there is none."""
        return coverage.percent(self.passed, self.samples)


def rates(session: Session, campaign: Campaign, *, within: ColumnElement[bool]) -> list[Rate]:
    """The samples of a campaign by the village in which they were taken: one question."""
    passed = func.count(case((AntibodyTest.result == AntibodyResult.PASSED, 1)))
    rows = session.execute(
        select(Holding.region_code, func.count().label("samples"), passed.label("passed"))
        .join(AntibodyTest, AntibodyTest.holding_id == Holding.id)
        .where(AntibodyTest.campaign_id == campaign.id, within)
        .group_by(Holding.region_code)
        .order_by(Holding.region_code)
    )
    return [Rate(row.region_code, row.samples, row.passed) for row in rows]


def total(villages: Sequence[Rate]) -> Rate:
    """All villages together."""
    samples, passed = (sum(getattr(each, n) for each in villages) for n in ("samples", "passed"))
    return Rate("", samples, passed)


def of_campaign(
    session: Session, campaign: Campaign, *, within: ColumnElement[bool], limit: int
) -> Sequence[AntibodyTest]:
    """The samples of a campaign, the newest first."""
    mine = select(AntibodyTest).where(AntibodyTest.campaign_id == campaign.id)
    return session.scalars(
        mine.join(Holding, Holding.id == AntibodyTest.holding_id)
        .where(within)
        .order_by(AntibodyTest.sampled_on.desc(), AntibodyTest.id.desc())
        .limit(limit)
        .options(joinedload(AntibodyTest.animal), joinedload(AntibodyTest.holding))
    ).all()


def of_animal(session: Session, animal: Animal) -> Sequence[AntibodyTest]:
    """The samples of an animal, the newest first."""
    mine = select(AntibodyTest).where(AntibodyTest.animal_id == animal.id)
    return session.scalars(
        mine.order_by(AntibodyTest.sampled_on.desc(), AntibodyTest.id.desc())
    ).all()


def fold(state: State | None, event: EventView) -> State | None:
    """A sample as its event tells it."""
    if event.kind is not Kind.ANTIBODY_TESTED:
        return state
    told = ("disease", "sampled_on", "result", *PRIVATE)
    return {
        "animal_id": event.links[1].ref,
        "campaign_id": folding.private(event, "campaign"),
        "holding_id": folding.private(event, "holding"),
        **{name: folding.private(event, name) for name in told},
    }


folding.register(AntibodyTest, fold)
