"""Teams with members of both sides, and what the two provinces' people did with each other."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from registry import exchanges, teams
from registry.clusters import Cluster
from registry.exchanges import Exchange, ExchangeKind
from registry.teams import Member, Side, Team, TeamKind
from tests.world import World
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events

ON_BOTH = True
FAR = date(2020, 1, 1)


def formed(world: World, cluster: Cluster, **changes: Any) -> Team:
    told: dict[str, Any] = {
        "kind": TeamKind.JOINT_GROUP,
        "name": "肉牛产业集群联合工作组",
        "mandate": "统一领导试点工作",
        "formed_on": world.today,
        "evidence": world.paper("成立文件"),
        "at": world.at,
        "by": world.office,
        **changes,
    }
    return teams.form(world.session, cluster, **told)


def appointed(world: World, team: Team, **changes: Any) -> Member:
    told: dict[str, Any] = {
        "name": "李明",
        "office": "县农业农村局",
        "side": Side.GUIZHOU,
        "position": "组长",
        "from_on": world.today,
        "at": world.at,
        "by": world.office,
        **changes,
    }
    return teams.appoint(world.session, team, **told)


def exchanged(world: World, cluster: Cluster, **changes: Any) -> Exchange:
    told: dict[str, Any] = {
        "kind": ExchangeKind.VISIT,
        "title": "赴广东对接销售",
        "side": Side.GUIZHOU,
        "place": "广州",
        "from_on": world.today,
        "people": 6,
        "outcome": "与三家企业对接",
        "at": world.at,
        "by": world.office,
        **changes,
    }
    return exchanges.record(world.session, cluster, **told)


def test_a_team_has_members_of_both_sides_with_roles_and_terms(
    world: World, registry: list[Cluster], rows_follow_from_their_events: Callable[[], int]
) -> None:
    team = formed(world, registry[0])
    mine = appointed(world, team)
    theirs = appointed(world, team, name="陈文", side=Side.GUANGDONG, position="副组长")
    world.later(days=30)
    teams.release(world.session, mine, until_on=world.today, at=world.at, by=world.office)

    teams.dissolve(
        world.session,
        team,
        dissolved_on=world.today,
        reason="任务完成",
        at=world.at,
        by=world.office,
    )

    with pytest.raises(Conflict) as late:
        appointed(world, team)
    assert late.value.code == "team.dissolved"
    assert teams.members(world.session, team) == [theirs, mine]
    assert (mine.until_on, team.dissolved_on) == (world.today, world.today)
    assert teams.get(world.session, team.ref) is team
    assert teams.member(world.session, mine.ref) is mine
    assert all(each.public == {} for each in events.history(world.session, mine.ref))
    assert rows_follow_from_their_events()


def test_a_team_needs_a_name_a_mandate_and_terms_that_can_be(
    world: World, registry: list[Cluster]
) -> None:
    team = formed(world, registry[0])
    told: dict[str, Any] = {"at": world.at, "by": world.office}
    attempts: list[tuple[Callable[[], object], str]] = [
        (lambda: formed(world, registry[0], name=" "), "team.no_name"),
        (lambda: formed(world, registry[0], mandate=""), "team.no_mandate"),
        (lambda: appointed(world, team, position=""), "team.no_member"),
        (lambda: appointed(world, team, until_on=FAR), "team.bad_term"),
        (
            lambda: teams.release(world.session, appointed(world, team), until_on=FAR, **told),
            "team.bad_term",
        ),
        (
            lambda: teams.dissolve(
                world.session, team, dissolved_on=world.today, reason=" ", **told
            ),
            "team.no_reason",
        ),
        (
            lambda: teams.dissolve(world.session, team, dissolved_on=FAR, reason="完成", **told),
            "team.bad_term",
        ),
    ]

    for attempt, code in attempts:
        with pytest.raises(RuleViolation) as refusal:
            attempt()
        assert refusal.value.code == code
    assert team.dissolved_on is None


@pytest.mark.parametrize("kind", ExchangeKind)
def test_a_visit_a_training_and_a_secondment_are_records_of_one_kind_each(
    world: World,
    registry: list[Cluster],
    rows_follow_from_their_events: Callable[[], int],
    kind: ExchangeKind,
) -> None:
    row = exchanged(world, registry[0], kind=kind, until_on=world.today + timedelta(days=30))

    assert exchanges.get(world.session, row.ref).kind is kind
    assert rows_follow_from_their_events()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": ""}, "exchange.no_title"),
        ({"place": " "}, "exchange.no_title"),
        ({"people": 0}, "exchange.no_people"),
        ({"outcome": " "}, "exchange.no_outcome"),
        ({"from_on": date(2030, 1, 1)}, "exchange.bad_days"),
        ({"until_on": FAR}, "exchange.bad_days"),
    ],
)
def test_an_exchange_says_who_where_when_and_what(
    world: World, registry: list[Cluster], changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(RuleViolation) as refusal:
        exchanged(world, registry[0], **changes)

    assert refusal.value.code == code


def test_what_is_not_there_is_not_found(world: World) -> None:
    nobody = "0" * 32
    with pytest.raises(NotFound) as team:
        teams.get(world.session, f"team:{nobody}")
    with pytest.raises(NotFound) as member:
        teams.member(world.session, f"team_member:{nobody}")
    with pytest.raises(NotFound) as exchange:
        exchanges.get(world.session, f"exchange:{nobody}")

    assert team.value.code == "team.not_found"
    assert member.value.code == "team.member_not_found"
    assert exchange.value.code == "exchange.not_found"
