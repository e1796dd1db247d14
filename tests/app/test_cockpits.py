"""The cockpit: how clusters stand, every number a link, the same figures for page and charts."""

import io
import re
import zipfile

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from app import database
from app.auth.accounts import Grant
from app.auth.roles import Role, ScopeKind
from app.factory import Platform
from registry import milestones, projects
from registry.clusters import Cluster
from tests.app.test_clusters import engine, registry  # noqa: F401 - the registry's fixtures
from tests.logins import LoginAs


def test_an_officer_sees_the_cluster_as_charts_with_tables_beside(
    cluster: Cluster, login_as: LoginAs
) -> None:
    world = login_as.world
    project = projects.of_cluster(world.session, cluster)[0]
    milestones.plan(
        world.session, project, name="开工", due_on=world.today, at=world.at, by=world.office
    )
    world.later(days=2)
    grants = (Grant(ScopeKind.CLUSTER, cluster.key),)
    again = login_as(Role.CLUSTER_OFFICER, party=world.party("专员陆"), grants=grants)
    page = again.get(f"/cockpits/{cluster.ref}").text
    told = again.get(f"/api/cockpits/{cluster.ref}").json
    behind = again.get(f"/projects/?need=overdue&cluster={cluster.key}").text

    assert told is not None
    (line,) = told["clusters"]
    assert line["overdue"] == {"projects": 1, "procedures": 0, "issues": 0, "meetings": 0}
    assert "共 1 个项目" in behind
    assert line["projects"] == sum(each["count"] for each in line["stages"])
    assert f'data-cockpit="/api/cockpits/{cluster.ref}"' in page
    assert len(told["targets"]) == len(re.findall(r'href="/indicators/', page))
    assert len(told["trade"]) == 30
    assert 'data-chart="map"' not in page


def test_those_who_oversee_see_all_eight_with_the_map(
    regulator: FlaskClient,
    registry: list[Cluster],  # noqa: F811 - a fixture
) -> None:
    page = regulator.get("/cockpits/").text
    told = regulator.get("/api/cockpits/").json
    screen = regulator.get("/cockpits/?screen=1").text
    with zipfile.ZipFile(io.BytesIO(regulator.get("/cockpits/targets.xlsx").data)) as book:
        words = book.read("xl/sharedStrings.xml").decode()

    assert told is not None
    assert [row["ref"] for row in told["clusters"]] == [row.ref for row in registry]
    assert len({row["prefecture_code"] for row in told["clusters"]}) == 8
    assert all(row.name in page for row in registry)
    assert "示意图" in page
    assert 'class="screen" data-reload="60"' in screen
    assert told["targets"][0]["name"] in words


def test_an_officer_sees_no_other_cluster(
    officer: FlaskClient,
    cluster: Cluster,
    registry: list[Cluster],  # noqa: F811 - a fixture
) -> None:
    mine = officer.get("/api/cockpits/").json
    other = registry[0]

    assert mine is not None
    assert [row["ref"] for row in mine["clusters"]] == [cluster.ref]
    assert other.name not in officer.get("/cockpits/").text
    assert officer.get(f"/cockpits/{other.ref}").status_code == 404
    assert officer.get(f"/api/cockpits/{other.ref}").status_code == 404
    assert "共 0 个项目" in officer.get(f"/projects/?cluster={other.key}").text


def test_an_officer_of_no_cluster_is_told_what_to_ask_for(login_as: LoginAs) -> None:
    nobody = login_as(Role.CLUSTER_OFFICER, party=login_as.world.party("新来的"), grants=())

    assert "还没有可看的集群" in nobody.get("/cockpits/").text
    assert nobody.get("/api/cockpits/").json["clusters"] == []  # type: ignore[index]


def test_a_cluster_chosen_for_the_series_is_within_scope(
    officer: FlaskClient,
    regulator: FlaskClient,
    registry: list[Cluster],  # noqa: F811 - a fixture
) -> None:
    theirs = regulator.get(f"/api/cockpits/{registry[0].ref}").json
    assert theirs is not None
    foreign = theirs["targets"][0]["ref"]

    assert officer.get(f"/api/cockpits/?indicator={foreign}").json["series"] is None  # type: ignore[index]
    chosen = regulator.get(f"/api/cockpits/?indicator={foreign}").json
    assert chosen is not None
    assert chosen["series"]["ref"] == foreign


@pytest.mark.parametrize("address", ["/cockpits/", "/api/cockpits/"])
def test_eight_clusters_take_no_more_questions_than_one(
    app: Platform, officer: FlaskClient, regulator: FlaskClient, address: str
) -> None:
    with app.app_context():
        engine_here = database.engine()
    counts = []
    for asked in (officer, regulator):
        seen: list[str] = []

        def note(*told: object, seen: list[str] = seen) -> None:
            seen.append(str(told[2]))

        event.listen(engine_here, "before_cursor_execute", note)
        assert asked.get(address).status_code == 200
        event.remove(engine_here, "before_cursor_execute", note)
        counts.append(len(seen))

    assert counts[1] <= counts[0]
