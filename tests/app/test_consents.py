"""代办: who may act in another's name, for what, until when; and what the chain keeps of it."""

from datetime import timedelta
from typing import Any

import pytest

from app.auth.roles import Role
from tests.logins import LoginAs
from tests.world import World
from traceability import consents, parties
from traceability.base.clock import legal_day
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.kinds import Kind
from traceability.consents import Consent, ConsentAct
from traceability.parties import PartyKind


def granted(world: World, **changes: Any) -> Consent:
    told: dict[str, Any] = {
        "grantor": world.farmer,
        "agent": world.village_vet,
        "acts": [ConsentAct.HERD],
        "until": world.at + timedelta(days=30),
        "at": world.at,
        "by": world.farmer,
        **changes,
    }
    return consents.grant(world.session, **told)


def test_a_consent_covers_its_acts_until_it_ends_or_is_taken_back(world: World) -> None:
    consent = granted(world)
    month = timedelta(days=30)

    assert consent.covers(ConsentAct.HERD, world.at)
    assert not consent.covers(ConsentAct.SALE, world.at)
    assert not consent.covers(ConsentAct.HERD, world.at + month)
    consents.revoke(world.session, consent, at=world.later(hours=1), by=world.farmer)
    assert not consent.covers(ConsentAct.HERD, world.at)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"acts": []}, "consent.no_act"),
        ({"until": None}, "consent.ends_before_it_begins"),
        ({"agent": None}, "consent.with_oneself"),
    ],
)
def test_a_consent_without_sense_is_refused(
    world: World, change: dict[str, Any], code: str
) -> None:
    stands_for = {"until": world.at, "agent": world.farmer}
    told = {
        name: stands_for.get(name) if value is None else value for name, value in change.items()
    }

    with pytest.raises(RuleViolation) as refusal:
        granted(world, **told)

    assert refusal.value.code == code


def test_a_consent_is_taken_back_once(world: World) -> None:
    consent = granted(world)
    consents.revoke(world.session, consent, at=world.at, by=world.farmer)

    with pytest.raises(Conflict) as refusal:
        consents.revoke(world.session, consent, at=world.at, by=world.farmer)

    assert refusal.value.code == "consent.already_revoked"


def test_a_consent_that_does_not_exist_is_not_found(world: World) -> None:
    with pytest.raises(NotFound) as refusal:
        consents.get(world.session, "consent:" + "0" * 32)

    assert refusal.value.code == "consent.not_found"


def test_a_consent_follows_from_its_events(world: World) -> None:
    consent = granted(world)
    consents.revoke(world.session, consent, at=world.later(hours=1), by=world.farmer)

    history = events.history(world.session, consent.ref)
    state = folding.folded(consents.fold, history)

    assert [event.kind for event in history] == [Kind.CONSENT_GRANTED, Kind.CONSENT_REVOKED]
    assert all(not event.public for event in history)
    assert state is not None
    assert state["grantor_id"] == world.farmer.ref
    assert state["acts"] == ["herd"]
    assert state["revoked_at"] == folding.plain(consent.revoked_at)


def test_a_farmer_grants_and_takes_back_on_their_own_page(login_as: LoginAs, world: World) -> None:
    agent = login_as.account(Role.VILLAGE_VET)
    farmer = login_as(Role.FARMER)
    until = legal_day(world.at + timedelta(days=30)).isoformat()
    form = {"agent_login": agent.login, "acts": ["herd", "declaration"], "until": until}

    granted = farmer.post("/consents/new", data=form)
    (consent,) = consents.of_party(world.session, world.farmer)
    shown = farmer.get("/consents/").text
    revoked = farmer.post(f"/consents/{consent.ref}/revoke")

    assert granted.status_code == revoked.status_code == 303
    assert consent.acts == ["declaration", "herd"]
    assert world.village_vet.name in shown
    assert not consent.in_force(world.at)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"agent_login": "nobody"}, "没有这个登录名"),
        ({"acts": []}, "请填写"),
        ({"until": "2020-01-01"}, "截止日期应晚于今天"),
        ({"until": "明年"}, "日期应写成"),
    ],
)
def test_a_grant_is_refused_with_its_reason(
    login_as: LoginAs, change: dict[str, Any], sentence: str
) -> None:
    agent = login_as.account(Role.VILLAGE_VET)
    form = {"agent_login": agent.login, "acts": ["herd"], "until": "2027-01-01"}

    answer = login_as(Role.FARMER).post("/consents/new", data={**form, **change})

    assert answer.status_code == 422
    assert sentence in answer.text


def test_an_agent_sees_and_acts_for_the_grantor_only_with_consent(
    login_as: LoginAs, world: World
) -> None:
    cooperative = parties.register(
        world.session, kind=PartyKind.COOPERATIVE, name="兴牛合作社", at=world.at, by=world.office
    )
    animal = world.animal()
    agent = login_as(Role.FARMER, party=cooperative)
    without = agent.get(f"/animals/{animal.ref}").status_code
    consent = granted(world, agent=cooperative)

    chosen = agent.post("/consents/act-for", data={"grantor": world.farmer.ref}).status_code
    with_consent = agent.get(f"/animals/{animal.ref}").status_code
    consents.revoke(world.session, consent, at=world.at, by=world.farmer)
    afterwards = agent.get(f"/animals/{animal.ref}", headers={"Accept": "application/json"})

    assert (without, chosen, with_consent) == (404, 303, 200)
    assert afterwards.status_code == 422
    assert afterwards.get_json()["code"] == "consent.missing"


def test_nobody_chooses_to_act_for_a_stranger(login_as: LoginAs, world: World) -> None:
    answer = login_as(Role.VILLAGE_VET).post(
        "/consents/act-for", data={"grantor": world.farmer.ref}
    )

    assert answer.status_code == 404
