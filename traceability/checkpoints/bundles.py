"""证明文件 · everything a stranger needs to check some events: events, proofs, heads, new keys.

Public bytes only. What only those concerned may see (salt and private part) is added on request.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from traceability import merkle
from traceability.chain import events, log
from traceability.chain.events import EventView
from traceability.chain.tables import EventPrivate
from traceability.checkpoints import cosigning, keys, stamps
from traceability.checkpoints.cosigning import Book
from traceability.checkpoints.stamps import Checkpoint
from traceability.checkpoints.witness import Witness


@dataclass(frozen=True, slots=True)
class Keepers:
    """库外 · what is kept outside the database: witness and list of keys, and co-signatures."""

    witness: Witness
    book: Book


def export(
    session: Session,
    line: Sequence[EventView],
    keepers: Keepers,
    *,
    subject: str | None = None,
    opened: Collection[int] = (),
) -> dict[str, Any]:
    """The proof file of some events; of those `opened` (internal numbers) the private part too."""
    found = stamps.bundle(session, line)
    stamp = stamps.newest(session)
    if subject is not None:
        found["subject"] = subject
    if stamp is None:
        return found
    found |= seen_by_others(session, keepers.book, stamp)
    found["vkeys"] = [each.line for each in keys.known_keys(keepers.witness.keys_path)]
    stamped = [
        each for each in line if each.position is not None and each.position < stamp.tree_size
    ]
    for entry, event in zip(found["events"], stamped, strict=True):
        if event.id in opened and (opening := _opening(session, event)) is not None:
            entry["opening"] = opening
    if changes := _key_changes(session):
        found["key_changes"] = changes
    return found


def seen_by_others(session: Session, book: Book, stamp: Checkpoint) -> dict[str, Any]:
    """A checkpoint with the co-signatures below it, and the newest one before it that has some."""
    found: dict[str, Any] = {"checkpoint": cosigning.below(book, stamp)}
    if (cosigned := _cosigned(session, book, stamp)) is not None:
        found["cosigned"] = cosigned
    return found


def _opening(session: Session, event: EventView) -> dict[str, str] | None:
    secret = session.get(EventPrivate, event.id)
    if secret is None:
        return None
    return {"salt": secret.salt.hex(), "private": secret.canonical.decode()}


def _key_changes(session: Session) -> list[dict[str, Any]]:
    """Each change of keys with the first checkpoint over it, by which the old key vouched."""
    tiles, told = log.Tiles(session), []
    for change in stamps.key_changes(session):
        stamp = None if change.position is None else stamps.first_over(session, change.position)
        if stamp is not None and change.position is not None:
            path = merkle.inclusion_proof(change.position, stamp.tree_size, tiles.range_root)
            told.append(
                {
                    "event": change.canonical.decode(),
                    "position": change.position,
                    "path": [each.hex() for each in path],
                    "checkpoint": stamp.note,
                }
            )
    return told


def _cosigned(session: Session, book: Book, stamp: Checkpoint) -> dict[str, Any] | None:
    """The newest head that others co-signed, and the proof that ours begins with it."""
    old = cosigning.newest(session, book, size=stamp.tree_size)
    if old is None or old.tree_size == stamp.tree_size:
        return None
    tiles = log.Tiles(session)
    path = merkle.consistency_proof(old.tree_size, stamp.tree_size, tiles.range_root)
    return {
        "checkpoint": cosigning.below(book, old),
        "consistency": [each.hex() for each in path],
    }


def of_subject(session: Session, ref: str, keepers: Keepers, *, is_open: bool) -> dict[str, Any]:
    """The proof file of a subject's whole line."""
    line = events.history(session, ref)
    opened = {each.id for each in line} if is_open else ()
    return export(session, line, keepers, subject=ref, opened=opened)
