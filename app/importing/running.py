"""进行导入 · the file of a run kept, the worker that goes on with it, its results as a sheet.

A file lies under its SHA-256 until every run of it is over and long past; whoever works on a run
shows it by a sign of life with every batch, so a killed worker's run is found and gone on with.
"""

import csv
import hashlib
import io
import logging
import secrets
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app import installation
from app.config import Settings
from app.importing import sheets
from traceability.base.db import reading, transaction
from traceability.base.errors import Refusal
from traceability.campaigns.records import Campaign
from traceability.importing import runs
from traceability.importing.batches import OUTCOME_LABELS, Outcome
from traceability.importing.columns import ImportKind, template_rows
from traceability.importing.runs import ImportRun, RunState, Work
from traceability.parties import Party

FOLDER = "imports"
SECRET_FACT = "import-secret"  # noqa: S105 - the name of a fact, not a secret
SECRET_BYTES = 32
BLOCK_BYTES = 1024 * 1024
FORMULA = ("=", "+", "-", "@", "\t", "\r")
logger = logging.getLogger(__name__)


def keep(settings: Settings, file: IO[bytes]) -> str:
    """Keep a file under its hash; the hash."""
    folder = settings.data_dir / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    draft, seen = folder / f"{secrets.token_hex(8)}.part", hashlib.sha256()
    with draft.open("wb") as copy:
        while block := file.read(BLOCK_BYTES):
            seen.update(block)
            copy.write(block)
    draft.replace(folder / seen.hexdigest())
    return seen.hexdigest()


def path_of(settings: Settings, run: ImportRun) -> Path:
    """Where the file of a run lies."""
    return settings.data_dir / FOLDER / run.sha256


def begin(
    session: Session,
    settings: Settings,
    file: IO[bytes],
    *,
    filename: str,
    kind: ImportKind,
    dry_run: bool,
    by: Party,
    at: datetime,
    campaign: Campaign | None = None,
    area: Sequence[str] = (),
) -> ImportRun:
    """Keep a file and make a run of it, if its header can be read.

    Raises:
        IdentifierError: what `sheets.rows_of` refuses of the beginning.
    """
    next(sheets.rows_of(file, filename, kind), None)
    file.seek(0)
    digest = keep(settings, file)
    return runs.begin(
        session,
        kind=kind,
        filename=filename,
        sha256=digest,
        dry_run=dry_run,
        by=by,
        at=at,
        campaign=campaign,
        area=area,
    )


def secret_of(session: Session) -> bytes:
    """The secret that makes references of what sheets name; made at the first import."""
    known = installation.fact(session, SECRET_FACT)
    if known is None:
        known = secrets.token_hex(SECRET_BYTES)
        installation.set_fact(session, SECRET_FACT, known)
        session.flush()
    return bytes.fromhex(known)


def work_on(
    settings: Settings,
    engine: Engine,
    ref: str,
    *,
    now: Callable[[], datetime],
    tell: Callable[[int], None] = lambda _rows: None,
) -> RunState | None:
    """Go on with a run until it ends or is stopped; None if another works on it."""
    with transaction(engine, recorded_at=now()) as session:
        secret = secret_of(session)
    work = Work(engine, secret, now, tell)
    rows_done = runs.claim(work, ref)
    if rows_done is None:
        return None
    with reading(engine) as session:
        run = runs.get(session, ref)
    try:
        with path_of(settings, run).open("rb") as file:
            rows = sheets.rows_of(file, run.filename, run.kind)
            return runs.carry_on(work, ref, rows, rows_done=rows_done)
    except (Refusal, OSError) as error:
        sentence = error.sentence if isinstance(error, Refusal) else "找不到上传的文件，请重新上传"
        runs.fail(work, ref, sentence)
        return RunState.FAILED


def work_on_all(settings: Settings, engine: Engine, *, now: Callable[[], datetime]) -> int:
    """Go on with every run that waits or whose worker was killed; how many."""
    with reading(engine) as session:
        refs = runs.waiting(session, at=now())
    for ref in refs:
        state = work_on(settings, engine, ref, now=now)
        logger.info("import %s: %s", ref, state)
    return len(refs)


RESULT_HEADER = ("行号", "结果", "代码", "说明")


def results_csv(session: Session, run: ImportRun) -> Iterator[bytes]:
    """One line for every row of the file, for Excel: UTF-8 with mark, no cell starts a formula."""
    yield "\ufeff".encode()
    yield _line(RESULT_HEADER)
    for result in runs.results(session, run):
        label = OUTCOME_LABELS[Outcome(result.outcome)]
        if run.dry_run and result.outcome is not Outcome.REFUSED:
            label = label.replace("已导入", "可导入")
        for line in range(result.first_line, result.last_line + 1):
            yield _line((str(line), label, result.code, result.sentence))


def template_csv(kind: ImportKind) -> bytes:
    """An empty sheet with the headers and one sample row, for Excel."""
    return "\ufeff".encode() + b"".join(_line(tuple(row)) for row in template_rows(kind))


def _line(cells: tuple[str, ...]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow([f"'{c}" if c.startswith(FORMULA) else c for c in cells])
    return text.getvalue().encode()
