"""The regulator's room: find a subject, read its whole line, run the audit."""

import contextlib
import json
import os
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from app import cli, migrate
from app.audit import running, words
from app.auth.roles import Role
from app.factory import Platform, settings_of
from tests.logins import LoginAs
from tests.market.test_sales import sold
from tests.world import World
from traceability import parties
from traceability.checkpoints import keys, stamps

SAMPLES = Path(__file__).parents[1] / "vectors" / "events"


def finished(client: FlaskClient) -> str:
    """Start the audit and wait until its result is there."""
    assert client.post("/audit/run").status_code == 303
    settings = settings_of(client.application)
    until = time.monotonic() + 60
    while (run := running.newest(settings)) is None or run.state == "running":
        assert time.monotonic() < until, "the audit did not end"
        time.sleep(0.05)
    return client.get("/audit/").text


@pytest.fixture
def auditor(login_as: LoginAs) -> FlaskClient:
    return login_as(Role.REGULATOR)


def test_a_clean_chain_is_reported_whole(auditor: FlaskClient, world: World) -> None:
    world.at_market(world.animal())

    page = finished(auditor)

    assert "逐条相符，连续无缺" in page
    assert "官方" not in page.split("核查结果")[1][:200]


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("UPDATE animal SET owner_id = owner_id + 1", "牛只的货主（animal.owner_id）被改动"),
        ("UPDATE sale SET amount_fen = amount_fen + 100", "成交的金额（sale.amount_fen）被改动"),
        (
            "UPDATE certificate SET valid_until = '2027-01-01'",
            "检疫证明的有效期至（certificate.valid_until）被改动",
        ),
        ("UPDATE animal SET born_on = 'x'", "牛只的出生日期（animal.born_on）被改动"),
        ("DELETE FROM weighing", "过磅记录（weighing）缺少一行"),
    ],
)
def test_a_row_changed_behind_the_platforms_back_is_named(
    auditor: FlaskClient, world: World, statement: str, names: str
) -> None:
    sold(world, world.at_market(world.animal()))
    world.session.commit()
    with contextlib.closing(sqlite3.connect(str(world.engine.url.database))) as file:
        file.execute(statement)
        file.commit()

    page = finished(auditor)

    assert "发现问题" in page
    assert names in page


NEWEST = "(SELECT max(id) FROM event)"
OTHER_BYTES = (
    "UPDATE event SET canonical = CAST(replace(CAST(canonical AS TEXT), 'sale.', 'sola.') AS BLOB)"
)


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        (OTHER_BYTES, "的内容与指纹不符"),
        (f"UPDATE event SET canonical = x'ff' WHERE id = {NEWEST}", "的内容不是规范形式"),
        (f"UPDATE event SET canonical = 7 WHERE id = {NEWEST}", "的内容读不出来"),
        ("UPDATE event_private SET canonical = x'7b7d'", "的私有部分与承诺不符"),
        ("UPDATE event_private SET canonical = x'ff'", "的私有部分与承诺不符"),
        (f"DELETE FROM event WHERE id = {NEWEST}", "号事件被删除，只剩索引"),
        ("UPDATE checkpoint SET tree_size = 'x'", "检查点不对"),
        ("UPDATE checkpoint SET signed_at = 'x'", "检查点不对"),
        ("UPDATE sale SET ref = x'ff'", "成交（sale）多出一行"),
    ],
)
def test_the_room_opens_when_an_event_itself_was_changed(
    auditor: FlaskClient, world: World, statement: str, names: str
) -> None:
    ref = sold(world, world.at_market(world.animal())).ref
    stamps.sequence(world.session, keys.new_signer("demo-test"), at=world.at)
    world.session.commit()
    with contextlib.closing(sqlite3.connect(str(world.engine.url.database))) as file:
        for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type='trigger'"):
            file.execute(f"DROP TRIGGER {name}")
        file.execute(statement)
        file.commit()

    page = finished(auditor)

    assert "发现问题" in page
    assert names in page
    assert auditor.get(f"/audit/{ref}").status_code == 200


def test_the_line_says_which_event_was_changed(auditor: FlaskClient, world: World) -> None:
    sale = sold(world, world.at_market(world.animal()))
    world.session.commit()
    with contextlib.closing(sqlite3.connect(str(world.engine.url.database))) as file:
        for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type='trigger'"):
            file.execute(f"DROP TRIGGER {name}")
        file.execute(
            "UPDATE event SET canonical = CAST(replace(CAST(canonical AS TEXT), '\"public\"',"
            " '\"pubiic\"') AS BLOB) WHERE instr(canonical, 'sale.weighed')"
        )
        file.execute(
            "UPDATE event_private SET canonical ="
            " CAST(replace(CAST(canonical AS TEXT), '1', '2') AS BLOB)"
            " WHERE event_id = (SELECT id FROM event WHERE instr(canonical, 'sale.agreed'))"
        )
        file.commit()

    page = auditor.get(f"/audit/{sale.ref}").text

    assert "内容读不出来" in page
    assert "私有部分与承诺不符：这条记录被改动过" in page
    assert "（不可信，未显示）" in page


def test_damage_of_an_event_leads_to_its_line(auditor: FlaskClient, world: World) -> None:
    animal = world.animal(vaccinated_days_ago=None)
    world.session.commit()
    with contextlib.closing(sqlite3.connect(str(world.engine.url.database))) as file:
        file.execute("DROP TRIGGER event_no_update")
        file.execute(
            "UPDATE event SET canonical = x'ff'"
            " WHERE id = (SELECT max(id) FROM event WHERE instr(canonical, 'animal.registered'))"
        )
        file.commit()

    page = finished(auditor)

    assert f'href="/audit/{animal.ref}"' in page.split("核查结果")[1].split("最新事件")[0]


def test_a_person_leads_to_what_names_them(auditor: FlaskClient, world: World) -> None:
    animal = world.animal(ear_tag="252052600012345")

    page = auditor.get(f"/audit/{world.farmer.ref}").text

    assert f"/audit/{animal.ref}" in page.split("事件提到它的主体")[1]
    assert "252052600012345" in page


def test_two_who_begin_at_once_get_one_run(
    app: Platform, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, begun = settings_of(app), []
    monkeypatch.setattr(running, "_work", lambda *given, **_: begun.append(given))

    with ThreadPoolExecutor(8) as pool:
        runs = list(
            pool.map(
                lambda name: running.begin(settings, by=name, now=lambda: world.at),
                "甲乙丙丁戊己庚辛",
            )
        )

    assert len({run.by for run in runs}) == 1
    assert len(begun) == 1


def test_a_run_that_counts_nothing_for_a_while_is_alive(
    app: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, path = settings_of(app), running.file_of(settings_of(app))
    running._write(settings, running.Run("running", "2026-11-22T06:12:03.000Z", "甲"))
    monkeypatch.setattr(running, "ALIVE_S", 0.01)

    with running._alive(path):
        os.utime(path, (0, 0))
        until = time.monotonic() + 20
        while path.stat().st_mtime == 0 and time.monotonic() < until:
            time.sleep(0.01)
        run = running.newest(settings)

    assert run is not None
    assert run.state == "running"


def test_a_run_that_goes_on_is_shown_instead_of_a_second_one(app: Platform, world: World) -> None:
    settings = settings_of(app)
    running._write(
        settings, running.Run("running", "2026-11-22T06:12:03.000Z", "甲", done=1, all=4)
    )

    second = running.begin(settings, by="乙", now=lambda: world.at)

    assert second.by == "甲"
    assert second.permille == 250


def test_a_run_whose_process_died_may_be_started_again(app: Platform) -> None:
    settings = settings_of(app)
    running._write(settings, running.Run("running", "2026-11-22T06:12:03.000Z", "甲"))
    path = running.file_of(settings)
    os.utime(path, (0, 0))

    run = running.newest(settings)

    assert run is not None
    assert run.state == "failed"
    assert "中断" in run.sentence


def test_progress_renews_itself_while_a_run_goes_on(auditor: FlaskClient) -> None:
    settings = settings_of(auditor.application)
    run = running.Run("running", "2026-11-22T06:12:03.000Z", "甲", done=1, all=4)
    running._write(settings, run)

    part = auditor.get("/audit/progress").text

    assert 'hx-trigger="every 1s"' in part
    assert "25%" in part


def test_a_subject_is_found_by_whatever_one_holds(auditor: FlaskClient, world: World) -> None:
    animal = world.tagged(world.animal(ear_tag="252052600012345"), "156000000000077")
    paper = world.certified(animal)
    sale = sold(world, world.at_market(world.animal()))

    for text, ref in [
        ("252052600012345", animal.ref),
        ("156000000000077", animal.ref),
        (animal.short_code, animal.ref),
        (paper.number, paper.ref),
        (sale.receipt_code, sale.ref),
        ("王大明", world.farmer.ref),
        ("小海牲畜", world.market.ref),
        (animal.ref, animal.ref),
    ]:
        assert f"/audit/{ref}" in auditor.get("/audit/", query_string={"q": text}).text, text


def test_a_search_for_nothing_says_what_to_do(auditor: FlaskClient) -> None:
    assert "没有找到" in auditor.get("/audit/?q=不存在的东西").text


def test_a_whole_line_is_read_with_who_did_what(auditor: FlaskClient, world: World) -> None:
    sale = sold(world, world.at_market(world.animal()))
    world.session.commit()

    page = auditor.get(f"/audit/{sale.ref}").text

    assert "第 1 条 · 成交" in page
    assert "操作员赵" in page
    assert "¥11,403.40" in page
    assert "26.8" in page
    assert "已登记，待盖章" in page


def test_personal_numbers_are_masked_even_here(auditor: FlaskClient, world: World) -> None:
    parties.change_phone(
        world.session, world.farmer, phone="13985712345", at=world.at, by=world.office
    )

    page = auditor.get(f"/audit/{world.farmer.ref}").text

    assert "139********" in page
    assert "13985712345" not in page


def test_a_subject_nobody_knows_is_not_found(auditor: FlaskClient) -> None:
    answer = auditor.get("/audit/animal:" + "0" * 32, headers={"Accept": "application/json"})

    assert answer.json is not None
    assert answer.json["code"] == "subject.not_found"


def test_the_command_names_the_damage_and_fails(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate.load_models()
    sold(world, world.at_market(world.animal()))
    world.session.commit()
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", str(world.engine.url))
    runner = CliRunner()

    whole = runner.invoke(cli.cli, ["verify-chain"])
    with contextlib.closing(sqlite3.connect(str(world.engine.url.database))) as file:
        file.execute("UPDATE sale SET price_fen = 1")
        file.commit()
    damaged = runner.invoke(cli.cli, ["verify-chain"])

    assert whole.exit_code == 0, whole.output
    assert damaged.exit_code == 1
    assert "成交的单价（sale.price_fen）被改动" in damaged.output


def test_only_overseers_audit(login_as: LoginAs) -> None:
    assert login_as(Role.FARMER).get("/audit/").status_code == 403


def test_every_field_that_was_ever_frozen_has_a_name_in_chinese() -> None:
    parts = [
        part
        for sample in sorted(SAMPLES.glob("*.json"))
        for frozen in [json.loads(sample.read_text("utf-8"))]
        for part in (json.loads(frozen["canonical"])["public"], json.loads(frozen["private"]))
    ]

    names = {name for part in parts for name in part} - words.HIDDEN

    assert len(names) > 50
    assert sorted(name for name in names if words.name_of(name) == name) == []
