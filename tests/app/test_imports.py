"""The administrator brings in a register: tried first, with a result for every row."""

import io
from contextlib import suppress
from pathlib import Path

import pytest
from flask import request
from flask.testing import FlaskClient

from app import database, worker
from app.auth.roles import Role
from app.factory import Platform, settings_of
from app.importing import running
from app.web.importing import UPLOAD_BYTES_MAX
from tests.logins import LoginAs
from tests.world import World
from traceability.base.errors import Refusal
from traceability.importing import runs
from traceability.importing.runs import ImportRun, RunState

SHEET = """户号,户主姓名,行政区划代码
H-1,王大明,520526104
H-2,,520526104
"""


@pytest.fixture
def client(login_as: LoginAs, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setattr(worker, "wake_imports", lambda _settings: None)
    return login_as(Role.ADMINISTRATOR)


def send(client: FlaskClient, text: str = SHEET, **form: str) -> str:
    data = {"kind": "holdings", "mode": "trial", **form}
    answer = client.post("/imports/", data={**data, "file": (io.BytesIO(text.encode()), "户.csv")})
    assert answer.status_code == 303, answer.text
    return answer.location


def work(app: Platform, world: World) -> None:
    """What the worker does when it is woken."""
    with app.app_context():
        running.work_on_all(settings_of(app), database.engine(), now=lambda: world.at)


def newest(world: World) -> ImportRun:
    world.session.expire_all()
    return runs.listed(world.session)[0]


def test_a_trial_is_shown_row_by_row_and_then_brought_in(
    app: Platform, client: FlaskClient, world: World
) -> None:
    page = send(client)
    assert "等待开始" in client.get(page).text
    work(app, world)
    tried = client.get(page).text
    started = client.post(f"{page}/start")
    work(app, world)
    done = client.get(started.location).text
    sheet = client.get(f"{started.location}/results.csv").data.decode("utf-8-sig")

    assert "可导入" in tried
    assert "请填写户主姓名" in tried
    assert "正式导入" in done
    assert newest(world).accepted == 1
    assert sheet.splitlines()[1:] == [
        "2,已导入,,",
        "3,不收,import.empty,请填写户主姓名",
    ]
    assert "户.csv" in client.get("/imports/").text


def test_an_import_is_stopped_and_gone_on_with(
    app: Platform, client: FlaskClient, world: World
) -> None:
    page = send(client, mode="real")

    stopped = client.post(f"{page}/stop")
    work(app, world)
    assert newest(world).state is RunState.STOPPED
    assert "已停止" in client.get(stopped.location).text
    client.post(f"{page}/resume")
    work(app, world)

    assert newest(world).state is RunState.DONE
    assert "1 行不收" in client.get(f"{page}/progress").text


@pytest.mark.parametrize(
    ("form", "text", "sentence"),
    [
        ({"kind": "cows"}, SHEET, "请选择导入内容"),
        ({}, "姓名,年龄\n", "表头缺少"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_beside_its_field(
    client: FlaskClient, form: dict[str, str], text: str, sentence: str
) -> None:
    data = {"kind": "holdings", **form, "file": (io.BytesIO(text.encode()), "a.csv")}

    answer = client.post("/imports/", data=data)

    assert answer.status_code == 422
    assert sentence in answer.text
    assert "请选择文件" in client.post("/imports/", data={"kind": "holdings"}).text


@pytest.mark.parametrize(("path", "large"), [("/imports/", True), ("/login", False)])
def test_only_a_register_may_be_larger_than_a_photograph(
    app: Platform, path: str, *, large: bool
) -> None:
    with app.test_request_context(path, method="POST"):
        with suppress(Refusal):  # nobody is signed in here
            app.preprocess_request()

        assert (request.max_content_length == UPLOAD_BYTES_MAX) is large


def test_a_trial_whose_file_was_tidied_away_asks_for_it_again(
    app: Platform, client: FlaskClient, world: World
) -> None:
    page = send(client)
    running.path_of(settings_of(app), newest(world)).unlink()

    answer = client.post(f"{page}/start", headers={"Accept": "application/json"})

    assert (answer.status_code, answer.get_json()["code"]) == (409, "import.file_gone")


def test_every_kind_of_sheet_has_a_template(client: FlaskClient) -> None:
    answer = client.get("/imports/templates/animals.csv")

    assert answer.data.decode("utf-8-sig").startswith("耳标号,品种")
    assert client.get("/imports/templates/cows.csv").status_code == 404


def test_a_worker_is_woken_or_the_sweep_finds_the_import(app: Platform, tmp_path: Path) -> None:
    settings = settings_of(app)
    worker.celery.close()
    worker.celery.amqp._producer_pool = None  # the queue of an earlier test's folder

    worker.wake_imports(settings)

    assert list((tmp_path / "queue").glob("*.msg")), "the wake-up waits in the queue"
    assert "imports" in worker.celery.conf.beat_schedule
