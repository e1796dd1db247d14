"""A registry loaded through its operations, and a comparison of its rows with their events."""

from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from registry import (
    actuals,
    adjustments,
    charges,
    clusters,
    decisions,
    doubts,
    exchanges,
    founding,
    funding,
    indicators,
    issues,
    loading,
    meetings,
    milestones,
    plans,
    policies,
    procedures,
    projects,
    scales,
    spending,
    task_progress,
    teams,
)
from registry.clusters import Cluster
from tests.databases import copy_of, named, run
from tests.world import World
from traceability.base.db import make_engine
from traceability.chain import events, folding
from traceability.chain.tables import table_of

MODELS: tuple[type[Any], ...] = (
    clusters.Cluster,
    clusters.Task,
    projects.Project,
    projects.Progress,
    milestones.Milestone,
    indicators.Indicator,
    indicators.Figure,
    actuals.Actual,
    doubts.Wording,
    funding.Fund,
    spending.Payment,
    decisions.Decision,
    plans.Plan,
    policies.Policy,
    adjustments.Adjustment,
    meetings.Meeting,
    meetings.ActionItem,
    teams.Team,
    teams.Member,
    exchanges.Exchange,
    charges.Charge,
    issues.Issue,
    procedures.Procedure,
    scales.Scale,
    task_progress.TaskProgress,
)
_KNOWN = (founding,)  # imported so that its tables are made


@pytest.fixture(scope="session")
def loaded_postgresql(postgresql: tuple[str, str]) -> tuple[str, str]:
    """The server, and the name of its database with the eight clusters, made once."""
    url, template = postgresql
    run(url, f"CREATE DATABASE loaded TEMPLATE {template}")
    engine = make_engine(named(url, "loaded"))
    with Session(engine, expire_on_commit=False) as session:
        county = World(engine, session)
        loading.load(session, at=county.at, by=county.office)
        session.commit()
    engine.dispose()
    return url, "loaded"


@pytest.fixture
def engine(
    database_kind: str, loaded_database: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Engine]:
    """A database of the test's own, with the registry in it."""
    if database_kind == "postgresql":
        with copy_of(*request.getfixturevalue("loaded_postgresql")) as engine:
            yield engine
        return
    path = tmp_path / "platform.db"
    copyfile(loaded_database, path)
    engine = make_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.fixture
def registry(world: World) -> list[Cluster]:
    """The eight clusters."""
    return list(clusters.every(world.session))


@pytest.fixture
def empty_world(template_database: Path, tmp_path: Path) -> Iterator[World]:
    """A county without a registry."""
    path = tmp_path / "empty.db"
    copyfile(template_database, path)
    engine = make_engine(f"sqlite:///{path}")
    with Session(engine, expire_on_commit=False) as session:
        yield World(engine, session)
    engine.dispose()


def _plain(world: World, row: Any, column: str) -> Any:
    target = folding.ref_column(table_of(type(row)), column)
    value = getattr(row, column)
    if target is None or value is None:
        return folding.plain(value)
    return world.session.execute(select(target.c.ref).where(target.c.id == value)).scalar_one()


@pytest.fixture
def rows_follow_from_their_events(world: World) -> Callable[[], int]:
    """Fold every subject of the registry and compare each column; how many rows were compared."""

    def compare() -> int:
        world.session.flush()
        compared = 0
        for model in MODELS:
            entry = folding.FOLDS[model.__ref_prefix__]
            for row in world.session.scalars(select(model)):
                state = folding.folded(entry.fold, events.history(world.session, row.ref))
                assert state is not None
                columns = {column.key for column in table_of(model).c} - set(entry.unchained)
                assert {name: _plain(world, row, name) for name in columns} == dict(state)
                compared += 1
        return compared

    return compare
