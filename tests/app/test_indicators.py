"""The officers' pages of indicators: one reports with the table it rests on, another confirms."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from shutil import copyfile

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, select

from app.auth.accounts import Grant
from app.auth.roles import Role, ScopeKind
from registry import actuals, clusters, projects
from registry.actuals import Actual, ActualStatus
from registry.indicators import Indicator
from registry.projects import Stage
from tests.logins import LoginAs
from tests.world import World
from traceability.base.db import make_engine

TABLE = b"%PDF-1.7 a table of the statistics office"


@pytest.fixture
def engine(loaded_database: Path, tmp_path: Path) -> Iterator[Engine]:
    """A database of the test's own, with the registry in it."""
    path = tmp_path / "platform.db"
    copyfile(loaded_database, path)
    engine = make_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture
def herd(world: World) -> Indicator:
    """The county's herd, whose target is printed in 万头."""
    wanted = select(Indicator).where(Indicator.key == "weining.indicator.herd")
    return world.session.scalars(wanted).one()


@pytest.fixture
def officer(login_as: LoginAs, herd: Indicator) -> FlaskClient:
    return an_officer(login_as, herd, "集群专员")


@pytest.fixture
def second(login_as: LoginAs, herd: Indicator) -> FlaskClient:
    """Another officer of the same cluster."""
    return an_officer(login_as, herd, "统计专员")


def an_officer(login_as: LoginAs, herd: Indicator, name: str) -> FlaskClient:
    assert herd.cluster is not None
    grants = (Grant(ScopeKind.CLUSTER, herd.cluster.key),)
    return login_as(Role.CLUSTER_OFFICER, party=login_as.world.party(name), grants=grants)


def the_actual(world: World, herd: Indicator) -> Actual:
    world.session.expire_all()
    (found,) = actuals.of_indicator(world.session, herd)
    return found


def test_an_officer_reports_and_another_one_confirms(
    officer: FlaskClient, second: FlaskClient, world: World, herd: Indicator
) -> None:
    sent = {
        "period": "2026q3",
        "value": "49.5",
        "unit": "万头",
        "photo": (BytesIO(TABLE), "表.pdf"),
    }
    reported = officer.post(f"/indicators/{herd.ref}/actual", data=sent)
    actual = the_actual(world, herd)
    alone = officer.get(f"/actuals/{actual.ref}")
    confirmed = second.post(f"/actuals/{actual.ref}/confirm")
    page = officer.get(f"/indicators/{herd.ref}")

    assert (reported.status_code, confirmed.status_code) == (303, 303)
    assert "要由另一位人员确认" in alone.text
    assert the_actual(world, herd).status is ActualStatus.CONFIRMED
    assert "2026Q3" in page.text
    assert "已确认" in page.text
    assert "未达到" in page.text


def test_nobody_confirms_a_figure_of_his_own(
    officer: FlaskClient, world: World, herd: Indicator
) -> None:
    officer.post(
        f"/indicators/{herd.ref}/actual", data={"period": "2026", "value": "49", "unit": "万头"}
    )

    answer = officer.post(f"/actuals/{the_actual(world, herd).ref}/confirm")

    assert answer.status_code == 422
    assert "填报人不能确认自己填的数" in answer.text


def test_a_returned_figure_is_mended_and_handed_in_again(
    officer: FlaskClient, second: FlaskClient, world: World, herd: Indicator
) -> None:
    officer.post(
        f"/indicators/{herd.ref}/actual", data={"period": "2026", "value": "490", "unit": "万头"}
    )
    actual = the_actual(world, herd)
    silent = second.post(f"/actuals/{actual.ref}/return", data={"reason": " "})
    returned = second.post(f"/actuals/{actual.ref}/return", data={"reason": "应为万头"})
    foreign = second.post(f"/actuals/{actual.ref}/revise", data={"value": "1", "unit": "头"})
    page = officer.get(f"/actuals/{actual.ref}")
    mended = officer.post(f"/actuals/{actual.ref}/revise", data={"value": "49", "unit": "万头"})

    assert silent.status_code == 422
    assert (returned.status_code, mended.status_code) == (303, 303)
    assert "请原填报人修改" in foreign.text
    assert "退回原因：应为万头" in page.text
    found = the_actual(world, herd)
    assert (found.value, found.unit, found.status) == ("49", "万头", ActualStatus.SUBMITTED)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"period": "去年"}, "期间请写年"),
        ({"value": "很多"}, "数"),
        ({"unit": "亩"}, "单位"),
        ({"value": "9" * 200}, ""),
    ],
)
def test_a_bad_figure_is_refused_and_nothing_typed_is_lost(
    *, officer: FlaskClient, world: World, herd: Indicator, changes: dict[str, str], sentence: str
) -> None:
    sent = {"period": "2026", "value": "49", "unit": "万头", **changes}

    answer = officer.post(f"/indicators/{herd.ref}/actual", data=sent)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert all(f'value="{typed}"' in answer.text for typed in sent.values())
    assert not actuals.of_indicator(world.session, herd)


def test_a_program_reports_and_a_second_one_returns(
    officer: FlaskClient, second: FlaskClient, herd: Indicator
) -> None:
    told = {"period": "2026", "value": "49", "unit": "万头"}
    made = officer.post(f"/api/indicators/{herd.ref}/actuals", json=told).get_json()
    again = officer.post(f"/api/indicators/{herd.ref}/actuals", json=told)
    officer.post(f"/api/actuals/{made['ref']}/revise", json={"value": "49.2", "unit": "万头"})
    officer.post(f"/api/actuals/{made['ref']}/submit")
    second.post(f"/api/actuals/{made['ref']}/return", json={"reason": "缺表"})
    officer.post(f"/api/actuals/{made['ref']}/submit")
    confirmed = second.post(f"/api/actuals/{made['ref']}/confirm").get_json()
    page = officer.get(f"/api/indicators/{herd.ref}").get_json()

    assert again.status_code == 409
    assert again.get_json()["code"] == "actual.period_taken"
    assert (confirmed["status"], confirmed["value"]) == ("confirmed", "49.2")
    assert [each["ref"] for each in page["actuals"]] == [made["ref"]]
    assert any(each["role"] == "target" for each in page["figures"])


def test_an_officer_registers_a_project_that_the_document_does_not_name(
    officer: FlaskClient, world: World, herd: Indicator
) -> None:
    assert herd.cluster is not None
    task = clusters.tasks(world.session, herd.cluster)[0]
    address = f"/clusters/{herd.cluster.ref}/projects/new"
    form = officer.get(address)
    made = officer.post(
        address, data={"name": "草海冷链二期", "task": task.ref, "stage": "planned"}
    )
    twice = officer.post(address, data={"name": "草海冷链二期", "stage": "planned"})
    nameless = officer.post(address, data={"stage": "planned"})
    by_program = officer.post(
        f"/api/clusters/{herd.cluster.ref}/projects", json={"name": "草海冷链三期"}
    )

    assert task.name in form.text
    assert made.status_code == 303
    assert "草海冷链二期" in officer.get(made.location).text
    assert "本集群已登记过" in twice.text
    assert nameless.status_code == 422
    assert by_program.status_code == 201
    found = projects.get(world.session, made.location.rsplit("/", 1)[-1])
    assert (found.task, found.stage) == (task, Stage.PLANNED)


def test_a_task_that_is_not_there_is_not_found(officer: FlaskClient, herd: Indicator) -> None:
    assert herd.cluster is not None
    sent = {"name": "草海冷链", "task": f"task:{'0' * 32}"}

    answer = officer.post(f"/api/clusters/{herd.cluster.ref}/projects", json=sent)

    assert answer.get_json()["code"] == "task.not_found"
