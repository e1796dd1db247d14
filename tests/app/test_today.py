"""今日待办: what waits is counted once, leads to its list, and is nobody else's."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from app import menu, whoami
from app.auth import privileges
from app.auth.accounts import Grant
from app.auth.roles import Role, ScopeKind
from app.factory import Platform
from app.today import todos
from app.today.waiting import Asked
from registry import milestones, projects
from registry.clusters import ClusterCard
from registry.clusters import load as load_cluster
from registry.projects import ProjectCard
from tests import selling
from tests.app.test_campaigns import opened
from tests.logins import LoginAs
from tests.world import World
from traceability import (
    amendments,
    animals,
    evidence,
    instruments,
    movements,
    rules,
    treatments,
)
from traceability.amendments import Change
from traceability.holdings import HoldingKind
from traceability.rules import Severity

ITEM = re.compile(
    r'<li><a href="([^"]+)"><span>([^<]+)<.*?<span class="badge[^>]*>(.*?)</span>', re.DOTALL
)
TAGS = re.compile(r"<[^>]+>|\s+")


def waiting(client: FlaskClient) -> dict[str, tuple[str, str]]:
    """Label → how many, and where they are listed, as the first page shows them."""
    page = client.get("/").text
    listed = page.partition("今日待办")[2].partition('class="tiles"')[0]
    return {label.strip(): (TAGS.sub("", word), href) for href, label, word in ITEM.findall(listed)}


def counts(client: FlaskClient) -> dict[str, str]:
    return {label: word for label, (word, _href) in waiting(client).items()}


def test_whoever_has_nothing_to_do_is_told_so(login_as: LoginAs) -> None:
    assert "今天没有待办" in login_as(Role.FARMER).get("/").text


def test_a_farmer_is_told_of_papers_doses_and_withdrawal_periods(
    login_as: LoginAs, world: World
) -> None:
    farmer = login_as(Role.FARMER)
    world.certified(world.animal())
    world.declared(world.animal())
    world.animal(vaccinated_days_ago=None)
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

    found = counts(farmer)

    assert found == {
        "检疫证明今明到期，牛还没启运": "1份",
        "检疫申报在办": "1份",
        "该补口蹄疫免疫的牛": "1头",
        "休药期三天内满的牛": "1头",
    }


def test_what_a_farmer_counts_is_what_the_list_shows(login_as: LoginAs, world: World) -> None:
    farmer = login_as(Role.FARMER)
    bare = world.animal(vaccinated_days_ago=None)
    done = world.animal()

    _, href = waiting(farmer)["该补口蹄疫免疫的牛"]
    page = farmer.get(href).text

    assert bare.ref in page
    assert done.ref not in page


def test_a_neighbours_animals_wait_for_the_neighbour(login_as: LoginAs, world: World) -> None:
    neighbour = world.party("邻居")
    away = world.holding(HoldingKind.HOUSEHOLD, "邻居家", keeper=neighbour)
    world.animal(holding=away, owner=neighbour, by=neighbour, vaccinated_days_ago=None)

    assert counts(login_as(Role.FARMER)) == {}


def test_a_calf_below_the_age_of_the_first_dose_waits_for_nothing(
    login_as: LoginAs, world: World
) -> None:
    world.animal(vaccinated_days_ago=None, born_on=world.today - timedelta(days=89))

    assert counts(login_as(Role.FARMER)) == {}


def test_the_official_vet_is_told_of_declarations_by_their_step(
    login_as: LoginAs, world: World
) -> None:
    world.declared(world.animal())
    world.declared(world.animal(), leaves_on=world.today + timedelta(days=2))

    found = counts(login_as(Role.OFFICIAL_VET))

    assert found == {"今天就要启运、还没出证的申报": "1份", "已受理、等您检查的申报": "2份"}


def test_the_market_is_told_of_the_gate_the_pens_and_the_unpaid(
    login_as: LoginAs, world: World
) -> None:
    selling.install(world)
    coming = world.animal()
    world.certified(coming)
    movements.depart(world.session, coming, to=world.market, at=world.at, by=coming.owner)
    world.at_market(world.animal())
    sold = world.at_market(world.animal())
    selling.sold(world, world.weighed(sold, world.scale("xh-scale-02")))
    operator = login_as(Role.MARKET_OPERATOR)

    found = counts(operator)

    assert found["路上的牛，等入场查验"] == "1头"
    assert found["今天入场、还没成交的牛"] == "1头"
    assert found["成交了、买主还没付款"] == "1笔"
    assert counts(login_as(Role.CASHIER)) == {"等买主付款": "1笔"}


def test_the_market_is_told_of_the_scales_not_yet_checked_today(
    login_as: LoginAs, world: World
) -> None:
    scale = world.scale()
    manager = login_as(Role.MARKET_MANAGER)
    seal: dict[str, Any] = {
        "seal_no": "铅封 0117",
        "setup_count": 12,
        "at": world.at,
        "by": world.office,
    }
    assert "今天要核查的秤" not in counts(manager)
    instruments.seal(world.session, scale, **seal)
    assert counts(manager)["今天要核查的秤"] == "1台"

    instruments.check(
        world.session, scale, **seal, test_weight_g=20_000, shown_g=20_000, permitted_g=500
    )

    assert "今天要核查的秤" not in counts(manager)


def test_another_markets_work_is_not_shown(login_as: LoginAs, world: World) -> None:
    sold = world.at_market(world.animal())
    selling.sold(world, world.weighed(sold, world.scale()))
    elsewhere = world.holding(HoldingKind.MARKET, "草海牲畜市场", keeper=world.office)
    grant = Grant(ScopeKind.MARKET, elsewhere.ref)

    assert counts(login_as(Role.CASHIER, grants=(grant,))) == {}


def test_the_regulator_is_told_of_the_audit_and_of_deaths(login_as: LoginAs, world: World) -> None:
    animals.report_death(
        world.session, world.animal(), cause="不明", disposal="深埋", at=world.at, by=world.farmer
    )

    found = counts(login_as(Role.REGULATOR))

    assert found == {"还没有核查过追溯链": "未核查", "近七天报告的死亡": "1头"}


def test_the_administrator_is_told_of_silent_devices_and_unused_accounts(
    login_as: LoginAs, world: World
) -> None:
    selling.install(world)

    found = counts(login_as(Role.ADMINISTRATOR))

    assert found["一天没有消息的设备"] == "2台"
    assert counts(login_as(Role.MARKET_MANAGER))["一天没有消息的设备"] == "2台"


def test_an_officer_is_told_of_milestones_and_silence(login_as: LoginAs, world: World) -> None:
    card = ClusterCard(
        key="cold",
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
    made = load_cluster(world.session, card, at=world.at, by=world.office)
    acted: dict[str, Any] = {"at": world.at, "by": world.office}
    late, soon, quiet = (
        projects.register(world.session, made, ProjectCard(name=name), **acted)
        for name in ("冷库", "冷链车", "包装厂")
    )
    for project, days in ((late, 1), (soon, 20)):
        due = world.today + timedelta(days=days)
        milestones.plan(world.session, project, name="开工", due_on=due, **acted)
        projects.record_progress(world.session, project, percent=10, text="进场", **acted)
    world.later(days=2)
    officer = login_as(Role.CLUSTER_OFFICER, grants=(Grant(ScopeKind.CLUSTER, "cold"),))

    found = waiting(officer)

    assert {label: word for label, (word, _) in found.items()} == {
        "节点逾期的项目": "1个",
        "三十天内有节点到期的项目": "1个",
        "三十天没有登记进展的项目": "1个",
    }
    assert quiet.name in officer.get(found["三十天没有登记进展的项目"][1]).text
    assert late.name not in officer.get(found["三十天没有登记进展的项目"][1]).text


@pytest.mark.parametrize("role", list(Role))
def test_the_whole_list_costs_two_questions_at_most(
    app: Platform, login_as: LoginAs, world: World, role: Role
) -> None:
    account = login_as.account(role)
    world.session.commit()
    asked: list[str] = []
    scope = whoami.Scope(
        everywhere=role is Role.ADMINISTRATOR,
        keepers=frozenset({account.party.ref}),
        holdings=frozenset({world.market.ref}),
        markets=frozenset({world.market.ref}),
        regions=("520526",),
        clusters=frozenset({"cattle"}),
    )

    with app.test_request_context("/"):
        event.listen(world.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
        todos.todos(world.session, role, scope, at=world.at)

    selects = [each for each in asked if each.startswith("SELECT")]
    assert 1 <= len(selects) <= 3, "the rules, a vet's campaigns, one count of everything"


def test_every_item_of_every_list_leads_to_a_page_its_role_may_open(
    app: Platform, world: World
) -> None:
    scope = whoami.Scope(
        everywhere=False,
        keepers=frozenset(),
        holdings=frozenset(),
        markets=frozenset(),
        regions=(),
        clusters=frozenset(),
    )

    for role, parts in todos.PARTS.items():
        asked = Asked(world.session, scope, world.at)
        for each in (item for part in parts for item in part(asked)):
            needed = privileges.declared(app, each.endpoint, "GET")
            assert needed is not None
            assert privileges.allowed(role, needed), (role, each.endpoint)


def test_the_menu_names_only_pages_that_exist_and_may_be_opened(app: Platform) -> None:
    known = {entry.endpoint for entry in menu.ENTRIES}

    assert known <= set(app.view_functions)
    for role, order in menu.ORDER.items():
        assert set(order) <= known
        for endpoint in order:
            needed = privileges.declared(app, endpoint, "GET")
            assert needed is not None
            assert privileges.allowed(role, needed), (role, endpoint)


def test_each_role_finds_its_main_task_first(login_as: LoginAs) -> None:
    tiles = login_as(Role.CARRIER).get("/").text.partition('class="tiles"')[2]

    assert tiles.index("调运") < tiles.index("扫一扫")


def test_a_proposed_rule_waits_for_the_second_person_only(
    login_as: LoginAs, world: World, tmp_path: Path
) -> None:
    known = rules.of_code(world.session, "declaration.lead_time")[-1]
    day = world.today + timedelta(days=30)
    proposer = world.party("管理员甲")
    amendments.propose(
        world.session,
        Change.REVISE,
        replace(rules.card_of(known), effective_from=day, severity=Severity.BLOCK),
        rule=known,
        reason="上级通知",
        evidence=evidence.store(
            world.session, tmp_path, b"%PDF-1.7", title="通知", at=world.at, by=proposer
        ),
        at=world.at,
        by=proposer,
    )

    assert counts(login_as(Role.REGULATOR))["等您批准的规则修改"] == "1项"
    own = login_as(Role.ADMINISTRATOR, party=proposer)
    assert "等您批准的规则修改" not in counts(own)


def test_a_vet_is_told_which_animals_an_open_campaign_still_waits_for(
    login_as: LoginAs, world: World
) -> None:
    campaign = opened(world)
    waits, done = (world.animal(vaccinated_days_ago=200) for _ in range(2))
    world.vaccinate(done, days_ago=1)
    vet, far = login_as(Role.VILLAGE_VET), (Grant(ScopeKind.REGION, "520526105"),)

    page = vet.get("/").text

    assert waits.ear_tag != done.ear_tag
    assert f"{campaign.name}：还没打的牛" in page
    assert f"/campaigns/{campaign.ref}" in page
    assert "1 头" in page
    assert "还没打的牛" not in login_as(Role.VILLAGE_VET, grants=far).get("/").text
