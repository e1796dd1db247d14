"""核查报告 · the whole audit, with progress; it reads only and changes nothing."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from traceability.audit import columns, heads, links
from traceability.audit.damage import Damage, DamageKind
from traceability.audit.lines import Lines, rarely_collected
from traceability.chain import events, log
from traceability.checkpoints import stamps
from traceability.checkpoints.notes import Verifier
from traceability.checkpoints.stamps import Loss
from traceability.checkpoints.witness import Witness

Progress = Callable[[int, int], None]  # done, of how many
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, DBAPIError)
DAMAGE_MAX = 1_000  # a report that long says enough


@dataclass(slots=True)
class Report:
    """报告 · what was read and what was found."""

    events: int = 0
    subjects: int = 0
    tree_size: int = 0
    checkpoints: int = 0
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
    def folded(self) -> int:
        """How many subjects it has folded so far."""

    def found(self, heard: Callable[[], None]) -> Sequence[Damage] | None:
        """Wait for its end; `heard` is called meanwhile. None if it did not come to an end."""


def verify_chain(
    session: Session,
    *,
    verifiers: Sequence[Verifier] = (),
    witness: Witness | None = None,
    progress: Progress = lambda _done, _all: None,
    elsewhere: Elsewhere | None = None,
) -> Report:
    """Derive everything anew from stored bytes, and name what differs.

    The events and their lines are read here; the log and the rows after them, or elsewhere at the
    same time. Each half looks only at what it reads itself, so both orders give one report.
    """
    report = Report(tree_size=log.size(session), checkpoints=stamps.count(session))
    lines = Lines(links.subject_ids(session))
    all_of_it = events.count(session) + columns.count(session)

    def heard() -> None:
        progress(lines.events + (0 if elsewhere is None else elsewhere.folded), all_of_it)

    with rarely_collected():
        for found in _stage(DamageKind.BYTES, links.check(session, lines)):
            _add(report, found)
            heard()
    report.events, report.subjects = lines.events, len(lines.newest)
    with suppress(*UNREADABLE):  # the stages name what cannot be read
        report.given_up = stamps.losses(session)
    told = None if elsewhere is None else elsewhere.found(heard)
    if told is not None:
        _add(report, told)
    else:
        for folded, found in of_log_and_rows(session, verifiers=verifiers, witness=witness):
            _add(report, found)
            progress(lines.events + folded, all_of_it)
    progress(all_of_it, all_of_it)
    return report


def of_log_and_rows(
    session: Session, *, verifiers: Sequence[Verifier], witness: Witness | None
) -> Iterator[tuple[int, list[Damage]]]:
    """The second half: how many subjects are folded so far, and the damage found with them."""
    with rarely_collected():
        for kind, stage in _of_the_log(session, verifiers, witness):
            for found in _stage(kind, ([each] for each in stage)):
                yield 0, found
        told = [0]
        rows = columns.check(session, lambda folded: told.__setitem__(0, folded))
        for found in _stage(DamageKind.ROW, rows):
            yield told[0], found


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
        yield [Damage(kind, f"有内容读不出来，这一步没有查完（{type(error).__name__}）")]


def _add(report: Report, found: Sequence[Damage]) -> None:
    room = max(0, DAMAGE_MAX - len(report.damage))
    report.damage += found[:room]
    report.beyond += len(found[room:])
