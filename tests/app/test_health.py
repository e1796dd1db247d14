"""`/healthz`: the state of each part, 200 once all is ready."""

import os
import socket
from pathlib import Path

from flask.testing import FlaskClient

from app import database, lifeline
from app.factory import Platform, settings_of
from app.lifeline import Name
from app.web.health import PROCESSES
from tests.world import World
from traceability.base.db import make_engine
from traceability.chain.tables import Halt


def begin(app: Platform) -> Path:
    run_dir = settings_of(app).run_dir
    run_dir.mkdir(parents=True, exist_ok=True)
    for name in PROCESSES:
        lifeline.beat_file(run_dir, name).touch()
    return run_dir


def test_it_names_what_is_not_there_yet(client: FlaskClient) -> None:
    answer = client.get("/healthz")

    parts = answer.get_json()["parts"]
    assert answer.status_code == 503
    assert parts["web"] == parts["database"] == "ok"
    assert {parts[name] for name in PROCESSES} == {"absent"}


def test_a_part_that_beats_is_running(app: Platform, client: FlaskClient) -> None:
    begin(app)

    parts = client.get("/healthz").get_json()["parts"]

    assert {parts[name] for name in PROCESSES} == {"running"}


def test_a_part_that_has_stopped_is_silent(app: Platform, client: FlaskClient) -> None:
    run_dir = begin(app)
    os.utime(lifeline.beat_file(run_dir, Name.INGEST), (0, 0))

    assert client.get("/healthz").get_json()["parts"]["ingest"] == "silent"


def test_the_broker_counts_when_it_takes_connections(app: Platform, client: FlaskClient) -> None:
    before = client.get("/healthz").get_json()["parts"]["broker"]
    with socket.create_server(("127.0.0.1", 0)) as server:
        object.__setattr__(settings_of(app), "mqtt_port", server.getsockname()[1])
        after = client.get("/healthz").get_json()["parts"]["broker"]

    assert (before, after) == ("unreachable", "ok")


def test_a_database_without_tables_is_told_apart(app: Platform, tmp_path: Path) -> None:
    app.extensions[database.EXTENSION] = make_engine(f"sqlite:///{tmp_path}/empty.db")

    parts = app.test_client().get("/healthz").get_json()["parts"]

    assert parts["database"] == "unreachable"


def test_a_halted_chain_makes_it_red(client: FlaskClient, world: World) -> None:
    assert client.get("/healthz").get_json()["parts"]["chain"] == "ok"
    world.session.add(Halt(since=world.at, reason="目录变短"))

    assert client.get("/healthz").get_json()["parts"]["chain"] == "halted"
