"""The API's own manners: tokens, problems, strict JSON, bounded numbers, one act per key."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.auth import accounts, tokens
from app.auth.roles import Role
from app.factory import Platform
from tests.logins import LoginAs
from tests.world import World
from traceability.base.errors import RuleViolation

ASKED = {"name": "地磅电脑", "permissions": ["account.own", "token.manage"], "days": 30}


@pytest.fixture
def bearer(login_as: LoginAs) -> dict[str, str]:
    """The headers of a program that speaks for a farmer and may manage tokens."""
    account = login_as.account(Role.FARMER)
    _, text = tokens.issue(
        login_as.world.session,
        account_id=account.id,
        name="测试",
        permissions=["account.own", "token.manage"],
        days=30,
        at=login_as.world.at,
    )
    return {"Authorization": f"Bearer {text}"}


def test_a_token_speaks_for_its_account(client: FlaskClient, bearer: dict[str, str]) -> None:
    me = client.get("/api/me", headers=bearer).get_json()

    assert me["role"] == "farmer"
    assert me["role_label"] == "养殖户"
    assert me["permissions"] == ["account.own", "token.manage"]


def test_a_token_needs_no_page_token_but_a_cookie_does(
    app: Platform, client: FlaskClient, login_as: LoginAs, bearer: dict[str, str]
) -> None:
    browser = login_as(Role.FARMER)
    app.config["WTF_CSRF_ENABLED"] = True

    by_token = client.post("/api/tokens/", json=ASKED, headers=bearer)
    by_cookie = browser.post("/api/tokens/", json=ASKED)

    assert by_token.status_code == 201
    assert by_cookie.status_code == 400
    assert by_cookie.get_json()["code"] == "request.stale_form"


def test_a_token_may_do_only_what_it_was_issued_for(
    client: FlaskClient, login_as: LoginAs, world: World
) -> None:
    account = login_as.account(Role.FARMER)
    _, text = tokens.issue(
        world.session,
        account_id=account.id,
        name="只读",
        permissions=["account.own"],
        days=1,
        at=world.at,
    )

    answer = client.get("/api/tokens/", headers={"Authorization": f"Bearer {text}"})

    assert answer.status_code == 403
    assert answer.get_json()["code"] == "permission.denied"


@pytest.mark.parametrize("how", ["revoked", "expired", "suspended", "invented"])
def test_a_token_that_no_longer_counts_is_refused(
    client: FlaskClient, world: World, bearer: dict[str, str], how: str
) -> None:
    account = accounts.invited_by(world.session, None)[0]
    if how == "revoked":
        mine = tokens.of_account(world.session, account.id)[0]
        tokens.revoke(world.session, mine.id, account_id=account.id, at=world.at)
    elif how == "expired":
        world.later(days=30)
    elif how == "suspended":
        accounts.suspend(account)
    else:
        bearer = {"Authorization": "Bearer wn_invented"}

    answer = client.get("/api/me", headers=bearer)

    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.get_json()["code"] == "token.refused"


def test_a_token_that_does_not_exist_is_not_found(
    client: FlaskClient, bearer: dict[str, str]
) -> None:
    answer = client.delete("/api/tokens/999999", headers=bearer)

    assert answer.get_json()["code"] == "token.not_found"


def test_a_token_cannot_be_given_more_than_its_account_has(
    client: FlaskClient, bearer: dict[str, str]
) -> None:
    asked = {**ASKED, "permissions": ["certificate.issue"]}

    answer = client.post("/api/tokens/", json=asked, headers=bearer)

    assert answer.status_code == 422
    assert answer.get_json()["code"] == "token.bad_permission"


@pytest.mark.parametrize(
    ("change", "field", "sentence"),
    [
        ({"colour": "red"}, "colour", "没有这个字段"),
        ({"days": 10**30}, "days", "应在 1 到 366 之间"),
        ({"days": str(10**30)}, "days", "数值超出范围"),
        ({"days": 1.5}, "days", "应为整数"),
        ({"days": True}, "days", "应为整数"),
        ({"days": None}, "days", "请填写"),
        ({"name": "  "}, "name", "请填写"),
        ({"name": "长" * 41}, "name", "太长"),
        ({"name": "a\x00b"}, "name", "控制字符"),
        ({"name": 7}, "name", "应为文字"),
        ({"permissions": "account.own"}, "permissions", "应为列表"),
    ],
)
def test_a_field_that_does_not_fit_is_named_in_chinese(
    client: FlaskClient, bearer: dict[str, str], change: dict[str, Any], field: str, sentence: str
) -> None:
    answer = client.post("/api/tokens/", json={**ASKED, **change}, headers=bearer)

    problem = answer.get_json()
    assert answer.status_code == 422
    assert problem["code"] == "request.invalid"
    assert list(problem["errors"]) == [field]
    assert sentence in str(problem["errors"][field])


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[" * 100_000,
        b'{"days": NaN}',
        b'{"days": ' + b"1" * 5000 + b"}",
        b'{"days": 1, "days": 2}',
        b"\xff\xfe",
    ],
    ids=["cut short", "too deep", "NaN", "5,000 digits", "twice the same", "not UTF-8"],
)
def test_what_is_not_json_is_refused_without_a_fault(
    client: FlaskClient, bearer: dict[str, str], body: bytes
) -> None:
    answer = client.post("/api/tokens/", data=body, headers=bearer, content_type="application/json")

    assert answer.status_code == 400
    assert answer.get_json()["code"] == "request.malformed"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("PUT", "/api/me", 405),
        ("DELETE", "/api/tokens/999", 404),
        ("DELETE", f"/api/tokens/{10**30}", 404),
    ],
)
def test_every_refusal_is_a_problem_in_chinese(
    client: FlaskClient, bearer: dict[str, str], method: str, path: str, status: int
) -> None:
    answer = client.open(path, method=method, headers=bearer)

    problem = answer.get_json()
    assert answer.status_code == problem["status"] == status
    assert answer.content_type == "application/problem+json"
    assert problem["detail"].isascii() is False
    assert problem["type"] == f"urn:weining:problem:{problem['code']}"


def test_the_same_key_and_body_are_one_act(
    client: FlaskClient, world: World, bearer: dict[str, str]
) -> None:
    keyed = {**bearer, "Idempotency-Key": "k-1"}

    first = client.post("/api/tokens/", json=ASKED, headers=keyed)
    again = client.post("/api/tokens/", json=ASKED, headers=keyed)

    account = accounts.invited_by(world.session, None)[0]
    assert first.status_code == again.status_code == 201
    assert first.get_json() == again.get_json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(tokens.of_account(world.session, account.id)) == 2


def test_the_same_key_with_another_body_is_refused(
    client: FlaskClient, bearer: dict[str, str]
) -> None:
    keyed = {**bearer, "Idempotency-Key": "k-1"}
    client.post("/api/tokens/", json=ASKED, headers=keyed)

    answer = client.post("/api/tokens/", json={**ASKED, "days": 31}, headers=keyed)

    assert answer.status_code == 409
    assert answer.get_json()["code"] == "request.key_reused"


def test_a_key_of_unseemly_length_is_refused(client: FlaskClient, bearer: dict[str, str]) -> None:
    keyed = {**bearer, "Idempotency-Key": "k" * 81}

    answer = client.post("/api/tokens/", json=ASKED, headers=keyed)

    assert answer.get_json()["code"] == "request.bad_key"


def test_a_refused_act_leaves_its_key_free(client: FlaskClient, bearer: dict[str, str]) -> None:
    keyed = {**bearer, "Idempotency-Key": "k-1"}
    refused = client.post("/api/tokens/", json={**ASKED, "days": 0}, headers=keyed)

    answer = client.post("/api/tokens/", json=ASKED, headers=keyed)

    assert (refused.status_code, answer.status_code) == (422, 201)


def test_eight_at_once_with_one_key_are_one_act(
    app: Platform, client: FlaskClient, world: World, bearer: dict[str, str]
) -> None:
    client.get("/api/me", headers=bearer)  # commits what the world has prepared
    keyed = {**bearer, "Idempotency-Key": "k-8"}

    def send(_: int) -> str:
        with app.app_context():
            plain = FlaskClient(app, app.response_class)
        return plain.post("/api/tokens/", json=ASKED, headers=keyed).text

    with ThreadPoolExecutor(8) as pool:
        answers = {*pool.map(send, range(8))}

    account = accounts.invited_by(world.session, None)[0]
    assert len(answers) == 1
    assert len(tokens.of_account(world.session, account.id)) == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"days": 0}, "token.bad_days"),
        ({"days": 367}, "token.bad_days"),
        ({"name": " "}, "token.no_name"),
        ({"permissions": []}, "token.bad_permission"),
    ],
)
def test_a_token_without_sense_is_refused_by_the_operation_itself(
    login_as: LoginAs, change: dict[str, Any], code: str
) -> None:
    account, world = login_as.account(Role.FARMER), login_as.world
    told: dict[str, Any] = {"name": "地磅", "permissions": ["account.own"], "days": 1, **change}

    with pytest.raises(RuleViolation) as refusal:
        tokens.issue(world.session, account_id=account.id, at=world.at, **told)

    assert refusal.value.code == code
