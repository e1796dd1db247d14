"""盖章 · signed heads of the log, kept for ever, and the proofs that rest on them.

A checkpoint is signed in the transaction that moves its events into the log. Its number of epoch
grows by one each time two people resume a chain that had lost something.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import PrimaryKeyConstraint, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from traceability import merkle
from traceability.base import clock
from traceability.base.db import Base
from traceability.chain import events, log
from traceability.chain.events import EventView
from traceability.chain.kinds import Kind
from traceability.chain.tables import guard_table
from traceability.checkpoints import notes
from traceability.checkpoints.keys import KeyRefused, Signer
from traceability.checkpoints.notes import Head, Note

CHAIN = "chain:" + sha256(b"chain").hexdigest()[:32]
"""The chain itself, as the subject of its own events."""
BUNDLE_FORMAT = "weining-proof/1"


class Checkpoint(Base):
    """检查点 · a signed head of the log; `root` and `signed_at` repeat what the note says."""

    __tablename__ = "checkpoint"

    epoch: Mapped[int]
    tree_size: Mapped[int]
    root: Mapped[bytes]
    note: Mapped[str] = mapped_column(Text)
    signed_at: Mapped[datetime]

    __table_args__ = (
        PrimaryKeyConstraint("epoch", "tree_size"),
        {"sqlite_with_rowid": False},
    )


guard_table(Checkpoint.__tablename__)


@dataclass(frozen=True, slots=True)
class Loss:
    """丢失 · leaves [first, end) of an earlier epoch that two people gave up, and who goes on."""

    first: int
    end: int
    epoch: int


def losses(session: Session) -> list[Loss]:
    """What was given up each time the chain was resumed, oldest first."""
    return [
        Loss(event["lost_from"], event["lost_to"], event["epoch"])
        for event in events.history(session, CHAIN)
        if event.kind is Kind.CHAIN_RESUMED
    ]


def key_changes(session: Session) -> Iterator[EventView]:
    """What the chain says of its keys, oldest first."""
    kinds = {Kind.CHAIN_KEY_ROTATED, Kind.CHAIN_KEY_REVOKED}
    return (event for event in events.history(session, CHAIN) if event.kind in kinds)


def check_key(session: Session, signer: Signer) -> None:
    """Refuse a key that the chain has replaced.

    Raises:
        KeyRefused: another key signs by now.
    """
    line = list(key_changes(session))
    if line and signer.verifier.key not in {
        notes.parse_vkey(each).key for each in line[-1]["vkeys"]
    }:
        raise KeyRefused(
            "盖章密钥已经更换，这一把不再盖章；若更换中途中断，请再次执行 chain rotate-key"
        )


def epoch(session: Session) -> int:
    """The number of the running epoch; the first is 1."""
    given_up = losses(session)
    return given_up[-1].epoch if given_up else 1


def origin_of(base: str, number: int) -> str:
    """The origin that signs in an epoch.

    >>> origin_of("weining.example/chain", 1), origin_of("weining.example/chain", 2)
    ('weining.example/chain', 'weining.example/chain/epoch-2')
    """
    return base if number == 1 else f"{base}/epoch-{number}"


def epoch_of(origin: str) -> int:
    """The number of the epoch an origin signs in.

    >>> epoch_of("weining.example/chain"), epoch_of("weining.example/chain/epoch-12")
    (1, 12)
    """
    _, found, number = origin.rpartition("/epoch-")
    return int(number) if found and number.isascii() and number.isdigit() else 1


def sequence(
    session: Session, signer: Signer, *, at: datetime, beside: Signer | None = None
) -> Checkpoint | None:
    """Move pending events into the log and sign its head; None if it has not grown.

    `signer` is that of the first epoch; a later epoch signs with the same key under its own name.
    `beside` signs too: the key that this one takes over from.

    Raises:
        KeyRefused: another key signs by now.
    """
    check_key(session, signer)
    head = log.integrate(session) or log.tree_head(session)
    number = epoch(session)
    last = session.execute(
        select(Checkpoint.tree_size)
        .where(Checkpoint.epoch == number)
        .order_by(Checkpoint.tree_size.desc())
        .limit(1)
    ).scalar_one_or_none()
    if head.size <= (last or 0):
        return None
    said = Head(
        origin_of(signer.origin, number), head.size, head.root, clock.unstamp(clock.stamp(at))
    )
    stamp = Checkpoint(
        epoch=number,
        tree_size=said.size,
        root=said.root,
        note=_signed(said, *([signer] if beside is None else [beside, signer])),
        signed_at=said.signed_at,
    )
    session.add(stamp)
    session.flush()
    return stamp


def _signed(said: Head, *signers: Signer) -> str:
    lines = [line for signer in signers for line in signer.under(said.origin).signatures(said)]
    return Note(said.text, tuple(lines)).written


def newest(session: Session) -> Checkpoint | None:
    """The latest checkpoint."""
    order = (Checkpoint.epoch.desc(), Checkpoint.tree_size.desc())
    return session.scalars(select(Checkpoint).order_by(*order).limit(1)).one_or_none()


def of_size(session: Session, size: int) -> Checkpoint | None:
    """The checkpoint of a tree size, of the newest epoch that has one."""
    found = select(Checkpoint).where(Checkpoint.tree_size == size)
    return session.scalars(found.order_by(Checkpoint.epoch.desc()).limit(1)).one_or_none()


def first_over(session: Session, position: int) -> Checkpoint | None:
    """The earliest checkpoint whose tree holds a position."""
    order = (Checkpoint.epoch, Checkpoint.tree_size)
    found = select(Checkpoint).where(Checkpoint.tree_size > position).order_by(*order).limit(1)
    return session.scalars(found).one_or_none()


def count(session: Session) -> int:
    """How many checkpoints were signed."""
    return session.scalar(select(func.count()).select_from(Checkpoint)) or 0


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """证明 · that an event stands at its place in the signed log; public bytes only."""

    canonical: bytes
    position: int
    size: int
    path: tuple[bytes, ...]
    note: str

    def holds(self, root: bytes) -> bool:
        """Whether the path leads from the event to that root."""
        leaf = merkle.leaf_hash(sha256(self.canonical).digest())
        return merkle.verify_inclusion(leaf, self.position, self.size, proof=self.path, root=root)

    def entry(self) -> dict[str, Any]:
        """The event and its path as a bundle carries them."""
        return {
            "event": self.canonical.decode(),
            "position": self.position,
            "path": [each.hex() for each in self.path],
        }


def proof(session: Session, event_digest: bytes) -> InclusionProof | None:
    """The proof of one event; None until its checkpoint is signed (已登记，待盖章)."""
    found = events.by_digest(session, event_digest)
    stamp = newest(session)
    if found is None or found.position is None or stamp is None:
        return None
    if found.position >= stamp.tree_size:
        return None
    return _proof(log.Tiles(session), found.canonical, found.position, stamp)


def _proof(tiles: log.Tiles, canonical: bytes, position: int, stamp: Checkpoint) -> InclusionProof:
    path = merkle.inclusion_proof(position, stamp.tree_size, tiles.range_root)
    return InclusionProof(canonical, position, stamp.tree_size, tuple(path), stamp.note)


def bundle(session: Session, line: Sequence[EventView]) -> dict[str, Any]:
    """Everything needed to check these events without us, under one checkpoint.

    Events that await their stamp are left out; `checkpoint` is None before the first.
    """
    stamp = newest(session)
    tiles = log.Tiles(session)
    proofs = [
        _proof(tiles, event.canonical, event.position, stamp)
        for event in line
        if stamp is not None and event.position is not None and event.position < stamp.tree_size
    ]
    return {
        "format": BUNDLE_FORMAT,
        "checkpoint": None if stamp is None else stamp.note,
        "events": [each.entry() for each in proofs],
    }
