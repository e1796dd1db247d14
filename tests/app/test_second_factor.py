"""The second step at the door: a code of the telephone, set up once, each code taken once."""

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import config, factory
from app.auth import accounts, invitations, second_factor
from app.auth.accounts import Account
from app.auth.roles import SECOND_FACTOR, Role
from app.auth.sealing import Seal
from app.config import Environment
from app.factory import Platform
from tests.logins import PASSWORD, LoginAs, seal_of, secret_of
from tests.world import World
from traceability.base.errors import Conflict, RuleViolation

SECRET = re.compile(r"data-secret>([A-Z2-7]{32})<")


@pytest.fixture
def production(app: Platform) -> Platform:
    """The same service, told that real people are concerned."""
    settings = factory.settings_of(app)
    app.extensions[factory.SETTINGS] = replace(settings, environment=Environment.PRODUCTION)
    return app


@pytest.fixture
def seal(app: Platform) -> Seal:
    return seal_of(app)


@pytest.fixture
def vet(login_as: LoginAs, world: World, seal: Seal) -> Account:
    """An official vet whose telephone is set up; its last code lies an hour back."""
    account = login_as.account(Role.OFFICIAL_VET)
    second_factor.prepare(account, seal)
    world.session.flush()
    earlier = world.at - timedelta(hours=1)
    code = code_of(account, earlier, seal)
    second_factor.accept(world.session, account, code, seal=seal, at=earlier)
    return account


def code_of(account: Account, at: Any, seal: Seal) -> str:
    return second_factor.code_at(secret_of(account, seal), at)


def password(client: FlaskClient, account: Account) -> str | None:
    data = {"login": account.login, "password": PASSWORD, "next": "/?from=sms"}
    return client.post("/login", data=data).location


def type_code(client: FlaskClient, code: str) -> tuple[int, str]:
    answer = client.post("/login/second", data={"code": code})
    return answer.status_code, answer.location or answer.text


def test_a_password_alone_no_longer_opens_an_account_with_a_code(
    client: FlaskClient, vet: Account, world: World, seal: Seal
) -> None:
    led = password(client, vet)
    inside = client.get("/").status_code
    entered = type_code(client, code_of(vet, world.at, seal))

    assert led == "/login/second"
    assert inside == 303
    assert entered == (303, "/?from=sms")
    assert client.get("/").status_code == 200


def test_a_code_is_taken_once(app: Platform, vet: Account, world: World, seal: Seal) -> None:
    first, second = app.test_client(), app.test_client()
    for client in (first, second):
        password(client, vet)

    code = code_of(vet, world.at, seal)
    assert type_code(first, code)[0] == 303
    status, text = type_code(second, code)

    assert status == 422
    assert "已用过" in text
    world.later(seconds=30)
    assert type_code(second, code_of(vet, world.at, seal))[0] == 303


@pytest.mark.parametrize(
    ("seconds", "status"), [(-60, 422), (-30, 303), (0, 303), (30, 303), (60, 422)]
)
def test_a_telephones_clock_may_be_half_a_minute_wrong(
    client: FlaskClient, vet: Account, world: World, seal: Seal, seconds: int, status: int
) -> None:
    password(client, vet)

    code = code_of(vet, world.at + timedelta(seconds=seconds), seal)

    assert type_code(client, f" {code[:3]} {code[3:]} ")[0] == status


@pytest.mark.parametrize("wrong", ["", "abcdef", "12345", "1234567", "１２３４５６"])
def test_a_wrong_code_is_refused_in_chinese(client: FlaskClient, vet: Account, wrong: str) -> None:
    password(client, vet)

    status, text = type_code(client, wrong)

    assert status == 422
    assert ("动态码不对" if wrong else "请填写") in text
    assert client.get("/").status_code == 303


def test_wrong_codes_count_towards_the_lock_of_the_login_name(
    app: Platform, client: FlaskClient, vet: Account, world: World, seal: Seal
) -> None:
    for _ in range(2):
        client.post("/login", data={"login": vet.login, "password": "nope nope"})
    password(client, vet)

    wrong = [type_code(client, "000000")[0] for _ in range(3)]
    right, text = type_code(client, code_of(vet, world.at, seal))

    assert wrong == [422] * 3
    assert right == 429
    assert "15 分钟后再试" in text
    assert password(app.test_client(), vet) is None


def test_the_second_step_waits_five_minutes(
    client: FlaskClient, vet: Account, world: World, seal: Seal
) -> None:
    password(client, vet)

    world.later(minutes=6)

    assert client.get("/login/second").location == "/login"
    assert type_code(client, code_of(vet, world.at, seal)) == (303, "/login")
    assert client.get("/").status_code == 303


def test_a_new_password_voids_what_was_half_signed_in(
    client: FlaskClient, vet: Account, world: World, seal: Seal
) -> None:
    password(client, vet)
    world.later(seconds=1)
    accounts.set_password(vet, "另一个很长的密码", at=world.at)

    assert type_code(client, code_of(vet, world.at, seal)) == (303, "/login")


@pytest.mark.parametrize("role", sorted(SECOND_FACTOR))
def test_production_leads_whoever_needs_a_code_to_set_up_the_telephone(
    production: Platform, login_as: LoginAs, world: World, role: Role
) -> None:
    account, client = login_as.account(role), production.test_client()

    led = password(client, account)
    page = client.get("/login/second").text
    secret = SECRET.search(page)
    assert secret is not None
    early = client.get("/").status_code
    entered = type_code(client, second_factor.code_at(secret[1], world.at))

    assert led == "/login/second"
    assert "<svg" in page
    assert early == 303
    assert entered == (303, "/?from=sms")
    assert second_factor.is_set(account)


def test_a_secret_that_was_shown_but_never_confirmed_is_replaced(
    production: Platform, login_as: LoginAs
) -> None:
    account, seen = login_as.account(Role.CASHIER), []
    for _ in range(2):
        client = production.test_client()
        password(client, account)
        seen += SECRET.findall(client.get("/login/second").text)

    assert len({*seen}) == 2


def test_a_role_without_money_or_papers_needs_no_code(
    production: Platform, login_as: LoginAs
) -> None:
    farmer = login_as.account(Role.FARMER)

    assert password(production.test_client(), farmer) == "/?from=sms"


def test_anybody_may_set_up_a_telephone(login_as: LoginAs, world: World, seal: Seal) -> None:
    client = login_as(Role.FARMER)
    account = accounts.invited_by(world.session, None)[0]
    assert "启用动态码" in client.get("/accounts/second-factor").text

    client.post("/accounts/second-factor")
    secret = SECRET.findall(client.get("/accounts/second-factor").text)[0]
    wrong = client.post("/accounts/second-factor/confirm", data={"code": "000000"})
    empty = client.post("/accounts/second-factor/confirm", data={})
    done = client.post(
        "/accounts/second-factor/confirm",
        data={"code": second_factor.code_at(secret, world.at)},
    )
    client.post("/accounts/second-factor")

    assert (wrong.status_code, empty.status_code, done.status_code) == (422, 422, 303)
    assert second_factor.is_set(account)
    assert secret_of(account, seal) == secret, "what is set up is not replaced by a click"
    assert "已启用" in client.get("/accounts/second-factor").text
    with pytest.raises(Conflict) as refusal:
        second_factor.prepare(account, seal)
    assert refusal.value.code == "second_factor.already_set"


def test_the_demonstration_asks_nobody_for_a_code(app: Platform, login_as: LoginAs) -> None:
    assert password(app.test_client(), login_as.account(Role.OFFICIAL_VET)) == "/?from=sms"


def test_the_operation_itself_refuses_a_code_twice(vet: Account, world: World, seal: Seal) -> None:
    code = code_of(vet, world.at, seal)
    second_factor.accept(world.session, vet, code, seal=seal, at=world.at)

    with pytest.raises(RuleViolation) as refusal:
        second_factor.accept(world.session, vet, code, seal=seal, at=world.at)

    assert refusal.value.code == "second_factor.refused"


def test_a_new_paper_code_resets_the_telephone(
    production: Platform, world: World, vet: Account, seal: Seal
) -> None:
    code = invitations.issue(world.session, vet, by=vet.id, at=world.at)
    client, old = production.test_client(), secret_of(vet, seal)
    assert second_factor.is_set(vet), "issuing alone changes nothing"

    chosen = {"login": vet.login, "code": code, "password": "新密码新密码一二三"}
    led = client.post("/login/code", data={**chosen, "again": chosen["password"]}).location
    secret = SECRET.findall(client.get("/login/second").text)

    assert led == "/login/second"
    assert secret
    assert secret[0] != old
    assert client.get("/").status_code == 303


def test_the_database_file_does_not_tell_a_secret(world: World, vet: Account, seal: Seal) -> None:
    secret = secret_of(vet, seal)
    world.session.commit()
    with world.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")

    kept = Path(str(world.engine.url.database)).read_bytes()

    assert vet.login.encode() in kept
    assert secret.encode() not in kept


def test_a_replaced_key_still_opens_and_the_next_code_seals_anew(
    app: Platform, client: FlaskClient, world: World, vet: Account, seal: Seal
) -> None:
    code = code_of(vet, world.at, seal)
    file = factory.settings_of(app).secret_key_file
    file.replace(file.with_name(file.name + config.PREVIOUS))
    file.write_bytes(b"another secret, just as long as it must be")

    password(client, vet)
    entered = type_code(client, code)
    world.session.expire_all()

    assert entered == (303, "/?from=sms")
    assert vet.second_factor is not None
    assert not seal.is_newest(vet.second_factor)
    assert seal_of(app).is_newest(vet.second_factor)


def test_where_the_key_is_lost_the_page_says_what_to_do(
    app: Platform, client: FlaskClient, world: World, vet: Account, seal: Seal
) -> None:
    code = code_of(vet, world.at, seal)
    factory.settings_of(app).secret_key_file.write_bytes(b"another secret, the old one is lost")

    password(client, vet)
    status, text = type_code(client, code)

    assert status == 422
    assert "补领纸质码" in text
    with pytest.raises(RuleViolation) as refusal:
        second_factor.accept(world.session, vet, code, seal=seal_of(app), at=world.at)
    assert refusal.value.code == "second_factor.unreadable"
