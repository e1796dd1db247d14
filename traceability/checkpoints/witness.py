"""见证 · checkpoints kept outside the database, and what happens when the two disagree.

The witness file holds one JSON line for each checkpoint. A log that is shorter than it, or whose
root at that size is another, has lost or changed something: appends stop until two people have
looked and resume the chain, which says in the chain itself what was lost.
"""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from traceability.base.errors import Conflict, RuleViolation
from traceability.chain import events, log
from traceability.chain.events import EventView
from traceability.chain.kinds import Kind
from traceability.chain.tables import Halt
from traceability.checkpoints import notes
from traceability.checkpoints.notes import BadNote, Head
from traceability.checkpoints.stamps import CHAIN, Checkpoint, Loss, epoch, epoch_of, losses

BLOCK_BYTES = 64 * 1024
LINE_BYTES_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class Witness:
    """见证文件 · the file of checkpoints and, beside it, the list of keys that sign them."""

    path: Path
    upto: int | None = None  # read no further than this many bytes

    def as_it_is(self) -> "Witness":
        """What is written by now. Taken before a reading begins, it never runs ahead of it."""
        return replace(self, upto=self.path.stat().st_size if self.path.exists() else 0)

    @property
    def keys_path(self) -> Path:
        """Where the verifier keys are listed."""
        return self.path.with_name("vkeys.txt")

    def add(self, written: Sequence[str]) -> None:
        """Add notes, durably; half a line that a crash left behind goes."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        new = not self.path.exists()
        with self.path.open("ab") as file:
            file.truncate(_whole_bytes(self.path))
            file.writelines(json.dumps({"note": note}).encode() + b"\n" for note in written)
            file.flush()
            os.fsync(file.fileno())
        if new:
            _sync_folder(self.path.parent)

    def backwards(self) -> Iterator[str]:
        """The notes, newest first; what is not a note is passed over (the audit names it)."""
        for line in _lines_backwards(self.path, self.upto):
            note = note_in(line)
            if note is not None:
                yield note

    def forwards(self) -> Iterator[str | None]:
        """The notes, oldest first; None for a line that holds none."""
        if not self.path.exists():
            return
        read = 0
        with self.path.open("rb") as file:
            for line in file:
                read += len(line)
                if self.upto is not None and read > self.upto:
                    return
                if line.endswith(b"\n"):
                    yield note_in(line)


def note_in(line: bytes) -> str | None:
    """The note of a line, if it is one."""
    try:
        note = json.loads(line)["note"]
        notes.parse_head(notes.parse_note(note).text)
    except (ValueError, KeyError, TypeError, BadNote):
        return None
    return str(note)


def _whole_bytes(path: Path) -> int:
    """How long the file is without a line that was never finished."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - LINE_BYTES_MAX))
        tail = file.read()
    return size - len(tail) + tail.rfind(b"\n") + 1


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lines_backwards(path: Path, upto: int | None) -> Iterator[bytes]:
    """Finished lines from the last to the first, without reading the whole file."""
    if not path.exists():
        return
    with path.open("rb") as file:
        end, rest = file.seek(0, os.SEEK_END), b""
        end = end if upto is None else min(end, upto)
        while end > 0:
            begin = max(0, end - BLOCK_BYTES)
            file.seek(begin)
            first, *lines = (file.read(end - begin) + rest).split(b"\n")
            yield from (line for line in reversed(lines) if line)
            end, rest = begin, first
    if rest:
        yield rest


def is_given_up(said: Head, given_up: Sequence[Loss]) -> bool:
    """Whether a checkpoint covers leaves that were lost before the chain was resumed."""
    earlier = epoch_of(said.origin)
    return any(earlier < loss.epoch and said.size > loss.first for loss in given_up)


def agrees(session: Session, said: Head) -> bool:
    """Whether the log is at least that long and had that root at that size."""
    if said.size > log.size(session):
        return False
    return log.tree_head(session, said.size).root == said.root


def heads_backwards(session: Session, witness: Witness) -> Iterator[Head]:
    """What the witness says of this log, newest first, without what was given up."""
    given_up = losses(session)
    for note in witness.backwards():
        said = notes.parse_head(notes.parse_note(note).text)
        if not is_given_up(said, given_up):
            yield said


def compare_with_witness(session: Session, witness: Witness, *, at: datetime) -> Halt | None:
    """Compare the log with the witness's newest note; stop all appends where they disagree."""
    halted = halt(session)
    if halted is not None:
        return halted
    newest: Head | None = None
    for said in heads_backwards(session, witness):
        newest = newest or said
        if agrees(session, said):
            if said is newest:
                return None
            return _stop(session, said.size, newest.size, at)
    return None if newest is None else _stop(session, 0, newest.size, at)


def _stop(session: Session, first: int, end: int, at: datetime) -> Halt:
    now_size = log.size(session)
    reason = (
        f"目录与见证不符：见证文件已有 {end} 条，数据库现有 {now_size} 条，"
        f"第 {first + 1} 条起对不上；请两名负责人核查后执行 chain resume"
    )
    halted = Halt(since=at, reason=reason, lost_from=first, lost_to=end)
    session.add(halted)
    session.flush()
    return halted


def halt(session: Session) -> Halt | None:
    """Why appends are stopped; None while they are not."""
    return session.scalars(select(Halt).order_by(Halt.id).limit(1)).one_or_none()


def resume(session: Session, *, at: datetime, by: str, second: str, reason: str) -> EventView:
    """Two people go on after a loss: the chain says what was lost, and a new epoch signs.

    Raises:
        Conflict: `chain.not_halted`.
        RuleViolation: `chain.one_person`, `chain.resume_without_reason`.
    """
    halted = halt(session)
    if halted is None:
        raise Conflict("chain.not_halted", "追溯链没有停止，无需恢复")
    if by == second:
        raise RuleViolation("chain.one_person", "恢复登记须由两名不同的负责人共同确认")
    if not reason.strip():
        raise RuleViolation("chain.resume_without_reason", "请写明核查结论再恢复登记")
    number = epoch(session) + 1
    session.execute(delete(Halt))
    return events.append(
        session,
        Kind.CHAIN_RESUMED,
        CHAIN,
        at=at,
        by=by,
        lost_from=halted.lost_from,
        lost_to=halted.lost_to,
        epoch=number,
        second=second,
        reason=reason.strip(),
    )


def catch_up(session: Session, witness: Witness) -> int:
    """Write to the witness what was signed after its newest note; how many notes."""
    known = next(
        (notes.parse_head(notes.parse_note(note).text) for note in witness.backwards()), None
    )
    missing = select(Checkpoint.note).order_by(Checkpoint.epoch, Checkpoint.tree_size)
    if known is not None:
        number = epoch_of(known.origin)
        newer = (Checkpoint.epoch == number) & (Checkpoint.tree_size > known.size)
        missing = missing.where(newer | (Checkpoint.epoch > number))
    written = list(session.scalars(missing))
    if written:
        witness.add(written)
    return len(written)
