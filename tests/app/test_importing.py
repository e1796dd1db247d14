"""An existing register comes in: every row gets an answer, and nothing comes in twice."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from click.testing import CliRunner
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import config, migrate
from app.cli import cli
from app.config import Settings
from app.importing import running, sheets
from tests.world import World
from traceability import animals, holdings, movements, treatments
from traceability.audit.report import verify_chain
from traceability.base.db import reading
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events
from traceability.importing import runs
from traceability.importing.batches import Outcome
from traceability.importing.columns import ImportKind
from traceability.importing.runs import ImportResult, ImportRun, RunState

ON_BOTH = True
HOLDINGS = """户号,户主姓名,行政区划代码,主体类别,联系电话,登记日期
5205260001,王大明,520526104,农户,13885700001,2019-04-01
H-0002,李二,520526104,散养户,,
"""
ANIMALS = """耳标号,品种,性别,出生日期,户号,登记日期
252052600900001,西杂,母,2023-03-08,5205260001,2023/3/20
２522427-00900002,威宁黄牛,公牛,20220105,H-0002,
2.52E+14,西杂,母,2023-03-08,5205260001,
252052600900003,西杂,母,2023-03-08,没有的户,
"""
DOSES = """耳标号,病种,免疫日期,疫苗,批号
252052600900001,口蹄疫,2024年3月15日,二价苗,20240201
252052600900001,口蹄疫,2023.9.1,二价苗,20230801
252052600900001,口蹄疫,2022-01-01,二价苗,
252052600900009,口蹄疫,2024-03-15,二价苗,
"""
JOURNEYS = """耳标号,调出户号,调入户号,调出日期,检疫证明编号
252052600900001,5205260001,H-0002,2024-05-02,
252052600900001,H-0002,5205260001,2024-06-02,5226001234
"""


@pytest.fixture
def settings(tmp_path: Path, world: World) -> Settings:
    world.session.commit()
    url = world.engine.url.render_as_string(hide_password=False)
    return config.load({"DATA_DIR": str(tmp_path), "DATABASE_URL": url})


def begun(
    settings: Settings, world: World, kind: ImportKind, data: bytes | str, **told: Any
) -> str:
    file = io.BytesIO(data.encode() if isinstance(data, str) else data)
    named: dict[str, Any] = {"filename": "原有登记.csv", "dry_run": False, **told}
    world.record_at(world.at)
    run = running.begin(
        world.session, settings, file, kind=kind, by=world.office, at=world.at, **named
    )
    world.session.commit()
    return run.ref


def brought(
    settings: Settings, world: World, kind: ImportKind, data: bytes | str, **told: Any
) -> ImportRun:
    """A file brought in to its end."""
    ref = begun(settings, world, kind, data, **told)
    running.work_on(settings, world.engine, ref, now=lambda: world.at)
    world.session.expire_all()
    run = runs.get(world.session, ref)
    assert run.state is RunState.DONE, run.fault
    return run


def counts(run: ImportRun) -> tuple[int, int, int, int]:
    return run.accepted, run.warned, run.already, run.refused


def whole_register(settings: Settings, world: World) -> list[ImportRun]:
    return [
        brought(settings, world, kind, text)
        for kind, text in (
            (ImportKind.HOLDINGS, HOLDINGS),
            (ImportKind.ANIMALS, ANIMALS),
            (ImportKind.IMMUNISATIONS, DOSES),
            (ImportKind.MOVEMENTS, JOURNEYS),
        )
    ]


def answers(session: Session, run: ImportRun) -> dict[int, tuple[str, str]]:
    return {
        line: (result.outcome.value, result.code)
        for result in runs.results(session, run)
        for line in range(result.first_line, result.last_line + 1)
    }


def test_a_register_comes_in_with_a_result_for_every_row(settings: Settings, world: World) -> None:
    places, herd, doses, journeys = whole_register(settings, world)
    session = world.session

    assert counts(places) == (2, 0, 0, 0)
    assert answers(session, herd) == {
        2: ("accepted", ""),
        3: ("accepted", ""),
        4: ("refused", "ear_tag.scientific"),
        5: ("refused", "import.no_holding"),
    }
    assert answers(session, doses) == {
        2: ("accepted", ""),
        3: ("accepted", ""),
        4: ("refused", "treatment.before_birth"),
        5: ("refused", "animal.not_found"),
    }
    assert answers(session, journeys) == {
        2: ("warned", "certificate.present"),
        3: ("accepted", ""),
    }


def test_what_was_imported_is_what_its_events_tell(settings: Settings, world: World) -> None:
    whole_register(settings, world)
    session = world.session
    cow = animals.by_tag(session, "252052600900001")
    old = animals.by_tag(session, "252242700900002")
    told = events.history(session, cow.ref)

    assert cow.holding is not None
    assert cow.holding.farm_code == "5205260001", "it came home"
    assert old.sex is animals.Sex.MALE
    assert [dose.given_on for dose in treatments.doses(session, cow)] == [
        date(2024, 3, 15),
        date(2023, 9, 1),
    ]
    assert len(movements.of_animal(session, cow)) == 2
    assert {event["evidence_level"] for event in told} == {"imported"}
    assert all(event.late and event.position is not None for event in told)
    session.commit()
    migrate.load_models()
    with reading(world.engine) as quiet:
        assert verify_chain(quiet).damage == []


def test_the_same_register_again_changes_nothing(settings: Settings, world: World) -> None:
    first = whole_register(settings, world)
    before = events.count(world.session)
    world.later(days=1)

    again = whole_register(settings, world)

    assert events.count(world.session) == before
    for once, twice in zip(first, again, strict=True):
        assert counts(twice) == (0, 0, once.accepted + once.warned, once.refused)


def test_a_row_that_says_otherwise_is_refused_and_changes_nothing(
    settings: Settings, world: World
) -> None:
    whole_register(settings, world)
    other = ANIMALS.replace("252052600900001,西杂", "252052600900001,安格斯")

    run = brought(settings, world, ImportKind.ANIMALS, other)

    assert answers(world.session, run)[2] == ("refused", "import.differs")
    assert animals.by_tag(world.session, "252052600900001").breed is animals.Breed.SIMMENTAL_CROSS


def test_a_trial_says_the_same_and_writes_nothing(settings: Settings, world: World) -> None:
    before = events.count(world.session)

    run = brought(settings, world, ImportKind.HOLDINGS, HOLDINGS, dry_run=True)

    assert counts(run) == (2, 0, 0, 0)
    assert events.count(world.session) == before
    with pytest.raises(NotFound):
        holdings.get(world.session, "holding:" + "0" * 32)


def many(rows: int) -> str:
    lines = [f"25205261{number:07d},西杂,母,2023-03-08,5205260001," for number in range(rows)]
    return "耳标号,品种,性别,出生日期,户号,登记日期\n" + "\n".join(lines)


def test_a_killed_import_goes_on_where_its_last_batch_ended(
    settings: Settings, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "BATCH_ROWS", 10)
    brought(settings, world, ImportKind.HOLDINGS, HOLDINGS)
    ref = begun(settings, world, ImportKind.ANIMALS, many(35))
    killed = [0]

    def die(rows: int) -> None:
        killed[0] += rows
        if killed[0] >= 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        running.work_on(settings, world.engine, ref, now=lambda: world.at, tell=die)
    with reading(world.engine) as session:
        assert runs.get(session, ref).rows_done == 20
    busy = running.work_on(settings, world.engine, ref, now=lambda: world.at)
    world.later(minutes=1)
    done = running.work_on_all(settings, world.engine, now=lambda: world.at)

    world.session.expire_all()
    run = runs.get(world.session, ref)
    assert busy is None, "whoever shows signs of life is not disturbed"
    assert done == 1
    assert (run.state, run.rows_done, counts(run)) == (RunState.DONE, 35, (35, 0, 0, 0))
    assert len(answers(world.session, run)) == 35


def test_an_import_can_be_stopped_and_gone_on_with(
    settings: Settings, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "BATCH_ROWS", 10)
    brought(settings, world, ImportKind.HOLDINGS, HOLDINGS)
    ref = begun(settings, world, ImportKind.ANIMALS, many(25))

    def stop(_rows: int) -> None:
        runs.stop(runs.get(world.session, ref))
        world.session.commit()

    first = running.work_on(settings, world.engine, ref, now=lambda: world.at, tell=stop)
    world.session.expire_all()
    with pytest.raises(Conflict) as over:
        runs.stop(runs.get(world.session, ref))
    runs.resume(runs.get(world.session, ref))
    world.session.commit()
    second = running.work_on(settings, world.engine, ref, now=lambda: world.at)

    world.session.expire_all()
    run = runs.get(world.session, ref)
    assert (first, second) == (RunState.STOPPED, RunState.DONE)
    assert (over.value.code, run.rows_done, run.accepted) == ("import.over", 25, 25)
    with pytest.raises(Conflict) as refusal:
        runs.resume(run)
    assert refusal.value.code == "import.not_stopped"


def test_an_unknown_import_is_not_found(world: World) -> None:
    with pytest.raises(NotFound) as refusal:
        runs.get(world.session, "import:" + "0" * 32)

    assert refusal.value.code == "import.not_found"


def test_a_lost_file_ends_the_import_with_a_sentence(settings: Settings, world: World) -> None:
    ref = begun(settings, world, ImportKind.HOLDINGS, HOLDINGS)
    running.path_of(settings, runs.get(world.session, ref)).unlink()
    world.session.rollback()

    state = running.work_on(settings, world.engine, ref, now=lambda: world.at)

    world.session.expire_all()
    assert state is RunState.FAILED
    assert "重新上传" in runs.get(world.session, ref).fault


def test_two_places_of_one_person_have_one_keeper(settings: Settings, world: World) -> None:
    sheet = """户号,户主姓名,行政区划代码,证件号码
H1,王五,520526104,11010519491231002X
H2,王五,520526104,11010519491231002X
H2,王六,520526104,
"""

    run = brought(settings, world, ImportKind.HOLDINGS, sheet)

    rows = world.session.scalars(select(holdings.Holding).where(holdings.Holding.name == "王五"))
    assert len({place.keeper_id for place in rows}) == 1
    assert answers(world.session, run)[4] == ("refused", "import.differs")


def test_the_results_come_back_as_a_sheet_that_starts_no_formula(
    settings: Settings, world: World
) -> None:
    brought(settings, world, ImportKind.HOLDINGS, HOLDINGS)
    run = brought(settings, world, ImportKind.ANIMALS, ANIMALS)
    world.session.add(
        ImportResult(
            run_id=run.id,
            first_line=99,
            last_line=99,
            outcome=Outcome.REFUSED,
            code="x",
            sentence="=1+1",
        )
    )
    world.session.flush()

    sheet = b"".join(running.results_csv(world.session, run)).decode("utf-8-sig")

    rows = list(csv.DictReader(io.StringIO(sheet)))
    assert [row["行号"] for row in rows] == ["2", "3", "4", "5", "99"]
    assert "科学计数法" in rows[2]["说明"]
    assert rows[-1]["说明"] == "'=1+1"


def workbook(*rows: tuple[Any, ...]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "default_date_format": "yyyy/m/d"})
    sheet = book.add_worksheet("牛只")
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, date):
                sheet.write_datetime(number, column, value)
            else:
                sheet.write(number, column, value)
    book.close()
    return out.getvalue()


def rows(data: bytes, filename: str, kind: ImportKind = ImportKind.ANIMALS) -> list[dict[str, str]]:
    return [row for _, row in sheets.rows_of(io.BytesIO(data), filename, kind)]


def test_a_workbook_is_read_like_a_sheet_of_text() -> None:
    data = workbook(
        ("威宁县牛只登记表",),
        (),
        ("畜禽标识编码", "品种", "性别", "出生日期", "户号"),
        (252052600012345, "西杂", "母", date(2023, 3, 8), 5205260001),
        ("252052600012346", "西杂", "母", "2023-03-08", "5205260001"),
        (2520526000123456, "西杂", "母", "2023-03-08", "5205260001"),
    )

    numbered = list(sheets.rows_of(io.BytesIO(data), "登记.xlsx", ImportKind.ANIMALS))

    assert [number for number, _ in numbered] == [4, 5, 6]
    assert numbered[0][1] == {
        "ear_tag": "252052600012345",
        "breed": "西杂",
        "sex": "母",
        "born_on": "2023-03-08",
        "holding": "5205260001",
    }
    assert "E+15" in numbered[2][1]["ear_tag"], "lost digits are seen, not guessed"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_offices_save_their_sheets_in_three_ways(encoding: str) -> None:
    assert rows(ANIMALS.encode(encoding), "表.csv")[0]["breed"] == "西杂"


@pytest.mark.parametrize(
    ("data", "filename", "code"),
    [
        ("品种,性别\n".encode(), "a.csv", "import.columns_missing"),
        ("耳标号,耳标,品种,性别,出生日期,户号\n".encode(), "a.csv", "import.column_twice"),
        (b"", "a.csv", "import.no_rows"),
        (b"%PDF-1.7", "a.pdf", "import.unknown_format"),
        (b"PK\x03\x04 and nothing else", "a.xlsx", "import.unreadable"),
    ],
)
def test_a_file_that_is_no_register_is_refused(data: bytes, filename: str, code: str) -> None:
    with pytest.raises(RuleViolation) as refusal:
        rows(data, filename)

    assert refusal.value.code == code


def test_the_templates_can_be_filled_in_and_sent_back(settings: Settings, world: World) -> None:
    made = [
        brought(settings, world, kind, running.template_csv(kind))
        for kind in (ImportKind.HOLDINGS, ImportKind.ANIMALS, ImportKind.IMMUNISATIONS)
    ]

    assert [counts(run) for run in made] == [(1, 0, 0, 0)] * 3


def test_the_command_brings_a_sheet_in(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    (tmp_path / "h.csv").write_text(HOLDINGS, "utf-8")
    (tmp_path / "a.csv").write_text(ANIMALS, "gb18030")

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(cli, ["import-register", *arguments])

    places = run("holdings", str(tmp_path / "h.csv"))
    herd = run("animals", str(tmp_path / "a.csv"), "--results", str(tmp_path / "out.csv"))

    assert places.exit_code == 0, places.output
    assert herd.exit_code == 1, "two rows were refused"
    assert "收 2，收并提醒 0，已有 0，不收 2" in herd.output
    assert len((tmp_path / "out.csv").read_text("utf-8").splitlines()) == 5
    assert "耳标号" in CliRunner().invoke(cli, ["import-template", "animals"]).output


def test_a_sheet_is_read_as_a_stream() -> None:
    asked = [0]

    class Endless(io.RawIOBase):
        def __init__(self) -> None:
            self.whole = io.BytesIO(many(20_000).encode())

        def seek(self, offset: int, whence: int = 0) -> int:
            return self.whole.seek(offset, whence)

        def read(self, size: int = -1) -> bytes:
            asked[0] = max(asked[0], size)
            assert size >= 0, "never the whole file at once"
            return self.whole.read(size)

    def some() -> Iterator[tuple[int, dict[str, str]]]:
        return sheets.rows_of(Endless(), "a.csv", ImportKind.ANIMALS)  # type: ignore[arg-type] # reads and seeks

    assert len(list(islice(some(), 5))) == 5
    assert asked[0] <= sheets.SAMPLE_BYTES
