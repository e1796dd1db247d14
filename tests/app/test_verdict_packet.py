"""随身名单: what a phone may carry away, of whom, and what it never holds."""

import json
from typing import Any

import pytest

from app import pocket
from app.auth.roles import Role
from tests.logins import LoginAs
from tests.world import World
from traceability import movements
from traceability.holdings import HoldingKind


def packet_of(login_as: LoginAs, world: World, role: Role) -> dict[str, Any]:
    world.session.commit()
    answer = login_as(role).get("/v/packet")
    assert answer.status_code == 200
    told: dict[str, Any] = answer.get_json()
    return told


def test_a_market_takes_along_what_is_expected_and_what_is_there_and_no_names(
    login_as: LoginAs, world: World
) -> None:
    coming = world.tagged(world.animal())
    world.certified(coming)
    movements.depart(world.session, coming, to=world.market, at=world.at, by=world.farmer)
    there = world.at_market(world.animal())
    world.animal()  # at home: nobody's business at the gate

    told = packet_of(login_as, world, Role.MARKET_OPERATOR)

    rows = {row[0]: row[1:] for row in told["rows"]}
    assert rows.keys() == {coming.ear_tag, there.ear_tag}
    assert rows[coming.ear_tag][:3] == [coming.eid, "green", "可通行"]
    assert rows[there.ear_tag][2] == "可售"
    assert told["whole"] is True
    text = json.dumps(told, ensure_ascii=False)
    assert not [name for name in ("王大明", "官方兽医陈", "操作员赵", "小海") if name in text]


def test_a_reason_is_told_once_however_many_it_holds_for(login_as: LoginAs, world: World) -> None:
    herd = [world.animal() for _ in range(3)]

    told = packet_of(login_as, world, Role.FARMER)

    assert {row[0] for row in told["rows"]} == {animal.ear_tag for animal in herd}
    assert {row[2] for row in told["rows"]} == {"red"}
    assert [each["code"] for each in told["reasons"]] == ["certificate.present"]
    assert told["reasons"][0]["todo"] == "请先向官方兽医申报检疫"


def test_nobody_takes_along_what_he_may_not_see(login_as: LoginAs, world: World) -> None:
    stranger = world.party("赫章县养牛户")
    far = world.holding(HoldingKind.HOUSEHOLD, "远处", keeper=stranger, region="520527")
    world.animal(holding=far, owner=stranger, by=stranger)

    for role in (Role.FARMER, Role.MARKET_OPERATOR, Role.OFFICIAL_VET):
        assert packet_of(login_as, world, role)["rows"] == []


def test_the_list_is_bounded_and_says_so(
    login_as: LoginAs, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pocket, "ANIMALS_MAX", 2)
    for _ in range(3):
        world.animal()

    told = packet_of(login_as, world, Role.FARMER)

    assert (len(told["rows"]), told["whole"]) == (2, False)


def test_a_tag_that_nobody_knows_is_red_with_its_reason(login_as: LoginAs, world: World) -> None:
    world.session.commit()

    answer = login_as(Role.MARKET_OPERATOR).get("/v/252052699999999")

    assert answer.status_code == 404
    assert "不可" in answer.text
    assert "没有找到这头牛，请核对耳标号码" in answer.text
    assert "autofocus" in answer.text
