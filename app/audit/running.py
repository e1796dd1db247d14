"""运行核查 · one run at a time, its progress in a file that every page and command can read.

The audit reads only. A run that stands still (its process is gone) may be started again.
"""

import json
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app import migrate
from app.audit.beside import Beside
from app.config import Settings
from traceability.audit.damage import Damage
from traceability.audit.halfway import Halfway, Keeper
from traceability.audit.report import Report, verify_chain
from traceability.base import clock
from traceability.base.db import make_engine, reading
from traceability.base.refs import is_ref
from traceability.chain import events
from traceability.checkpoints import keys
from traceability.checkpoints.witness import Witness

SILENT_S = 10.0
SHOWN_MAX = 200
BESIDE_FROM = 100_000  # events; below, a second process costs more than it saves
WRITE_S = 0.3
KEEP_S = 15.0  # how often an audit writes down how far it is
ALIVE_S = 2.0  # how often a run says that it is alive, also where it has nothing to count
_beginning = threading.Lock()


@dataclass(slots=True)
class Run:
    """核查 · what is known of the newest run."""

    state: str  # running, whole, damaged, failed
    started_at: str
    by: str
    done: int = 0
    all: int = 0
    finished_at: str | None = None
    sentence: str = ""
    damage: list[dict[str, Any]] = field(default_factory=list)

    @property
    def permille(self) -> int:
        """How far it is."""
        return 1000 * self.done // self.all if self.all else 0


def file_of(settings: Settings) -> Path:
    """Where the newest run is written."""
    return settings.data_dir / "audit.json"


def halfway_file(settings: Settings) -> Path:
    """Where an audit keeps how far it is, until it has come to its end."""
    return settings.data_dir / "audit.halfway"


def can_resume(settings: Settings) -> bool:
    """Whether an audit was broken off half way."""
    return halfway_file(settings).exists()


def newest(settings: Settings) -> Run | None:
    """The newest run; one that stands still counts as failed."""
    path = file_of(settings)
    if not path.exists():
        return None
    run = Run(**json.loads(path.read_text("utf-8")))
    if run.state == "running" and time.time() - path.stat().st_mtime > SILENT_S:
        run.state, run.sentence = "failed", "上次核查中断了，没有结论"
    return run


def begin(settings: Settings, *, by: str, now: Callable[[], datetime], resume: bool = False) -> Run:
    """Start a run in a thread of its own, unless one is running; or go on with a broken one."""
    with _beginning:
        known = newest(settings)
        if known is not None and known.state == "running":
            return known
        run = Run("running", clock.stamp(now()), by)
        _write(settings, run)
    threading.Thread(
        target=_work,
        args=(settings, run, now),
        kwargs={"resume": resume},
        name="audit",
        daemon=True,
    ).start()
    return run


def _work(settings: Settings, run: Run, now: Callable[[], datetime], *, resume: bool) -> None:
    engine = make_engine(settings.database_url)
    try:
        with _alive(file_of(settings)):
            report = examine(settings, engine, _teller(settings, run), resume=resume)
        run.state = "whole" if report.is_whole else "damaged"
        run.sentence = report.sentence
        run.damage = [_shown(row) for row in report.damage[:SHOWN_MAX]]
    except Exception as error:
        run.state, run.sentence = "failed", f"核查没有完成：{type(error).__name__}"
        raise
    finally:
        run.finished_at = clock.stamp(now())
        _write(settings, run)
        engine.dispose()


@contextmanager
def _alive(path: Path) -> Iterator[None]:
    """While this runs, the file of the run stays young: some steps of an audit count nothing."""
    done = threading.Event()

    def touch() -> None:
        while not done.wait(ALIVE_S):
            os.utime(path)

    keeper = threading.Thread(target=touch, name="audit-alive", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()


def _shown(row: Damage) -> dict[str, Any]:
    subject = None if row.subject is None else str(row.subject)
    return {
        "kind": row.kind.value,
        "label": row.label,
        "sentence": row.sentence,
        "event_id": row.event_id,
        "subject": subject,
        "line": subject if subject is not None and is_ref(subject) else None,
    }


def _teller(settings: Settings, run: Run) -> Callable[[int, int], None]:
    written = 0.0

    def tell(done: int, everything: int) -> None:
        nonlocal written
        run.done, run.all = done, everything
        if time.monotonic() - written > WRITE_S:
            _write(settings, run)
            written = time.monotonic()

    return tell


def _write(settings: Settings, run: Run) -> None:
    path = file_of(settings)
    draft = path.with_suffix(f".{secrets.token_hex(4)}")
    draft.write_text(json.dumps(asdict(run), ensure_ascii=False), "utf-8")
    draft.replace(path)


def examine(
    settings: Settings, engine: Engine, tell: Callable[[int, int], None], *, resume: bool = False
) -> Report:
    """The whole audit, against the known keys and the witness of this installation.

    `resume` goes on where an audit that was broken off stood; without one it begins anew.
    """
    migrate.load_models()  # every noun says how its rows follow from events
    witness = Witness(settings.witness_file).as_it_is()  # before the reading: it may grow meanwhile
    keeper = Keeper(halfway_file(settings), every_s=KEEP_S)
    with reading(engine) as session:
        known = (keeper.known(session) if resume else None) or Halfway()
        with _second_half(settings, session, known) as elsewhere:
            report = verify_chain(
                session,
                verifiers=keys.known_keys(witness.keys_path),
                witness=witness,
                progress=tell,
                elsewhere=elsewhere,
                halfway=known,
                keeper=keeper,
            )
    keeper.forget()
    return report


@contextmanager
def _second_half(settings: Settings, session: Session, known: Halfway) -> Iterator[Beside | None]:
    """A process for the second half, where there is enough of it to be worth starting one."""
    if events.count(session) < BESIDE_FROM:
        yield None
        return
    beside = Beside(settings, known.rows, known.rows_damage)
    try:
        yield beside
    finally:
        beside.stop()
