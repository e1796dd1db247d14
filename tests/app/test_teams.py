"""The pages of teams and exchanges: both sides' people, their roles, what they did."""

import io
import zipfile
from typing import Any

from flask.testing import FlaskClient

from app.auth.accounts import Grant
from app.auth.roles import Role, ScopeKind
from registry.clusters import Cluster
from tests import photos
from tests.app.test_clusters import engine, registry  # noqa: F401 - the registry's fixtures
from tests.logins import LoginAs


def team_form(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "task_force",
        "name": "肉牛专班",
        "mandate": "推进屠宰厂建设",
        "formed_on": "2026-11-01",
        "photo": photos.upload("文件.jpg"),
        **changes,
    }


MEMBER = {
    "name": "陈文",
    "office": "广东工作组",
    "side": "guangdong",
    "position": "副组长",
    "from_on": "2026-11-01",
}
EXCHANGE = {
    "kind": "training",
    "title": "肉牛育肥培训",
    "side": "guizhou",
    "place": "广州",
    "from_on": "2026-11-01",
    "people": 30,
    "outcome": "培训三天",
}


def words_of(answer: Any) -> str:
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        return book.read("xl/sharedStrings.xml").decode()


def test_a_task_force_gets_members_of_both_sides_and_is_dissolved(
    officer: FlaskClient,
    regulator: FlaskClient,
    cluster: Cluster,
) -> None:
    empty = officer.get("/teams/").text
    blank = officer.get(f"/clusters/{cluster.ref}/teams/new")
    made = officer.post(f"/clusters/{cluster.ref}/teams/new", data=team_form()).location
    joined = officer.post(f"{made}/members", data=MEMBER)
    wrong = officer.post(f"{made}/members", data={**MEMBER, "until_on": "2026-01-01"})
    told = regulator.get(f"/api{made}").json
    assert told is not None
    gone = officer.post(
        f"/teams/members/{told['members'][0]['ref']}/release", data={"until_on": "2026-11-20"}
    )
    book = words_of(officer.get("/teams/teams.xlsx"))
    end = {"dissolved_on": "2026-11-21", "reason": "任务完成"}
    dissolved = officer.post(f"{made}/dissolve", data=end)

    page = officer.get(made).text
    assert "还没有工作组和专班" in empty
    assert blank.status_code == 200
    assert [each.status_code for each in (joined, wrong, gone, dissolved)] == [303, 422, 303, 303]
    assert "陈文" in page
    assert "任务完成" in page
    assert "已撤销" in officer.get("/teams/").text
    assert "广东" in book


def test_a_training_is_listed_and_goes_out_as_a_workbook(
    officer: FlaskClient,
    cluster: Cluster,
) -> None:
    address = f"/clusters/{cluster.ref}/exchanges/new"
    blank = officer.get(address)
    refused = officer.post(address, data={**EXCHANGE, "people": "0"})
    made = officer.post(address, data=EXCHANGE)

    assert blank.status_code == 200
    assert (refused.status_code, made.status_code) == (422, 303)
    assert "肉牛育肥培训" in officer.get("/exchanges/").text
    assert "培训三天" in words_of(officer.get("/exchanges/exchanges.xlsx"))


def test_a_program_does_the_same_and_nobody_elses_is_seen(
    officer: FlaskClient,
    cluster: Cluster,
    registry: list[Cluster],  # noqa: F811 - a fixture
    login_as: LoginAs,
) -> None:
    grants = (Grant(ScopeKind.CLUSTER, registry[0].key),)
    other = login_as(Role.CLUSTER_OFFICER, party=login_as.world.party("别人"), grants=grants)
    given = {name: value for name, value in team_form().items() if name != "photo"}
    team = officer.post(f"/api/clusters/{cluster.ref}/teams", json=given).json
    assert team is not None
    address = f"/api/teams/{team['ref']}"
    member = officer.post(f"{address}/members", json=MEMBER).json
    assert member is not None
    left = officer.post(
        f"/api/teams/members/{member['ref']}/release", json={"until_on": "2026-11-20"}
    )
    visit = officer.post(f"/api/clusters/{cluster.ref}/exchanges", json=EXCHANGE)
    listed = officer.get("/api/exchanges/").json
    foreign = other.get(address)
    end = {"dissolved_on": "2026-11-21", "reason": "任务完成"}
    dissolved = officer.post(f"{address}/dissolve", json=end)

    assert [each.status_code for each in (left, visit, foreign, dissolved)] == [200, 201, 404, 200]
    assert listed["total"] == 1  # type: ignore[index]  # an object
    assert other.get("/api/teams/").json == []
    assert [row["name"] for row in officer.get("/api/teams/").json or []] == ["肉牛专班"]
