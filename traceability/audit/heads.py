"""目录与检查点 · leaves without a gap, tiles as leaves say, every signed head, the witness."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability import merkle
from traceability.audit.damage import Damage, DamageKind
from traceability.base import canon
from traceability.chain import log
from traceability.chain.tables import Event, Leaf, Pending, Tile, table_of
from traceability.checkpoints import notes
from traceability.checkpoints.notes import BadNote, Head, OutOfTerm, Verifier
from traceability.checkpoints.stamps import Checkpoint, epoch_of, losses, newest, origin_of
from traceability.checkpoints.witness import Witness, agrees, heads_backwards, is_given_up

BATCH = 10_000
WITNESS_BEHIND = timedelta(seconds=60)  # it is told after the commit
TILES_MAX = 2_000  # kept at once while the heads are compared


def check_leaves(session: Session) -> Iterator[Damage]:
    """Positions without a gap; each event either in the log or waiting for it."""
    expected = 0
    leaf = Leaf.__table__.c
    rows = session.execute(select(leaf.position, leaf.event_id).order_by(leaf.position))
    for row in rows.yield_per(BATCH):
        if row.position != expected:
            yield Damage(DamageKind.LEAF, f"目录缺第 {expected} 个位置", row.event_id)
            expected = row.position
        expected += 1
    known, waiting = select(leaf.event_id), select(Pending.event_id)
    neither = select(Event.id).where(Event.id.not_in(known), Event.id.not_in(waiting))
    for event_id in session.scalars(neither.limit(BATCH)):
        yield Damage(DamageKind.LEAF, f"第 {event_id} 号事件不在目录里", event_id)
    for event_id in session.scalars(waiting.where(Pending.event_id.in_(known)).limit(BATCH)):
        yield Damage(DamageKind.LEAF, f"第 {event_id} 号事件已入目录又在等候", event_id)
    for event_id in session.scalars(known.where(leaf.event_id.not_in(select(Event.id)))):
        yield Damage(DamageKind.LEAF, f"目录里的第 {event_id} 号事件被删除", event_id)


def check_tiles(session: Session) -> Iterator[Damage]:
    """Every tile, derived anew as the leaves stream by, against the stored one."""
    levels = _Levels()
    for row in _leaf_hashes(session):
        for key, expected in levels.add(row):
            yield from _tile(session, key, expected)
    for level, hashes in enumerate(levels.open):
        if hashes:
            yield from _tile(session, (level, levels.closed[level]), b"".join(hashes))
    tile = table_of(Tile).c
    for level, number in session.execute(select(tile.level, tile.number)).yield_per(BATCH):
        if not levels.has(level, number):
            yield Damage(DamageKind.TILE, f"目录第 {level} 层多出第 {number} 片")


@dataclass(slots=True)
class _Levels:
    """The tree as it grows: of each level the tiles that are full and the one that is not."""

    open: list[list[bytes]] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)

    def add(self, leaf: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
        """The tiles that this leaf completes."""
        level, hashed = 0, leaf
        while True:
            if level == len(self.open):
                self.open.append([])
                self.closed.append(0)
            self.open[level].append(hashed)
            if len(self.open[level]) < log.TILE_WIDTH:
                return
            row, self.open[level] = self.open[level], []
            yield (level, self.closed[level]), b"".join(row)
            self.closed[level] += 1
            level, hashed = level + 1, merkle.root_of(row)

    def has(self, level: int, number: int) -> bool:
        """Whether the leaves make such a tile."""
        if not 0 <= level < len(self.open) or number < 0:
            return False
        return number < self.closed[level] + bool(self.open[level])


def _tile(session: Session, key: tuple[int, int], expected: bytes) -> Iterator[Damage]:
    level, number = key
    tile = table_of(Tile).c
    stored = session.execute(
        select(tile.hashes).where(tile.level == level, tile.number == number)
    ).scalar_one_or_none()
    if stored != expected:
        yield Damage(DamageKind.TILE, f"目录第 {level} 层第 {number} 片与事件不符")


def _leaf_hashes(session: Session) -> Iterator[bytes]:
    rows = session.scalars(
        select(Event.canonical).join(Leaf, Leaf.event_id == Event.id).order_by(Leaf.position)
    )
    return (merkle.leaf_hash(canon.sha256(canonical)) for canonical in rows.yield_per(BATCH))


def check_checkpoints(session: Session, verifiers: Sequence[Verifier]) -> Iterator[Damage]:
    """Every signed head: the note says what the row says, a known key signed it, the log agrees."""
    size, given_up, tiles = log.size(session), losses(session), log.Tiles(session)
    unvouched = ""
    for stamp in session.scalars(
        select(Checkpoint).order_by(Checkpoint.epoch, Checkpoint.tree_size)
    ).yield_per(BATCH):
        where = f"第 {stamp.epoch} 期 {stamp.tree_size} 条的检查点"
        try:
            said, is_vouched = _said(stamp.note, verifiers)
        except BadNote:
            yield Damage(DamageKind.CHECKPOINT, f"{where}签名不符")
            continue
        unvouched = "" if is_vouched else where
        if _differs(stamp, said):
            yield Damage(DamageKind.CHECKPOINT, f"{where}的列与签名文本不符")
        if len(tiles.seen) > TILES_MAX:
            tiles.seen.clear()
        if not is_given_up(said, given_up) and not _agrees(tiles, size, said):
            yield Damage(DamageKind.CHECKPOINT, f"{where}与目录不符：目录被改动或截短")
    if unvouched:
        yield Damage(DamageKind.CHECKPOINT, f"{unvouched}由已停用的密钥签名，其后没有有效的检查点")


def _agrees(tiles: log.Tiles, size: int, said: Head) -> bool:
    return said.size <= size and tiles.range_root(0, said.size) == said.root


def check_keys(session: Session, verifiers: Sequence[Verifier]) -> Iterator[Damage]:
    """Signatures can only be checked with keys; a lost list of them is not passed over."""
    if not verifiers and session.execute(select(Checkpoint.epoch).limit(1)).first() is not None:
        yield Damage(DamageKind.CHECKPOINT, "没有验签公钥（vkeys.txt），检查点的签名未能核对")


def _said(note: str, verifiers: Sequence[Verifier]) -> tuple[Head, bool]:
    """What a note says, and whether a key in its term says so; if not, a later one has to."""
    try:
        if verifiers:
            return notes.verify(note, verifiers), True
    except OutOfTerm:
        return notes.parse_head(notes.parse_note(note).text), False
    return notes.parse_head(notes.parse_note(note).text), True


def _differs(stamp: Checkpoint, said: Head) -> bool:
    told = (stamp.tree_size, stamp.root, stamp.signed_at)
    base = said.origin.partition("/epoch-")[0]
    return told != (said.size, said.root, said.signed_at) or said.origin != origin_of(
        base, stamp.epoch
    )


def check_witness(session: Session, witness: Witness) -> Iterator[Damage]:
    """Every head the witness was told: the log must still have had it, signed."""
    if any(note is None for note in witness.forwards()):
        yield Damage(DamageKind.WITNESS, "见证文件里有读不出的行：见证文件被改动")
    yield from _untold(session, witness)
    for said in heads_backwards(session, witness):
        key = (epoch_of(said.origin), said.size)
        if session.get(Checkpoint, key) is None:
            yield Damage(DamageKind.WITNESS, f"见证文件记有 {said.size} 条的检查点，数据库里没有")
        if not agrees(session, said):
            yield Damage(
                DamageKind.WITNESS,
                f"见证文件记有 {said.size} 条的目录，数据库对不上：目录被退回、截短或分叉",
            )


def _untold(session: Session, witness: Witness) -> Iterator[Damage]:
    """Checkpoints of the database that the witness lacks: its file was cut, or a line taken out."""
    told = {
        (epoch_of(said.origin), said.size)
        for note in witness.forwards()
        if note is not None
        for said in [notes.parse_head(notes.parse_note(note).text)]
    }
    last = newest(session)
    if last is None:
        return
    order = (Checkpoint.epoch, Checkpoint.tree_size)
    chosen = select(*order).where(Checkpoint.signed_at < last.signed_at - WITNESS_BEHIND)
    missing = sum(tuple(row) not in told for row in session.execute(chosen).yield_per(BATCH))
    if missing:
        yield Damage(DamageKind.WITNESS, f"见证文件缺 {missing} 个检查点：见证文件被截短或删改")
