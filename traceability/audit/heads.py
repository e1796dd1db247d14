"""目录与检查点 · leaves without a gap, tiles as leaves say, every signed head, the witness."""

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability import merkle
from traceability.audit.damage import Damage, DamageKind
from traceability.chain import log
from traceability.chain.tables import Event, Leaf, Pending, Tile
from traceability.checkpoints import notes
from traceability.checkpoints.notes import BadNote, Head, Verifier
from traceability.checkpoints.stamps import Checkpoint, origin_of
from traceability.checkpoints.witness import Witness, agrees, heads_backwards

BATCH = 10_000


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
    """Every tile derived anew, level by level, and compared with the stored one."""
    level, hashes = 0, _leaf_hashes(session)
    expected: dict[tuple[int, int], bytes] = {}
    while hashes:
        rows = [hashes[i : i + log.TILE_WIDTH] for i in range(0, len(hashes), log.TILE_WIDTH)]
        expected |= {(level, number): b"".join(row) for number, row in enumerate(rows)}
        hashes = [merkle.root_of(row) for row in rows if len(row) == log.TILE_WIDTH]
        level += 1
    stored = {(tile.level, tile.number): tile.hashes for tile in session.scalars(select(Tile))}
    for key in sorted(expected.keys() | stored.keys()):
        if expected.get(key) != stored.get(key) and stored.get(key) != b"":
            yield Damage(DamageKind.TILE, f"目录第 {key[0]} 层第 {key[1]} 片与事件不符")


def _leaf_hashes(session: Session) -> list[bytes]:
    rows = session.scalars(
        select(Event.digest).join(Leaf, Leaf.event_id == Event.id).order_by(Leaf.position)
    )
    return [merkle.leaf_hash(digest) for digest in rows.yield_per(BATCH)]


def check_checkpoints(session: Session, verifiers: Sequence[Verifier]) -> Iterator[Damage]:
    """Every signed head: the note says what the row says, a known key signed it, the log agrees."""
    size = log.size(session)
    for stamp in session.scalars(
        select(Checkpoint).order_by(Checkpoint.epoch, Checkpoint.tree_size)
    ).yield_per(BATCH):
        where = f"第 {stamp.epoch} 期 {stamp.tree_size} 条的检查点"
        try:
            said = _said(stamp.note, verifiers)
        except BadNote:
            yield Damage(DamageKind.CHECKPOINT, f"{where}签名不符")
            continue
        if _differs(stamp, said):
            yield Damage(DamageKind.CHECKPOINT, f"{where}的列与签名文本不符")
        if said.size > size or log.tree_head(session, said.size).root != said.root:
            yield Damage(DamageKind.CHECKPOINT, f"{where}与目录不符：目录被改动或截短")


def _said(note: str, verifiers: Sequence[Verifier]) -> Head:
    if verifiers:
        return notes.verify(note, verifiers)
    return notes.parse_head(notes.parse_note(note).text)


def _differs(stamp: Checkpoint, said: Head) -> bool:
    told = (stamp.tree_size, stamp.root, stamp.signed_at)
    base = said.origin.partition("/epoch-")[0]
    return told != (said.size, said.root, said.signed_at) or said.origin != origin_of(
        base, stamp.epoch
    )


def check_witness(session: Session, witness: Witness) -> Iterator[Damage]:
    """Every head the witness was told: the log must still have had it."""
    for said in heads_backwards(session, witness):
        if not agrees(session, said):
            yield Damage(
                DamageKind.WITNESS,
                f"见证文件记有 {said.size} 条的目录，数据库对不上：目录被退回、截短或分叉",
            )
