"""A county's lists: ten thousand rows open as quickly as ten, and no list reads a whole table."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, event

from app import database, filters
from app.auth.roles import Role
from tests import selling
from tests.app.yard import Yard, open_yard
from traceability.importing import runs
from traceability.importing.columns import ImportKind
from traceability.importing.runs import Cells, Work

MANY = 10_000
TOWNSHIPS = ("520526104", "520526100")
PAGE_BYTES_MAX = 60_000  # of HTML, before it is compressed
LISTS = ("/animals/", "/parties/", "/holdings/", "/sales/", "/movements/", "/audit/")
SEARCHES = (
    "/animals/?q=0077",
    "/animals/?q=252052670007000",
    "/parties/?q=农户70",
    "/holdings/?q=农户70&kind=household",
    "/sales/?q=0007",
    "/movements/?q=0007&stretch=road",
    "/audit/?q=252052670007000",
)
BIG = ("animal", "party", "holding", "sale", "movement")  # events are read by key, newest first
SCAN = re.compile(rf"SCAN ({'|'.join(BIG)})$")  # the table itself, and no index of it


def keepers() -> Iterator[Cells]:
    for number in range(MANY):
        region = TOWNSHIPS[number % 2]
        yield number + 2, {"holding": f"H{number}", "name": f"农户{number}", "region": region}


def herd() -> Iterator[Cells]:
    for number in range(MANY):
        yield (
            number + 2,
            {
                "ear_tag": f"2520526{number + 70_000_000:08d}",
                "breed": "西门塔尔杂交牛",
                "sex": "母" if number % 3 else "公",
                "born_on": date(2025, 1, 1 + number % 28).isoformat(),
                "holding": f"H{number}",
            },
        )


def bring_in(yard: Yard, kind: ImportKind, rows: Iterator[Cells]) -> None:
    """Through the bulk importer, as a county's office does it."""
    world = yard.world
    run = runs.begin(
        world.session,
        kind=kind,
        filename="",
        sha256="",
        dry_run=False,
        by=world.office,
        at=world.at,
    )
    world.session.commit()
    work = Work(world.engine, b"secret of this test's county", lambda: world.at)
    runs.claim(work, run.ref)
    runs.carry_on(work, run.ref, rows, rows_done=0)
    world.session.refresh(run)
    assert (run.rows_done, run.refused) == (MANY, 0)


@pytest.fixture(scope="module")
def big(template_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """The yard with ten thousand households and as many animals."""
    folder = tmp_path_factory.mktemp("big")
    copyfile(template_database, folder / "platform.db")
    with open_yard(folder) as opened:
        bring_in(opened, ImportKind.HOLDINGS, keepers())
        bring_in(opened, ImportKind.ANIMALS, herd())
        yield opened


_browsers: dict[tuple[int, Role], FlaskClient] = {}


def browser(yard: Yard, role: Role) -> FlaskClient:
    """One that stays signed in from test to test."""
    key = (id(yard), role)
    if key not in _browsers:
        _browsers[key] = yard.browser(role)
    return _browsers[key]


@contextmanager
def asked(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """Every statement the service sends meanwhile."""
    sent: list[tuple[str, Any]] = []

    def hear(_connection: Connection, _cursor: Any, statement: str, given: Any, *_: Any) -> None:
        sent.append((statement, given))

    event.listen(engine, "before_cursor_execute", hear)
    yield sent
    event.remove(engine, "before_cursor_execute", hear)


def statements_of(yard: Yard, role: Role, path: str) -> list[tuple[str, Any]]:
    """What a page asks the database."""
    client = browser(yard, role)
    with yard.app.app_context():
        engine = database.engine()
    with asked(engine) as sent:
        assert client.get(path).status_code == 200
    return [each for each in sent if each[0].startswith("SELECT")]


@pytest.mark.parametrize("role", [Role.REGULATOR, Role.ADMINISTRATOR])
@pytest.mark.parametrize("path", LISTS)
def test_the_first_page_of_a_list_never_reads_a_whole_table(
    yard: Yard, path: str, role: Role
) -> None:
    sent = statements_of(yard, role, path)

    with yard.world.engine.connect() as connection:
        plans = [
            str(row[3])
            for statement, given in sent
            if "LIMIT" in statement
            for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", given)
        ]
    assert plans, "a list is bounded"
    assert [plan for plan in plans if SCAN.match(plan)] == []
    if role is Role.ADMINISTRATOR:  # who sees a part has that part found by index, then sorted
        assert "USE TEMP B-TREE FOR ORDER BY" not in plans


def test_a_search_keeps_the_filter_and_starts_at_the_first_page(yard: Yard) -> None:
    page = browser(yard, Role.REGULATOR).get("/holdings/?kind=market&q=小海&page=2").text

    assert '<input type="hidden" name="kind" value="market">' in page
    assert 'type="hidden" name="page"' not in page
    assert 'type="hidden" name="q"' not in page


def test_a_search_that_leads_elsewhere_takes_nothing_along(yard: Yard) -> None:
    with yard.app.test_request_context("/holdings/?kind=market&kind=farm&q=小海&page=2"):
        here, elsewhere = filters.narrowed("/holdings/", "q"), filters.narrowed("/gate/", "q")

    assert here == [("kind", "market"), ("kind", "farm")]
    assert elsewhere == []


def test_a_sale_is_found_by_the_last_digits_of_its_tag(yard: Yard) -> None:
    world = yard.world
    animal = world.at_market(world.animal())
    sale = selling.sold(world, world.weighed(animal, world.scale("xh-scale-09")))
    world.session.commit()
    clerk = browser(yard, Role.REGULATOR)

    found = clerk.get(f"/sales/?q={animal.ear_tag[-6:]}").text
    missed = clerk.get("/sales/?q=99999999").text

    assert sale.ref in found
    assert "没有找到" in missed
    assert sale.ref not in missed


@pytest.mark.slow
@pytest.mark.parametrize("path", [*LISTS, *SEARCHES, "/animals/?page=300", "/parties/?page=300"])
def test_a_list_of_ten_thousand_gives_one_page_of_it(big: Yard, path: str) -> None:
    answer = browser(big, Role.REGULATOR).get(path)

    assert answer.status_code == 200
    assert len(answer.data) < PAGE_BYTES_MAX


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/animals/", "/parties/", "/holdings/"])
def test_a_full_page_asks_no_more_than_an_empty_one_and_a_bit(big: Yard, path: str) -> None:
    full = statements_of(big, Role.REGULATOR, path)
    one = statements_of(big, Role.REGULATOR, f"{path}?q=70009999")

    assert len(full) <= len(one) + 2, "what stands beside a row is asked for all rows at once"
