"""Late entries that today's rules forbid, and annulled weights: a second person signs."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from app.auth import second_factor, tokens
from app.auth.roles import Role
from app.factory import Platform
from tests.logins import PASSWORD, LoginAs, seal_of, secret_of
from tests.world import World
from traceability import movements, weighings
from traceability.animals import Animal
from traceability.base.clock import CHINA
from traceability.chain import events


@pytest.fixture
def gate(login_as: LoginAs) -> FlaskClient:
    return login_as(Role.MARKET_OPERATOR)


@pytest.fixture
def second(login_as: LoginAs, world: World) -> str:
    """The login of a market manager, who is somebody else."""
    return login_as.account(Role.MARKET_MANAGER, login="manager", party=world.office).login


@pytest.fixture
def came_yesterday(world: World) -> tuple[Animal, str]:
    """An animal that came under a certificate which has run out since, and the time it came."""
    animal = world.animal()
    world.certified(animal)
    movements.depart(world.session, animal, to=world.market, at=world.at, by=world.farmer)
    came = world.at + timedelta(hours=1)
    world.later(days=3)
    return animal, f"{came.astimezone(CHINA):%Y-%m-%dT%H:%M}"


def late(came: tuple[Animal, str], **more: str) -> dict[str, str]:
    animal, at = came
    told = {"animal": animal.ref, "came_at": at, "late_reason": "断网，昨日手工登记"}
    return {**told, **more}


def test_the_gate_takes_a_late_arrival_that_two_people_vouch_for(
    gate: FlaskClient, world: World, second: str, came_yesterday: tuple[Animal, str]
) -> None:
    alone = gate.post("/gate/arrivals", data=late(came_yesterday))
    signed = gate.post(
        "/gate/arrivals",
        data=late(came_yesterday, second_login=second, second_password=PASSWORD),
    )

    animal, _ = came_yesterday
    told = events.history(world.session, animal.ref)[-1]
    assert alone.status_code == 422
    assert "第二个人核实确认" in alone.text
    assert "补登入场" in alone.text
    assert signed.status_code == 303, signed.text
    assert animal.holding is world.market
    assert told.public["late"] is True
    assert told["late_reason"] == "断网，昨日手工登记"
    assert told["confirmed_by"] == world.office.ref


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"late_reason": ""}, "补录请写明原因"),
        ({"second_password": "nope nope"}, "第二人的登录名、密码或动态码不对"),
        ({"second_login": "nobody"}, "第二人的登录名、密码或动态码不对"),
        ({"second_login": "myself"}, "第二人须是另一个人"),
        ({"second_login": "farmer"}, "没有这项权限"),
        ({"came_at": "昨天"}, "时间应写成"),
    ],
)
def test_a_late_arrival_is_refused_with_its_reason(
    login_as: LoginAs,
    second: str,
    came_yesterday: tuple[Animal, str],
    change: dict[str, str],
    sentence: str,
) -> None:
    login_as.account(Role.MARKET_OPERATOR, login="myself")
    login_as.account(Role.FARMER, login="farmer")
    gate = login_as.app.test_client()
    gate.post("/login", data={"login": "myself", "password": PASSWORD})
    signed = {"second_login": second, "second_password": PASSWORD}

    answer = gate.post("/gate/arrivals", data=late(came_yesterday, **{**signed, **change}))

    assert answer.status_code == 422
    assert sentence in answer.text
    assert came_yesterday[0].holding is None


def test_wrong_passwords_of_a_second_person_count_towards_the_lock(
    gate: FlaskClient, login_as: LoginAs, second: str, came_yesterday: tuple[Animal, str]
) -> None:
    wrong = late(came_yesterday, second_login=second, second_password="nope nope")

    for _ in range(5):
        gate.post("/gate/arrivals", data=wrong)

    right = {"login": second, "password": PASSWORD}
    assert login_as.app.test_client().post("/login", data=right).status_code == 429


def bearer(login_as: LoginAs, role: Role, permission: str) -> dict[str, str]:
    account = login_as.account(role)
    _, token = tokens.issue(
        login_as.world.session,
        account_id=account.id,
        name="试验",
        permissions=[permission],
        days=1,
        at=login_as.world.at,
    )
    return {"Authorization": f"Bearer {token}"}


def test_a_program_sends_the_second_person_with_the_late_arrival(
    client: FlaskClient,
    login_as: LoginAs,
    world: World,
    second: str,
    came_yesterday: tuple[Animal, str],
) -> None:
    head = bearer(login_as, Role.MARKET_OPERATOR, "movement.arrive")
    animal, at = came_yesterday
    told = {"animal": animal.ref, "at": f"{at}:00+08:00", "late_reason": "断网"}
    signed = {**told, "second_login": second, "second_password": PASSWORD}

    alone = client.post("/api/movements/arrivals", json=told, headers=head)
    wrong = client.post(
        "/api/movements/arrivals", json={**signed, "second_password": "no"}, headers=head
    )
    done = client.post("/api/movements/arrivals", json=signed, headers=head)

    assert alone.status_code == 422
    assert alone.get_json()["outcomes"][0]["code"] == "late.second_person"
    assert (wrong.status_code, wrong.get_json()["code"]) == (422, "request.invalid")
    assert done.status_code == 200
    assert animal.holding is world.market


def test_a_weight_is_annulled_by_two_people_and_a_code_if_one_is_set_up(
    app: Platform, client: FlaskClient, login_as: LoginAs, world: World
) -> None:
    weighing = world.weighed(world.at_market(world.animal()), world.scale())
    other = login_as.account(Role.MARKET_OPERATOR, login="other")
    seal = seal_of(app)
    second_factor.prepare(other, seal)
    world.session.flush()
    earlier = world.at - timedelta(hours=1)
    code = second_factor.code_at(secret_of(other, seal), earlier)
    second_factor.accept(world.session, other, code, seal=seal, at=earlier)
    head = bearer(login_as, Role.MARKET_MANAGER, "weighing.annul")
    path = f"/api/weighings/{weighing.ref}/annul"
    told = {"reason": "人站在秤上", "second_login": "other", "second_password": PASSWORD}

    without = client.post(path, json=told, headers=head)
    code = second_factor.code_at(secret_of(other, seal), world.at)
    done = client.post(path, json={**told, "second_code": code}, headers=head)

    assert without.status_code == 422
    assert without.get_json()["code"] == "second_person.refused"
    assert done.status_code == 200, done.text
    assert weighings.get(world.session, weighing.ref).annulled_at is not None
