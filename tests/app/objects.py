"""For every name in an address: a thing that is one's own, somebody else's, and none at all.

Promise P7: somebody else's gives the same answer as one that does not exist.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import Any

from sqlalchemy import func, select

from app.auth import accounts, privileges, tokens
from app.auth.accounts import Account
from app.auth.privileges import OVERSEERS
from app.auth.roles import Role
from app.epcis import saved
from app.factory import SETTINGS
from app.herd import GATEKEEPERS
from app.labels import batches
from app.labels.batches import LabelSize
from app.labels.links import LinkKind
from app.programme import EVIDENCE_FOLDER
from app.trace import alarms
from app.trace.alarms import CloneAlarm, Told
from devices import credentials, devices, inbox
from devices.devices import Device, DeviceFacts, DeviceKind
from devices.inbox import Arrived, SetAside
from market.entries import acts as entry_acts
from market.entries.records import CattleClass
from registry import (
    actuals,
    clusters,
    decisions,
    founding,
    funding,
    indicators,
    issues,
    meetings,
    milestones,
    policies,
    procedures,
    projects,
    spending,
    teams,
)
from registry.clusters import Cluster, ClusterCard, TaskCard
from registry.decisions import Decision, Matter
from registry.founding import Doubt, DoubtKind, Passage, PassageSort
from registry.funding import Fund, FundSource
from registry.indicators import (
    Comparator,
    FigureCard,
    FigureRole,
    Indicator,
    IndicatorCard,
    Owners,
)
from registry.issues import IssueKind
from registry.meetings import Duty, Level, Meeting
from registry.procedures import DayKind, ProcedureCard, ProcedureKind
from registry.projects import Project, ProjectCard
from registry.spending import PaymentKind
from registry.teams import Side, Team, TeamKind
from tests import selling
from tests.logins import LoginAs
from tests.slaughtering import slaughtered
from traceability import (
    alerts,
    amendments,
    carriers,
    consents,
    evidence,
    holdings,
    movements,
    restrictions,
    rules,
)
from traceability.alerts import AlertKind
from traceability.amendments import Change
from traceability.animals import Animal
from traceability.campaigns import records
from traceability.campaigns.records import CampaignKind
from traceability.carriers import Filing, FilingKind
from traceability.chain import events
from traceability.consents import ConsentAct
from traceability.consignments import loading
from traceability.epcis import captures
from traceability.epcis.captures import OnError
from traceability.epcis.identifiers import event_uri
from traceability.holdings import HoldingKind
from traceability.identifiers.short_codes import new_public_code
from traceability.identifiers.tag_runs import parse_run
from traceability.importing import runs
from traceability.importing.columns import ImportKind
from traceability.parties import Party
from traceability.quarantine import isolations, laboratory
from traceability.restrictions import Reach, RestrictionKind
from traceability.rules import Severity
from traceability.samples import plans as sampling_plans
from traceability.samples import taking
from traceability.samples.plans import SamplingPlan
from traceability.slaughter import declarations as slaughter_declarations
from traceability.tag_stock import handing
from traceability.tag_stock.ranges import TagRange
from traceability.treatments import Disease, Route, drug_labels
from traceability.treatments.drug_labels import LabelCard
from traceability.weighings import Weighing

NOBODY = "0" * 32
PROCEDURE: dict[str, Any] = {
    "kind": ProcedureKind.LAND,
    "agency": "自然资源局",
    "assignee": "农业农村局 李明",
    "legal_days": 20,
    "day_kind": DayKind.WORKING,
    "basis": "办事指南",
}
_projects = count(1)
CHARGE: dict[str, object] = {"leader": "张华", "office": "产业处", "assignee": "李明"}


@dataclass(frozen=True)
class Case:
    """One name of an address: what to put there. `own` or `foreign` None where a role has none."""

    own: str | None
    foreign: str | None
    missing: str
    animal: str = f"animal:{NOBODY}"  # one that belongs to the own thing


Maker = Callable[[LoginAs, Account], Case]


def account_id(login_as: LoginAs, me: Account) -> Case:
    world = login_as.world
    mine = accounts.register(
        world.session,
        login=f"below-{len(accounts.invited_by(world.session, me.id))}",
        role=Role.FARMER,
        party=world.farmer,
        at=world.at,
        invited_by=me,
    )
    others = login_as.account(Role.FARMER)
    world.session.flush()
    administers = me.role is Role.ADMINISTRATOR
    return Case(str(mine.id), None if administers else str(others.id), "999999")


def token_id(login_as: LoginAs, me: Account) -> Case:
    return Case(_token(login_as, me), _token(login_as, login_as.account(Role.FARMER)), "999999")


def _token(login_as: LoginAs, holder: Account) -> str:
    world = login_as.world
    token, _ = tokens.issue(
        world.session,
        account_id=holder.id,
        name="测试",
        permissions=["account.own"],
        days=1,
        at=world.at,
    )
    return str(token.id)


def alarm_id(login_as: LoginAs, _me: Account) -> Case:
    """Every regulator looks into every alarm."""
    world = login_as.world
    told = Told(visitors=999, places=())
    alarms.judge(world.session, LinkKind.RECEIPT, new_public_code(), told, on=world.today)
    world.session.flush()
    newest = world.session.scalar(select(func.max(CloneAlarm.id)))
    return Case(str(newest), None, "999999")


def label_batch(login_as: LoginAs, me: Account) -> Case:
    foreign = login_as.account(Role.FARMER)
    return Case(_labels(login_as, me), _labels(login_as, foreign), "999999")


def _labels(login_as: LoginAs, account: Account) -> str:
    world = login_as.world
    batch = batches.order(
        world.session,
        [world.animal().id],
        size=LabelSize.SINGLE,
        title="试打",
        account_id=account.id,
        at=world.at,
    )
    return str(batch.id)


def consent(login_as: LoginAs, me: Account) -> Case:
    world = login_as.world
    agent, stranger = world.party("合作社理事长"), world.party("邻居")
    given = [
        consents.grant(
            world.session,
            grantor=grantor,
            agent=agent,
            acts=[ConsentAct.HERD],
            until=world.at + timedelta(days=30),
            at=world.at,
            by=grantor,
        )
        for grantor in (me.party, stranger)
    ]
    return Case(given[0].ref, given[1].ref, f"consent:{NOBODY}")


def restriction(login_as: LoginAs, _me: Account) -> Case:
    """An order is everybody's who deals with animals; there is none that is somebody else's."""
    world = login_as.world
    drafted = restrictions.draft(
        world.session,
        kind=RestrictionKind.HOLD,
        name="远处场所限制移动",
        disease="口蹄疫",
        order_no="1 号",
        reach=Reach.REGIONS,
        places=["520402"],  # far from everybody
        at=world.at,
        by=world.office,
    )
    given = restrictions.order(world.session, drafted, at=world.at)
    return Case(given.ref, None, f"restriction:{NOBODY}")


def tag_range(login_as: LoginAs, me: Account) -> Case:
    """Vets see the stock of their area; overseers see all of it."""
    world = login_as.world
    made = world.session.scalar(select(func.count(TagRange.id))) or 0

    def stored(county: str) -> TagRange:
        first = f"2{county}{made * 10 + 1:08d}"
        return handing.receive(
            world.session,
            parse_run(first, first),
            region_code=county,
            document_no="调拨",
            evidence=None,
            at=world.at,
            by=world.party("县里的兽医"),
        )

    def handed(part_of: TagRange, to: Party, region: str) -> str:
        at, by = world.at, world.vet
        return handing.issue(
            world.session, part_of, part_of.run, to=to, region_code=region, at=at, by=by
        ).ref

    seen = privileges.allowed(me.role, "tag_stock.view")
    mine = handed(stored("520526"), me.party, "520526104") if seen else None
    everywhere = me.role is Role.ADMINISTRATOR
    theirs = None if everywhere else stored("520524").ref
    return Case(mine, theirs, f"tag_range:{NOBODY}")


def filing(login_as: LoginAs, me: Account) -> Case:
    """Officials see every filing, a carrier his own."""
    world = login_as.world

    def filed(carrier: Party) -> str:
        return carriers.file(
            world.session,
            FilingKind.CARRIER,
            carrier=carrier,
            number=f"备 {world.session.scalar(select(func.count(Filing.id)))} 号",
            filed_from=world.today,
            filed_until=None,
            at=world.at,
            by=world.vet,
        ).ref

    mine, theirs = filed(me.party), filed(world.party("别的承运人"))
    seen = privileges.allowed(me.role, "filing.view")
    return Case(
        mine if seen else None, theirs if me.role is Role.CARRIER else None, f"filing:{NOBODY}"
    )


def campaign(login_as: LoginAs, me: Account) -> Case:
    """One in the world's township, and one in the next county."""
    world = login_as.world
    mine, theirs = (
        records.open_campaign(
            world.session,
            kind=CampaignKind.MAKE_UP,
            name="补免",
            disease=Disease.FMD,
            vaccine="口蹄疫疫苗",
            regions=[code],
            first_on=day,
            last_on=day,
            at=world.at,
            by=world.vet,
        )
        for code in ("520526104", "520527")
        for day in [world.today + timedelta(days=next(DAYS))]  # none overlaps another
    )
    return _seen(me, mine.ref, theirs.ref, "campaign")


DAYS = count()


def campaign_sheet(login_as: LoginAs, me: Account) -> Case:
    """A sheet sent for each of the two campaigns."""
    world, both = login_as.world, campaign(login_as, me)
    own, foreign = (
        None
        if ref is None
        else runs.begin(
            world.session,
            kind=ImportKind.CAMPAIGN,
            filename="登记表.xlsx",
            sha256="0" * 64,
            dry_run=True,
            by=world.vet,
            at=world.at,
            campaign=records.get(world.session, ref),
        ).ref
        for ref in (both.own, both.foreign)
    )
    return Case(own, foreign, f"import:{NOBODY}")


def rule(login_as: LoginAs, _me: Account) -> Case:
    """The law is everybody's."""
    [first, *_] = rules.of_code(login_as.world.session, "declaration.lead_time")
    return Case(first.ref, None, f"rule:{NOBODY}")


def amendment(login_as: LoginAs, _me: Account) -> Case:
    """A proposed change is everybody's to see."""
    world = login_as.world
    known = rules.of_code(world.session, "declaration.lead_time")[-1]
    day = world.today + timedelta(days=30)
    folder = login_as.app.extensions[SETTINGS].data_dir / EVIDENCE_FOLDER
    pdf = b"%PDF-1.7 an order"
    proposed = amendments.propose(
        world.session,
        Change.REVISE,
        replace(rules.card_of(known), effective_from=day, severity=Severity.BLOCK),
        rule=known,
        reason="上级通知",
        evidence=evidence.store(
            world.session, folder, pdf, title="通知", at=world.at, by=world.office
        ),
        at=world.at,
        by=world.office,
    )
    return Case(proposed.ref, None, f"amendment:{NOBODY}")


COUNTY_SEERS = {Role.FARMER, Role.VILLAGE_VET, Role.OFFICIAL_VET, Role.REGULATOR}
EVERYWHERE = {Role.ADMINISTRATOR}


def _herd(login_as: LoginAs) -> tuple[Animal, Animal]:
    """An animal of the world's farmer, and a stranger's in the next county."""
    world = login_as.world
    stranger = world.party("赫章县养牛户")
    far = world.holding(HoldingKind.HOUSEHOLD, "远处", keeper=stranger, region="520527")
    return world.animal(), world.animal(holding=far, owner=stranger, by=stranger)


def _seen(me: Account, mine: str, theirs: str, prefix: str) -> Case:
    """Farmers, vets and regulators see the county's; an administrator sees both."""
    own = mine if me.role in COUNTY_SEERS | EVERYWHERE else None
    return Case(own, None if me.role in EVERYWHERE else theirs, f"{prefix}:{NOBODY}")


def animal(login_as: LoginAs, me: Account) -> Case:
    mine, theirs = _herd(login_as)
    return _seen(me, mine.ref, theirs.ref, "animal")


def declaration(login_as: LoginAs, me: Account) -> Case:
    """Theirs goes from their county to a place of their own."""
    mine, theirs = _herd(login_as)
    world = login_as.world
    away = world.holding(HoldingKind.MARKET, "别处市场", keeper=theirs.owner, region="520527")
    filed = [world.declared(mine), world.declared(theirs, to=away)]
    return replace(_seen(me, filed[0].ref, filed[1].ref, "declaration"), animal=mine.ref)


def slaughter(login_as: LoginAs, me: Account) -> Case:
    """Declared by abattoirs of other people: one in the county, one in the next."""
    world = login_as.world
    rows, herd = [], []
    for region in ("520526104", "520527"):
        keeper = world.party("屠宰企业")
        place = world.holding(HoldingKind.ABATTOIR, "屠宰场", keeper=keeper, region=region)
        herd.append(world.animal(holding=place, owner=keeper, by=keeper))
        made = slaughter_declarations.file(
            world.session,
            place,
            herd[-1:],
            slaughters_at=world.at + timedelta(hours=6),
            at=world.at,
            by=keeper,
        )
        rows.append(made)
    mine = rows[0].ref if me.role in {Role.OFFICIAL_VET, Role.REGULATOR, *EVERYWHERE} else None
    theirs = None if me.role in EVERYWHERE else rows[1].ref
    return Case(mine, theirs, f"slaughter_declaration:{NOBODY}", animal=herd[0].ref)


def carcass(login_as: LoginAs, me: Account) -> Case:
    """Hanging in abattoirs of other people: one in the county, one in the next."""
    world = login_as.world
    hung = []
    for region in ("520526104", "520527"):
        keeper = world.party("屠宰企业")
        place = world.holding(HoldingKind.ABATTOIR, "屠宰场", keeper=keeper, region=region)
        hung.append(slaughtered(world, place, emergency="右前肢骨折"))  # no time passes
    mine = hung[0].ref if me.role in {Role.OFFICIAL_VET, Role.REGULATOR, *EVERYWHERE} else None
    theirs = None if me.role in EVERYWHERE else hung[1].ref
    return Case(mine, theirs, f"carcass:{NOBODY}")


_ENTRY_SERIAL = count(1)


def entry(login_as: LoginAs, me: Account) -> Case:
    """Booked by the farmer at the county's market, and by a stranger at one of the next county."""
    world = login_as.world
    rows, serial = [], next(_ENTRY_SERIAL)
    for keeper, region in ((world.farmer, "520526104"), (world.party("邻县卖主"), "520527")):
        away = region == "520527"
        place = (
            world.holding(HoldingKind.MARKET, "邻县市场", keeper=keeper, region=region)
            if away
            else world.market
        )
        home = world.holding(HoldingKind.HOUSEHOLD, "卖主家", keeper=keeper, region=region)
        made = entry_acts.book(
            world.session,
            place,
            home,
            head=3,
            cattle_class=CattleClass.MIXED,
            expected_at=world.at + timedelta(minutes=serial),
            at=world.at,
            by=keeper,
        )
        rows.append(made)
    mine = rows[0].ref if me.role in ENTRY_SEERS | EVERYWHERE else None
    theirs = None if me.role in EVERYWHERE else rows[1].ref
    return Case(mine, theirs, f"entry:{NOBODY}")


ENTRY_SEERS = {
    Role.FARMER,
    Role.VILLAGE_VET,
    Role.OFFICIAL_VET,
    Role.REGULATOR,
    Role.MARKET_OPERATOR,
    Role.MARKET_MANAGER,
}


def movement(login_as: LoginAs, me: Account) -> Case:
    mine, theirs = _herd(login_as)
    world = login_as.world
    away = world.holding(HoldingKind.MARKET, "别处市场", keeper=theirs.owner, region="520527")
    gone = []
    for each, to in ((mine, world.market), (theirs, away)):
        world.certified(each, to=to)
        gone.append(movements.depart(world.session, each, to=to, at=world.at, by=each.owner))
    return _seen(me, gone[0].ref, gone[1].ref, "movement")


def holding(login_as: LoginAs, me: Account) -> Case:
    """Households are seen by those who look after them; markets and abattoirs by everybody."""
    _, theirs = _herd(login_as)
    assert theirs.holding is not None
    return _seen(me, login_as.world.home.ref, theirs.holding.ref, "holding")


def party(login_as: LoginAs, me: Account) -> Case:
    stranger = login_as.world.party("赫章县养牛户").ref
    seen = privileges.allowed(me.role, "party.search")
    return Case(me.party.ref, None if seen else stranger, f"party:{NOBODY}")


def evidence_file(login_as: LoginAs, me: Account) -> Case:
    """What one has sent oneself, and what a stranger sent that nothing rests on."""
    world, folder = login_as.world, login_as.app.extensions[SETTINGS].data_dir / EVIDENCE_FOLDER
    sent = [
        evidence.store(
            world.session, folder, b"%PDF-1.7 " + by.ref.encode(), title="合同", at=world.at, by=by
        )
        for by in (me.party, world.party("赫章县养牛户"))
    ]
    theirs = None if me.role in EVERYWHERE else sent[1].ref
    return Case(sent[0].ref, theirs, f"evidence:{NOBODY}")


def tag(login_as: LoginAs, me: Account) -> Case:
    """Gatekeepers are told of every animal that stands before them."""
    mine, theirs = _herd(login_as)
    sees_all = me.role in GATEKEEPERS | EVERYWHERE
    own = mine.ear_tag if me.role in COUNTY_SEERS | GATEKEEPERS | EVERYWHERE else None
    return Case(own, None if sees_all else theirs.ear_tag, "252052699999999")


def isolation(login_as: LoginAs, me: Account) -> Case:
    mine, theirs = _herd(login_as)
    world = login_as.world
    held = [
        isolations.open_case(world.session, each, reason="检查不合格", at=world.at, by=world.vet)
        for each in (mine, theirs)
    ]
    return _seen(me, held[0].ref, held[1].ref, "isolation")


def consignment(login_as: LoginAs, me: Account) -> Case:
    mine, theirs = _herd(login_as)
    world = login_as.world
    away = world.holding(HoldingKind.MARKET, "别处市场", keeper=theirs.owner, region="520527")
    made = [
        loading.open_one(
            world.session,
            world.certified(each, to=to),
            plate=f"贵F{each.id:05d}",
            at=world.at,
            by=each.owner,
        )
        for each, to in ((mine, None), (theirs, away))
    ]
    return _seen(me, made[0].ref, made[1].ref, "consignment")


def alert(login_as: LoginAs, me: Account) -> Case:
    mine, theirs = _herd(login_as)
    world = login_as.world
    told = [
        alerts.raise_alert(world.session, each, AlertKind.SICK, at=world.at, by=world.farmer)
        for each in (mine, theirs)
    ]
    return _seen(me, told[0].ref, told[1].ref, "alert")


def drug_label(login_as: LoginAs, _me: Account) -> Case:
    """What a label says is everybody's."""
    world = login_as.world
    folder = login_as.app.extensions[SETTINGS].data_dir / EVIDENCE_FOLDER
    known = len(drug_labels.listed(world.session))
    card = LabelCard(
        approval_no=f"兽药字{known:09d}",
        drug="土霉素注射液",
        manufacturer="某兽药厂",
        route=Route.INTRAMUSCULAR,
        withdrawal_days=28,
        effective_from=world.today,
    )
    picture = evidence.store(
        world.session, folder, b"%PDF-1.7 a label", title="标签", at=world.at, by=world.office
    )
    made = drug_labels.enter(world.session, card, evidence=picture, at=world.at, by=world.office)
    return Case(made.ref, None, f"drug_label:{NOBODY}")


def lab_result(login_as: LoginAs, me: Account) -> Case:
    mine, theirs = _herd(login_as)
    world = login_as.world
    entered = [
        laboratory.record(
            world.session,
            each,
            tested_for="布鲁氏菌病",
            positive=False,
            report_no="2026-1",
            laboratory="威宁县动物疫病预防控制中心",
            tested_on=world.today,
            at=world.at,
            by=world.vet,
        )
        for each in (mine, theirs)
    ]
    return _seen(me, entered[0].ref, entered[1].ref, "lab_result")


def sampling_plan(login_as: LoginAs, me: Account) -> Case:
    """One of the world's township, one of the county next to it."""
    mine, theirs = (_plan_of(login_as, each) for each in _herd(login_as))
    return _seen(me, mine.ref, theirs.ref, "sampling_plan")


def _plan_of(login_as: LoginAs, animal: Animal) -> SamplingPlan:
    world, place = login_as.world, animal.holding
    assert place is not None
    wanted = sampling_plans.Wanted(
        name="抽样",
        tested_for="布鲁氏菌病",
        risk="去年有阳性户",
        regions=[place.region_code],
        quotas={place.kind.value: 1},
        first_on=world.today,
        last_on=world.today,
        seed="1",
    )
    return sampling_plans.make(world.session, wanted, at=world.at, by=world.vet)


def sample(login_as: LoginAs, me: Account) -> Case:
    """A sample of an animal here and of one in the next county."""
    world = login_as.world
    mine, theirs = (
        taking.take(
            world.session,
            _plan_of(login_as, each),
            each,
            seal_no=f"FQ-{each.ear_tag}",
            material="血清",
            taken_on=world.today,
            off_plan="就近",
            at=world.at,
            by=world.vet,
        )
        for each in _herd(login_as)
    )
    return _seen(me, mine.ref, theirs.ref, "sample")


def certificate(login_as: LoginAs, me: Account) -> Case:
    mine, theirs = _herd(login_as)
    world = login_as.world
    away = world.holding(HoldingKind.MARKET, "别处市场", keeper=theirs.owner, region="520527")
    issued = [world.certified(mine), world.certified(theirs, to=away)]
    return _seen(me, issued[0].ref, issued[1].ref, "certificate")


def _cluster(login_as: LoginAs, key: str) -> Cluster:
    world = login_as.world
    card = ClusterCard(
        key=key,
        order_no=1,
        name="冷链产业集群",
        heading="支持打造冷链产业集群",
        host_place="某县",
        prefecture="某市",
        county="某县",
        region_code="520526",
        partner=None,
        data_sha256=bytes(32),
    )
    return clusters.load(world.session, card, at=world.at, by=world.office)


def _project(login_as: LoginAs) -> Project:
    world, card = login_as.world, ProjectCard(name="冷链项目")
    return projects.register(
        world.session, _cluster(login_as, "cold"), card, at=world.at, by=world.office
    )


def _granted(me: Account, ref: str) -> Case:
    """Who oversees sees every cluster; an officer those of the account, and this one has none."""
    prefix = ref.partition(":")[0]
    sees = me.role in OVERSEERS
    return Case(ref if sees else None, None if sees else ref, f"{prefix}:{NOBODY}")


def cluster(login_as: LoginAs, me: Account) -> Case:
    return _granted(me, _cluster(login_as, "cold").ref)


def doubt(login_as: LoginAs, me: Account) -> Case:
    """A doubtful print of a cluster that the officer does not look after."""
    owner = _cluster(login_as, "cold")
    key = "cold.doubt.1"
    told = {
        "key": key, "cluster_id": owner.id, "about_key": "cold", "order_no": 1,
        "kind": DoubtKind.UNCLEAR, "reason": "含义不明", "proposed": "照建议", "quote": "原文",
        "first_line": 1, "last_line": 1,
    }  # fmt: skip
    founding.replace(login_as.world.session, Doubt, {key: told})
    sees = me.role in OVERSEERS
    return Case(key if sees else None, None if sees else key, "no.doubt")


def _arranged(login_as: LoginAs) -> Fund:
    """Money of the cold-chain cluster, approved."""
    world, owner = login_as.world, _cluster(login_as, "cold")
    use = {
        "key": "use", "cluster_id": None, "sort": PassageSort.FUND_USE, "order_no": 1,
        "name": "品牌创建", "quote": "品牌创建", "first_line": 425, "last_line": 425,
    }  # fmt: skip
    founding.replace(world.session, Passage, {"use": use})
    made = funding.plan(
        world.session,
        owner,
        source=FundSource.GUANGDONG,
        year=2026,
        amount_fen=100,
        use_key="use",
        purpose="品牌",
        document_no="1 号",
        evidence=world.photo(),
        at=world.at,
        by=world.office,
    )
    funding.approve(world.session, made, at=world.at, by=world.vet)
    return made


def fund(login_as: LoginAs, me: Account) -> Case:
    return _granted(me, _arranged(login_as).ref)


def fund_payment(login_as: LoginAs, me: Account) -> Case:
    world = login_as.world
    made = spending.pay(
        world.session,
        _arranged(login_as),
        PaymentKind.PAID_OUT,
        amount_fen=1,
        paid_on=world.today,
        voucher_no="记 1",
        payee="某公司",
        evidence=world.photo(),
        at=world.at,
        by=world.office,
    )
    return _granted(me, made.ref)


def _decided(login_as: LoginAs) -> Decision:
    """What the cold-chain cluster decided together, not yet checked."""
    world = login_as.world
    return decisions.record(
        world.session,
        _cluster(login_as, "cold"),
        matters=[Matter.PLAN],
        text="修订实施方案",
        met_on=world.today,
        body="联合工作组",
        participants="",
        participant_count=5,
        principal="主任",
        filing_no="1 号",
        is_major=False,
        evidence=world.photo(),
        at=world.at,
        by=world.office,
    )


def decision(login_as: LoginAs, me: Account) -> Case:
    return _granted(me, _decided(login_as).ref)


def meeting(login_as: LoginAs, me: Account) -> Case:
    return _granted(me, _held(login_as).ref)


def _held(login_as: LoginAs) -> Meeting:
    """This quarter's consultation of the cold-chain cluster, with its minutes."""
    world, owner = login_as.world, _cluster(login_as, "cold")
    meetings.open_quarter(world.session, at=world.at)
    wanted = select(Meeting).where(
        Meeting.cluster_id == owner.id, Meeting.duty == Duty.CONSULTATION
    )
    found = world.session.scalars(wanted).one()
    if found.held_on is None:
        meetings.hold(
            world.session,
            found,
            held_on=world.today,
            level=Level.COUNTY,
            participants="县政府",
            agenda=[],
            minutes="加快招标",
            at=world.at,
            by=world.office,
        )
    return found


def action_item(login_as: LoginAs, me: Account) -> Case:
    world = login_as.world
    made = meetings.assign(
        world.session,
        _held(login_as),
        text="招标",
        assignee="农业农村局",
        due_on=world.today,
        at=world.at,
        by=world.office,
    )
    return _granted(me, made.ref)


def _team(login_as: LoginAs) -> Team:
    world = login_as.world
    return teams.form(
        world.session,
        _cluster(login_as, "cold"),
        kind=TeamKind.TASK_FORCE,
        name="冷链专班",
        mandate="推进冷库建设",
        formed_on=world.today,
        at=world.at,
        by=world.office,
    )


def team(login_as: LoginAs, me: Account) -> Case:
    return _granted(me, _team(login_as).ref)


def team_member(login_as: LoginAs, me: Account) -> Case:
    world = login_as.world
    made = teams.appoint(
        world.session,
        _team(login_as),
        name="李明",
        office="农业农村局",
        side=Side.GUIZHOU,
        position="组长",
        from_on=world.today,
        at=world.at,
        by=world.office,
    )
    return _granted(me, made.ref)


def policy(login_as: LoginAs, me: Account) -> Case:
    world = login_as.world
    made = policies.register(
        world.session,
        _cluster(login_as, "cold"),
        title="贴息",
        issuer="县人民政府",
        document_no="1 号",
        eligible="养殖户",
        benefit="贴息",
        valid_from=world.today,
        valid_until=world.today,
        evidence=world.photo(),
        at=world.at,
        by=world.office,
    )
    return _granted(me, made.ref)


def task(login_as: LoginAs, me: Account) -> Case:
    world = login_as.world
    card = TaskCard("cold.task.1", 1, "1.", "建冷库", "建冷库", 1, 1)
    owner = _cluster(login_as, "cold")
    made = clusters.declare_task(world.session, owner, card, at=world.at, by=world.office)
    return _granted(me, made.ref)


def figure(login_as: LoginAs, me: Account) -> Case:
    world = login_as.world
    card = FigureCard(
        "cold.figure.1", 1, "冷库", FigureRole.TARGET, None, 2027, None, Comparator.AT_LEAST,
        "以上", "3", None, "万吨", "3 万吨以上", "全县", "3 万吨以上", 1, 1,
    )  # fmt: skip
    owners = Owners(cluster=_cluster(login_as, "cold"))
    made = indicators.declare_figure(
        world.session, card, owners=owners, at=world.at, by=world.office
    )
    return _granted(me, made.ref)


def project(login_as: LoginAs, me: Account) -> Case:
    return _granted(me, _known_project(login_as).ref)


def _known_project(login_as: LoginAs) -> Project:
    known = clusters.every(login_as.world.session)
    if known and (found := projects.of_cluster(login_as.world.session, known[0])):
        return found[0]
    return _project(login_as)


def milestone(login_as: LoginAs, me: Account) -> Case:
    world = login_as.world
    planned = milestones.plan(
        world.session,
        _known_project(login_as),
        name="投产",
        due_on=world.today,
        at=world.at,
        by=world.office,
    )
    return _granted(me, planned.ref)


def procedure(login_as: LoginAs, me: Account) -> Case:
    world, card = login_as.world, ProcedureCard(**PROCEDURE)
    named = ProjectCard(name=f"冷库 {next(_projects)}")  # one open procedure of a kind each
    owner = _known_project(login_as).cluster
    found = projects.register(world.session, owner, named, at=world.at, by=world.office)
    made = procedures.plan(world.session, found, card, at=world.at, by=world.office)
    return _granted(me, made.ref)


def issue(login_as: LoginAs, me: Account) -> Case:
    world = login_as.world
    made = issues.report(
        world.session,
        _known_project(login_as),
        kind=IssueKind.LAND,
        text="用地没有批",
        assignee="自然资源局 李明",
        due_on=world.today,
        at=world.at,
        by=world.office,
    )
    return _granted(me, made.ref)


def indicator(login_as: LoginAs, me: Account) -> Case:
    return _granted(me, _known_indicator(login_as).ref)


def _known_indicator(login_as: LoginAs) -> Indicator:
    world = login_as.world
    owner = _known_project(login_as).cluster
    card = IndicatorCard(name="冷库容积", unit="万吨", scope="全县", key="known.indicator")
    return indicators.declare(
        world.session, card, owners=Owners(cluster=owner), at=world.at, by=world.office
    )


def actual(login_as: LoginAs, me: Account) -> Case:
    world, found = login_as.world, _known_indicator(login_as)
    told = actuals.of_indicator(world.session, found)
    reported = (
        told[0]
        if told
        else actuals.report(
            world.session,
            found,
            period="2026",
            value="3",
            unit="万吨",
            at=world.at,
            by=world.office,
        )
    )
    return _granted(me, reported.ref)


MARKET_SEERS = {
    Role.MARKET_OPERATOR,
    Role.MARKET_MANAGER,
    Role.CASHIER,
    Role.REGULATOR,
    Role.ADMINISTRATOR,
}
SALE_PARTIES = {Role.FARMER, Role.BUYER}


def _weights(login_as: LoginAs) -> tuple[Weighing, Weighing]:
    """A weight at the world's market, and one at a market of another county."""
    world = login_as.world
    stranger = world.party("赫章县养牛户")
    home = world.holding(HoldingKind.HOUSEHOLD, "远处", keeper=stranger, region="520527")
    away = world.holding(HoldingKind.MARKET, "别处市场", keeper=stranger, region="520527")
    here, scale = world.market, world.scale(f"scale-{stranger.id}")
    mine = world.weighed(world.at_market(world.animal()), scale)
    world.market = away
    far = world.animal(holding=home, owner=stranger, by=stranger)
    theirs = world.weighed(world.at_market(far), world.scale(f"scale-{stranger.id}-away"))
    world.market = here
    return mine, theirs


def weighing(login_as: LoginAs, me: Account) -> Case:
    mine, theirs = _weights(login_as)
    own = mine.ref if me.role in MARKET_SEERS else None
    foreign = None if me.role in EVERYWHERE else theirs.ref
    return Case(own, foreign, f"weighing:{NOBODY}")


def instrument(login_as: LoginAs, me: Account) -> Case:
    mine, theirs = _weights(login_as)
    own = mine.instrument.ref if me.role in MARKET_SEERS else None
    foreign = None if me.role in EVERYWHERE else theirs.instrument.ref
    return Case(own, foreign, f"instrument:{NOBODY}")


def _two_readers(login_as: LoginAs) -> tuple[Device, Device]:
    """A reader at the world's market, and one at a market of another county."""
    world = login_as.world
    stranger = world.party("赫章县养牛户")
    away = world.holding(HoldingKind.MARKET, "别处市场", keeper=stranger, region="520527")
    made = [
        devices.register(
            world.session,
            DeviceFacts(
                code=f"reader-{place.id}-{stranger.id}", kind=DeviceKind.READER, format="allflex"
            ),
            holding=place.ref,
            crate=f"{stranger.id}号称",
            at=world.at,
            by=world.office.ref,
        )
        for place in (world.market, away)
    ]
    return made[0], made[1]


def device(login_as: LoginAs, me: Account) -> Case:
    mine, theirs = _two_readers(login_as)
    if me.role in MARKET_SEERS:
        at = login_as.world.at
        credentials.issue(login_as.world.session, mine, at=at, by=me.party.ref)
    own = mine.ref if me.role in MARKET_SEERS else None
    return Case(own, None if me.role in EVERYWHERE else theirs.ref, f"device:{NOBODY}")


def set_aside(login_as: LoginAs, me: Account) -> Case:
    """A message that was not understood, of one's own device and of another market's."""
    world = login_as.world
    kept = []
    for reader in _two_readers(login_as):
        inbox.store(world.session, [Arrived(reader.code, b"{}")], at=world.at)
        wanted = select(SetAside.id).where(SetAside.code == reader.code)
        kept.append(str(world.session.scalars(wanted).one()))
    own = kept[0] if me.role in MARKET_SEERS else None
    return Case(own, None if me.role in EVERYWHERE else kept[1], "999999")


def pairing_case(login_as: LoginAs, me: Account) -> Case:
    """A weight without a tag, at one's own market and at another."""
    world = login_as.world
    waiting = []
    for place in _two_readers(login_as):
        market = holdings.get(world.session, place.holding)
        waiting.append(str(selling.nobodys(world, market, code=f"scale-{place.id}").id))
    own = waiting[0] if me.role in MARKET_SEERS else None
    return Case(own, None if me.role in EVERYWHERE else waiting[1], "999999")


def sale(login_as: LoginAs, me: Account) -> Case:
    """Its two parties see a sale, its market's people, the region's regulator."""
    world = login_as.world
    mine, theirs = _weights(login_as)
    made = selling.sold(world, mine)
    away = selling.sold(
        world, theirs, buyer=world.party("外地买主"), market=theirs.instrument.holding
    )
    own = made.ref if me.role in MARKET_SEERS | SALE_PARTIES else None
    return Case(own, None if me.role in EVERYWHERE else away.ref, f"sale:{NOBODY}")


EPCIS_SEERS = COUNTY_SEERS | EVERYWHERE


def epcis_event(login_as: LoginAs, me: Account) -> Case:
    """The birth of an animal of the world's farmer, and of a stranger's in the next county."""
    mine, theirs = (
        event_uri(events.history(login_as.world.session, each.ref)[0].digest)
        for each in _herd(login_as)
    )
    own = mine if me.role in EPCIS_SEERS else None
    return Case(own, None if me.role in EVERYWHERE else theirs, event_uri(bytes(32)))


def epcis_line(login_as: LoginAs, me: Account) -> Case:
    """An animal's whole line; whoever vaccinated a stranger's would see that one event."""
    world = login_as.world
    stranger = world.party("赫章县养牛户")
    far = world.holding(HoldingKind.HOUSEHOLD, "远处", keeper=stranger, region="520527")
    theirs = world.animal(holding=far, owner=stranger, by=stranger, vaccinated_days_ago=None)
    return _seen(me, world.animal().ref, theirs.ref, "animal")


def epcis_capture(login_as: LoginAs, me: Account) -> Case:
    """A document that one has sent oneself, and a stranger's."""
    world = login_as.world
    sent = [
        captures.open_capture(
            world.session,
            b"{}",
            total=1,
            by=by,
            mandate={},
            on_error=OnError.PROCEED,
            media_type="application/json",
            at=world.at,
        ).ref
        for by in (me.party, world.party("赫章县养牛户"))
    ]
    return Case(sent[0], None if me.role in EVERYWHERE else sent[1], f"capture:{NOBODY}")


def epcis_query(login_as: LoginAs, me: Account) -> Case:
    """A query that one keeps oneself, and a stranger's."""
    session, names = login_as.world.session, {}
    for account in (me, login_as.account(Role.FARMER)):
        names[account.id] = f"query-{account.id}-{len(saved.every(session, account.id))}"
        told = {"EQ_action": "ADD"}
        at = login_as.world.at
        saved.create(session, account.id, name=names[account.id], parameters=told, at=at)
    mine, theirs = names.values()
    return Case(mine, theirs, "query-of-nobody")


def subject(login_as: LoginAs, me: Account) -> Case:
    """The chain is audited whole: whoever may read it reads all of it."""
    read = privileges.allowed(me.role, "chain.search")
    return Case(login_as.world.animal().ref if read else None, None, f"animal:{NOBODY}")


def import_run(login_as: LoginAs, me: Account) -> Case:
    """Whoever may bring in a register sees every import; nobody else reads of any."""
    world = login_as.world
    run = runs.begin(
        world.session,
        kind=ImportKind.ANIMALS,
        filename="牛只.csv",
        sha256="0" * 64,
        dry_run=True,
        by=world.office,
        at=world.at,
    )
    may = privileges.allowed(me.role, "import.manage")
    return Case(run.ref if may else None, None, f"import:{NOBODY}")


def person(login_as: LoginAs, me: Account) -> Case:
    """Whoever handles personal data handles everybody's; nobody else any."""
    may = privileges.allowed(me.role, "personal.manage")
    return Case(login_as.world.farmer.ref if may else None, None, f"party:{NOBODY}")


OBJECTS: dict[str, Maker] = {
    "personal.ref": person,
    "imports.ref": import_run,
    "audit.ref": subject,
    "chain.ref": subject,
    "devices.ref": device,
    "devices.message": set_aside,
    "devices.case": pairing_case,
    "instruments.ref": instrument,
    "clusters.ref": cluster,
    "cockpits.ref": cluster,
    "projects.ref": project,
    "doubts.key": doubt,
    "milestones.ref": milestone,
    "procedures.ref": procedure,
    "issues.ref": issue,
    "indicators.ref": indicator,
    "actuals.ref": actual,
    "sales.ref": sale,
    "counter.ref": sale,
    "weighings.ref": weighing,
    "accounts.account_id": account_id,
    "tokens.token_id": token_id,
    "restrictions.ref": restriction,
    "campaigns.ref": campaign,
    "campaigns.sheet": campaign_sheet,
    "rules.ref": rule,
    "filings.ref": filing,
    "tag-stock.ref": tag_range,
    "funds.ref": fund,
    "funds.payment": fund_payment,
    "decisions.ref": decision,
    "policies.ref": policy,
    "teams.ref": team,
    "teams.member": team_member,
    "meetings.ref": meeting,
    "meetings.action": action_item,
    "tasks.ref": task,
    "figures.ref": figure,
    "amendments.ref": amendment,
    "consents.consent": consent,
    "animals.ref": animal,
    "declarations.ref": declaration,
    "laboratory.ref": lab_result,
    "samples.plan": sampling_plan,
    "samples.ref": sample,
    "certificates.ref": certificate,
    "alerts.ref": alert,
    "drug-labels.ref": drug_label,
    "consignments.ref": consignment,
    "entries.ref": entry,
    "isolations.ref": isolation,
    "movements.ref": movement,
    "slaughter.ref": slaughter,
    "carcasses.ref": carcass,
    "holdings.ref": holding,
    "parties.ref": party,
    "evidence.ref": evidence_file,
    "epcis.event_id": epcis_event,
    "epcis.job": epcis_capture,
    "epcis.name": epcis_query,
    "epcis.ref": epcis_line,
    "icar.location": holding,
    "verdict.tag": tag,
    "v.tag": tag,
    "scans.alarm_id": alarm_id,
    "labels.batch_id": label_batch,
    "labels.ref": animal,
}
"""First word of the address, and the name in it → how to make the three."""

THE_ANIMAL = "its animal"
BODIES: dict[str, dict[str, object]] = {
    "POST /api/animals/<ref:ref>/eid": {"eid": "156000000098765"},
    "POST /api/animals/<ref:ref>/photographs": {
        "evidence": f"evidence:{NOBODY}",
        "is_public": False,
    },
    "POST /api/animals/<ref:ref>/photographs/show": {
        "evidence": f"evidence:{NOBODY}",
        "is_public": False,
    },
    "POST /api/animals/<ref:ref>/retag": {"ear_tag": "252052600098765", "reason": "脱落"},
    "POST /api/animals/<ref:ref>/death": {"cause": "不明", "disposal": "深埋"},
    "POST /api/declarations/<ref:ref>/refuse": {"reason": "资料不全"},
    "POST /api/declarations/<ref:ref>/inspections": {"animal": THE_ANIMAL},
    "POST /api/declarations/<ref:ref>/certificate": {},
    "POST /api/entries/<ref:ref>/admit": {"head": 3},
    "POST /api/slaughter/<ref:ref>/refuse": {"reason": "待宰圈未消毒"},
    "POST /api/slaughter/<ref:ref>/inspections": {"animal": THE_ANIMAL},
    "POST /api/slaughter/<ref:ref>/carcasses": {"animal": THE_ANIMAL},
    "POST /api/carcasses/<ref:ref>/weight": {"hot_weight_g": 280_000},
    "POST /api/carcasses/<ref:ref>/inspection": {"passed": []},
    "POST /api/carcasses/<ref:ref>/disposal": {
        "method": "rendering",
        "where": "无害化处理厂",
        "witness": "官方兽医",
        "weight_g": 280_000,
        "photographs": [f"evidence:{NOBODY}"],
    },
    "POST /api/amendments/<ref:ref>/return": {"reason": "先不改"},
    "POST /api/funds/<ref:ref>/return": {"reason": "文号不符"},
    "POST /api/funds/<ref:ref>/payments": {
        "kind": "spent",
        "amount": "1",
        "unit": "元",
        "paid_on": "2026-11-01",
        "voucher_no": "记 1",
        "payee": "某公司",
        "evidence": f"evidence:{NOBODY}",
    },
    "POST /api/funds/payments/<ref:payment>/annul": {"reason": "发票作废"},
    "POST /api/projects/<ref:ref>/procedures": {**PROCEDURE, "kind": "land", "day_kind": "working"},
    "POST /api/procedures/<ref:ref>/accept": {"accepted_on": "2026-11-01"},
    "POST /api/procedures/<ref:ref>/end": {
        "outcome": "granted",
        "ended_on": "2026-11-01",
        "document_no": "威环审〔2026〕1 号",
    },
    "POST /api/projects/<ref:ref>/issues": {
        "kind": "electricity",
        "text": "变压器容量不够",
        "assignee": "供电局 王强",
        "due_on": "2027-06-30",
    },
    "POST /api/issues/<ref:ref>/solve": {"outcome": "已增容"},
    "POST /api/tasks/<ref:ref>/charge": {**CHARGE, "due_on": "2027-06-30"},
    "POST /api/projects/<ref:ref>/charge": {**CHARGE, "due_on": "2027-06-30"},
    "POST /api/milestones/<ref:ref>/charge": CHARGE,
    "POST /api/tasks/<ref:ref>/progress": {"percent": 10, "text": "已开工"},
    "POST /api/projects/<ref:ref>/scale": {
        "as_of": "2026-11-01",
        "planned": "3000",
        "invested": "0",
        "unit": "万元",
        "jobs_planned": 60,
        "jobs": 0,
    },
    "POST /api/milestones/<ref:ref>/due": {"due_on": "2027-06-30", "reason": "推迟"},
    "POST /api/figures/<ref:ref>/target": {"value": "2", "reason": "推迟"},
    "POST /api/tasks/<ref:ref>/wording": {"text": "先建交易市场", "reason": "推迟"},
    "POST /api/funds/<ref:ref>/use": {"use_key": "use", "purpose": "分红", "reason": "推迟"},
    "POST /api/meetings/<ref:ref>/minutes": {
        "held_on": "2026-11-01",
        "level": "county",
        "participants": "县政府",
        "minutes": "加快招标",
    },
    "POST /api/meetings/<ref:ref>/actions": {
        "text": "招标",
        "assignee": "农业农村局",
        "due_on": "2026-12-01",
    },
    "POST /api/meetings/actions/<ref:action>/done": {"outcome": "已开标"},
    "POST /api/clusters/<ref:ref>/teams": {
        "kind": "task_force",
        "name": "冷链专班",
        "mandate": "推进冷库建设",
        "formed_on": "2026-11-01",
    },
    "POST /api/teams/<ref:ref>/members": {
        "name": "李明",
        "office": "农业农村局",
        "side": "guizhou",
        "position": "组长",
        "from_on": "2026-11-01",
    },
    "POST /api/teams/<ref:ref>/dissolve": {"dissolved_on": "2026-12-31", "reason": "任务完成"},
    "POST /api/teams/members/<ref:member>/release": {"until_on": "2026-12-31"},
    "POST /api/clusters/<ref:ref>/exchanges": {
        "kind": "visit",
        "title": "赴广东对接",
        "side": "guizhou",
        "place": "广州",
        "from_on": "2026-11-01",
        "people": 5,
        "outcome": "签约",
    },
    "POST /api/decisions/<ref:ref>/return": {"reason": "没有签字"},
    "POST /api/policies/<ref:ref>/extend": {"valid_until": "2027-06-30"},
    "POST /api/clusters/<ref:ref>/plans": {
        "kind": "implementation",
        "title": "实施方案",
        "effective_from": "2026-11-01",
        "evidence": f"evidence:{NOBODY}",
    },
    "POST /api/clusters/<ref:ref>/decisions": {
        "matters": ["plan"],
        "text": "修订实施方案",
        "met_on": "2026-11-01",
        "body": "联合工作组",
        "participant_count": 5,
        "principal": "主任",
        "filing_no": "1 号",
        "evidence": f"evidence:{NOBODY}",
    },
    "POST /api/clusters/<ref:ref>/policies": {
        "title": "贴息",
        "issuer": "县人民政府",
        "document_no": "1 号",
        "eligible": "养殖户",
        "benefit": "贴息",
        "valid_from": "2026-01-01",
        "valid_until": "2026-12-31",
        "evidence": f"evidence:{NOBODY}",
    },
    "POST /api/clusters/<ref:ref>/funds": {
        "source": "guangdong",
        "year": 2026,
        "amount": "1",
        "unit": "万元",
        "use_key": "use",
        "purpose": "品牌",
        "document_no": "1 号",
        "evidence": f"evidence:{NOBODY}",
    },
    "POST /api/filings/<ref:ref>/revoke": {"ground": "报废"},
    "POST /api/tag-stock/<ref:ref>/issue": {
        "first_tag": "252052600000001",
        "last_tag": "1",
        "to": f"party:{NOBODY}",
        "region_code": "520526104",
    },
    "POST /api/tag-stock/<ref:ref>/return": {
        "first_tag": "252052600000001",
        "last_tag": "1",
        "reason": "用不完",
    },
    "POST /api/tag-stock/<ref:ref>/write-off": {
        "first_tag": "252052600000001",
        "last_tag": "1",
        "kind": "lost",
        "reason": "丢了",
    },
    "POST /api/tag-stock/<ref:ref>/decline": {"reason": "数目不对"},
    "POST /api/holdings/<ref:ref>/inputs/purchases": {
        "input_kind": "feed",
        "name": "青贮",
        "source": "合作社",
        "quantity": "500",
        "amount_unit": "kg",
        "bought_on": "2026-11-22",
    },
    "POST /api/drug-labels/<ref:ref>/return": {"reason": "看不清"},
    "POST /api/consignments/<ref:ref>/disinfect": {
        "when": "before_loading",
        "agent": "过氧乙酸",
        "place": "洗消点",
        "done_by": "周师傅",
    },
    "POST /api/consignments/<ref:ref>/load": {"tags": ["252052600098765"]},
    "POST /api/consignments/<ref:ref>/unload": {"tags": ["252052600098765"]},
    "POST /api/consignments/<ref:ref>/stamp": {"place": "检查站", "passed": True},
    "POST /api/consignments/<ref:ref>/lose": {
        "kind": "death",
        "ear_tag": "252052600098765",
        "place": "路上",
        "words": "翻车",
        "evidence": f"evidence:{NOBODY}",
    },
    "POST /api/consignments/<ref:ref>/report": {"end": "destination"},
    "POST /api/consignments/<ref:ref>/cancel": {"reason": "车坏了"},
    "POST /api/alerts/<ref:ref>/close": {"outcome": "已上门诊治"},
    "POST /api/isolations/<ref:ref>/notify": {"requirement": "隔离观察"},
    "POST /api/isolations/<ref:ref>/isolate": {"where": "隔离圈"},
    "POST /api/isolations/<ref:ref>/release": {"finding": "复检阴性"},
    "POST /api/isolations/<ref:ref>/condemn": {"finding": "核酸阳性"},
    "POST /api/isolations/<ref:ref>/dispose": {
        "method": "deep_burial",
        "where": "处理点",
        "witness": "李主任",
        "weight_g": 400_000,
        "photographs": [f"evidence:{NOBODY}"],
    },
    "POST /api/animals/<ref:ref>/laboratory": {
        "tested_for": "布鲁氏菌病",
        "positive": False,
        "report_no": "2026-117",
        "laboratory": "威宁县动物疫病预防控制中心",
        "tested_on": "2026-11-22",
    },
    "POST /api/laboratory/<ref:ref>/withdraw": {"reason": "登记错了"},
    "POST /api/samples/plans/<ref:plan>/samples": {
        "ear_tag": "252052600098765",
        "seal_no": "FQ-1",
        "material": "血清",
        "taken_on": "2026-11-22",
    },
    "POST /api/samples/<ref:ref>/report": {
        "passed": True,
        "laboratory": "县疫控中心",
        "report_no": "1",
        "tested_on": "2026-11-22",
    },
    "POST /api/samples/<ref:ref>/follow-up": {"words": "隔离"},
    "POST /api/samples/<ref:ref>/close": {"words": "复检合格"},
    "POST /api/certificates/<ref:ref>/revoke": {"reason": "货主取消"},
    "POST /api/sales/<ref:ref>/cancel": {"reason": "双方反悔"},
    "POST /api/sales/<ref:ref>/steps": {"step": "cash"},
    "POST /api/campaigns/<ref:ref>/samples": {
        "ear_tag": "252052600098765",
        "sampled_on": "2026-11-22",
        "result": "passed",
        "laboratory": "县疫控中心",
        "report_no": "1",
    },
    "POST /api/campaigns/<ref:ref>/doses": {
        "entries": [{"animal": f"animal:{NOBODY}", "given_on": "2026-11-22"}],
    },
    "POST /api/restrictions/<ref:ref>/lift": {"reason": "解封令 1 号"},
    "POST /api/holdings/<ref:ref>/position": {"latitude": "26.98", "longitude": "104.28"},
    "POST /api/clusters/<ref:ref>/projects": {"name": "冷链二期"},
    "POST /api/indicators/<ref:ref>/actuals": {"period": "2026", "value": "3", "unit": "万吨"},
    "POST /api/actuals/<ref:ref>/revise": {"value": "4", "unit": "万吨"},
    "POST /api/actuals/<ref:ref>/return": {"reason": "缺统计表"},
    "POST /personal/<ref:ref>": {
        "act": "hold",
        "reason": "检查",
        "second_login": "nobody",
        "second_password": "nobody",
    },
    "POST /api/weighings/<ref:ref>/annul": {
        "reason": "牛没有站稳",
        "second_login": "nobody",
        "second_password": "nobody",
    },
}
"""Method and route → a body that fits, where the shape is judged before the thing is looked up."""


def body_of(route: str, case: Case) -> dict[str, object] | None:
    """What to send to a route so that only the thing itself is in question."""
    body = BODIES.get(route)
    if body is None:
        return None
    return {name: case.animal if told == THE_ANIMAL else told for name, told in body.items()}


WITHOUT_OWNER = {
    "static.filename": "static files are everybody's",
    "icar.scheme": "every kind of identifier may be asked for",
    "icar.collection": "the collections are published",
    "imports.kind": "every kind of sheet has a template",
    "regions.code": "region codes are published",
}
AWAITING: frozenset[str] = frozenset()  # whose makers are still to be written; only shrinks
