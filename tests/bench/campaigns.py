"""A campaign of 5,000 animals recorded from one sheet, and counted by village.

N=5,000 animals unless said otherwise, on N/20 holdings of the townships of Weining, each with two
doses behind it. The sheet is a workbook, read and worked on as the worker does it.
"""

import io
import os
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import Engine, true

from app import due_sheets, migrate
from app.importing import sheets
from registry import loading
from tests.bench.importing import AT, furnish
from traceability import due_lists, regions, rule_file
from traceability.base.clock import legal_day
from traceability.base.db import Base, make_engine, reading, transaction
from traceability.campaigns import coverage, records
from traceability.campaigns.records import CampaignKind
from traceability.importing import runs
from traceability.importing.columns import ImportKind
from traceability.importing.runs import Cells, Work
from traceability.treatments import Disease

ANIMALS = int(os.environ.get("N", "5000"))
KEEPERS = max(1, ANIMALS // 20)
TODAY = legal_day(AT)


def main() -> None:
    """Furnish a herd, then record and count the campaign; print how long each took."""
    migrate.load_models()
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{Path(folder) / 'campaign.db'}")
        Base.metadata.create_all(engine)
        furnish(engine)
        _furnish_herd(engine)
        print(f"\ncampaign of {ANIMALS:,} animals from one sheet, SQLite")
        book = due_sheets.written(_lines())
        ref = _begin(engine, ImportKind.CAMPAIGN)
        rows = sheets.rows_of(io.BytesIO(book), "campaign.xlsx", ImportKind.CAMPAIGN)
        seconds = _timed(lambda: _work_on(engine, ref, [*rows]))
        print(
            f"  recorded with a result for every row {seconds:>8.2f} s  {ANIMALS / seconds:,.0f}/s"
        )
        with reading(engine) as session:
            campaign, day = records.listed(session)[0], TODAY + timedelta(days=200)
            for what, ask in {
                "count by village": lambda: coverage.by_village(
                    session, campaign, today=TODAY, within=true()
                ),
                "due list of the county, by village": lambda: due_lists.by_village(
                    session, Disease.FMD, day=day, within=true()
                ),
                "due list of the county, by animal": lambda: due_lists.listed(
                    session, Disease.FMD, day=day, within=true()
                ),
            }.items():
                print(f"  {what:<36} {_timed(ask) * 1000:>8.1f} ms")
        engine.dispose()


def _timed(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


def _tag(number: int) -> str:
    return f"2520526{number:08d}"


def _lines() -> list[tuple[str, ...]]:
    blank = ("",) * 6
    return [(_tag(each), *blank, TODAY.isoformat(), "20261001", "") for each in range(ANIMALS)]


def _furnish_herd(engine: Engine) -> None:
    with transaction(engine, recorded_at=AT) as session:
        rule_file.load(session)
        codes = [each.code for each in regions.townships(session)]
    keepers = [
        (n, {"holding": f"H{n}", "name": f"农户{n}", "region": codes[n % len(codes)]})
        for n in range(KEEPERS)
    ]
    herd = [
        (n, {"ear_tag": _tag(n), "breed": "西门塔尔杂交牛", "sex": "母",
             "born_on": "2024-01-01", "holding": f"H{n % KEEPERS}"})
        for n in range(ANIMALS)
    ]  # fmt: skip
    doses = [
        (n, {"ear_tag": _tag(n // 2), "disease": "口蹄疫", "vaccine": "口蹄疫疫苗",
             "given_on": date(2025 + n % 2, 4, 1).isoformat()})
        for n in range(ANIMALS * 2)
    ]  # fmt: skip
    for kind, rows in (
        (ImportKind.HOLDINGS, keepers),
        (ImportKind.ANIMALS, herd),
        (ImportKind.IMMUNISATIONS, doses),
    ):
        _work_on(engine, _begin(engine, kind), rows)


def _begin(engine: Engine, kind: ImportKind) -> str:
    with transaction(engine, recorded_at=AT) as session:
        office = loading.steward(session)
        assert office is not None
        campaign = None
        if kind is ImportKind.CAMPAIGN:
            campaign = records.open_campaign(
                session, kind=CampaignKind.AUTUMN, name="秋防", disease=Disease.FMD,
                vaccine="口蹄疫疫苗", regions=["520526"], first_on=TODAY - timedelta(days=20),
                last_on=TODAY + timedelta(days=10), at=AT, by=office,
            )  # fmt: skip
        return runs.begin(
            session, kind=kind, filename="", sha256="", dry_run=False, by=office, at=AT,
            campaign=campaign, area=["520526"],
        ).ref  # fmt: skip


def _work_on(engine: Engine, ref: str, rows: list[Cells]) -> None:
    work = Work(engine, b"secret of this benchmark", lambda: AT)
    runs.claim(work, ref)
    runs.carry_on(work, ref, rows, rows_done=0)
    with reading(engine) as session:
        done = runs.get(session, ref)
        assert (done.rows_done, done.refused) == (len(rows), 0), "the made-up herd is in order"


if __name__ == "__main__":
    main()
