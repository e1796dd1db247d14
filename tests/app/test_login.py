"""The door: signing in and out, lockout, forgery, paper codes, passwords."""

import re

import pytest
from flask.testing import FlaskClient

from app.auth import accounts, invitations, logins
from app.auth.roles import Role
from app.factory import Platform
from app.limits import limiter
from tests.logins import OWN_COST, PASSWORD, LoginAs
from tests.world import World
from traceability.base.errors import RuleViolation

TOKEN = re.compile(r"[\w-]{40,}\.[\w-]+\.[\w-]+")


def enter(client: FlaskClient, login: str, password: str, **more: str) -> int:
    data = {"login": login, "password": password, **more}
    return client.post("/login", data=data).status_code


def test_whoever_is_not_signed_in_is_led_to_the_door_and_back(
    client: FlaskClient, login_as: LoginAs
) -> None:
    account = login_as.account(Role.FARMER)

    led = client.get("/?from=sms")
    entered = client.post(
        "/login", data={"login": account.login, "password": PASSWORD, "next": "/?from=sms"}
    )

    assert led.status_code == 303
    assert led.location == "/login?next=%2F%3Ffrom%3Dsms"
    assert entered.location == "/?from=sms"
    assert client.get("/").status_code == 200


def test_the_door_leads_to_no_other_site(client: FlaskClient, login_as: LoginAs) -> None:
    account = login_as.account(Role.FARMER)

    answer = client.post(
        "/login",
        data={"login": account.login, "password": PASSWORD, "next": "//evil.example/"},
    )

    assert answer.location == "/"


def test_a_login_name_may_be_typed_in_full_width_capitals(
    client: FlaskClient, login_as: LoginAs
) -> None:
    login_as.account(Role.FARMER, login="wang")

    assert enter(client, " ＷＡＮＧ ", PASSWORD) == 303


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(
    client: FlaskClient, login_as: LoginAs
) -> None:
    account = login_as.account(Role.FARMER)

    wrong = client.post("/login", data={"login": account.login, "password": "nope nope"})
    unknown = client.post("/login", data={"login": "nobody", "password": "nope nope"})

    said = [
        TOKEN.sub("", answer.text.replace(account.login, "nobody")) for answer in (wrong, unknown)
    ]
    assert wrong.status_code == unknown.status_code == 422
    assert "登录名或密码不对" in wrong.text
    assert said[0] == said[1]


@pytest.mark.parametrize("login", ["known", "unknown"])
def test_five_failures_lock_a_login_name_for_a_quarter_of_an_hour(
    client: FlaskClient, login_as: LoginAs, world: World, login: str
) -> None:
    login_as.account(Role.FARMER, login="known")

    failed = [enter(client, login, "nope nope") for _ in range(5)]
    locked = client.post("/login", data={"login": login, "password": PASSWORD})
    world.later(minutes=16)
    afterwards = enter(client, login, PASSWORD)

    assert failed == [422] * 5
    assert locked.status_code == 429
    assert "15 分钟后再试" in locked.text
    assert afterwards == (303 if login == "known" else 422)


def test_four_failures_are_forgotten_after_success(client: FlaskClient, login_as: LoginAs) -> None:
    account = login_as.account(Role.FARMER)

    for _ in range(2):
        assert [enter(client, account.login, "nope nope") for _ in range(4)] == [422] * 4
        assert enter(client, account.login, PASSWORD) == 303
        client.post("/logout")


def test_a_copied_cookie_is_worthless_after_signing_out(login_as: LoginAs) -> None:
    client = login_as(Role.FARMER)
    cookie = client.get_cookie("session")
    assert cookie is not None

    client.post("/logout")
    client.set_cookie("session", cookie.value)

    assert client.get("/").status_code == 303


def test_sessions_end_when_the_password_changes(app: Platform, login_as: LoginAs) -> None:
    account = login_as.account(Role.FARMER)
    phone, tablet = app.test_client(), app.test_client()
    for browser in (phone, tablet):
        assert enter(browser, account.login, PASSWORD) == 303

    changed = phone.post(
        "/accounts/password",
        data={"current": PASSWORD, "password": "另一个很长的密码", "again": "另一个很长的密码"},
    )

    assert changed.status_code == 303
    assert phone.get("/").status_code == 200
    assert tablet.get("/").status_code == 303


def test_a_session_ends_after_a_week_whatever_happens(login_as: LoginAs, world: World) -> None:
    client = login_as(Role.FARMER)

    world.later(days=6)
    assert client.get("/").status_code == 200
    world.later(days=2)
    assert client.get("/").status_code == 303


def test_a_form_without_the_pages_own_token_is_refused(app: Platform, login_as: LoginAs) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    client = app.test_client()
    account = login_as.account(Role.FARMER)

    forged = client.post("/login", data={"login": account.login, "password": PASSWORD})

    assert forged.status_code == 400
    assert "页面已过期" in forged.text


def test_too_many_tries_from_one_address_are_refused(client: FlaskClient) -> None:
    limiter.enabled = True
    limiter.reset()
    try:
        answers = [enter(client, f"name{number}", "nope nope") for number in range(21)]
    finally:
        limiter.enabled = False

    assert answers == [422] * 20 + [429]


def test_a_paper_code_lets_its_holder_choose_a_password_once(
    app: Platform, world: World, login_as: LoginAs
) -> None:
    account = login_as.account(Role.FARMER)
    code = invitations.issue(world.session, account, by=account.id, at=world.at)
    chosen = {"login": account.login, "code": code.lower(), "password": "新密码新密码一二三"}

    first = app.test_client().post("/login/code", data={**chosen, "again": chosen["password"]})
    second = app.test_client().post("/login/code", data={**chosen, "again": chosen["password"]})

    assert first.status_code == 303
    assert second.status_code == 422
    assert "已用过" in second.text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"code": "ABCD-ABCD-ABCD"}, "纸质码不对"),
        ({"login": "somebody-else"}, "登录名或纸质码不对"),
        ({"password": "短", "again": "短"}, "至少 8 位"),
        ({"password": "12345678", "again": "12345678"}, "太容易被猜到"),
        ({"again": "不一样的密码"}, "两次输入的密码不一样"),
    ],
)
def test_a_paper_code_is_refused_with_its_reason(
    client: FlaskClient, login_as: LoginAs, change: dict[str, str], sentence: str
) -> None:
    account, world = login_as.account(Role.FARMER), login_as.world
    code = invitations.issue(world.session, account, by=account.id, at=world.at)
    password = "新密码新密码一二三"
    given = {"login": account.login, "code": code, "password": password, "again": password}

    answer = client.post("/login/code", data={**given, **change})

    assert answer.status_code == 422
    assert sentence in answer.text


def test_a_paper_code_expires_after_a_week(
    client: FlaskClient, world: World, login_as: LoginAs
) -> None:
    account = login_as.account(Role.FARMER)
    code = invitations.issue(world.session, account, by=account.id, at=world.at)
    password = "新密码新密码一二三"

    world.later(days=8)
    given = {"login": account.login, "code": code, "password": password, "again": password}

    assert client.post("/login/code", data=given).status_code == 422


def test_what_is_stored_of_a_session_is_not_what_the_browser_holds() -> None:
    assert logins.digest_of("token") != b"token"
    assert len(logins.digest_of("token")) == logins.DIGEST_BYTES


def test_a_suspended_account_cannot_be_opened_with_a_paper_code(login_as: LoginAs) -> None:
    account, world = login_as.account(Role.FARMER), login_as.world
    code = invitations.issue(world.session, account, by=account.id, at=world.at)
    accounts.suspend(account)

    with pytest.raises(RuleViolation) as refusal:
        invitations.redeem(
            world.session,
            login=account.login,
            code=code,
            password="新密码新密码一二三",
            at=world.at,
        )

    assert refusal.value.code == "invitation.refused"


def test_passwords_are_kept_as_argon2id_at_the_librarys_own_cost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "_hasher", OWN_COST)
    account = accounts.register(
        world.session, login="wangdaming", role=Role.FARMER, party=world.farmer, at=world.at
    )

    accounts.set_password(account, "新密码新密码一二三", at=world.at)

    assert account.password_hash is not None
    assert account.password_hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert accounts.password_fits(account, "新密码新密码一二三")
    assert not accounts.password_fits(account, "新密码新密码一二四")
    assert not accounts.password_fits(None, "新密码新密码一二三")
