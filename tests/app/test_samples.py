"""Sampling on the page and by program: planned, drawn, taken, reported, followed up, closed."""

from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import event

from app import database
from app.auth.accounts import Grant
from app.auth.roles import Role, ScopeKind
from app.factory import Platform
from tests.app.programs import ProgramOf, code
from tests.logins import LoginAs
from traceability.holdings import HoldingKind

PLAN: dict[str, Any] = {
    "name": "秋季布病抽样",
    "tested_for": "布鲁氏菌病",
    "risk": "去年该镇有阳性户",
    "regions": ["520526104"],
    "household": 2,
    "first_on": "2026-11-01",
    "last_on": "2026-12-31",
}
REPORT = {"laboratory": "毕节市疫控中心", "report_no": "BJ-88", "tested_on": "2026-11-22"}
SAMPLE = {"seal_no": "FQ-0001", "material": "血清", "taken_on": "2026-11-22"}


def planned(vet: FlaskClient, **changes: Any) -> str:
    answer = vet.post("/samples/new", data={**PLAN, **changes})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def test_a_vet_plans_samples_and_follows_a_failure_to_its_end(login_as: LoginAs) -> None:
    world = login_as.world
    herd = [world.animal() for _ in range(3)]
    vet = login_as(Role.OFFICIAL_VET)
    page = vet.get(planned(vet)).text
    drawn = [cow for cow in herd if cow.ref in page]
    address = planned(vet, seed="照着再抽")

    taken = vet.post(
        f"{address}/take",
        data={**SAMPLE, "ear_tag": drawn[0].ear_tag, "off_plan": "就近"},
        follow_redirects=True,
    )
    sample = taken.text.split('href="/samples/sample:')[1].split('"')[0]
    shown = f"/samples/sample:{sample}"
    silent = vet.post(f"{shown}/report", data={**REPORT, "passed": "false"})
    failed = vet.post(
        f"{shown}/report",
        data={**REPORT, "passed": "false", "nonconformity": "试验阳性"},
        follow_redirects=True,
    )
    listed = vet.get("/samples/").text + vet.get("/").text
    early = vet.post(f"{shown}/close", data={"words": "没事"})
    followed = vet.post(f"{shown}/follow-up", data={"words": "隔离复检"}, follow_redirects=True)
    closed = vet.post(f"{shown}/close", data={"words": "已扑杀"}, follow_redirects=True)

    assert (len(drawn), silent.status_code, early.status_code) == (2, 422, 422)
    assert all(word in taken.text for word in ("照着再抽", "FQ-0001"))
    assert "不合格，跟进中" in failed.text
    assert all(word in listed for word in ("试验阳性", "抽检不合格没有了结的样品"))
    assert "先登记做了什么" in early.text
    assert "隔离复检" in followed.text
    assert "不合格，已了结" in closed.text
    assert "试验阳性" not in vet.get("/samples/").text


def test_a_program_does_the_same(program_of: ProgramOf) -> None:
    world = program_of.login_as.world
    animal = world.animal()
    vet = program_of(Role.OFFICIAL_VET)

    plan = vet.post("/api/samples/plans", {**PLAN, "seed": "2026"}).json
    assert plan is not None
    taken = vet.post(
        f"/api/samples/plans/{plan['ref']}/samples", {**SAMPLE, "ear_tag": animal.ear_tag}
    ).json
    assert taken is not None
    address = f"/api/samples/{taken['ref']}"
    report = {**REPORT, "passed": False, "nonconformity": "试验阳性"}
    reported = vet.post(f"{address}/report", report).json
    early = vet.post(f"{address}/close", {"words": "没事"})
    vet.post(f"{address}/follow-up", {"words": "隔离复检"})
    closed = vet.post(f"{address}/close", {"words": "已扑杀"}).json
    (listed,) = vet.get("/api/samples/plans").json or []

    assert plan["seed"] == "2026"
    assert [each["animal"] for each in plan["targets"]] == [animal.ref]
    assert reported is not None
    assert reported["state"] == "failed"
    assert code(early) == (422, "sample.not_followed_up")
    assert closed is not None
    assert [step["words"] for step in closed["steps"]] == ["隔离复检", "已扑杀"]
    (row,) = listed["strata"]
    assert (row["wanted"], row["drawn"], row["taken"], row["failed"]) == (2, 1, 1, 1)


def test_a_program_stays_within_its_ground(program_of: ProgramOf) -> None:
    program_of.login_as.world.animal()
    vet = program_of(Role.OFFICIAL_VET)
    plan = vet.post("/api/samples/plans", PLAN).json
    assert plan is not None

    unknown = {**SAMPLE, "ear_tag": "252052600099999"}
    refused = vet.post(f"/api/samples/plans/{plan['ref']}/samples", unknown)
    beyond = vet.post("/api/samples/plans", {**PLAN, "regions": ["520527"]})

    assert len(plan["seed"]) == 16
    assert code(refused) == (422, "sample.unknown_animal")
    assert code(beyond) == (422, "sampling.beyond_area")


def test_each_sees_their_own_ground(login_as: LoginAs, program_of: ProgramOf) -> None:
    world = login_as.world
    far = world.holding(HoldingKind.HOUSEHOLD, "邻乡农户", region="520526105001")
    here, there = world.animal(), world.animal(holding=far)
    regulator = login_as(Role.REGULATOR)
    both = planned(regulator, regions=["520526104", "520526105"])
    other = planned(regulator, regions=["520526105"], name="邻乡抽样")

    village = login_as(Role.VILLAGE_VET)
    page = village.get(both).text

    assert here.ref in page
    assert there.ref not in page
    assert village.get(other).status_code == 404
    assert "邻乡抽样" not in village.get("/samples/").text
    assert village.get("/samples/new").status_code == 403
    assert login_as(Role.FARMER).get("/samples/").status_code == 403
    assert program_of(Role.FARMER).get("/api/samples/plans").status_code == 403
    grants = (Grant(ScopeKind.REGION, "520527"),)
    neighbour = login_as(Role.OFFICIAL_VET, party=world.party("邻县兽医"), grants=grants)
    assert neighbour.get(both).status_code == 404


def test_a_form_that_does_not_fit_is_shown_again(login_as: LoginAs) -> None:
    vet = login_as(Role.OFFICIAL_VET)

    nobody = vet.post("/samples/new", data=PLAN)
    blank = vet.post("/samples/new", data={"name": "只有名称"})

    assert nobody.status_code == blank.status_code == 422
    assert "没有这几类场所的在养牛" in nobody.text
    assert "只有名称" in blank.text


def test_more_plans_take_no_more_questions(app: Platform, login_as: LoginAs) -> None:
    world = login_as.world
    for _ in range(4):
        world.animal()
    vet = login_as(Role.OFFICIAL_VET)
    with app.app_context():
        engine = database.engine()
    counts = []
    for many in (1, 3):
        for number in range(many):
            planned(vet, name=f"第 {number} 份", last_on=str(world.today + timedelta(days=9)))
        vet.get("/samples/")
        seen: list[object] = []

        def note(*told: object, seen: list[object] = seen) -> None:
            seen.append(told[2])

        event.listen(engine, "before_cursor_execute", note)
        assert vet.get("/samples/").status_code == 200
        event.remove(engine, "before_cursor_execute", note)
        counts.append(len(seen))

    assert counts[1] <= counts[0]
