"""共同签名 · what regulators sign on machines of their own: they saw this head, and no shorter one.

A co-signature is a line below our checkpoint (C2SP tlog-cosignature, Ed25519, with its time). Who
may co-sign stands in one file, what was co-signed in another: outside the database, so that no
restored backup takes it away. Each line proves itself and is checked whenever it is read.
"""

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.checkpoints import keys, notes
from traceability.checkpoints.notes import (
    COSIGNATURE,
    TIME_BYTES,
    BadNote,
    Head,
    Note,
    Signature,
    Verifier,
)
from traceability.checkpoints.stamps import Checkpoint, epoch_of
from traceability.checkpoints.witness import Witness

AHEAD = timedelta(minutes=2)
BYTES_MAX = 20_000


@dataclass(frozen=True, slots=True)
class Book:
    """共同签名簿 · the folder with the list of cosigners and what they signed."""

    folder: Path

    @property
    def cosigners_path(self) -> Path:
        """Who may co-sign, one key a line."""
        return self.folder / "cosigners.txt"

    @property
    def signed(self) -> Witness:
        """What was co-signed, one note a line."""
        return Witness(self.folder / "cosignatures.txt")


@dataclass(frozen=True, slots=True)
class Cosignature:
    """共同签名 · who saw which head, and when."""

    head: Head
    signature: Signature

    @property
    def name(self) -> str:
        """The name of who signed."""
        return self.signature.name

    @property
    def signed_at(self) -> datetime:
        """When, by their clock."""
        return _time_of(self.signature)


def cosigners(book: Book) -> list[Verifier]:
    """Who may co-sign, as the administrator listed them."""
    return [each for each in keys.known_keys(book.cosigners_path) if each.algorithm == COSIGNATURE]


def add_cosigner(book: Book, vkey: str) -> Verifier:
    """List somebody who may co-sign.

    Raises:
        BadNote: no verifier key, or none for co-signatures.
    """
    verifier = notes.parse_vkey(vkey)
    if verifier.algorithm != COSIGNATURE:
        raise BadNote("not the key of a cosigner")
    keys.make_known(book.cosigners_path, [verifier])
    return verifier


def accept(session: Session, book: Book, written: str, *, at: datetime) -> list[Cosignature]:
    """Keep the co-signatures below one of our checkpoints; those kept already are told again.

    Raises:
        RuleViolation: `cosignature.unreadable`, `cosignature.unknown_key`,
            `cosignature.wrong_signature`, `cosignature.ahead`.
        NotFound: `checkpoint.not_found`.
        Conflict: `cosignature.another_text`.
    """
    note, head = _read(written)
    stamp = session.get(Checkpoint, (epoch_of(head.origin), head.size))
    if stamp is None:
        raise NotFound("checkpoint.not_found", f"没有大小为 {head.size} 的检查点")
    if notes.parse_note(stamp.note).text != note.text:
        raise Conflict(
            "cosignature.another_text",
            "这个大小的检查点内容不同：目录可能被分叉，请保存您手中的检查点",
        )
    made = list(_made_by(note, head, cosigners(book)))
    if not made:
        raise RuleViolation("cosignature.unknown_key", "没有已登记的共同签名人的签名")
    if any(each.signed_at > at + AHEAD for each in made):
        raise RuleViolation("cosignature.ahead", "共同签名的时间在将来，请校准电脑时钟")
    _keep(book, note.text, made)
    return made


def _read(written: str) -> tuple[Note, Head]:
    if len(written) > BYTES_MAX:
        raise RuleViolation("cosignature.unreadable", "带签名的检查点文本过长")
    try:
        note = notes.parse_note(written)
        return note, notes.parse_head(note.text)
    except BadNote as error:
        raise RuleViolation("cosignature.unreadable", "不是带签名的检查点文本") from error


def _made_by(note: Note, head: Head, known: Sequence[Verifier]) -> Iterator[Cosignature]:
    """The lines of known cosigners, each checked."""
    by_key = {(each.name, each.key_id): each for each in known}
    for signature in note.signatures:
        verifier = by_key.get((signature.name, signature.key_id))
        if verifier is None:
            continue
        if not verifier.accepts(note.text, signature.signature):
            raise RuleViolation(
                "cosignature.wrong_signature", f"“{signature.name}”的共同签名与检查点不符"
            )
        yield Cosignature(head, signature)


def _time_of(signature: Signature) -> datetime:
    seconds = int.from_bytes(signature.signature[:TIME_BYTES])
    return datetime.fromtimestamp(min(seconds, 2**33), UTC)


def _keep(book: Book, text: str, made: Sequence[Cosignature]) -> None:
    """Write down what is new, one writer at a time."""
    store = book.signed
    store.path.parent.mkdir(parents=True, exist_ok=True)
    with store.path.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = {(each.head.size, each.head.origin, each.name) for each in every(book)}
        fresh = [
            Note(text, (each.signature,)).written
            for each in made
            if (each.head.size, each.head.origin, each.name) not in kept
        ]
        if fresh:
            store.add(fresh)


def every(book: Book, head: Head | None = None) -> Iterator[Cosignature]:
    """What is kept and still proves itself, newest first; of one head only, if it is named."""
    known = cosigners(book)
    for written in book.signed.backwards():
        try:
            note, seen = _read(written)
            if head in (None, seen):
                yield from _made_by(note, seen, known)
        except RuleViolation:
            continue  # a line that was changed proves nothing


def _heads(book: Book) -> set[Head]:
    """The heads that are kept, whether their lines prove themselves or not."""
    found = set()
    for written in book.signed.backwards():
        with suppress(RuleViolation):
            found.add(_read(written)[1])
    return found


def below(book: Book, stamp: Checkpoint) -> str:
    """A checkpoint with the co-signatures it has."""
    note = notes.parse_note(stamp.note)
    head = notes.parse_head(note.text)
    theirs = tuple(each.signature for each in every(book, head))
    return Note(note.text, note.signatures + theirs[::-1]).written


def newest(session: Session, book: Book, *, size: int) -> Checkpoint | None:
    """The largest checkpoint of the running epoch, up to a size, that somebody co-signed."""
    running = session.scalar(select(Checkpoint.epoch).order_by(Checkpoint.epoch.desc()).limit(1))
    fitting = [
        head for head in _heads(book) if head.size <= size and epoch_of(head.origin) == running
    ]
    for head in sorted(fitting, key=lambda each: each.size, reverse=True):
        if next(every(book, head), None) is not None:
            return session.get(Checkpoint, (running, head.size))
    return None
