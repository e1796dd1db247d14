"""The officer's pages of charges, approvals, issues, main tasks and what projects cost."""

import io
import re
import zipfile
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event

from app import database
from app.auth.accounts import Grant
from app.auth.roles import Role, ScopeKind
from app.factory import Platform
from registry import clusters, procedures, projects
from registry.clusters import Cluster
from registry.procedures import DayKind, ProcedureCard, ProcedureKind
from registry.projects import Project
from tests.app.test_clusters import engine, registry  # noqa: F401 - the registry's fixtures
from tests.logins import LoginAs
from tests.world import World

PROCEDURE = {
    "kind": "land",
    "agency": "自然资源局",
    "assignee": "农业农村局 李明",
    "legal_days": "20",
    "day_kind": "working",
    "basis": "办事指南第三条",
    "is_green": "1",
}
GRANTED = {"outcome": "granted", "ended_on": "2026-11-09", "document_no": "1 号"}
ISSUE = {
    "kind": "electricity",
    "text": "变压器容量不够",
    "assignee": "供电局 王强",
    "due_on": "2027-06-30",
}
CHARGE = {"leader": "张华", "office": "产业处", "assignee": "李明", "due_on": "2027-06-30"}
SCALE = {
    "as_of": "2026-11-01",
    "planned": "3,000",
    "invested": "800",
    "unit": "万元",
    "jobs_planned": "60",
    "jobs": "12",
}


def words_of(answer: Any) -> str:
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        return book.read("xl/sharedStrings.xml").decode()


def first_project(world: World, cluster: Cluster) -> Project:
    return projects.of_cluster(world.session, cluster)[0]


def a_year_later(login_as: LoginAs, cluster: Cluster) -> FlaskClient:
    """Another officer of the cluster, when everything here is past its day."""
    login_as.world.later(days=400)
    grants = (Grant(ScopeKind.CLUSTER, cluster.key),)
    return login_as(Role.CLUSTER_OFFICER, party=login_as.world.party("专员陆"), grants=grants)


def test_an_officer_takes_an_approval_from_the_list_to_its_number(
    officer: FlaskClient, cluster: Cluster, login_as: LoginAs
) -> None:
    project = f"/projects/{first_project(login_as.world, cluster).ref}"
    blank = officer.get(f"{project}/procedures/new")
    refused = officer.post(f"{project}/procedures/new", data={**PROCEDURE, "basis": ""})
    made = officer.post(f"{project}/procedures/new", data=PROCEDURE).location
    early = officer.post(f"{made}/end", data=GRANTED)
    accepted = officer.post(f"{made}/accept", data={"accepted_on": "2026-11-02"})
    running = officer.get(made).text
    drawn = officer.get(project).text
    ended = officer.post(
        f"{made}/end",
        data={
            "outcome": "granted",
            "ended_on": "2026-11-09",
            "document_no": "威自然资〔2026〕9 号",
        },
    )

    assert blank.status_code == 200
    assert (refused.status_code, early.status_code) == (422, 409)
    assert (accepted.status_code, ended.status_code) == (303, 303)
    assert "2026年11月30日" in running  # twenty working days after Monday the second
    assert "法定节假日没有扣" in running
    assert "手续：用地" in drawn
    assert "绿色通道" in officer.get("/procedures/").text
    assert "威自然资〔2026〕9 号" in officer.get(project).text
    assert "还没有" not in officer.get("/procedures/?state=ended").text
    assert "没有这样的手续" in officer.get("/procedures/?state=late").text
    assert "20 个工作日" in words_of(officer.get("/procedures/procedures.xlsx"))


def test_what_is_in_the_way_has_an_owner_and_goes_out_of_the_way(
    officer: FlaskClient, cluster: Cluster, login_as: LoginAs
) -> None:
    project = f"/projects/{first_project(login_as.world, cluster).ref}"
    refused = officer.post(f"{project}/issues/new", data={**ISSUE, "due_on": "2020-01-01"})
    made = officer.post(f"{project}/issues/new", data=ISSUE).location
    officer = a_year_later(login_as, cluster)
    waiting = officer.get("/").text
    late = officer.get("/issues/?state=late").text
    silent = officer.post(f"{made}/solve", data={"outcome": " "})
    solved = officer.post(f"{made}/solve", data={"outcome": "已增容"})

    assert (refused.status_code, silent.status_code, solved.status_code) == (422, 422, 303)
    assert "逾期没解决的问题" in waiting
    assert "变压器容量不够" in late
    assert "已增容" in login_as(Role.REGULATOR).get(made).text
    assert "已增容" in words_of(officer.get("/issues/issues.xlsx"))


def test_who_is_in_charge_of_a_task_and_how_far_it_has_come(
    officer: FlaskClient, cluster: Cluster, login_as: LoginAs
) -> None:
    found = clusters.tasks(login_as.world.session, cluster)[0]
    task = f"/tasks/{found.ref}"
    missing = officer.get("/charges/?need=missing").text
    bare = officer.get(task).text
    nameless = officer.post(f"{task}/charge", data={**CHARGE, "leader": ""})
    named = officer.post(f"{task}/charge", data=CHARGE)
    moved = officer.post(f"{task}/charge", data={**CHARGE, "due_on": "2028-06-30"})
    told = officer.post(f"{task}/progress", data={"percent": "35", "text": "已动工"})
    officer = a_year_later(login_as, cluster)

    page = officer.get(task).text
    assert found.name in missing
    assert "没有定责任人" in bare
    assert (nameless.status_code, named.status_code, told.status_code) == (422, 303, 303)
    assert moved.status_code == 422
    assert "没有集体决策不能变更" in moved.text
    assert all(words in page for words in ("张华", "产业处", "35%", "逾期", "已动工"))
    assert found.name in officer.get("/charges/?need=late").text
    assert "逾期的重点任务" in officer.get("/").text
    assert "张华" in words_of(officer.get("/charges/charges.xlsx"))


def test_projects_and_milestones_have_somebody_in_charge_and_a_cost(
    officer: FlaskClient, cluster: Cluster, login_as: LoginAs
) -> None:
    project = f"/projects/{first_project(login_as.world, cluster).ref}"
    officer.post(f"{project}/milestone", data={"name": "投产", "due_on": "2027-09-30"})
    found = re.search(r'href="(/milestones/[^"]+/charge)"', officer.get(project).text)
    assert found is not None
    nobody = {name: value for name, value in CHARGE.items() if name != "due_on"}
    answers = [
        officer.post(found[1], data=nobody),
        officer.post(f"{project}/charge", data=CHARGE),
        officer.post(f"{project}/scale", data=SCALE),
        officer.post(f"{project}/scale", data={**SCALE, "unit": "亩"}),
    ]
    asked = [
        officer.get(found[1]),
        officer.get(f"{project}/charge"),
        officer.get(f"{project}/scale"),
    ]

    page = officer.get(project).text
    assert [answer.status_code for answer in answers] == [303, 303, 303, 422]
    assert [answer.status_code for answer in asked] == [200, 200, 200]
    assert "30,000,000.00" in page
    assert page.count("张华") == 3  # its card, the milestone, the history
    assert "投产" in officer.get("/charges/?kind=milestone").text


def test_a_program_does_the_same_and_nobody_elses_is_seen(
    officer: FlaskClient,
    cluster: Cluster,
    registry: list[Cluster],  # noqa: F811 - a fixture
    login_as: LoginAs,
) -> None:
    grants = (Grant(ScopeKind.CLUSTER, registry[0].key),)
    other = login_as(Role.CLUSTER_OFFICER, party=login_as.world.party("别人"), grants=grants)
    world = login_as.world
    project = f"/api/projects/{first_project(world, cluster).ref}"
    task = f"/api/tasks/{clusters.tasks(world.session, cluster)[0].ref}"
    procedure = officer.post(
        f"{project}/procedures", json={**PROCEDURE, "legal_days": 20, "is_green": True}
    ).json
    issue = officer.post(f"{project}/issues", json=ISSUE).json
    assert procedure is not None
    assert issue is not None
    steps = [
        officer.post(
            f"/api/procedures/{procedure['ref']}/accept", json={"accepted_on": "2026-11-02"}
        ),
        officer.post(
            f"/api/procedures/{procedure['ref']}/end",
            json={"outcome": "refused", "ended_on": "2026-11-09", "document_no": "不予 1 号"},
        ),
        officer.post(f"/api/issues/{issue['ref']}/solve", json={"outcome": "已增容"}),
        officer.post(f"{task}/charge", json=CHARGE),
        officer.post(f"{task}/progress", json={"percent": 5, "text": "启动"}),
        officer.post(f"{project}/scale", json={**SCALE, "jobs_planned": 60, "jobs": 12}),
    ]
    things = f"/api/procedures/{procedure['ref']}", f"/api/issues/{issue['ref']}", task
    foreign = [other.get(address).status_code for address in things]

    assert [answer.status_code for answer in steps] == [200, 200, 200, 201, 201, 201]
    assert foreign == [404] * 3
    assert other.get("/api/issues/").json == {"page": 1, "pages": 1, "rows": [], "total": 0}
    shown = officer.get(task).json or {}
    assert shown["charges"][0]["leader"] == "张华"
    assert shown["progress"][0]["percent"] == 5
    assert officer.get(f"{project}/scale").json[0]["invested_fen"] == 800_000_000  # type: ignore[index]
    assert officer.get("/api/charges/?kind=task&need=missing").json["total"] > 0  # type: ignore[index]


def queries(app: Platform, asked: FlaskClient, address: str) -> int:
    """How many statements the answer took."""
    with app.app_context():
        engine = database.engine()
    seen: list[str] = []

    def note(*told: Any) -> None:
        seen.append(told[2])

    event.listen(engine, "before_cursor_execute", note)
    try:
        assert asked.get(address).status_code == 200
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return len(seen)


def test_lists_ask_as_often_for_two_as_for_sixteen(
    app: Platform, officer: FlaskClient, cluster: Cluster, login_as: LoginAs
) -> None:
    world = login_as.world
    known = projects.of_cluster(world.session, cluster)[:4]
    lists = ("/procedures/", "/charges/", "/charges/?kind=project", "/issues/")

    def need(kinds: list[ProcedureKind]) -> None:
        for project in known:
            for kind in kinds:
                card = ProcedureCard(kind, "某局", "李明", 20, DayKind.WORKING, "指南")
                procedures.plan(world.session, project, card, at=world.at, by=world.office)
        world.session.commit()

    need([ProcedureKind.LAND])
    few = [queries(app, officer, address) for address in lists]
    need([ProcedureKind.SOIL, ProcedureKind.ENERGY, ProcedureKind.FILING])

    assert [queries(app, officer, address) for address in lists] == few
