"""牛群待办 · what waits for keepers and vets: papers, doses, withdrawal periods, arrivals."""

from collections.abc import Iterator
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, exists, func, select, true

from app import attention
from app.attention import AnimalNeed
from app.consigning import Leg
from app.filings import ending
from app.filters import cn_date
from app.journeys import Stretch
from app.stocking import LOW
from app.today.waiting import Asked, Waiting
from traceability import due_lists
from traceability.alerts import Alert, AlertKind, AlertState
from traceability.animals import Animal
from traceability.campaigns import records as campaign_records
from traceability.carriers import Filing
from traceability.consents import Consent
from traceability.consignments.landing import unreported
from traceability.consignments.records import Consignment, ReportEnd
from traceability.holdings import Holding
from traceability.movements import Movement, under_way
from traceability.quarantine.certificates import Certificate, CertificateAnimal, CertificateState
from traceability.quarantine.declarations import Declaration, DeclarationState
from traceability.quarantine.isolations import Isolation, IsolationState
from traceability.samples.taking import Sample, SampleState
from traceability.tag_stock import counting
from traceability.tag_stock.ranges import COUNTY_DIGITS, TagRange

REFUSALS_SHOWN = timedelta(days=7)
OPEN = [DeclarationState.FILED, DeclarationState.ACCEPTED]


def papers(asked: Asked) -> Iterator[Waiting]:
    """An owner's certificates of which an animal has not left."""
    tomorrow = asked.today + timedelta(days=1)
    paper = select(Certificate.id).where(
        Certificate.owner_id.in_(asked.keepers),
        Certificate.state == CertificateState.ISSUED,
        _not_yet_gone(),
    )
    ends = paper.where(Certificate.valid_until.between(asked.today, tomorrow))
    holds = paper.where(Certificate.valid_until > tomorrow)
    todo, page = "装车时登记启运", "certificates.index"
    yield Waiting(
        "检疫证明今明到期，牛还没启运",
        page,
        ends,
        hint=f"{todo}；过期要重新申报",
        tone="warn",
        unit="份",
    )
    yield Waiting("检疫证明已签发，可以启运", page, holds, hint=todo, tone="ok", unit="份")


def declared(asked: Asked) -> Iterator[Waiting]:
    """An owner's declarations that were refused lately, and those that are under way."""
    mine = select(Declaration.id).where(Declaration.declarant_id.in_(asked.keepers))
    refused = mine.where(
        Declaration.state == DeclarationState.REFUSED,
        Declaration.filed_at > asked.at - REFUSALS_SHOWN,
    )
    under_way = mine.where(Declaration.state.in_(OPEN))
    page = "declarations.index"
    yield Waiting(
        "检疫申报没有受理", page, refused, hint="看原因，改好再申报", tone="stop", unit="份"
    )
    yield Waiting("检疫申报在办", page, under_way, hint="把牛圈好，等官方兽医检查", unit="份")


def _not_yet_gone() -> ColumnElement[bool]:
    """A certificate of which an animal still stands where the journey begins."""
    return exists().where(
        CertificateAnimal.certificate_id == Certificate.id,
        CertificateAnimal.animal_id == Animal.id,
        Animal.holding_id == Certificate.origin_id,
    )


def tags(asked: Asked) -> Iterator[Waiting]:
    """Ear tags handed to one that wait to be confirmed, and areas where they run out."""
    handed = select(TagRange.id).where(
        TagRange.holder_id.in_(asked.keepers),
        TagRange.confirmed_at.is_(None),
        TagRange.declined_at.is_(None),
    )
    todo = "点数、核对号码再签收"
    yield Waiting(
        "发来的耳标等您签收", "tag_stock.index", handed, hint=todo, tone="warn", unit="段"
    )
    mine = counting.in_custody(TagRange.holder_id.in_(asked.keepers))
    few = (
        select(func.min(TagRange.id))
        .where(
            mine,
            TagRange.confirmed_at.is_not(None),
            func.length(TagRange.region_code) > COUNTY_DIGITS,  # a county's store is counted there
        )
        .group_by(TagRange.region_code)
        .having(func.sum(counting.left()) < LOW)
    )
    hint = f"剩下不到 {LOW} 枚，向发放的人再领"
    yield Waiting("耳标快用完", "tag_stock.index", few, hint=hint, tone="warn", unit="处")


def arrivals(asked: Asked) -> Iterator[Waiting]:
    """Animals on their way to one's own places."""
    coming = select(Movement.id).where(Movement.destination_id.in_(asked.kept), under_way())
    yield Waiting(
        "路上的牛，到了要登记到达",
        "movements.index",
        coming,
        hint="核对耳标，到达当天登记",
        tone="warn",
        query={"stretch": Stretch.ROAD},
    )


def filings(asked: Asked) -> Iterator[Waiting]:
    """Filings of vehicles and carriers that end soon or ended lately."""
    yield _filings(asked, true())


def own_filings(asked: Asked) -> Iterator[Waiting]:
    """The same, of a carrier's own."""
    yield _filings(asked, Filing.carrier_id.in_(asked.keepers))


def _filings(asked: Asked, whose: ColumnElement[bool]) -> Waiting:
    return Waiting(
        "运输备案快到期或刚过期",
        "filings.index",
        select(Filing.id).where(ending(asked.today), whose),
        hint="续期后登记新的备案号",
        tone="warn",
        unit="份",
        query={"ending": "1"},
    )


def landed(asked: Asked) -> Iterator[Waiting]:
    """Arrivals that a keeper has yet to report to the county of his end."""
    sent = Certificate.owner_id.in_(asked.keepers) & unreported(ReportEnd.ORIGIN)
    come = Certificate.destination_id.in_(asked.kept) & unreported(ReportEnd.DESTINATION)
    return _reports(asked, sent | come)


def landings(asked: Asked) -> Iterator[Waiting]:
    """The same of one's area, for those who receive the reports."""
    here = Certificate.origin_id.in_(asked.here) | Certificate.destination_id.in_(asked.here)
    return _reports(asked, here & unreported())


def _reports(asked: Asked, whose: ColumnElement[bool]) -> Iterator[Waiting]:
    paper = Certificate.id == Consignment.certificate_id
    rows = select(Consignment.id).join(Certificate, paper).where(whose)
    late, due = Consignment.report_due_at < asked.at, Consignment.report_due_at >= asked.at
    told: tuple[tuple[str, Select[int], str, Leg], ...] = (
        ("落地报告超期没报", rows.where(late), "stop", Leg.OVERDUE),
        ("要作的落地报告", rows.where(due), "warn", Leg.REPORT),
    )
    for label, wanted, tone, leg in told:
        yield Waiting(
            label,
            "consignments.index",
            wanted,
            hint="到达后向两端的县报告，看每批的期限",
            tone=tone,
            unit="车",
            query={"leg": leg},
        )


def own_herd(asked: Asked) -> Iterator[Waiting]:
    """The doses and withdrawal periods of one's own animals."""
    return _needs(asked, Animal.owner_id.in_(asked.keepers))


def herds(asked: Asked) -> Iterator[Waiting]:
    """The doses and withdrawal periods of the animals in one's area."""
    return _needs(asked, Animal.holding_id.in_(asked.here))


def _needs(asked: Asked, whose: ColumnElement[bool]) -> Iterator[Waiting]:
    yield Waiting(
        "该补口蹄疫免疫的牛",
        "animals.index",
        _animals(asked, AnimalNeed.IMMUNISATION, whose),
        hint="到了首免日龄，或上次免疫已过保护期",
        tone="warn",
        query={"need": AnimalNeed.IMMUNISATION},
    )
    yield Waiting(
        "休药期三天内满的牛",
        "animals.index",
        _animals(asked, AnimalNeed.CLEARING, whose),
        hint="满了才可以屠宰",
        query={"need": AnimalNeed.CLEARING},
    )


def _animals(asked: Asked, need: AnimalNeed, whose: ColumnElement[bool]) -> Select[int]:
    condition = attention.animals(asked.session, need, at=asked.at)
    return select(Animal.id).where(whose, condition)


def campaigns(asked: Asked) -> Iterator[Waiting]:
    """The animals in one's area that an open campaign still waits for."""
    session, today = asked.session, asked.today
    for campaign in campaign_records.under_way(session, on=today):
        within = Holding.id.in_(asked.here) & due_lists.below(campaign.regions)
        during = (campaign.first_on, campaign.last_on)
        yield Waiting(
            f"{campaign.name}：还没打的牛",
            "campaigns.show",
            due_lists.animals_due(session, campaign.disease, during=during, within=within),
            hint=f"{cn_date(campaign.last_on)}前打完；没打的写明原因",
            tone="warn",
            query={"ref": campaign.ref},
        )


def deaths(asked: Asked) -> Iterator[Waiting]:
    """Deaths reported in one's area."""
    whose = Animal.holding_id.in_(asked.here)
    yield Waiting(
        "近七天报告的死亡",
        "animals.index",
        _animals(asked, AnimalNeed.DIED, whose),
        hint="核对死因和无害化处理",
        tone="warn",
        query={"need": AnimalNeed.DIED},
    )


def isolations(asked: Asked) -> Iterator[Waiting]:
    """The animals that failed, in one's area or one's own, and are not done with."""
    cases = select(Isolation.id).join(Animal, Animal.id == Isolation.animal_id)
    mine = cases.where(
        Isolation.state != IsolationState.CLOSED,
        Isolation.holding_id.in_(asked.here) | Animal.owner_id.in_(asked.keepers),
    )
    yield Waiting(
        "隔离处理没有结案的牛",
        "isolations.index",
        mine,
        hint="不得出售、出证、调运和屠宰",
        tone="stop",
        query={"under_way": "1"},
    )


def samples(asked: Asked) -> Iterator[Waiting]:
    """The samples in one's area that failed and are not closed."""
    here = select(Sample.id).where(
        Sample.state == SampleState.FAILED, Sample.holding_id.in_(asked.here)
    )
    yield Waiting(
        "抽检不合格没有了结的样品",
        "samples.index",
        here,
        hint="登记处理措施，处理完了结",
        tone="stop",
    )


def reports(asked: Asked) -> Iterator[Waiting]:
    """What keepers tell of their animals in one's area: the sick ones first."""
    here = select(Alert.id).where(Alert.state == AlertState.OPEN, Alert.holding_id.in_(asked.here))
    told = (
        (AlertKind.SICK, "养殖户报告的病牛", "stop", "先打电话，再上门看"),
        (AlertKind.TAG_LOST, "养殖户报告掉了耳标的牛", "warn", "带新耳标去补戴"),
    )
    for kind, label, tone, hint in told:
        yield Waiting(
            label,
            "alerts.index",
            here.where(Alert.kind == kind),
            hint=hint,
            tone=tone,
            query={"state": AlertState.OPEN},
        )


def mandates(asked: Asked) -> Iterator[Waiting]:
    """Those who have asked one to act for them."""
    given = select(Consent.id).where(
        Consent.agent_id.in_(asked.keepers),
        Consent.valid_from <= asked.at,
        Consent.valid_until > asked.at,
        Consent.revoked_at.is_(None),
    )
    yield Waiting("委托您代办的农户", "consents.index", given, hint="先选替谁办，再登记", unit="户")


def queue(asked: Asked) -> Iterator[Waiting]:
    """The official vet's declarations: late ones first."""
    leaving = select(Declaration.id).where(Declaration.origin_id.in_(asked.here))
    filed = leaving.where(Declaration.state == DeclarationState.FILED)
    accepted = leaving.where(Declaration.state == DeclarationState.ACCEPTED)
    pressing = leaving.where(Declaration.state.in_(OPEN), Declaration.leaves_on <= asked.today)
    yield Waiting(
        "今天就要启运、还没出证的申报",
        "declarations.index",
        pressing,
        hint="按启运日期排在最前",
        tone="warn",
        unit="份",
    )
    yield Waiting("等您受理的申报", "declarations.index", filed, unit="份")
    yield Waiting(
        "已受理、等您检查的申报",
        "declarations.index",
        accepted,
        hint="逐头检查，合格即签发",
        unit="份",
    )
