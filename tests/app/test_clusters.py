"""The officers' pages: clusters beside their sentences, projects with progress and evidence."""

from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from shutil import copyfile

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine

from app.auth.accounts import Grant
from app.auth.roles import Role, ScopeKind
from registry import clusters, doubts, milestones, overview, projects
from registry.clusters import Cluster
from registry.projects import Project, Stage
from tests.app.test_photographs import camera
from tests.logins import LoginAs
from tests.world import World
from traceability.base.db import make_engine


@pytest.fixture
def engine(loaded_database: Path, tmp_path: Path) -> Iterator[Engine]:
    """A database of the test's own, with the registry in it."""
    path = tmp_path / "platform.db"
    copyfile(loaded_database, path)
    engine = make_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture
def registry(world: World) -> list[Cluster]:
    return list(clusters.every(world.session))


@pytest.fixture
def project(world: World, registry: list[Cluster]) -> Project:
    return projects.of_cluster(world.session, registry[1])[0]


@pytest.fixture
def officer(login_as: LoginAs, registry: list[Cluster]) -> FlaskClient:
    """Looks after the second and the eighth cluster."""
    keys = (registry[1].key, registry[7].key)
    return login_as(
        Role.CLUSTER_OFFICER, grants=tuple(Grant(ScopeKind.CLUSTER, key) for key in keys)
    )


def test_an_officer_sees_the_clusters_of_the_account(
    officer: FlaskClient, registry: list[Cluster]
) -> None:
    page = officer.get("/clusters/")

    assert registry[1].name in page.text
    assert registry[0].name not in page.text
    assert officer.get(f"/clusters/{registry[0].ref}").status_code == 404


def test_who_oversees_sees_all_clusters(login_as: LoginAs, registry: list[Cluster]) -> None:
    client = login_as(Role.REGULATOR)

    page = client.get("/clusters/")

    assert all(each.name in page.text for each in registry)
    assert all(client.get(f"/clusters/{each.ref}").status_code == 200 for each in registry)


def test_a_clusters_page_shows_a_figure_beside_its_sentence_and_its_doubt(
    officer: FlaskClient, registry: list[Cluster]
) -> None:
    page = officer.get(f"/clusters/{registry[7].ref}")

    assert "2.25 头" in page.text
    assert "原文第 380 行" in page.text
    assert "建议读法（待人确认）：2.25 万头" in page.text


def test_the_programmes_rules_name_bodies_and_duties(officer: FlaskClient) -> None:
    page = officer.get("/clusters/programme")

    assert "州（市）自然资源局" in page.text
    assert "负责产业集群征地拆迁" in page.text
    assert "黔惠" in page.text


def test_the_programmes_figures_stand_beside_their_sentences(officer: FlaskClient) -> None:
    page = officer.get("/clusters/programme")

    assert "1000万元以上" in page.text
    assert "原文第 425 行" in page.text
    assert "资金规则" in page.text


def test_a_program_reads_the_rules_and_a_cluster_with_quotations_and_doubts(
    officer: FlaskClient, registry: list[Cluster]
) -> None:
    rules = officer.get("/api/clusters/programme").get_json()
    cluster = officer.get(f"/api/clusters/{registry[7].ref}").get_json()

    assert sum(row["sort"] == "body" for row in rules["passages"]) == 11
    assert any(row["printed"] == "1000万元以上" for row in rules["figures"])
    impossible = [row for row in cluster["doubts"] if row["kind"] == "impossible"]
    assert [row["quote"] for row in impossible] == ["存栏规模为 2.25 头的威宁黄牛育种场"]
    growth = [row for row in cluster["figures"] if row["printed"] == "年均增长 5%以上"]
    assert (growth[0]["comparator"], growth[0]["unit"]) == ("annual_growth", "%")


def test_an_officer_decides_how_a_doubtful_print_is_read(officer: FlaskClient) -> None:
    listed = officer.get("/api/doubts/").get_json()
    key = next(row["doubt"]["key"] for row in listed if row["doubt"]["kind"] == "impossible")
    before = officer.get("/doubts/")
    form = officer.get(f"/doubts/{key}")

    refused = officer.post(f"/doubts/{key}", data={"choice": "other", "text": "", "basis": "批复"})
    answer = officer.post(f"/doubts/{key}", data={"choice": "proposed", "basis": "批复第 3 页"})
    again = officer.post(f"/api/doubts/{key}", json={"choice": "as_printed", "basis": "来函"})
    page = officer.get("/doubts/")

    assert "未定" in before.text
    assert "2.25 头" in form.text
    assert "请写明应怎样读" in refused.text
    assert answer.status_code == 303
    assert again.status_code == 201
    assert "原文无误，照原文读" in page.text
    assert "批复第 3 页" in officer.get(f"/doubts/{key}").text


def test_a_decided_reading_stands_beside_the_print(
    officer: FlaskClient, registry: list[Cluster]
) -> None:
    listed = officer.get("/api/doubts/").get_json()
    key = next(row["doubt"]["key"] for row in listed if row["doubt"]["kind"] == "impossible")

    officer.post(f"/doubts/{key}", data={"choice": "proposed", "basis": "批复第 3 页"})
    page = officer.get(f"/clusters/{registry[7].ref}")

    assert "2.25 头" in page.text
    assert "读法已定（照建议读）：2.25 万头" in page.text
    assert "待人确认）：2.25 万头" not in page.text


def test_an_officer_decides_nothing_about_a_strange_cluster(
    officer: FlaskClient, world: World
) -> None:
    key = next(row.key for row in doubts.every(world.session) if row.key.startswith("dalong."))

    page = officer.get(f"/doubts/{key}")
    listed = officer.get("/doubts/")

    assert page.status_code == 404
    assert "新型功能材料" not in listed.text


def test_an_officer_records_progress_with_a_photograph(
    officer: FlaskClient, world: World, project: Project
) -> None:
    sent = {"percent": "35", "text": "基础完工", "photo": (BytesIO(camera()), "现场.jpg")}

    answer = officer.post(f"/projects/{project.ref}/progress", data=sent)
    page = officer.get(answer.location)

    assert answer.status_code == 303
    assert "基础完工" in page.text
    assert "35%" in page.text
    assert "佐证指纹" in page.text
    row = overview.project_page(world.session, projects.get(world.session, project.ref)).progress[0]
    assert row.evidence is not None


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"percent": "101"}, "应在 0 到 100 之间"),
        ({"percent": "三成"}, "应为整数"),
        ({"percent": "9" * 30}, "数值超出范围"),
        ({"text": " "}, "请填写"),
        ({"photo": (BytesIO(b"MZ a program"), "现场.jpg")}, "只收照片"),
        ({"photo": (BytesIO(b""), "现场.jpg")}, "文件是空的"),
    ],
)
def test_bad_progress_is_refused_and_nothing_typed_is_lost(
    *, officer: FlaskClient, project: Project, changes: dict[str, object], sentence: str
) -> None:
    sent = {"percent": "35", "text": "基础完工", **changes}

    answer = officer.post(f"/projects/{project.ref}/progress", data=sent)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "基础完工" in answer.text or "text" in changes


def test_a_stage_is_changed_with_its_ground(
    officer: FlaskClient, world: World, project: Project
) -> None:
    page = officer.get(f"/projects/{project.ref}/stage")
    jumped = officer.post(
        f"/projects/{project.ref}/stage", data={"to": "operating", "reason": "验收"}
    )
    answer = officer.post(
        f"/projects/{project.ref}/stage", data={"to": "approved", "reason": "备案 2026-1"}
    )

    assert "已核准备案" in page.text
    assert jumped.status_code == 409
    assert "不能直接变为" in jumped.text
    assert answer.status_code == 303
    assert projects.get(world.session, project.ref).stage is Stage.APPROVED


def test_a_milestone_is_planned_shown_late_and_reached(
    officer: FlaskClient, world: World, project: Project
) -> None:
    address = f"/projects/{project.ref}"
    due_on = world.today + timedelta(days=5)
    form = officer.get(f"{address}/milestone")
    planned = officer.post(
        f"{address}/milestone", data={"name": "主体封顶", "due_on": due_on.isoformat()}
    )
    world.later(days=6)
    late = officer.get(address)
    (row,) = milestones.of_project(world.session, projects.get(world.session, project.ref))
    reach = officer.get(f"/milestones/{row.ref}")
    reached = officer.post(f"/milestones/{row.ref}", data={"reached_on": world.today.isoformat()})

    assert form.status_code == reach.status_code == 200
    assert planned.status_code == reached.status_code == 303
    assert "逾期" in late.text
    assert "已完成" in officer.get(address).text


def test_the_list_of_projects_is_filtered_and_empty_lists_say_so(
    officer: FlaskClient, project: Project
) -> None:
    found = officer.get(f"/projects/?q={project.name[:6]}&stage=planned")
    none = officer.get("/projects/?stage=stopped")

    assert project.name in found.text
    assert "没有找到项目" in none.text


def test_a_stopped_project_offers_no_progress(
    officer: FlaskClient, world: World, project: Project
) -> None:
    projects.advance(
        world.session, project, to=Stage.STOPPED, reason="退出", at=world.at, by=world.office
    )

    assert "登记进展" not in officer.get(f"/projects/{project.ref}").text
    assert "项目已停止" in officer.get(f"/projects/{project.ref}/stage").text


def test_a_program_reads_clusters_and_records_progress(
    officer: FlaskClient, registry: list[Cluster], project: Project
) -> None:
    listed = officer.get("/api/clusters/").get_json()
    page = officer.get(f"/api/clusters/{registry[7].ref}").get_json()
    made = officer.post(
        f"/api/projects/{project.ref}/progress", json={"percent": 20, "text": "开工"}
    )
    staged = officer.post(
        f"/api/projects/{project.ref}/stage", json={"to": "approved", "reason": "备案"}
    )
    planned = officer.post(
        f"/api/projects/{project.ref}/milestones", json={"name": "封顶", "due_on": "2027-01-01"}
    )
    shown = officer.get(f"/api/projects/{project.ref}").get_json()
    rows = officer.get(f"/api/projects/{project.ref}/progress").get_json()

    assert [each["host_place"] for each in listed] == ["正安县", "威宁县"]
    assert {figure["printed"] for figure in page["figures"]} >= {"2.25 头", "50 万头"}
    assert (made.status_code, staged.status_code, planned.status_code) == (201, 200, 201)
    assert (shown["percent"], shown["stage"]) == (20, "approved")
    assert [row["text"] for row in rows] == ["开工"]


def test_a_program_is_refused_an_unknown_field_and_a_huge_number(
    officer: FlaskClient, project: Project
) -> None:
    address = f"/api/projects/{project.ref}/progress"

    unknown = officer.post(address, json={"percent": 20, "text": "开工", "budget": 1})
    huge = officer.post(address, json={"percent": 10**30, "text": "开工"})

    assert unknown.status_code in {400, 422}
    assert huge.status_code in {400, 422}


def test_the_cluster_of_a_key_is_found(world: World, registry: list[Cluster]) -> None:
    assert clusters.by_key(world.session, registry[7].key) is registry[7]
