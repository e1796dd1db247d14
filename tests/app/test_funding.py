"""The pages of money: an officer arranges, a second person approves, vouchers follow."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from app.auth.accounts import Grant
from app.auth.roles import Role, ScopeKind
from registry.clusters import Cluster
from tests import photos
from tests.app.test_clusters import engine, registry  # noqa: F401 - the registry's fixtures
from tests.logins import LoginAs
from tests.world import World

USE = "programme.fund_use.品牌创建"


def form(**changes: Any) -> dict[str, Any]:
    return {
        "source": "guangdong",
        "year": "2025",
        "amount": "１，２００",
        "unit": "万元",
        "use_key": USE,
        "purpose": "威宁黄牛区域公用品牌",
        "document_no": "粤黔协作〔2025〕9 号",
        "photo": photos.upload("文件.jpg"),
        **changes,
    }


def payment(**changes: Any) -> dict[str, Any]:
    return {
        "kind": "paid_out",
        "amount": "300",
        "unit": "万元",
        "paid_on": "2026-11-01",
        "payee": "某设计公司",
        "voucher_no": "记 12",
        "photo": photos.upload("凭证.jpg"),
        **changes,
    }


def test_money_is_arranged_approved_paid_out_and_set_beside_the_floor(
    officer: FlaskClient, regulator: FlaskClient, cluster: Cluster
) -> None:
    page = officer.get(f"/clusters/{cluster.ref}/funds/new").text
    made = officer.post(f"/clusters/{cluster.ref}/funds/new", data=form()).location
    alone = officer.post(f"{made}/approve")
    approved = regulator.post(f"{made}/approve")
    out = officer.post(f"{made}/payments", data=payment())
    too_much = officer.post(f"{made}/payments", data=payment(amount="901"))
    spent = officer.post(f"{made}/payments", data=payment(kind="spent", amount="0.01", unit="元"))

    shown, listed = officer.get(made).text, officer.get("/funds/").text
    assert "联农带农机制创新" in page
    assert [each.status_code for each in (alone, approved, out, too_much, spent)] == [
        422,
        303,
        303,
        422,
        303,
    ]
    assert "拨付超过安排：还可拨付 9000000 元" in too_much.text
    assert "¥3,000,000.00" in shown
    assert "¥0.01" in shown
    assert "¥12,000,000.00" in listed
    assert "达到" in listed
    assert "原则上每年应安排1000万元以上" in listed


def test_a_payment_is_annulled_by_whoever_approves(
    officer: FlaskClient, regulator: FlaskClient, cluster: Cluster
) -> None:
    made = officer.post(f"/clusters/{cluster.ref}/funds/new", data=form()).location
    regulator.post(f"{made}/approve")
    officer.post(f"{made}/payments", data=payment())
    told = officer.get(f"/api{made}").json
    assert told is not None
    [row] = told["payments"]

    answer = regulator.post(f"/funds/payments/{row['ref']}/annul", data={"reason": "重复登记"})

    assert answer.status_code == 303
    assert "重复登记" in officer.get(made).text
    assert officer.get(f"/api{made}").json["sums"] == {"paid_out_fen": 0, "spent_fen": 0}  # type: ignore[index]  # an object


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"amount": "一千万"}, "请填写不带单位的数字"),
        ({"unit": "万头"}, "不能换算"),
        ({"use_key": "programme.fund_use.公务接待"}, "允许的范围"),
        ({"year": "1925"}, "2021"),
        ({"photo": (photos.upload()[0], "")}, "并附文件照片"),
        ({"purpose": ""}, "请填写"),
    ],
)
def test_what_cannot_be_arranged_comes_back_with_its_reason(
    officer: FlaskClient, cluster: Cluster, changes: dict[str, Any], sentence: str
) -> None:
    page = officer.post(f"/clusters/{cluster.ref}/funds/new", data=form(**changes))

    assert page.status_code == 422
    assert sentence in page.text


def test_an_officer_sees_no_other_clusters_money(
    officer: FlaskClient,
    regulator: FlaskClient,
    registry: list[Cluster],  # noqa: F811 - a fixture
    login_as: LoginAs,
) -> None:
    other = registry[0]
    grants = (Grant(ScopeKind.CLUSTER, other.key),)
    theirs = login_as(Role.CLUSTER_OFFICER, party=login_as.world.party("别人"), grants=grants)
    made = theirs.post(f"/clusters/{other.ref}/funds/new", data=form()).location

    assert officer.get(made).status_code == 404
    assert "粤黔协作" not in officer.get("/funds/").text
    assert regulator.get(made).status_code == 200


def test_a_program_returns_an_arrangement_and_reads_the_years(
    officer: FlaskClient, regulator: FlaskClient, cluster: Cluster, world: World
) -> None:
    made = officer.post(f"/clusters/{cluster.ref}/funds/new", data=form()).location
    kept = officer.post(f"/clusters/{cluster.ref}/funds/new", data=form(amount="900")).location
    regulator.post(f"{kept}/approve")

    returned = regulator.post(f"/api{made}/return", json={"reason": "文号不符"})
    told = officer.get("/api/funds/").json
    assert told is not None
    [year] = told["years"]

    assert returned.json["state"] == "returned"  # type: ignore[index]  # an object
    assert (year["year"], year["floor_fen"]) == (2025, 10_000_000_00)
    assert year["total"]["guangdong_fen"] == 9_000_000_00
    assert "不到" in officer.get("/funds/").text
    assert world.today.year == 2026
