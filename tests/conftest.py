"""Shared by every test: where everything must be installed, a skip counts as a failure."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path
from shutil import copyfile
from typing import Any

import hypothesis
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app import config, database, factory
from app.auth import accounts
from app.factory import Platform, create_app
from app.limits import limiter
from registry import loading
from tests.databases import BOTH, OneDialect, copy_of, forget_on_power_loss, furnish, make_template
from tests.devices.postgresql import killable_postgresql
from tests.logins import QUICK, LoginAs
from tests.pages_once import PagesOnce
from tests.world import World
from traceability.base import db
from traceability.base.db import make_engine

hypothesis.settings.register_profile(
    "house",
    derandomize=True,  # the same examples everywhere: a suite that fails, fails again
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],  # a laden machine draws slowly
)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))

REQUIRE_ALL = os.environ.get("REQUIRE_ALL") == "1"  # set by .ci/run, which installs every tool


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if REQUIRE_ALL and report.skipped:
        report.outcome = "failed"
        report.longrepr = (
            f"skipped where nothing may be missing: {call.excinfo and call.excinfo.value}"
        )
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if REQUIRE_ALL and report.outcome == "skipped":
        report.outcome = "failed"
        report.longrepr = f"{collector.nodeid} skipped where nothing may be missing"
    return report


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test under an id of its own: with `loadfile`, tests of one id would run as one."""
    seen: set[str] = set()
    for item in items:
        if item.parent is not None and "[" in item.name and "[" not in item.nodeid:
            # schemathesis 4 makes a test of each operation; pytest 9.2 drops the name in brackets
            item._id = item.parent.id.child(item.name)
        if item.nodeid in seen:
            raise pytest.UsageError(f"two tests are called {item.nodeid}")
        seen.add(item.nodeid)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the operation tests of a module that says ON_BOTH on SQLite and on PostgreSQL."""
    if getattr(metafunc.module, "ON_BOTH", False) and "database_kind" in metafunc.fixturenames:
        metafunc.parametrize("database_kind", BOTH, indirect=True)


@pytest.fixture(scope="session", autouse=True)
def _statements_once() -> Iterator[None]:
    """Each test has an engine of its own; a statement compiled for one serves the next."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(db, "create_engine", OneDialect())
        yield


@pytest.fixture(scope="session")
def compiled_pages(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates compiled once for all the services that the tests make."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("pages")))


@pytest.fixture(scope="session")
def template_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with every table and all reference data, made once and copied."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    engine = make_engine(f"sqlite:///{path}")
    furnish(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgresql() -> Iterator[tuple[str, str]]:
    """A PostgreSQL server from a wheel, and the name of its furnished database."""
    with killable_postgresql() as server:
        forget_on_power_loss(server.url)
        yield server.url, make_template(server.url)


@pytest.fixture
def database_kind(request: pytest.FixtureRequest) -> str:
    """Which database a test runs on; a module that says ON_BOTH runs on both."""
    return str(getattr(request, "param", "sqlite"))


@pytest.fixture(scope="session")
def loaded_database(template_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template with the eight clusters loaded by the county's office, made once."""
    path = tmp_path_factory.mktemp("registry") / "loaded.db"
    copyfile(template_database, path)
    engine = make_engine(f"sqlite:///{path}")
    with Session(engine, expire_on_commit=False) as session:
        county = World(engine, session)
        loading.load(session, at=county.at, by=county.office)
        session.commit()
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture
def engine(
    database_kind: str, template_database: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Engine]:
    """A database of the test's own."""
    if database_kind == "postgresql":
        with copy_of(*request.getfixturevalue("postgresql")) as engine:
            yield engine
        return
    path = tmp_path / "platform.db"
    copyfile(template_database, path)
    engine = make_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture
def world(engine: Engine) -> Iterator[World]:
    """A small county, in one open transaction."""
    with Session(engine, expire_on_commit=False) as session:
        yield World(engine, session)


class WorldClient(FlaskClient):
    """A browser in the world: what the test did is committed, what it reads after is fresh."""

    world: World

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        self.world.session.commit()
        response = super().open(*args, **kwargs)
        self.world.session.expire_all()
        return response


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Argon2 at its own cost takes as long as the rest of a test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "_hasher", QUICK)
        patch.setattr(accounts, "_DUMMY", QUICK.hash("nobody has this password"))
        yield


@pytest.fixture(scope="session")
def pages_once() -> PagesOnce:
    """The pages, registered by the first service that wants them."""
    return PagesOnce(factory._register_pages)


@pytest.fixture(scope="module", autouse=True)
def _shared_pages(request: pytest.FixtureRequest, pages_once: PagesOnce) -> Iterator[None]:
    """A module that adds addresses of its own says OWN_PAGES and registers all anew."""
    if getattr(request.module, "OWN_PAGES", False):
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(factory, "_register_pages", pages_once)
        yield


@pytest.fixture
def app(
    world: World,
    tmp_path: Path,
    compiled_pages: FileSystemBytecodeCache,
) -> Iterator[Platform]:
    """The service on the world's database and by the world's clock; no forgery check, no limits."""
    settings = config.load({"DATA_DIR": str(tmp_path), "DATABASE_URL": str(world.engine.url)})
    service = create_app(
        settings,
        clock=lambda: world.at,
        TESTING=True,
        WTF_CSRF_ENABLED=False,
    )
    service.jinja_env.bytecode_cache = compiled_pages
    limiter.enabled = False
    service.test_client_class = type("Client", (WorldClient,), {"world": world})
    yield service
    with service.app_context():
        database.engine().dispose()


@pytest.fixture
def client(app: Platform) -> FlaskClient:
    """A browser in which nobody is signed in."""
    return app.test_client()


@pytest.fixture
def login_as(app: Platform, world: World) -> LoginAs:
    """`login_as(Role.FARMER)` gives a browser with such an account signed in."""
    return LoginAs(app, world)
