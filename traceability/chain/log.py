"""目录 · the Merkle log over all events: leaves in their order, stored tiles, proofs.

One sequencer moves pending events to leaves. A tile holds 256 hashes of one level, so a proof
reads O(log n) of them and never the events. The leaf of an event hashes its digest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, func, select, text
from sqlalchemy.orm import Session

from traceability import merkle
from traceability.base import canon
from traceability.chain import statements
from traceability.chain.tables import Leaf, Pending, Tile

TILE_WIDTH = 256
TILE_BITS = 8
BATCH_MAX = 5_000
SEQUENCER_LOCK = 0x5745_494E  # one sequencer on PostgreSQL; any fixed number serves


@dataclass(frozen=True, slots=True)
class TreeHead:
    """The size of the log and its root."""

    size: int
    root: bytes


@dataclass(slots=True)
class Tiles:
    """Tiles read in one piece of work; each is read once."""

    session: Session
    seen: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def get(self, level: int, number: int) -> bytes:
        """The hashes of a tile, b"" if there is none yet."""
        key = (level, number)
        if key not in self.seen:
            found = self.session.execute(
                select(Tile.hashes).where(Tile.level == level, Tile.number == number)
            ).scalar_one_or_none()
            self.seen[key] = found or b""
        return self.seen[key]

    def range_root(self, begin: int, end: int) -> bytes:
        """The root of leaves [begin, end), where begin is aligned as RFC 6962 subtrees are."""
        width = end - begin
        if width & (width - 1) == 0 and begin % width == 0:
            return self._whole(begin, width)
        middle = begin + merkle.split_of(width)
        return merkle.node_hash(self.range_root(begin, middle), self.range_root(middle, end))

    def _whole(self, begin: int, width: int) -> bytes:
        height = width.bit_length() - 1
        level, rest = divmod(height, TILE_BITS)
        entry = begin >> (level * TILE_BITS)
        number, offset = divmod(entry, TILE_WIDTH)
        row = self.get(level, number)
        part = row[offset * merkle.HASH_BYTES : (offset + (1 << rest)) * merkle.HASH_BYTES]
        return merkle.root_of(split(part))


def split(row: bytes) -> list[bytes]:
    """The hashes of a row of bytes."""
    return [row[i : i + merkle.HASH_BYTES] for i in range(0, len(row), merkle.HASH_BYTES)]


def size(session: Session) -> int:
    """How many leaves the log has."""
    newest = session.scalar(select(func.max(Leaf.position)))
    return 0 if newest is None else newest + 1


def tree_head(session: Session, at_size: int | None = None) -> TreeHead:
    """The head of the log, or of the log as it was at a smaller size."""
    wanted = size(session) if at_size is None else at_size
    root = Tiles(session).range_root(0, wanted) if wanted else merkle.EMPTY_ROOT
    return TreeHead(wanted, root)


def integrate(session: Session, *, limit: int = BATCH_MAX) -> TreeHead | None:
    """Move pending events into the log; the new head, or None if none was pending.

    Only one sequencer at a time: an advisory lock on PostgreSQL, BEGIN IMMEDIATE on SQLite.
    """
    wait_for_turn(session)
    connection = session.connection()
    some = statements.WAITING[connection.dialect.name]
    waiting = connection.exec_driver_sql(some, (limit,)).all()
    if not waiting:
        return None
    session.execute(delete(Pending).where(Pending.event_id.in_([row.id for row in waiting])))
    total = extend(session, [(row.id, canon.sha256(row.canonical)) for row in waiting])
    return tree_head(session, total)


def wait_for_turn(session: Session) -> None:
    """Be the one sequencer until the transaction ends; on SQLite a writer already is."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SEQUENCER_LOCK})


def extend(session: Session, numbered: Sequence[tuple[int, bytes]]) -> int:
    """Put events (internal number, digest) at the end of the log; its new size."""
    first = size(session)
    leaves = [(position, each[0]) for position, each in enumerate(numbered, first)]
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        statements.copy_in(connection, "leaf", leaves)
    else:
        connection.exec_driver_sql(statements.SQLITE_LEAF, leaves)
    hashes = [merkle.leaf_hash(digest) for _, digest in numbered]
    _extend(Tiles(session), level=0, first=first, hashes=hashes)
    return first + len(leaves)


def integrate_all(session: Session) -> TreeHead | None:
    """Move every pending event into the log; the new head, or None if none was pending."""
    head = None
    while (moved := integrate(session)) is not None:
        head = moved
    return head


def _extend(tiles: Tiles, *, level: int, first: int, hashes: Sequence[bytes]) -> None:
    """Append hashes to a level; every tile that fills gives one hash to the level above."""
    number, offset = divmod(first, TILE_WIDTH)
    row = tiles.get(level, number)
    assert len(row) == offset * merkle.HASH_BYTES, "the last tile is as long as the log says"
    row += b"".join(hashes)
    full: list[bytes] = []
    tile_bytes = TILE_WIDTH * merkle.HASH_BYTES
    first_number = number
    while True:
        part, row = row[:tile_bytes], row[tile_bytes:]
        _put(tiles, level, number, part)
        if len(part) < tile_bytes:
            break
        full.append(merkle.root_of(split(part)))
        number += 1
        if not row:
            break
    if full:
        _extend(tiles, level=level + 1, first=first_number, hashes=full)


def _put(tiles: Tiles, level: int, number: int, part: bytes) -> None:
    tiles.seen[level, number] = part
    connection = tiles.session.connection()
    put = statements.PUT_TILE[connection.dialect.name]
    connection.exec_driver_sql(put, (level, number, part))


def inclusion_proof(session: Session, position: int, at_size: int) -> list[bytes]:
    """The audit path of a leaf in the log as it was at `at_size`."""
    return merkle.inclusion_proof(position, at_size, Tiles(session).range_root)


def consistency_proof(session: Session, old: int, new: int) -> list[bytes]:
    """The proof that the log at `old` leaves is a beginning of the log at `new`."""
    return merkle.consistency_proof(old, new, Tiles(session).range_root)
