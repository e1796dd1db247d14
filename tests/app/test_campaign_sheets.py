"""A campaign recorded from a sheet: tried, worked on in the background, a result for every row."""

import io
from datetime import date, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import true

from app import database, due_sheets, worker
from app.auth.roles import Role
from app.factory import Platform, settings_of
from app.importing import running
from tests.app.programs import ProgramOf, code
from tests.app.test_campaigns import doses, opened
from tests.logins import LoginAs
from tests.world import World
from traceability.animals import Animal
from traceability.audit.report import verify_chain
from traceability.campaigns import coverage, records
from traceability.campaigns.records import Campaign, OmissionReason
from traceability.chain import events
from traceability.holdings import HoldingKind
from traceability.importing import runs
from traceability.importing.runs import ImportRun, RunState


@pytest.fixture(autouse=True)
def _asleep(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "wake_imports", lambda _settings: None)


def line(animal: Animal | str, day: date | None = None, reason: str = "") -> tuple[str, ...]:
    tag = animal if isinstance(animal, str) else animal.ear_tag
    return (tag, "", "", "", "", "", "", day.isoformat() if day else "", "20261001", reason)


def send(client: FlaskClient, campaign: Campaign, *lines: tuple[str, ...], mode: str) -> str:
    book = io.BytesIO(due_sheets.written(lines))
    answer = client.post(
        f"/campaigns/{campaign.ref}/sheets", data={"file": (book, "秋防.xlsx"), "mode": mode}
    )
    assert answer.status_code == 303, answer.text
    return answer.location


def work(app: Platform, world: World) -> None:
    """What the worker does when it is woken."""
    world.session.commit()
    with app.app_context():
        running.work_on_all(settings_of(app), database.engine(), now=lambda: world.at)
    world.session.expire_all()


def newest(world: World, campaign: Campaign) -> ImportRun:
    return runs.of_campaign(world.session, campaign)[0]


def test_a_filled_sheet_is_tried_then_recorded_with_a_result_for_every_row(
    app: Platform, login_as: LoginAs, world: World
) -> None:
    campaign, client = opened(world), login_as(Role.VILLAGE_VET)
    one, other, absent, twice = (world.animal() for _ in range(4))
    far = world.animal(holding=world.holding(HoldingKind.HOUSEHOLD, "别的镇", region="520526105"))
    day = world.today
    lines = [
        line(one, day),
        line(other, day + timedelta(days=1)),
        line(absent, reason="不在家"),
        line(twice, day),
        line(twice, day),
        line(far, day),
        line("252052600000000", day),
        line(other),
        line(absent, day, "快要产犊"),
    ]

    tried = send(client, campaign, *lines, mode="trial")
    work(app, world)
    trial = newest(world, campaign)
    page = client.get(tried).text
    before = [doses(world, each) for each in (one, twice)]
    started = client.post(f"{tried}/go-on")
    work(app, world)
    run = newest(world, campaign)
    told = client.get(f"{started.location}/results.csv").text

    assert (trial.accepted, trial.already, trial.refused) == (3, 1, 5)
    assert before == [1, 1]
    assert "用药或免疫日期在将来" in page
    assert (run.state, run.accepted, run.already, run.refused) == (RunState.DONE, 3, 1, 5)
    assert [doses(world, each) for each in (one, twice, far)] == [2, 2, 1]
    for why in ("in_future", "outside_area", "not_found", "both_said", "omission_unsaid"):
        assert why in told
    assert events.history(world.session, one.ref)[-1].group == campaign.ref
    [village] = coverage.by_village(world.session, campaign, today=day, within=true())
    assert (village.done, village.reasons[OmissionReason.ABSENT]) == (2, 1)
    assert verify_chain(world.session).damage == []


def test_the_same_sheet_again_changes_nothing(
    app: Platform, login_as: LoginAs, world: World
) -> None:
    campaign, client = opened(world), login_as(Role.VILLAGE_VET)
    lines = [line(world.animal(), world.today), line(world.animal(), reason="在山上放牧")]
    send(client, campaign, *lines, mode="real")
    work(app, world)
    before = events.count(world.session)

    send(client, campaign, *lines, mode="real")
    work(app, world)

    assert (newest(world, campaign).already, newest(world, campaign).refused) == (2, 0)
    assert events.count(world.session) == before


def test_a_sheet_for_a_campaign_that_was_closed_meanwhile_says_so(
    app: Platform, login_as: LoginAs, world: World
) -> None:
    campaign, client = opened(world), login_as(Role.OFFICIAL_VET)
    page = send(client, campaign, line(world.animal(), world.today), mode="real")
    client.post(f"/campaigns/{campaign.ref}/close")
    work(app, world)

    assert newest(world, campaign).state is RunState.FAILED
    assert "已经结束" in client.get(page).text
    assert client.post(f"{page}/go-on").status_code == 409
    closed = records.get(world.session, campaign.ref)
    again = client.post(
        f"/campaigns/{closed.ref}/sheets", data={"file": (io.BytesIO(b"x"), "x.csv")}
    )
    assert again.status_code == 409


def test_a_sheet_without_its_columns_or_no_sheet_at_all_is_refused_on_the_page(
    login_as: LoginAs, world: World
) -> None:
    campaign, client = opened(world), login_as(Role.VILLAGE_VET)
    address = f"/campaigns/{campaign.ref}/sheets"

    none = client.post(address, data={})
    strange = client.post(address, data={"file": (io.BytesIO("甲,乙\n1,2\n".encode()), "x.csv")})
    blank = client.get("/campaigns/template.xlsx")

    assert none.status_code == strange.status_code == 422
    assert "请选择文件" in none.text
    assert "表头缺少：耳标号、免疫日期" in strange.text
    assert blank.data.startswith(b"PK")
    assert "还没有上传过" in client.get(address).text


def test_a_sheet_is_stopped_and_goes_on_and_is_nobody_elses(
    app: Platform, login_as: LoginAs, world: World
) -> None:
    campaign, client = opened(world), login_as(Role.VILLAGE_VET)
    page = send(client, campaign, line(world.animal(), world.today), mode="real")

    client.post(f"{page}/stop")
    stopped = client.get(page).text
    client.post(f"{page}/go-on")
    work(app, world)

    assert "已停止" in stopped
    assert newest(world, campaign).accepted == 1
    assert "全部处理完" in client.get(f"{page}/progress").text
    administrator = login_as(Role.ADMINISTRATOR)
    assert administrator.get(f"/imports/{newest(world, campaign).ref}").status_code == 404
    assert "秋防.xlsx" not in administrator.get("/imports/").text


def test_a_program_sends_a_sheet_and_reads_its_results(
    app: Platform, program_of: ProgramOf, world: World
) -> None:
    campaign, vet = opened(world), program_of(Role.VILLAGE_VET)
    text = f"耳标号,免疫日期\n{world.animal().ear_tag},{world.today}\n252052600000000,\n"
    data = {"file": (io.BytesIO(text.encode()), "秋防.csv")}
    world.session.commit()

    client = vet.login_as.app.test_client()
    sent = client.post(f"/api/campaigns/{campaign.ref}/sheets", data=data, headers=vet.headers)
    work(app, world)

    assert sent.status_code == 201, sent.text
    address = f"/api/campaigns/sheets/{sent.get_json()['ref']}"
    told, rows = vet.get(address).get_json(), vet.get(f"{address}/results").get_json()
    assert (told["state"], told["accepted"], told["refused"]) == ("done", 1, 1)
    none = client.post(f"/api/campaigns/{campaign.ref}/sheets", data={}, headers=vet.headers)
    assert code(none) == (422, "campaign.no_sheet")
    assert [row["code"] for row in rows] == ["", "animal.not_found"]
