"""Accounts: opened from the level above, reset the same way, never beyond one's own scope."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.auth import access_log, accounts
from app.auth.accounts import Grant
from app.auth.roles import INVITES, Role, ScopeKind
from app.factory import Platform
from tests.logins import PASSWORD, LoginAs
from tests.world import World
from traceability.base.errors import RuleViolation

NEIGHBOUR = {"role": "farmer", "login": "13985000001", "name": "李二", "phone": "13985000001"}


def code_on(page: str) -> str:
    found = re.search(r"data-code>([A-Z0-9-]+)<", page)
    assert found, page
    return found[1]


def test_a_village_vet_opens_an_account_and_its_holder_comes_in(
    app: Platform, login_as: LoginAs
) -> None:
    vet = login_as(Role.VILLAGE_VET)

    opened = vet.post("/accounts/new", data={**NEIGHBOUR, "region": "520526104203"})
    code = code_on(opened.text)
    farmer = app.test_client()
    chosen = {"login": NEIGHBOUR["login"], "code": code, "password": PASSWORD, "again": PASSWORD}

    assert opened.status_code == 201
    assert farmer.post("/login/code", data=chosen).status_code == 303
    assert "李二" in farmer.get("/").text
    assert NEIGHBOUR["login"] in vet.get("/accounts/").text


def test_a_forgotten_password_is_reset_from_the_level_above(
    app: Platform, login_as: LoginAs
) -> None:
    vet = login_as(Role.VILLAGE_VET)
    vet.post("/accounts/new", data=NEIGHBOUR)
    account = accounts.find(login_as.world.session, NEIGHBOUR["login"])
    assert account is not None
    accounts.set_password(account, PASSWORD, at=login_as.world.at)

    code = code_on(vet.post(f"/accounts/{account.id}/code").text)
    chosen = {
        "login": account.login,
        "code": code,
        "password": "新的新的新的密码",
        "again": "新的新的新的密码",
    }

    assert app.test_client().post("/login/code", data=chosen).status_code == 303
    old = app.test_client().post("/login", data={"login": account.login, "password": PASSWORD})
    assert old.status_code == 422


@pytest.mark.parametrize("role", INVITES)
def test_nobody_opens_accounts_above_their_level(login_as: LoginAs, role: Role) -> None:
    client = login_as(role)

    for wanted in {*Role} - INVITES[role]:
        answer = client.post(
            "/accounts/new",
            data={**NEIGHBOUR, "role": wanted.value},
            headers={"Accept": "application/json"},
        )
        assert answer.status_code == 403
        assert answer.get_json()["code"] == "account.above_you"


@pytest.mark.parametrize(
    ("change", "code", "sentence"),
    [
        ({"login": "王"}, "account.bad_login", "登录名为 3 到 40 位"),
        ({"login": "taken"}, "account.login_in_use", "已有人使用"),
        ({"region": "520527"}, "account.beyond_scope", "不在您的管辖范围内"),
        ({"cluster": "guitar"}, "account.beyond_scope", "不在您的管辖范围内"),
        ({"phone": "123"}, "phone", "手机号"),
        ({"name": ""}, "name", "请填写姓名"),
        ({"role": "king"}, "role", "应为以下之一"),
    ],
)
def test_an_account_is_refused_with_its_reason(
    login_as: LoginAs, change: dict[str, str], code: str, sentence: str
) -> None:
    login_as.account(Role.FARMER, login="taken")
    vet = login_as(Role.VILLAGE_VET)
    before = len(accounts.invited_by(login_as.world.session, None))

    answer = vet.post("/accounts/new", data={**NEIGHBOUR, **change})

    assert answer.status_code in {409, 422}, code
    assert sentence in answer.text
    assert len(accounts.invited_by(login_as.world.session, None)) == before


def test_a_suspended_account_is_out_at_once(login_as: LoginAs, world: World) -> None:
    farmer, administrator = login_as(Role.FARMER), login_as(Role.ADMINISTRATOR)
    account = next(a for a in accounts.invited_by(world.session, None) if a.role is Role.FARMER)

    administrator.post(f"/accounts/{account.id}/suspend")

    assert farmer.get("/").status_code == 303
    answer = farmer.post("/login", data={"login": account.login, "password": PASSWORD})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"current": "不是这个密码"}, "现在的密码不对"),
        ({"password": "88888888", "again": "88888888"}, "太容易被猜到"),
        ({"again": "另一个"}, "两次输入的密码不一样"),
    ],
)
def test_a_new_password_is_refused_with_its_reason(
    login_as: LoginAs, change: dict[str, str], sentence: str
) -> None:
    given = {"current": PASSWORD, "password": "新的新的新的密码", "again": "新的新的新的密码"}

    answer = login_as(Role.FARMER).post("/accounts/password", data={**given, **change})

    assert answer.status_code == 422
    assert sentence in answer.text


def test_whoever_looks_is_written_down_for_the_regulator(
    app: Platform, login_as: LoginAs, client: FlaskClient
) -> None:
    login_as(Role.FARMER).get("/consents/")
    regulator = login_as(Role.REGULATOR)
    client.get("/login")

    access_log.flush(app)
    page = regulator.get("/access/").text

    assert "代办授权：管理" in page
    looked = {(row.method, row.subject) for row in access_log.recent(login_as.world.session)}
    assert ("GET", "/consents/") in looked
    assert ("GET", "/login") not in looked


def test_the_access_log_forgets_after_a_year(app: Platform, login_as: LoginAs) -> None:
    login_as(Role.FARMER).get("/")
    world = login_as.world
    access_log.flush(app)

    kept = access_log.purge(world.session, at=world.later(days=300))
    gone = access_log.purge(world.session, at=world.later(days=100))

    assert (kept, gone > 0) == (0, True)


@pytest.mark.parametrize(
    ("grants", "sees"),
    [
        ((Grant(ScopeKind.REGION, "520526"),), True),
        ((Grant(ScopeKind.REGION, "520526104"),), True),
        ((Grant(ScopeKind.REGION, "520527"),), False),
        ((Grant(ScopeKind.HOLDING, "holding:" + "0" * 32),), False),
        ((), False),
    ],
)
def test_an_account_sees_what_lies_in_its_places(
    login_as: LoginAs, world: World, grants: tuple[Grant, ...], sees: Any
) -> None:
    animal = world.animal()
    vet = login_as(Role.OFFICIAL_VET, grants=grants)

    answer = vet.get(f"/animals/{animal.ref}")

    assert answer.status_code == (200 if sees else 404)


def test_an_account_that_does_not_exist_is_not_found(login_as: LoginAs) -> None:
    answer = login_as(Role.ADMINISTRATOR).post(
        "/accounts/999999/code", headers={"Accept": "application/json"}
    )

    assert answer.status_code == 404
    assert answer.get_json()["code"] == "account.not_found"


def test_a_password_that_is_the_login_name_is_refused(login_as: LoginAs) -> None:
    account = login_as.account(Role.FARMER, login="wangdaming")

    with pytest.raises(RuleViolation) as refusal:
        accounts.set_password(account, "WangDaMing", at=login_as.world.at)

    assert refusal.value.code == "account.weak_password"
