"""导入批次 · one file brought in: how far it is, what became of every row, stop and go on.

Rows are written in batches; a batch, its results and the count of rows done are one transaction,
so an import that was killed goes on where its last batch ended. The same file again, or the same
row, finds itself and changes nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import islice

from sqlalchemy import Engine, ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability import rules
from traceability.base import clock
from traceability.base.db import Base, transaction
from traceability.base.errors import Conflict, NotFound
from traceability.base.refs import REF_CHARS_MAX, new_ref
from traceability.campaigns.records import Campaign
from traceability.importing import doses, herd, herd_doses, holders, journeys, shapes
from traceability.importing.batches import Batch, Line, Outcome, Result, refused
from traceability.importing.columns import ImportKind
from traceability.importing.shapes import Refused
from traceability.parties import Party

BATCH_ROWS = 1_000
SILENT = timedelta(seconds=30)  # a run that shows no sign for so long has been killed
LATE_REASON = "导入原有登记"
SENTENCE_CHARS_MAX = 400
Cells = tuple[int, dict[str, str]]  # line of the sheet, cell by column


class RunState(StrEnum):
    """导入状态."""

    WAITING = "waiting"
    RUNNING = "running"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"


RUN_STATE_LABELS = {
    RunState.WAITING: "等待开始",
    RunState.RUNNING: "正在导入",
    RunState.STOPPED: "已停止",
    RunState.DONE: "已完成",
    RunState.FAILED: "没有完成",
}


class ImportRun(Base):
    """导入批次 · one file of one kind, for trial or in earnest."""

    __tablename__ = "import_run"

    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(REF_CHARS_MAX), unique=True)
    kind: Mapped[ImportKind]
    filename: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    dry_run: Mapped[bool]
    state: Mapped[RunState]
    started_at: Mapped[datetime]
    beat_at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    campaign_id: Mapped[int | None] = mapped_column(ForeignKey("campaign.id"), index=True)
    area: Mapped[list[str]]  # regions where the sender may record; of a campaign's sheet
    rows_done: Mapped[int] = mapped_column(default=0)
    accepted: Mapped[int] = mapped_column(default=0)
    warned: Mapped[int] = mapped_column(default=0)
    already: Mapped[int] = mapped_column(default=0)
    refused: Mapped[int] = mapped_column(default=0)
    fault: Mapped[str] = mapped_column(String(SENTENCE_CHARS_MAX), default="")

    campaign: Mapped[Campaign | None] = relationship()

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.state not in {RunState.WAITING, RunState.RUNNING}


class ImportResult(Base):
    """逐行结果 · what became of lines [first_line, last_line]; equal neighbours share a row."""

    __tablename__ = "import_result"

    run_id: Mapped[int] = mapped_column(ForeignKey("import_run.id"), primary_key=True)
    first_line: Mapped[int] = mapped_column(primary_key=True)
    last_line: Mapped[int]
    outcome: Mapped[Outcome]
    code: Mapped[str] = mapped_column(String(60))
    sentence: Mapped[str] = mapped_column(String(SENTENCE_CHARS_MAX))


UNCHAINED_TABLES = {
    "import_run": "how far the work is; what it brought in stands in the chain",
    "import_result": "what became of each row of a file; the events tell what was taken",
}


def begin(
    session: Session,
    *,
    kind: ImportKind,
    filename: str,
    sha256: str,
    dry_run: bool,
    by: Party,
    at: datetime,
    campaign: Campaign | None = None,
    area: Sequence[str] = (),
) -> ImportRun:
    """A new run, waiting to be worked on; a campaign's sheet names its campaign and one's area."""
    assert (kind is ImportKind.CAMPAIGN) is (campaign is not None)
    run = ImportRun(
        ref=new_ref("import"),
        kind=kind,
        filename=filename[-200:],
        sha256=sha256,
        dry_run=dry_run,
        state=RunState.WAITING,
        started_at=at,
        beat_at=at,
        by_id=by.id,
        campaign=campaign,
        area=[*area],
    )
    session.add(run)
    session.flush()
    return run


def get(session: Session, ref: str) -> ImportRun:
    """The run of that reference.

    Raises:
        NotFound: `import.not_found`.
    """
    found = session.scalars(select(ImportRun).where(ImportRun.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("import.not_found", "没有找到这次导入")
    return found


def listed(session: Session, *, limit: int = 50) -> Sequence[ImportRun]:
    """The runs of an existing register, newest first."""
    wanted = select(ImportRun).where(ImportRun.campaign_id.is_(None))
    return session.scalars(wanted.order_by(ImportRun.id.desc()).limit(limit)).all()


def of_campaign(session: Session, campaign: Campaign, *, limit: int = 20) -> Sequence[ImportRun]:
    """The sheets sent for a campaign, newest first."""
    wanted = select(ImportRun).where(ImportRun.campaign_id == campaign.id)
    return session.scalars(wanted.order_by(ImportRun.id.desc()).limit(limit)).all()


def waiting(session: Session, *, at: datetime) -> Sequence[str]:
    """The runs somebody should work on: those that wait, and those whose worker was killed."""
    open_runs = select(ImportRun).where(ImportRun.state.in_([RunState.WAITING, RunState.RUNNING]))
    found = session.scalars(open_runs.order_by(ImportRun.id))
    return [run.ref for run in found if _is_free(run, at)]


def _is_free(run: ImportRun, at: datetime) -> bool:
    return run.state is RunState.WAITING or run.beat_at < at - SILENT


def stop(run: ImportRun) -> None:
    """Let a run end after the batch it is in.

    Raises:
        Conflict: `import.over`.
    """
    if run.is_over:
        raise Conflict("import.over", "这次导入已经结束")
    run.state = RunState.STOPPED


def resume(run: ImportRun) -> None:
    """Let a stopped run go on where it ended.

    Raises:
        Conflict: `import.not_stopped`.
    """
    if run.state not in {RunState.STOPPED, RunState.FAILED}:
        raise Conflict("import.not_stopped", "这次导入没有停止，不需要继续")
    run.state, run.fault = RunState.WAITING, ""


def results(session: Session, run: ImportRun) -> Iterator[ImportResult]:
    """What became of the rows, in the order of the sheet."""
    wanted = select(ImportResult).where(ImportResult.run_id == run.id)
    yield from session.scalars(wanted.order_by(ImportResult.first_line)).yield_per(BATCH_ROWS)


PREPARE: dict[ImportKind, Callable[[Batch, Sequence[Line]], None]] = {
    ImportKind.HOLDINGS: holders.prepare,
    ImportKind.ANIMALS: herd.prepare,
    ImportKind.IMMUNISATIONS: doses.prepare,
    ImportKind.MOVEMENTS: journeys.prepare,
    ImportKind.CAMPAIGN: herd_doses.prepare,
}
assert PREPARE.keys() == set(ImportKind)


@dataclass(frozen=True, slots=True)
class Work:
    """What a worker needs to go on with a run."""

    engine: Engine
    secret: bytes
    now: Callable[[], datetime]
    tell: Callable[[int], None] = lambda _rows: None


def claim(work: Work, ref: str) -> int | None:
    """Take a run that is free; the rows already done, or None if another works on it."""
    with transaction(work.engine, recorded_at=work.now()) as session:
        wanted = select(ImportRun).where(ImportRun.ref == ref).with_for_update()
        run = session.scalars(wanted).one()
        if run.is_over or not _is_free(run, work.now()):
            return None
        run.state, run.beat_at = RunState.RUNNING, work.now()
        return run.rows_done


def carry_on(work: Work, ref: str, rows: Iterable[Cells], *, rows_done: int) -> RunState:
    """Bring in the rows after those already done, batch by batch, until the end or a stop."""
    remaining, done = islice(iter(rows), rows_done, None), rows_done
    while batch := list(islice(remaining, BATCH_ROWS)):
        state = _step(work, ref, batch, done=done)
        if state is not RunState.RUNNING:
            return state
        done += len(batch)
        work.tell(len(batch))
    with transaction(work.engine, recorded_at=work.now()) as session:
        run = get(session, ref)
        if run.state is RunState.RUNNING:
            run.state = RunState.DONE
        return run.state


def fail(work: Work, ref: str, fault: str) -> None:
    """A run that cannot go on says why."""
    with transaction(work.engine, recorded_at=work.now()) as session:
        run = get(session, ref)
        run.state, run.fault = RunState.FAILED, fault[:SENTENCE_CHARS_MAX]


def _step(work: Work, ref: str, rows: Sequence[Cells], *, done: int) -> RunState:
    at = work.now()
    with transaction(work.engine, recorded_at=at, late_reason=LATE_REASON) as session:
        mine = select(ImportRun).where(ImportRun.ref == ref).with_for_update()
        run = session.scalars(mine).one()
        if run.state is not RunState.RUNNING:
            return run.state
        if run.rows_done != done:  # taken for dead, and another went on with it
            return RunState.STOPPED
        found = bring_in(session, run, rows, secret=work.secret, at=at)
        _count(session, run, found)
        run.rows_done += len(rows)
        run.beat_at = at
    return RunState.RUNNING


def bring_in(
    session: Session, run: ImportRun, rows: Sequence[Cells], *, secret: bytes, at: datetime
) -> list[Result]:
    """Judge a batch and, in earnest, write it; a result for every row, in order."""
    by = session.get_one(Party, run.by_id)
    laws = rules.in_force_any(session, "movement.depart")
    batch = Batch(session, secret, by.id, by.ref, at, laws, run.campaign, run.area, run.dry_run)
    lines = []
    today: date = clock.legal_day(at)
    for number, cells in rows:
        read = shapes.read(run.kind, cells, today=today)
        if isinstance(read, Refused):
            batch.results.append(refused(number, read))
        else:
            lines.append(Line(number, read))
    if run.dry_run:
        with session.begin_nested() as trial:
            PREPARE[run.kind](batch, lines)
            trial.rollback()
    else:
        PREPARE[run.kind](batch, lines)
        batch.finish()
    return sorted(batch.results, key=lambda result: result.line)


def _count(session: Session, run: ImportRun, found: Sequence[Result]) -> None:
    """Store what became of the rows; equal neighbours share a row."""
    last: ImportResult | None = None
    for result in found:
        setattr(run, result.outcome, getattr(run, result.outcome) + 1)
        told = (result.outcome, result.code, result.sentence[:SENTENCE_CHARS_MAX])
        if last is not None and (last.outcome, last.code, last.sentence) == told:
            last.last_line = result.line
            continue
        last = ImportResult(
            run_id=run.id,
            first_line=result.line,
            last_line=result.line,
            outcome=told[0],
            code=told[1],
            sentence=told[2],
        )
        session.add(last)
