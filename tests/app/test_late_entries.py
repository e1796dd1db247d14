"""What happened hours ago is entered with its own time and a reason, on every form that may be."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient

from app.auth.roles import Role
from tests import photos, selling
from tests.logins import LoginAs
from tests.world import World
from traceability.base.clock import CHINA
from traceability.chain import events

Form = Mapping[str, object]
Prepared = tuple[Role, str, Form, str]  # who, the address, what is typed, the subject to look at


def a_retag(world: World) -> Prepared:
    animal = world.animal()
    typed = {"ear_tag": "252052600099999", "reason": "脱落", "photo": photos.upload()}
    return Role.FARMER, f"/animals/{animal.ref}/retag", typed, animal.ref


def a_death(world: World) -> Prepared:
    animal = world.animal()
    typed = {"cause": "不明", "disposal": "深埋"}
    return Role.FARMER, f"/animals/{animal.ref}/death", typed, animal.ref


def a_declaration(world: World) -> Prepared:
    animal = world.animal()
    typed = {
        "animals": [animal.ref],
        "destination": world.market.ref,
        "purpose": "trade",
        "leaves_on": world.today.isoformat(),
    }
    return Role.FARMER, "/declarations/new", typed, animal.ref


def an_inspection(world: World) -> Prepared:
    animal = world.animal()
    filed = world.declared(animal)
    typed = {"animal": animal.ref, "passed": ["healthy"]}
    return Role.OFFICIAL_VET, f"/declarations/{filed.ref}/inspect", typed, animal.ref


def a_payment(world: World) -> Prepared:
    sale = selling.sold(world, world.weighed(world.at_market(world.animal()), world.scale()))
    return Role.CASHIER, f"/counter/{sale.ref}", {"step": "cash"}, sale.ref


FORMS: dict[str, Callable[[World], Prepared]] = {
    "retag": a_retag,
    "death": a_death,
    "declaration": a_declaration,
    "inspection": an_inspection,
    "payment": a_payment,
}


def local(at: datetime) -> str:
    return f"{at.astimezone(CHINA):%Y-%m-%dT%H:%M}"


def prepared(login_as: LoginAs, name: str) -> tuple[FlaskClient, str, Form, str, datetime]:
    world = login_as.world
    role, address, typed, subject = FORMS[name](world)
    client = login_as(role)
    happened = world.at + timedelta(minutes=1)
    world.session.commit()
    world.later(hours=3)
    return client, address, typed, subject, happened


@pytest.mark.parametrize("name", FORMS)
def test_a_late_entry_keeps_its_own_time_and_reason(login_as: LoginAs, name: str) -> None:
    client, address, typed, subject, happened = prepared(login_as, name)

    answer = client.post(
        address, data={**typed, "at": local(happened), "late_reason": "山上没有信号"}
    )

    assert answer.status_code == 303, answer.text
    if name == "declaration":
        subject = answer.location.rpartition("/")[2]
    newest = events.history(login_as.world.session, subject)[-1]
    assert local(newest.at) == local(happened)
    assert newest.late
    assert newest["late_reason"] == "山上没有信号"


@pytest.mark.parametrize("name", FORMS)
def test_a_late_entry_without_a_reason_is_refused(login_as: LoginAs, name: str) -> None:
    client, address, typed, _subject, happened = prepared(login_as, name)
    before = events.count(login_as.world.session)

    answer = client.post(address, data={**typed, "at": local(happened)})

    assert answer.status_code == 422
    assert "补录" in answer.text
    assert events.count(login_as.world.session) == before


@pytest.mark.parametrize("name", ["retag", "death"])
def test_a_program_says_the_time_with_its_zone(login_as: LoginAs, name: str) -> None:
    client, address, typed, subject, happened = prepared(login_as, name)
    path = f"/api{address}"
    if "photo" in typed:
        seen = {"evidence": login_as.world.photo().ref}
        typed = {**seen, **{name: value for name, value in typed.items() if name != "photo"}}

    bare = client.post(path, json={**typed, "at": local(happened), "late_reason": "停电"})
    told = client.post(path, json={**typed, "at": happened.isoformat(), "late_reason": "停电"})

    assert bare.status_code == 422
    assert told.status_code == 200
    assert events.history(login_as.world.session, subject)[-1].late
