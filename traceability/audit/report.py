"""核查报告 · the whole audit, with progress; it reads only and changes nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from traceability.audit import columns, heads, links
from traceability.audit.damage import Damage
from traceability.audit.links import Lines
from traceability.chain import events, log
from traceability.checkpoints import stamps
from traceability.checkpoints.notes import Verifier
from traceability.checkpoints.witness import Witness

Progress = Callable[[int, int], None]  # done, of how many
DAMAGE_MAX = 1_000  # a report that long says enough


@dataclass(slots=True)
class Report:
    """报告 · what was read and what was found."""

    events: int = 0
    subjects: int = 0
    tree_size: int = 0
    checkpoints: int = 0
    damage: list[Damage] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Whether nothing was found."""
        return not self.damage

    @property
    def sentence(self) -> str:
        """The result in one sentence; it claims no more than the log can show."""
        read = f"共 {self.events} 条事件、{self.subjects} 个主体、{self.checkpoints} 个检查点"
        if self.is_whole:
            return f"{read}：逐条相符，连续无缺"
        first = self.damage[0]
        more = f"，共 {len(self.damage)} 处" if len(self.damage) > 1 else ""
        return f"{read}：发现问题{more}。第一处：{first.label}——{first.sentence}"


def verify_chain(
    session: Session,
    *,
    verifiers: Sequence[Verifier] = (),
    witness: Witness | None = None,
    progress: Progress = lambda _done, _all: None,
) -> Report:
    """Derive everything anew from stored bytes, and name what differs."""
    report = Report(tree_size=log.size(session), checkpoints=stamps.count(session))
    lines = Lines(links.subject_ids(session))
    all_of_it = events.count(session) + columns.count(session)
    for found in links.check(session, lines):
        _add(report, found)
        progress(lines.events, all_of_it)
    report.events, report.subjects = lines.events, len(lines.newest)
    _add(report, list(heads.check_leaves(session)))
    _add(report, list(heads.check_tiles(session)))
    _add(report, list(heads.check_checkpoints(session, verifiers)))
    if witness is not None:
        _add(report, list(heads.check_witness(session, witness)))
    done = lines.events
    for found in columns.check(session):
        _add(report, found)
        done = min(done + columns.BATCH, all_of_it)
        progress(done, all_of_it)
    progress(all_of_it, all_of_it)
    return report


def _add(report: Report, found: Sequence[Damage]) -> None:
    room = DAMAGE_MAX - len(report.damage)
    report.damage += found[: max(0, room)]
