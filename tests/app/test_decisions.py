"""The pages of decisions and what they change: plans, targets, due dates, money, policies."""

import io
import zipfile
from datetime import date, timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event

from app.auth.accounts import Grant
from app.auth.roles import Role, ScopeKind
from registry import clusters, decisions, milestones, projects
from registry.clusters import Cluster
from registry.indicators import Figure, FigureRole
from tests import photos
from tests.app.test_clusters import engine, registry  # noqa: F401 - the registry's fixtures
from tests.logins import LoginAs
from tests.registry.test_funding import approved
from tests.world import World


def decision_form(*matters: str, **changes: Any) -> dict[str, Any]:
    return {
        "matters": list(matters),
        "text": "推迟封顶，调整目标",
        "met_on": "2026-11-20",
        "body": "产业集群联合工作组",
        "participant_count": "9",
        "principal": "王主任",
        "filing_no": "联工〔2026〕3 号",
        "is_major": "1",
        "photo": photos.upload("签字页.jpg"),
        **changes,
    }


def plan_form(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "implementation",
        "title": "产业集群实施方案",
        "effective_from": "2026-11-20",
        "photo": photos.upload("方案.jpg"),
        **changes,
    }


def decided(officer: FlaskClient, regulator: FlaskClient, cluster: Cluster, *matters: str) -> str:
    """A decision that one recorded and another checked; its reference."""
    address = f"/clusters/{cluster.ref}/decisions/new"
    made = officer.post(address, data=decision_form(*matters)).location
    assert regulator.post(f"{made}/confirm").status_code == 303
    return str(made).rpartition("/")[2]


def test_a_second_version_waits_for_a_checked_decision(
    officer: FlaskClient, regulator: FlaskClient, cluster: Cluster
) -> None:
    address = f"/clusters/{cluster.ref}/plans"
    empty = officer.get("/six-ones/").text
    first = officer.post(address, data=plan_form())
    alone = officer.post(address, data=plan_form(title="方案（修订）"))
    made = officer.post(f"/clusters/{cluster.ref}/decisions/new", data=decision_form("plan"))
    own = officer.post(f"{made.location}/confirm")
    listed = regulator.get("/decisions/").text
    ref = made.location.rpartition("/")[2]
    early = officer.post(address, data=plan_form(title="方案（修订）", decision=ref))
    regulator.post(f"{made.location}/confirm")
    second = officer.post(address, data=plan_form(title="方案（修订）", decision=ref))

    shown, board = officer.get(address).text, officer.get("/six-ones/").text
    assert [each.status_code for each in (first, alone, own, early, second)] == [
        303,
        422,
        422,
        422,
        303,
    ]
    assert "没有集体决策不能变更" in alone.text
    assert "登记人不能核对" in own.text
    assert "须经另一人核对" in early.text
    assert "推迟封顶" in listed
    assert "产业集群实施方案" in shown
    assert "已由新版代替" in shown
    assert empty.count(">缺<") == 6
    assert "第 2 版" in board
    assert "方案（修订）" in officer.get(made.location).text


def test_a_due_date_is_moved_only_by_a_decision_and_the_old_one_is_shown(
    officer: FlaskClient, regulator: FlaskClient, cluster: Cluster, world: World
) -> None:
    project = projects.of_cluster(world.session, cluster)[0]
    row = milestones.plan(
        world.session,
        project,
        name="主体封顶",
        due_on=world.today + timedelta(days=9),
        at=world.at,
        by=world.office,
    )
    old, address = row.due_on, f"/milestones/{row.ref}/due"
    form = {"due_on": "2027-06-30", "reason": "设备交货推迟"}
    bare = officer.get(address).text
    refused = officer.post(address, data=form)
    ground = decided(officer, regulator, cluster, "due")
    offered = officer.get(address).text
    moved = officer.post(address, data={**form, "decision": ground})

    page = officer.get(f"/projects/{project.ref}").text
    assert "还没有可依据的集体决策" in bare
    assert refused.status_code == 422
    assert "没有集体决策不能变更" in refused.text
    assert "联工〔2026〕3 号" in offered
    assert moved.status_code == 303
    assert f"原定 {old.isoformat()} 前完成" in page
    assert "2027年6月30日" in page
    assert f"{old.isoformat()} → <strong>2027-06-30" in officer.get(f"/decisions/{ground}").text


def test_a_new_target_and_a_new_wording_stand_beside_the_print(
    officer: FlaskClient, regulator: FlaskClient, cluster: Cluster, world: World
) -> None:
    figure = next(
        row
        for row in world.session.query(Figure).filter_by(cluster_id=cluster.id)
        if row.role is FigureRole.TARGET and row.value and row.indicator
    )
    task = clusters.tasks(world.session, cluster)[0]
    ground = decided(officer, regulator, cluster, "target", "task")
    told = {"reason": "形势变化", "decision": ground}

    target = officer.post(f"/figures/{figure.ref}/target", data={"value": "7.5", **told})
    wording = officer.post(f"/tasks/{task.ref}/wording", data={"text": "先建市场", **told})
    unread = officer.post(f"/figures/{figure.ref}/target", data={"value": "许多", **told})

    assert figure.indicator is not None
    indicator = officer.get(f"/indicators/{figure.indicator.ref}").text
    page = officer.get(f"/clusters/{cluster.ref}").text
    assert (target.status_code, wording.status_code, unread.status_code) == (303, 303, 422)
    assert figure.printed in indicator
    assert '调整为 <strong class="num">7.5</strong>' in indicator
    assert "先建市场" in page
    assert task.name in page
    assert "原文" in officer.get(f"/figures/{figure.ref}/target").text
    assert "先建市场" in officer.get(f"/tasks/{task.ref}/wording").text


def test_money_gets_another_use_only_by_a_decision(
    officer: FlaskClient, regulator: FlaskClient, cluster: Cluster, world: World
) -> None:
    fund = approved(world, cluster)
    address = f"/funds/{fund.ref}/use"
    form = {"use_key": "programme.fund_use.联农带农机制创新", "purpose": "分红", "reason": "调整"}
    refused = officer.post(f"/api{address}", json=form)
    strange = officer.post(f"/api{address}", json={**form, "decision": "decision:" + "0" * 32})
    ground = decided(officer, regulator, cluster, "fund_use")

    done = officer.post(address, data={**form, "decision": ground})

    page = officer.get(f"/funds/{fund.ref}").text
    assert "变更用途" in page
    assert (refused.status_code, refused.json["code"]) == (422, "decision.missing")  # type: ignore[index]  # an object
    assert strange.json["code"] == "decision.unknown"  # type: ignore[index]  # an object
    assert done.status_code == 303
    assert "用途已变更，原为" in page
    assert "分红" in page
    assert "联农带农机制创新" in officer.get(address).text


def test_a_policy_is_shown_as_it_stands_and_extended_by_a_decision(
    officer: FlaskClient, regulator: FlaskClient, cluster: Cluster, world: World
) -> None:
    form = {
        "title": "养殖贷款贴息",
        "issuer": "县人民政府",
        "document_no": "威府发〔2026〕1 号",
        "eligible": "存栏 20 头以上的养殖户",
        "benefit": "利息补贴",
        "valid_from": "2026-01-01",
        "valid_until": "2026-12-31",
        "photo": photos.upload("文件.jpg"),
    }
    address = f"/clusters/{cluster.ref}/policies/new"
    blank = officer.get(address)
    wrong = officer.post(address, data={**form, "valid_until": "2025-01-01"})
    made = officer.post(address, data={**form, "photo": photos.upload("文件.jpg")}).location
    soon = officer.get("/policies/?state=ending").text
    waiting = officer.get("/").text
    refused = officer.post(f"{made}/extend", data={"valid_until": "2027-12-31"})
    ground = decided(officer, regulator, cluster, "policy")
    longer = officer.post(f"{made}/extend", data={"valid_until": "2027-12-31", "decision": ground})

    told = officer.get("/api/policies/").json
    assert told is not None
    assert blank.status_code == 200
    assert (wrong.status_code, refused.status_code, longer.status_code) == (422, 422, 303)
    assert "养殖贷款贴息" in soon
    assert "将到期的政策" in waiting
    assert "养殖贷款贴息" not in officer.get("/policies/?state=ending").text
    assert "养殖贷款贴息" in officer.get("/policies/?state=strange").text
    assert [row["state"] for row in told] == ["in_force"]
    assert officer.get("/api/policies/?state=lapsed").json == []
    assert officer.get(f"/api{made}").json["policy"]["valid_until"] == "2027-12-31"  # type: ignore[index]  # an object
    assert "政策期限变更" in officer.get(made).text
    assert world.today < date(2026, 12, 31)


def test_the_lists_go_out_as_workbooks(
    officer: FlaskClient, regulator: FlaskClient, cluster: Cluster
) -> None:
    officer.post(f"/clusters/{cluster.ref}/plans", data=plan_form())
    decided(officer, regulator, cluster, "other")

    for address, words in (
        ("/six-ones/six-ones.xlsx", ("产业集群实施方案", "产业大脑", "缺")),
        ("/decisions/decisions.xlsx", ("联工〔2026〕3 号", "其他重大事项")),
        ("/policies/policies.xlsx", ("享受什么",)),
    ):
        answer = officer.get(address)
        with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
            text = book.read("xl/sharedStrings.xml").decode()
        assert answer.status_code == 200
        assert all(word in text for word in words)


def stored(officer: FlaskClient) -> str:
    """A signed page that a program has sent; its reference."""
    answer = officer.post(
        "/api/evidence/",
        data={"file": photos.upload("签字页.jpg"), "title": "签字页"},
        content_type="multipart/form-data",
    )
    return str(answer.json["ref"])  # type: ignore[index]  # an object


def recorded(officer: FlaskClient, cluster: Cluster) -> str:
    """A decision that a program records; its address."""
    given = decision_form("plan", "policy", participant_count=9, is_major=False)
    form = {**given, "evidence": stored(officer)}
    del form["photo"]
    answer = officer.post(f"/api/clusters/{cluster.ref}/decisions", json=form)
    return f"/api/decisions/{answer.json['ref']}"  # type: ignore[index]  # an object


def test_a_program_records_and_another_person_checks(
    officer: FlaskClient, regulator: FlaskClient, cluster: Cluster
) -> None:
    made = recorded(officer, cluster)

    alone = officer.post(f"{made}/confirm")
    checked = regulator.post(f"{made}/confirm")
    late = regulator.post(f"{made}/return", json={"reason": "签字不清"})

    assert [each.status_code for each in (alone, checked, late)] == [422, 200, 409]
    assert officer.get(made).json["decision"]["state"] == "confirmed"  # type: ignore[index]  # an object
    assert officer.get("/api/decisions/").json["total"] == 1  # type: ignore[index]  # an object


def test_a_program_issues_versions_and_reads_the_board(
    officer: FlaskClient, regulator: FlaskClient, cluster: Cluster
) -> None:
    made = recorded(officer, cluster)
    regulator.post(f"{made}/confirm")
    plan = {
        "kind": "brain",
        "title": "产业大脑建设方案",
        "effective_from": "2026-11-20",
        "evidence": stored(officer),
    }
    address = f"/api/clusters/{cluster.ref}/plans"

    first = officer.post(address, json=plan)
    alone = officer.post(address, json=plan)
    second = officer.post(address, json={**plan, "decision": made.rpartition("/")[2]})

    lines, board = officer.get(address).json, regulator.get("/api/six-ones/").json
    assert [each.status_code for each in (first, alone, second)] == [201, 422, 201]
    assert lines is not None
    assert board is not None
    assert [row["version"] for row in lines[5]["versions"]] == [2, 1]
    assert (len(board), board[7]["complete"]) == (8, 1)


def test_an_officer_sees_no_other_clusters_decisions(
    officer: FlaskClient,
    registry: list[Cluster],  # noqa: F811 - a fixture
    login_as: LoginAs,
) -> None:
    other = registry[0]
    grants = (Grant(ScopeKind.CLUSTER, other.key),)
    theirs = login_as(Role.CLUSTER_OFFICER, party=login_as.world.party("别人"), grants=grants)
    made = theirs.post(f"/clusters/{other.ref}/decisions/new", data=decision_form("plan")).location

    assert theirs.get(made).status_code == 200
    assert officer.get(made).status_code == 404
    assert "推迟封顶" not in officer.get("/decisions/").text
    assert officer.get(f"/clusters/{other.ref}/plans").status_code == 404
    assert other.name not in officer.get("/six-ones/").text


def test_the_lists_ask_the_same_few_questions_however_long_they_are(
    officer: FlaskClient, regulator: FlaskClient, cluster: Cluster, world: World
) -> None:
    def questions(address: str) -> int:
        asked: list[int] = []
        event.listen(world.engine, "after_cursor_execute", hook := lambda *_: asked.append(1))
        officer.get(address)
        event.remove(world.engine, "after_cursor_execute", hook)
        return len(asked)

    officer.post(f"/clusters/{cluster.ref}/plans", data=plan_form())
    decided(officer, regulator, cluster, "plan")
    lists = ("/six-ones/", "/decisions/", "/policies/")
    before = [questions(address) for address in lists]
    for _ in range(3):
        ground = decided(officer, regulator, cluster, "plan")
        officer.post(f"/clusters/{cluster.ref}/plans", data=plan_form(decision=ground))

    assert [questions(address) for address in lists] == before


def test_what_waits_for_a_second_person_stands_on_the_first_page(
    officer: FlaskClient, cluster: Cluster, login_as: LoginAs, world: World
) -> None:
    colleague = login_as(
        Role.CLUSTER_OFFICER,
        party=world.party("专员李"),
        grants=(Grant(ScopeKind.CLUSTER, cluster.key),),
    )
    made = officer.post(f"/clusters/{cluster.ref}/decisions/new", data=decision_form("plan"))

    assert "等您核对的集体决策" in colleague.get("/").text
    assert "等您核对的集体决策" not in officer.get("/").text
    returned = colleague.post(f"{made.location}/return", data={"reason": "签字不清"})
    assert returned.status_code == 303
    assert "签字不清" in officer.get(made.location).text
    assert officer.get(f"/clusters/{cluster.ref}/decisions/new").status_code == 200
    assert decisions.usable(world.session, cluster, decisions.Matter.PLAN) == []
