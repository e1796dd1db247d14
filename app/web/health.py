"""运行状况 · `/healthz`: the state of each part; 200 once all is ready, else 503."""

import socket
import time
from contextlib import closing
from pathlib import Path

from flask import Blueprint, Response, current_app, json
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from app import database, lifeline, migrate
from app.auth.privileges import public
from app.config import Settings
from app.factory import settings_of
from app.lifeline import Name
from traceability.chain.tables import Halt

blueprint = Blueprint("health", __name__)
CONNECT_S = 0.3
SILENT_S = 6.0  # a beat a second: this old means stopped or hung
PROCESSES = (Name.INGEST, Name.SEQUENCER, Name.WORKER, Name.SCHEDULER)
READY = {"ok", "running"}


@blueprint.get("/healthz")
@public
def show() -> Response:
    """运行状况."""
    settings = settings_of(current_app)
    parts = {"web": "ok", **_database(), "broker": _broker(settings)}
    for name in PROCESSES:
        parts[name] = _process(settings.run_dir, name)
    ready = all(state in READY for state in parts.values())
    body = {"status": "ok" if ready else "unavailable", "parts": parts}
    return Response(json.dumps(body), 200 if ready else 503, content_type="application/json")


def _database() -> dict[str, str]:
    """Whether it answers, has the newest schema, and takes events."""
    try:
        with database.reading() as short:
            halted = short.scalar(select(Halt.id).limit(1)) is not None
        current = migrate.is_current(database.engine())
    except SQLAlchemyError:
        return {"database": "unreachable", "migrations": "unknown", "chain": "unknown"}
    return {
        "database": "ok",
        "migrations": "ok" if current else "outdated",
        "chain": "halted" if halted else "ok",
    }


def _process(run_dir: Path, name: Name) -> str:
    """What the heartbeat of a process tells."""
    try:
        age_s = time.time() - lifeline.beat_file(run_dir, name).stat().st_mtime
    except FileNotFoundError:
        return "absent"
    return "running" if age_s < SILENT_S else "silent"


def _broker(settings: Settings) -> str:
    host, port = settings.broker_address
    reachable = "127.0.0.1" if host in {"0.0.0.0", "::"} else host  # noqa: S104 - compared
    try:
        with closing(socket.create_connection((reachable, port), timeout=CONNECT_S)):
            return "ok"
    except OSError:
        return "unreachable"
