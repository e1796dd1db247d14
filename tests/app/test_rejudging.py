"""The page that says what a change of rules would have changed, and the tables of outcomes."""

from datetime import timedelta
from io import BytesIO

import pytest
from flask.testing import FlaskClient

from app.auth.roles import Role
from tests.logins import LoginAs
from tests.world import World
from traceability import amendments, rules
from traceability.amendments import Amendment
from traceability.holdings import HoldingKind

ORDER = b"%PDF-1.7 an order of the office"
CODE = "declaration.lead_time"


@pytest.fixture
def administrator(login_as: LoginAs) -> FlaskClient:
    return login_as(Role.ADMINISTRATOR, party=login_as.world.party("管理员钱"))


@pytest.fixture
def regulator(login_as: LoginAs) -> FlaskClient:
    return login_as(Role.REGULATOR, party=login_as.world.party("监管孙"))


def proposed(administrator: FlaskClient, world: World, **changes: str) -> Amendment:
    """The lead time as a block of five days."""
    rule = rules.of_code(world.session, CODE)[-1]
    form = {
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
    sent = administrator.post(f"/rules/{rule.ref}/propose", data=form)
    assert sent.status_code == 303, sent.text
    world.session.expire_all()
    return amendments.listed(world.session)[0]


def test_the_second_person_sees_what_the_change_would_have_stopped(
    administrator: FlaskClient, regulator: FlaskClient, world: World
) -> None:
    world.declared(world.animal(), leaves_on=world.today + timedelta(days=4))
    world.declared(world.animal(), leaves_on=world.today + timedelta(days=6))
    world.session.commit()
    amendment = proposed(administrator, world)

    page = regulator.get(f"/amendments/{amendment.ref}/effect").text
    answer = regulator.get(f"/api/amendments/{amendment.ref}/effect").json

    assert "不得办理" in page
    assert "重判了 2 次办理" in page
    assert f"{world.home.name} 到 {world.market.name}" in page
    assert (
        f"/amendments/{amendment.ref}/effect" in regulator.get(f"/amendments/{amendment.ref}").text
    )
    assert answer["counted"] == {"declaration.file": 2}  # type: ignore[index]  # an object
    assert answer["totals"] == [  # type: ignore[index]  # an object
        {"stage": "declaration.file", "before": "allowed", "after": "stopped", "acts": 1}
    ]


def test_a_change_that_changes_nothing_says_so(administrator: FlaskClient, world: World) -> None:
    world.declared(world.animal(), leaves_on=world.today + timedelta(days=9))
    world.session.commit()
    amendment = proposed(administrator, world)

    assert "没有一次办理会不一样" in administrator.get(f"/amendments/{amendment.ref}/effect").text


def test_once_decided_a_change_is_judged_no_more(
    administrator: FlaskClient, regulator: FlaskClient, world: World
) -> None:
    amendment = proposed(administrator, world)
    approved = regulator.post(f"/api/amendments/{amendment.ref}/approve")

    again = regulator.get(f"/api/amendments/{amendment.ref}/effect")
    page = regulator.get(f"/amendments/{amendment.ref}/effect")

    assert (approved.status_code, again.status_code, page.status_code) == (200, 409, 409)
    assert again.json["code"] == "amendment.closed"  # type: ignore[index]  # an object
    assert "已经有结论" in page.text


def test_what_was_done_outside_ones_county_is_not_told(
    administrator: FlaskClient, login_as: LoginAs, world: World
) -> None:
    stranger = world.party("赫章县养牛户")
    far = world.holding(HoldingKind.HOUSEHOLD, "远处", keeper=stranger, region="520527")
    theirs = world.animal(holding=far, owner=stranger, by=stranger)
    world.declared(theirs, leaves_on=world.today)
    world.session.commit()
    amendment = proposed(administrator, world)
    here = login_as(Role.REGULATOR, party=world.party("威宁监管"))

    told = here.get(f"/api/amendments/{amendment.ref}/effect").json

    assert told["counted"] == {"declaration.file": 0}  # type: ignore[index]  # an object
    assert "远处" not in here.get(f"/amendments/{amendment.ref}/effect").text


@pytest.mark.parametrize(
    ("query", "sentence", "code"),
    [
        ("stage=declaration.file", "请填写", "request.invalid"),
        ("stage=slaughter&day=2022-11-30", "请选一个办理环节", "rejudging.bad_stage"),
        ("stage=declaration.file&day=2022-13-30", "日期应写成", "request.invalid"),
        (
            "stage=sale.agree&day=2022-11-30&since=2026-01-02&until=2026-01-01",
            "起在前",
            "rejudging.bad_period",
        ),
        ("stage=sale.agree&day=2022-11-30&since=1900-01-01", "最多十年", "rejudging.bad_period"),
    ],
)
def test_a_question_that_cannot_be_is_refused(
    regulator: FlaskClient, query: str, sentence: str, code: str
) -> None:
    page = regulator.get(f"/rules/rejudged?{query}")
    answer = regulator.get(f"/api/rules/rejudged?{query}")

    assert (page.status_code, answer.status_code) == (422, 422)
    assert sentence in page.text
    assert answer.json["code"] == code  # type: ignore[index]  # an object


def test_the_rules_of_another_day_judge_this_years_certificates(
    regulator: FlaskClient, world: World
) -> None:
    world.certified(world.animal())
    world.session.commit()

    form = regulator.get("/rules/rejudged").text
    page = regulator.get("/rules/rejudged?stage=certificate.issue&day=2010-02-28").text

    assert "用哪一天的规则" in form
    assert "重判了 1 次办理" in page


def test_a_certificate_tells_every_rule_it_was_issued_under(
    login_as: LoginAs, world: World
) -> None:
    one, other = world.animal(), world.animal(vaccinated_days_ago=None)
    paper = world.certified(one, other)
    world.session.commit()
    vet = login_as(Role.OFFICIAL_VET)

    page = vet.get(f"/certificates/{paper.ref}/outcomes").text
    told = vet.get(f"/api/certificates/{paper.ref}/outcomes").json
    assert isinstance(told, list)
    results = {each["label"]: {row["result"] for row in each["outcomes"]} for each in told}

    assert results[one.ear_tag] == {"passed", "not_applicable"}
    assert results[other.ear_tag] == {"passed", "not_applicable", "warned"}
    assert "口蹄疫免疫：无记录" in page
    assert "末次免疫" in page
    assert f"/certificates/{paper.ref}/outcomes" in vet.get(f"/certificates/{paper.ref}").text


def test_a_declaration_and_a_verdict_tell_theirs(login_as: LoginAs, world: World) -> None:
    animal = world.animal()
    declaration = world.declared(animal)
    world.session.commit()
    farmer = login_as(Role.FARMER)

    filed = farmer.get(f"/declarations/{declaration.ref}/outcomes").text
    told = farmer.get(f"/api/declarations/{declaration.ref}/outcomes").json
    verdict = farmer.get(f"/v/{animal.ear_tag}/outcomes").text
    answer = farmer.get(f"/api/verdict/{animal.ear_tag}").json

    assert "提前 0 天申报" in filed
    assert told[0]["outcomes"][0]["code"] == CODE  # type: ignore[index]  # a list
    assert "没有检疫证明" in verdict
    assert "不涉及" in verdict
    assert {row["result"] for row in answer["outcomes"]} >= {"passed", "failed"}  # type: ignore[index]  # an object


def test_a_program_proposes_and_takes_back(administrator: FlaskClient, world: World) -> None:
    rule = rules.of_code(world.session, CODE)[-1]
    amendment = proposed(administrator, world)
    assert amendment.evidence is not None
    told = {
        "rule": rule.ref,
        "change": "revise",
        "on": "2027-01-01",
        "text": rule.text,
        "citation": "省局通知 2026 年 10 号",
        "severity": "warn",
        "certainty": "S",
        "stages": list(rule.stages),
        "params": "days=4",
        "reason": "分两步走",
        "evidence": amendment.evidence.ref,
    }

    made = administrator.post("/api/amendments/", json=told)
    returned = administrator.post(
        f"/api/amendments/{made.json['ref']}/return",  # type: ignore[index]  # an object
        json={"reason": "先不改"},
    )
    unknown = administrator.post(
        "/api/amendments/", json={**told, "evidence": "evidence:" + "0" * 32}
    )
    waiting = administrator.get("/api/amendments/?state=proposed").json

    assert (made.status_code, returned.status_code, unknown.status_code) == (201, 200, 422)
    assert returned.json["state"] == "returned"  # type: ignore[index]  # an object
    assert [row["ref"] for row in waiting] == [amendment.ref]  # type: ignore[union-attr]  # a list
