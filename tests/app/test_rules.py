"""The pages of rules: everybody reads them, an administrator proposes, another person approves."""

from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient

from app import rulebook
from app.auth.roles import Role
from tests.logins import LoginAs
from tests.world import World
from traceability import amendments, rules
from traceability.amendments import Amendment, AmendmentState, Change
from traceability.base.errors import RuleViolation
from traceability.rules import Rule

ORDER = b"%PDF-1.7 an order of the office"
CODE = "declaration.lead_time"


@pytest.fixture
def administrator(login_as: LoginAs) -> FlaskClient:
    return login_as(Role.ADMINISTRATOR, party=login_as.world.party("管理员钱"))


@pytest.fixture
def regulator(login_as: LoginAs) -> FlaskClient:
    return login_as(Role.REGULATOR, party=login_as.world.party("监管孙"))


def the_rule(world: World) -> Rule:
    return rules.of_code(world.session, CODE)[-1]


def form(world: World, **changes: Any) -> dict[str, Any]:
    rule = the_rule(world)
    return {
        "change": "revise",
        "on": "2026-12-15",
        "text": rule.text,
        "citation": "省局通知 2026 年 9 号",
        "severity": "block",
        "certainty": "S",
        "stages": list(rule.stages),
        "params": "days=5",
        "reason": "省局要求提前五天",
        "photo": (BytesIO(ORDER), "通知.pdf"),
        **changes,
    }


def proposed(world: World) -> Amendment:
    world.session.expire_all()
    return amendments.listed(world.session)[0]


def test_a_farmer_reads_the_rules_and_finds_no_form(login_as: LoginAs) -> None:
    farmer = login_as(Role.FARMER)
    rule = the_rule(login_as.world)

    now = farmer.get("/rules/").text
    past = farmer.get("/rules/?when=past").text
    page = farmer.get(f"/rules/{rule.ref}").text

    assert "农业农村部令 2022 年第 7 号" in now
    assert "农业部令 2010 年第 6 号" not in now
    assert "农业部令 2010 年第 6 号" in past
    assert "应提前 3 天申报检疫" in now
    assert "（当时情况）：请核对县级备案" in now
    assert "…" not in now
    assert "2010年3月1日" in page
    assert "一般知识，把握大" in page
    assert "提议修改" not in page
    assert farmer.post(f"/rules/{rule.ref}/propose", data={}).status_code == 403


def test_one_proposes_and_another_approves(
    administrator: FlaskClient, regulator: FlaskClient, world: World
) -> None:
    sent = administrator.post(f"/rules/{the_rule(world).ref}/propose", data=form(world))
    amendment = proposed(world)
    page = regulator.get(f"/amendments/{amendment.ref}").text
    alone = administrator.post(f"/amendments/{amendment.ref}/approve")
    approved = regulator.post(f"/amendments/{amendment.ref}/approve")

    assert (sent.status_code, alone.status_code, approved.status_code) == (303, 422, 303)
    assert "提议人不能批准自己的修改" in alone.text
    assert "省局通知 2026 年 9 号" in page
    assert the_rule(world).params == {"days": 5}
    assert "将生效" in regulator.get("/rules/?when=to_come").text
    assert "以批准的为准" in administrator.get("/rules/").text


def test_a_second_person_returns_a_proposal_with_a_reason(
    administrator: FlaskClient, regulator: FlaskClient, world: World
) -> None:
    administrator.post(f"/rules/{the_rule(world).ref}/propose", data=form(world))
    amendment = proposed(world)

    silent = regulator.post(f"/amendments/{amendment.ref}/return", data={"reason": ""})
    returned = regulator.post(f"/amendments/{amendment.ref}/return", data={"reason": "缺条款"})

    assert (silent.status_code, returned.status_code) == (422, 303)
    assert proposed(world).state is AmendmentState.RETURNED
    assert "缺条款" in administrator.get(f"/amendments/{amendment.ref}").text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"on": ""}, "请填写从哪一天起"),
        ({"on": "2026-11-22"}, "改动只能从明天或以后生效"),
        ({"params": "五天"}, "读不出"),
        ({"params": "weeks=1"}, "参数的名称或数值与这项检查不符"),
        ({"photo": (BytesIO(b""), "")}, "请附上文件依据"),
        ({"reason": ""}, "请填写"),
    ],
)
def test_a_proposal_that_cannot_be_comes_back_with_its_reason(
    administrator: FlaskClient, world: World, changes: dict[str, Any], sentence: str
) -> None:
    page = administrator.post(f"/rules/{the_rule(world).ref}/propose", data=form(world, **changes))

    assert page.status_code == 422
    assert sentence in page.text


def test_a_program_asks_for_the_rules_of_a_day(login_as: LoginAs) -> None:
    farmer = login_as(Role.FARMER)

    def cited(day: str) -> set[str]:
        answer = farmer.get(f"/api/rules/?on={day}&stage=declaration.file")
        return {row["citation"] for row in answer.json if row["code"] == CODE}  # type: ignore[union-attr]  # a list

    [before], [after] = cited("2022-11-30"), cited("2022-12-01")

    assert "2010 年第 6 号" in before
    assert "2022 年第 7 号" in after
    one = farmer.get(f"/api/rules/{the_rule(login_as.world).ref}").json
    assert one is not None
    assert one["code"] == CODE


def test_numbers_that_cannot_be_read_and_a_missing_day_are_refused(world: World) -> None:
    with pytest.raises(RuleViolation) as unread:
        rulebook.parse_params("五天")
    with pytest.raises(RuleViolation) as dayless:
        rulebook.drafted(the_rule(world), {"change": Change.REVISE, "on": None})

    assert unread.value.code == "amendment.bad_params"
    assert dayless.value.code == "amendment.no_day"
