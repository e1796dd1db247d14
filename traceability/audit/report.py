"""核查报告 · the whole audit, with progress; it reads only and changes nothing."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from traceability.audit import columns, heads, links
from traceability.audit.columns import BEGINNING, TABLE_END
from traceability.audit.damage import Damage, DamageKind
from traceability.audit.halfway import Halfway, Keeper, Rows
from traceability.audit.lines import rarely_collected
from traceability.chain import events, log
from traceability.checkpoints import stamps
from traceability.checkpoints.notes import Verifier
from traceability.checkpoints.stamps import Loss
from traceability.checkpoints.witness import Witness

Progress = Callable[[int, int], None]  # done, of how many
Told = tuple[Rows, Sequence[Damage]]  # how far the second half is, and what it found up to there
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, DBAPIError)
DAMAGE_MAX = 1_000  # a report that long says enough


@dataclass(slots=True)
class Report:
    """报告 · what was read and what was found."""

    events: int = 0
    subjects: int = 0
    tree_size: int = 0
    checkpoints: int = 0
    read_before: int = 0  # events that an audit read before it was broken off
    given_up: list[Loss] = field(default_factory=list)
    beyond: int = 0  # damage found after the list was full
    damage: list[Damage] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found."""
        return not self.damage

    @property
    def sentence(self) -> str:
        """The result in one sentence; it claims no more than the log can show."""
        read = f"共 {self.events} 条事件、{self.subjects} 个主体、{self.checkpoints} 个检查点"
        if self.read_before:
            read += f"（前 {self.read_before} 条在中断前读过）"
        if self.is_whole and self.given_up:
            lost = "、".join(f"第 {each.first + 1}–{each.end} 条" for each in self.given_up)
            return f"{read}：逐条相符；目录曾失去{lost}，经两人确认后恢复登记"
        if self.is_whole:
            return f"{read}：逐条相符，连续无缺"
        first, found = self.damage[0], len(self.damage) + self.beyond
        more = f"，共 {found} 处" if found > 1 else ""
        return f"{read}：发现问题{more}。第一处：{first.label}——{first.sentence}"


class Elsewhere(Protocol):
    """The second half of an audit, under way in another process."""

    @property
    def told(self) -> tuple[Rows, Sequence[Damage]]:
        """How far it is, and all it has found up to there."""

    def found(self, heard: Callable[[], None]) -> Sequence[Damage] | None:
        """Wait for its end; `heard` is called meanwhile. None if it did not come to an end."""


def verify_chain(
    session: Session,
    *,
    verifiers: Sequence[Verifier] = (),
    witness: Witness | None = None,
    progress: Progress = lambda _done, _all: None,
    elsewhere: Elsewhere | None = None,
    halfway: Halfway | None = None,
    keeper: Keeper | None = None,
) -> Report:
    """Derive everything anew from stored bytes, and name what differs.

    The events and their lines are read here; the log and the rows after them, or elsewhere at the
    same time. Each half looks only at what it reads itself, so both orders give one report. What
    an audit that was broken off had read, `halfway` tells; what this one reads, `keeper` keeps.
    """
    audit = _Audit(
        session, halfway or Halfway(), keeper=keeper, progress=progress, elsewhere=elsewhere
    )
    with rarely_collected():
        audit.read_events()
    with suppress(*UNREADABLE):  # the stages name what cannot be read
        audit.report.given_up = stamps.losses(session)
    told = None if elsewhere is None else elsewhere.found(audit.heard)
    if told is None:
        told = audit.read_rows(verifiers, witness)
    _add(audit.report, told)
    progress(audit.all_of_it, audit.all_of_it)
    return audit.report


class _Audit:
    """One run over a log: what is read so far, what was found, and when it is kept."""

    def __init__(
        self,
        session: Session,
        halfway: Halfway,
        *,
        keeper: Keeper | None,
        progress: Progress,
        elsewhere: Elsewhere | None,
    ) -> None:
        self.session, self.halfway, self.keeper, self.progress = session, halfway, keeper, progress
        self.elsewhere = elsewhere
        self.report = Report(
            tree_size=log.size(session),
            checkpoints=stamps.count(session),
            read_before=halfway.events,
            beyond=halfway.beyond,
            damage=[*halfway.damage],
        )
        self.lines = halfway.lines(links.subject_ids(session))
        self.all_of_it = events.count(session) + columns.count(session)
        self._told: Told = halfway.rows, halfway.rows_damage
        self._of_events = len(halfway.damage), halfway.beyond

    def heard(self) -> None:
        """Tell how far both halves are; keep it when it is time."""
        rows, found = self._told if self.elsewhere is None else self.elsewhere.told
        self.progress(self.lines.events + rows.folded, self.all_of_it)
        if self.keeper is None or not self.keeper.due() or not self.lines.after:
            return
        damage, beyond = self._of_events
        known = Halfway(
            after=self.lines.after,
            events=self.lines.events,
            beyond=beyond,
            newest=self.lines.newest,
            damage=self.report.damage[:damage],
            rows=rows,
            rows_damage=[*found],
        )
        self.keeper.keep(self.session, known)

    def read_events(self) -> None:
        """The first half: the events and their lines."""
        read = self.lines.after
        for found in _stage(DamageKind.BYTES, links.check(self.session, self.lines)):
            _add(self.report, found)
            if self.lines.after > read and not self.lines.ended:
                read = self.lines.after
                self._of_events = len(self.report.damage), self.report.beyond
            self.heard()
        self.report.events, self.report.subjects = self.lines.events, len(self.lines.newest)

    def read_rows(self, verifiers: Sequence[Verifier], witness: Witness | None) -> Sequence[Damage]:
        """The second half, after the first; all that was found in it."""
        self.elsewhere, told = None, [*self.halfway.rows_damage]
        start = self.halfway.rows
        for rows, found in of_log_and_rows(
            self.session, verifiers=verifiers, witness=witness, start=start
        ):
            told += found
            self._told = rows, told
            self.heard()
        return told


def of_log_and_rows(
    session: Session,
    *,
    verifiers: Sequence[Verifier],
    witness: Witness | None,
    start: Rows = BEGINNING,
) -> Iterator[tuple[Rows, list[Damage]]]:
    """The second half: how far it is, and the damage found up to there.

    Damage of the log is told together with the first rows, so that who goes on from rows has it.
    """
    with rarely_collected():
        found: list[Damage] = []
        if start == BEGINNING:
            for kind, stage in _of_the_log(session, verifiers, witness):
                found += [
                    each for part in _stage(kind, ([each] for each in stage)) for each in part
                ]
        reached = start
        try:
            for reached, damaged in columns.check(session, start):
                yield reached, found + damaged
                found = []
        except UNREADABLE as error:
            yield Rows(reached.folded, TABLE_END), [*found, _unfinished(DamageKind.ROW, error)]


def _of_the_log(
    session: Session, verifiers: Sequence[Verifier], witness: Witness | None
) -> Iterator[tuple[DamageKind, Iterator[Damage]]]:
    """What is checked of the log, and which kind of damage it looks for."""
    yield DamageKind.LEAF, heads.check_leaves(session)
    yield DamageKind.TILE, heads.check_tiles(session)
    yield DamageKind.CHECKPOINT, heads.check_checkpoints(session, verifiers)
    if witness is not None:
        yield DamageKind.CHECKPOINT, heads.check_keys(session, verifiers)
        yield DamageKind.WITNESS, heads.check_witness(session, witness)


def _stage(kind: DamageKind, found: Iterator[list[Damage]]) -> Iterator[list[Damage]]:
    """One stage of the audit; what cannot even be read is damage, and the next stage follows."""
    try:
        yield from found
    except UNREADABLE as error:
        yield [_unfinished(kind, error)]


def _unfinished(kind: DamageKind, error: Exception) -> Damage:
    return Damage(kind, f"有内容读不出来，这一步没有查完（{type(error).__name__}）")


def _add(report: Report, found: Sequence[Damage]) -> None:
    room = max(0, DAMAGE_MAX - len(report.damage))
    report.damage += found[:room]
    report.beyond += len(found[room:])
