"""提醒: what the log says and what falls due is told once, to whom it concerns, to nobody else."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.auth.accounts import Account, Grant
from app.auth.roles import Role, ScopeKind
from app.notices import due, feed, notices
from app.notices.notices import Notice, NoticeKind
from market.sales import closing
from tests import selling
from tests.app.programs import ProgramOf
from tests.logins import LoginAs
from tests.world import World
from traceability import alerts, movements, restrictions, treatments
from traceability.alerts import AlertKind
from traceability.chain import log
from traceability.holdings import HoldingKind
from traceability.quarantine import declarations
from traceability.restrictions import Reach, RestrictionKind


def told(world: World) -> dict[tuple[str, str], str]:
    """(login, kind) → words, after the sequencer and the feed have run."""
    log.integrate_all(world.session)
    while feed.step(world.session, at=world.at):
        pass
    rows = world.session.execute(
        select(Account.login, Notice.kind, Notice.words).join(
            Account, Account.id == Notice.account_id
        )
    )
    return {(row.login, row.kind): row.words for row in rows}


@pytest.fixture
def people(login_as: LoginAs) -> None:
    """A farmer, the vets of the county, and a vet of elsewhere."""
    login_as.account(Role.FARMER, login="farmer")
    login_as.account(Role.VILLAGE_VET, login="village")
    login_as.account(Role.OFFICIAL_VET, login="vet")
    elsewhere = (Grant(ScopeKind.REGION, "522300"),)
    login_as.account(Role.OFFICIAL_VET, login="far.away", grants=elsewhere)


@pytest.mark.usefixtures("people")
def test_a_declaration_is_told_to_the_vets_of_the_county_and_back(world: World) -> None:
    filed = world.declared(world.animal())
    declarations.refuse(world.session, filed, reason="资料不全", at=world.at, by=world.vet)

    found = told(world)

    assert found == {
        ("vet", "declaration_filed"): "有新的检疫申报：王大明，11月22日启运",
        ("farmer", "declaration_accepted"): "检疫申报已受理：把牛圈好，等官方兽医检查",
        ("farmer", "declaration_refused"): "检疫申报没有受理：资料不全",
    }


@pytest.mark.usefixtures("people")
def test_a_sickness_reaches_both_vets_and_the_answer_the_farmer(world: World) -> None:
    animal = world.animal()
    sick = alerts.raise_alert(world.session, animal, AlertKind.SICK, at=world.at, by=world.farmer)
    alerts.close(world.session, sick, outcome="已上门诊治", at=world.at, by=world.vet)

    found = told(world)

    assert {who for who, kind in found if kind == NoticeKind.ALERT_RAISED} == {"village", "vet"}
    assert found["farmer", "alert_closed"].endswith("已上门诊治")


@pytest.mark.usefixtures("people")
def test_an_order_and_its_end_reach_who_keeps_or_owns_what_lies_within(
    world: World, login_as: LoginAs
) -> None:
    stranger = world.party("赫章县养牛户")
    world.holding(HoldingKind.HOUSEHOLD, "远处", keeper=stranger, region="520527")
    login_as.account(Role.FARMER, login="stranger", party=stranger)
    drafted = restrictions.draft(
        world.session,
        kind=RestrictionKind.OUTBREAK,
        name="小海疫区",
        disease="口蹄疫",
        order_no="威防指〔2026〕1号",
        reach=Reach.REGIONS,
        places=["520526"],
        at=world.at,
        by=world.office,
    )
    order = restrictions.order(world.session, drafted, at=world.at)
    world.later(hours=1)
    restrictions.lift(world.session, order, reason="解除令", at=world.at, by=world.office)

    found = told(world)

    for kind in (NoticeKind.RESTRICTION_ORDERED, NoticeKind.RESTRICTION_LIFTED):
        assert {who for who, known in found if known == kind} == {"farmer", "village", "vet"}
    assert "牛不要移动" in found["farmer", "restriction_ordered"]
    assert "威防指〔2026〕1号" in found["farmer", "restriction_lifted"]


@pytest.mark.usefixtures("people")
def test_the_seller_is_told_of_the_money(world: World) -> None:
    sale = selling.sold(world, world.weighed(world.at_market(world.animal()), world.scale()))
    closing.receive_cash(world.session, sale, at=world.at, by=world.office)

    assert ("farmer", "sale_funded") in told(world)


@pytest.mark.usefixtures("people")
def test_reading_the_log_again_tells_nothing_twice(world: World) -> None:
    world.declared(world.animal())
    first = told(world)
    cursor = world.session.get_one(notices.NoticeCursor, feed.CURSOR)

    cursor.position = 0
    world.session.flush()

    assert told(world) == first
    assert len(world.session.scalars(select(Notice)).all()) == len(first)


@pytest.mark.usefixtures("people")
def test_what_is_not_in_the_log_yet_is_told_later(world: World) -> None:
    world.declared(world.animal())

    assert feed.step(world.session, at=world.at) == 0
    assert told(world)


@pytest.mark.usefixtures("people")
def test_old_news_is_no_news(world: World) -> None:
    world.declared(world.animal())
    world.later(days=4)

    assert told(world) == {}


@pytest.mark.usefixtures("people")
def test_what_falls_due_is_told_once_a_day(world: World) -> None:
    world.certified(world.animal())
    treated = world.animal()
    treatments.treat(
        world.session,
        treated,
        drug="土霉素片",
        dose="每日 5 克",
        given_on=world.today - timedelta(days=6),
        at=world.at,
        by=world.farmer,
    )
    coming = world.animal()
    world.certified(coming)
    movements.depart(world.session, coming, to=world.market, at=world.at, by=world.farmer)

    first, again = (due.scan_if_due(world.session, at=world.at) for _ in range(2))
    kinds = set(world.session.scalars(select(Notice.kind)))

    assert first > 0
    assert again == 0
    assert kinds >= {NoticeKind.CERTIFICATE_EXPIRING, NoticeKind.WITHDRAWAL_CLEARING}
    assert due.scan(world.session, at=world.at) == 0
    world.later(days=1)
    assert due.scan_if_due(world.session, at=world.at) > 0


@pytest.mark.usefixtures("people")
def test_unvaccinated_animals_are_told_of_on_mondays_by_their_number(world: World) -> None:
    world.animal(vaccinated_days_ago=None)
    world.animal(vaccinated_days_ago=None)
    assert world.today.weekday() == 6

    assert due.scan_if_due(world.session, at=world.at) == 0
    world.later(days=1)
    assert due.scan_if_due(world.session, at=world.at) == 1

    assert world.session.scalars(select(Notice.words)).one() == "有牛该补免疫：王大明家 2 头"


def test_before_six_in_the_morning_nobody_is_woken(world: World, login_as: LoginAs) -> None:
    login_as.account(Role.FARMER)
    world.certified(world.animal())

    assert due.scan_if_due(world.session, at=world.at - timedelta(minutes=30)) == 0
    assert due.scan_if_due(world.session, at=world.at) == 1


def home(client: FlaskClient) -> str:
    return client.get("/").text


def test_a_person_reads_and_marks_read_only_what_was_seen(login_as: LoginAs, world: World) -> None:
    farmer = login_as(Role.FARMER)
    other = login_as(Role.FARMER, party=world.party("赫章县养牛户"))
    world.certified(world.animal())
    told(world)
    assert "条没看的提醒" in home(farmer)
    assert "条没看的提醒" not in home(other)
    page = farmer.get("/notices/").text
    assert "检疫证明已签发" in page
    upto = page.partition('name="upto" value="')[2].partition('"')[0]
    sale = selling.sold(world, world.weighed(world.at_market(world.animal()), world.scale()))
    closing.receive_cash(world.session, sale, at=world.at, by=world.office)
    told(world)

    other.post("/notices/read", data={"upto": "999999"})
    farmer.post("/notices/read", data={"upto": upto})

    unread = world.session.scalars(select(Notice).where(Notice.read_at.is_(None))).all()
    assert unread
    assert all(notice.id > int(upto) for notice in unread)


def test_a_program_lists_and_marks_its_own(program_of: ProgramOf, world: World) -> None:
    farmer = program_of(Role.FARMER)
    world.session.execute(select(1))
    account = world.session.scalars(select(Account)).one()
    account.state = account.state.ACTIVE
    world.certified(world.animal())
    told(world)

    listed = farmer.get("/api/notices/").json

    assert listed is not None
    assert listed["unread"] == listed["total"] == len(listed["rows"]) > 0
    upto = max(row["id"] for row in listed["rows"])
    assert farmer.post("/api/notices/read", {"upto": upto}).json == {"read": listed["total"]}
    again = farmer.get("/api/notices/").json
    assert again is not None
    assert again["unread"] == 0
    assert farmer.post("/api/notices/read", {"upto": 0}).status_code == 422
