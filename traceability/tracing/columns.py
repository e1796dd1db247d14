"""接触列文件 · every departure in one memory-mapped file beside the database, sorted by day.

The file follows the chain: it knows how many leaves it has read and what the log looked like then.
A file of another log, or one a correction has overtaken, is made anew. The day of a contact is the
legal day of departure; an animal still on the road counts as a contact of its destination.
"""

import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from traceability.base import clock
from traceability.chain import log
from traceability.chain.kinds import Kind
from traceability.chain.tables import Event, Leaf
from traceability.movements import Movement
from traceability.tracing.contacts import Contacts

MAGIC = b"WNTRACE1"
HEADER = np.dtype(
    [("magic", "S8"), ("rows", "<i8"), ("leaves", "<i8"), ("root", "V32"), ("spare", "V8")]
)
COLUMNS = 5  # movement, animal, source, destination, day
DAY = 4
BATCH = 500
DEPARTED = f'"kind":"{Kind.MOVEMENT_DEPARTED}"'.encode()
MOVEMENT_REF = re.compile(rb'"ref":"(movement:[0-9a-f]{32})"')
Table = NDArray[np.int32]


@dataclass(frozen=True)
class Kept:
    """接触列 · what the file holds, and up to which leaf of the log."""

    table: Table
    leaves: int
    root: bytes

    @property
    def contacts(self) -> Contacts:
        """The columns a chain is read from."""
        return Contacts(*(self.table[number] for number in range(1, COLUMNS)))


def current(session: Session, file: Path) -> Kept:
    """The columns, brought up to the newest leaf of the log first."""
    kept = _open(file)
    size = log.size(session)
    if kept is None or not _belongs(session, kept, size):
        return rebuild(session, file)
    if kept.leaves == size:
        return kept
    found = _new_departures(session, kept.leaves, size)
    if found is None:
        return rebuild(session, file)
    return _write(session, file, _joined(kept.table, found), size)


def rebuild(session: Session, file: Path) -> Kept:
    """Make the file anew from the register of movements."""
    size = log.size(session)
    rows = np.array(list(_read(session, _wanted())), dtype=np.int32).reshape(-1, COLUMNS)
    return _write(session, file, _sorted(rows.T), size)


def differences(session: Session, file: Path) -> tuple[int, int]:
    """How many movements the file lacks, and how many it holds wrongly, after catching up."""
    kept = {tuple(row) for row in current(session, file).table.T.tolist()}
    right = set(_read(session, _wanted()))
    return len(right - kept), len(kept - right)


def _belongs(session: Session, kept: Kept, size: int) -> bool:
    return kept.leaves <= size and log.tree_head(session, kept.leaves).root == kept.root


def _new_departures(session: Session, since: int, size: int) -> Table | None:
    """The departures told by the leaves [since, size); None after a correction of a journey."""
    told = (
        select(Event.canonical, Event.corrects)
        .join(Leaf, Leaf.event_id == Event.id)
        .where(Leaf.position >= since, Leaf.position < size)
    )
    refs: list[str] = []
    for canonical, corrects in session.execute(told).yield_per(10 * BATCH):
        found = MOVEMENT_REF.search(canonical)
        if found is None:
            continue
        if corrects is not None:
            return None
        if DEPARTED in canonical:
            refs.append(found[1].decode())
    rows: list[tuple[int, ...]] = []
    for begin in range(0, len(refs), BATCH):
        rows += _read(session, _wanted().where(Movement.ref.in_(refs[begin : begin + BATCH])))
    return np.array(rows, dtype=np.int32).reshape(-1, COLUMNS).T


def _wanted() -> Select[int, int, int, int, datetime]:
    return select(
        Movement.id,
        Movement.animal_id,
        Movement.origin_id,
        Movement.destination_id,
        Movement.departed_at,
    )


def _read(
    session: Session, wanted: Select[int, int, int, int, datetime]
) -> Iterator[tuple[int, ...]]:
    for *numbers, departed_at in session.execute(wanted).yield_per(10 * BATCH):
        yield (*numbers, clock.legal_day(departed_at).toordinal())


def _joined(old: Table, new: Table) -> Table:
    """Old and new rows in the order of days; a journey that is already there stays once."""
    fresh = new[:, ~np.isin(new[0], old[0])]
    fresh = _sorted(fresh)
    places = np.searchsorted(old[DAY], fresh[DAY], side="right")
    return np.insert(old, places, fresh, axis=1)


def _sorted(table: Table) -> Table:
    return np.ascontiguousarray(table[:, np.argsort(table[DAY], kind="stable")])


def _open(file: Path) -> Kept | None:
    """The file as it is; None where there is none, or no such file."""
    try:
        header = np.fromfile(file, dtype=HEADER, count=1)
        assert len(header) == 1
        assert header[0]["magic"] == MAGIC
        rows, leaves = int(header[0]["rows"]), int(header[0]["leaves"])
        assert file.stat().st_size == HEADER.itemsize + 4 * COLUMNS * rows
    except (OSError, AssertionError):
        return None
    root = bytes(header[0]["root"])
    shape = (COLUMNS, rows)
    if not rows:
        return Kept(np.empty(shape, dtype=np.int32), leaves, root)
    table = np.memmap(file, dtype="<i4", mode="r", offset=HEADER.itemsize, shape=shape)
    return Kept(table, leaves, root)


def _write(session: Session, file: Path, table: Table, leaves: int) -> Kept:
    """Put a new file in the old one's place in one step; readers keep what they have open."""
    root = log.tree_head(session, leaves).root
    header = np.zeros(1, dtype=HEADER)
    header[0] = (MAGIC, table.shape[1], leaves, root, b"\0" * 8)
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.{secrets.token_hex(4)}")
    try:
        with fresh.open("wb") as out:
            header.tofile(out)
            np.ascontiguousarray(table, dtype="<i4").tofile(out)
        os.replace(fresh, file)  # noqa: PTH105 - atomic, and says so
    finally:
        fresh.unlink(missing_ok=True)
    return Kept(table, leaves, root)
