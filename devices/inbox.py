"""收件箱 · every message of a device, kept once: as a reading, or set aside with its reason.

A reading is a row, not an event: raw bytes, device, boot, sequence and what the server itself
reads in those bytes. Its key is (device, boot, sequence); a repeat changes nothing and is
acknowledged again. What cannot be understood is kept too, and can be replayed. For each device,
always: received = stored + duplicates + set aside.
"""

import hashlib
import struct
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, insert, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability.base.db import Base
from traceability.base.errors import Conflict, NotFound

from .devices import Device, DeviceFacts, DeviceState
from .receiving import Accepted, Refused, examine

HEAD_BYTES = 1_024
READINGS_LOCK = 0x776E7264  # PostgreSQL: commits in the order of ids, so that a cursor misses none
NO_DEVICE = "-"


class Reading(Base):
    """读数 · one message of a device, as it came and as the server decodes it."""

    __tablename__ = "reading"
    __table_args__ = (
        UniqueConstraint("device_id", "boot", "seq"),
        Index("ix_reading_device_id_at", "device_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    device_id: Mapped[int] = mapped_column(ForeignKey("device.id"))
    boot: Mapped[int]
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String(8))  # tag or weight
    format: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]  # the device's clock
    received_at: Mapped[datetime]
    frames: Mapped[bytes]  # each with its length before it, see `packed`
    frames_sha256: Mapped[bytes]  # of the raw frames one after another: what a weighing rests on
    eid: Mapped[str | None] = mapped_column(String(15), index=True)
    weight_g: Mapped[int | None]
    stable: Mapped[bool | None]
    doubt: Mapped[str | None] = mapped_column(String(40))  # why it is no weight for trade

    device: Mapped[Device] = relationship()


class SetAside(Base):
    """搁置消息 · a message that could not be understood, with its reason."""

    __tablename__ = "set_aside"
    __table_args__ = (UniqueConstraint("code", "sha256"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(32))  # as the topic names the device
    boot: Mapped[int | None]
    seq: Mapped[int | None]
    received_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(60))
    length: Mapped[int]
    sha256: Mapped[bytes]
    head: Mapped[bytes]  # the whole message, or its first 1,024 bytes
    replayed_at: Mapped[datetime | None]


class InboxTally(Base):
    """收件统计 · what one device has sent since it is known."""

    __tablename__ = "inbox_tally"

    code: Mapped[str] = mapped_column(String(32), primary_key=True)
    received: Mapped[int]
    stored: Mapped[int]
    duplicates: Mapped[int]
    set_aside: Mapped[int]
    last_at: Mapped[datetime]


_ROW = "readings are rows, not events; a weighing's event carries the SHA-256 of the raw frames"
UNCHAINED_TABLES = {"reading": _ROW, "set_aside": _ROW, "inbox_tally": _ROW}


class Outcome(StrEnum):
    """What became of a message."""

    STORED = "stored"
    DUPLICATE = "duplicates"
    SET_ASIDE = "set_aside"


class Arrived(NamedTuple):
    """One message of the network: whose topic, which bytes."""

    code: str
    payload: bytes


class Receipt(NamedTuple):
    """What became of one message; without boot and sequence it cannot be acknowledged."""

    code: str
    boot: int | None
    seq: int | None
    kept_as_reading: bool


Hook = Callable[[str], None]
Key = tuple[int, int, int]  # device, boot, sequence


def no_hook(_step: str) -> None:
    """Nothing happens between the steps; a test puts a crash here."""


def store(
    session: Session, arrived: Sequence[Arrived], *, at: datetime, hook: Hook = no_hook
) -> list[Receipt]:
    """Keep a group of messages in this transaction; the receipts hold once it is committed."""
    known = _facts(session, {message.code for message in arrived})
    group = _Group()
    hook("before parse")
    for message in arrived:
        device_id, facts = known.get(message.code, (0, None))
        group.take(message, device_id, examine(message.payload, facts))
    hook("after parse")
    hook("before insert")
    _insert_readings(session, group, at)
    _insert_set_aside(session, group, at)
    _count(session, group.tally, at)
    hook("after insert")
    return group.receipts()


def set_aside(session: Session, message: Arrived, *, reason: str, at: datetime) -> list[Receipt]:
    """Keep one message that could not be stored for a reason outside itself."""
    judged = examine(message.payload, None)
    group = _Group()
    group.aside.append((message, Refused(reason, judged.boot, judged.seq)))
    _insert_set_aside(session, group, at)
    _count(session, group.tally, at)
    return group.receipts()


class _Group:
    """The messages of one transaction, sorted into what they are."""

    def __init__(self) -> None:
        self.accepted: dict[Key, tuple[Arrived, Accepted]] = {}
        self.aside: list[tuple[Arrived, Refused]] = []
        self.tally: Counter[tuple[str, Outcome]] = Counter()

    def take(self, message: Arrived, device_id: int, judged: Accepted | Refused) -> None:
        if isinstance(judged, Refused):
            self.aside.append((message, judged))
            return
        _, first = self.accepted.setdefault((device_id, judged.boot, judged.seq), (message, judged))
        if first is judged:
            return
        if (first.at, first.frames) == (judged.at, judged.frames):
            self.tally[message.code, Outcome.DUPLICATE] += 1
        else:
            self.set_aside_as_reused(message, judged)

    def set_aside_as_reused(self, message: Arrived, judged: Accepted) -> None:
        self.aside.append((message, Refused("key_reused", judged.boot, judged.seq)))

    def receipts(self) -> list[Receipt]:
        stored = [
            Receipt(message.code, judged.boot, judged.seq, kept_as_reading=True)
            for message, judged in self.accepted.values()
        ]
        return stored + [
            Receipt(message.code, refused.boot, refused.seq, kept_as_reading=False)
            for message, refused in self.aside
        ]


def packed(frames: Iterable[bytes]) -> bytes:
    """Frames in one field, each with its length (two bytes, high first) before it.

    >>> packed([b"AB", b""]).hex()
    '000241420000'
    """
    return b"".join(struct.pack(">H", len(frame)) + frame for frame in frames)


def unpacked(field: bytes) -> list[bytes]:
    """The frames of a stored field.

    >>> unpacked(packed([b"AB", b""]))
    [b'AB', b'']
    """
    frames, place = [], 0
    while place < len(field):
        (length,) = struct.unpack_from(">H", field, place)
        frames.append(field[place + 2 : place + 2 + length])
        place += 2 + length
    return frames


def replay(session: Session, message: SetAside, *, at: datetime) -> Reading:
    """Read a message that was set aside once more, after what was wrong has been put right.

    Raises:
        Conflict: `inbox.replayed`, `inbox.cut`, `inbox.still_refused`.
    """
    if message.replayed_at is not None:
        raise Conflict("inbox.replayed", "这条消息已经重放过了")
    if message.length > len(message.head):
        raise Conflict("inbox.cut", "这条消息过长，只保留了开头，无法重放")
    device_id, facts = _facts(session, {message.code}).get(message.code, (0, None))
    judged = examine(message.head, facts)
    if isinstance(judged, Refused):
        raise Conflict("inbox.still_refused", f"这条消息仍无法识别：{judged.reason}")
    taken = _key_holders(session, [(device_id, judged.boot, judged.seq)])
    if taken:
        raise Conflict("inbox.still_refused", "该设备的这个序号已有另一条读数")
    reading = Reading(**_row((device_id, judged.boot, judged.seq), judged, message.received_at))
    session.add(reading)
    message.replayed_at = at
    tally = session.get_one(InboxTally, message.code)
    tally.set_aside -= 1
    tally.stored += 1
    session.flush()
    return reading


def get_set_aside(session: Session, message_id: int) -> SetAside:
    """The message that was set aside under that number.

    Raises:
        NotFound: `inbox.not_found`.
    """
    found = session.get(SetAside, message_id)
    if found is None:
        raise NotFound("inbox.not_found", "没有找到这条搁置消息")
    return found


def tallies(session: Session, codes: Iterable[str]) -> dict[str, InboxTally]:
    """What each of these devices has sent so far; one that never spoke is missing."""
    rows = session.scalars(select(InboxTally).where(InboxTally.code.in_([*codes])))
    return {row.code: row for row in rows}


def after(session: Session, position: int, *, limit: int = 500) -> list[Reading]:
    """The readings stored after a position (a reading's id), in order of storing."""
    rows = select(Reading).where(Reading.id > position).order_by(Reading.id).limit(limit)
    return list(session.scalars(rows))


def newest_of(session: Session, device_id: int, *, since: datetime) -> Reading | None:
    """The newest reading of a device, by its own clock."""
    wanted = select(Reading).where(Reading.device_id == device_id, Reading.at >= since)
    return session.scalars(wanted.order_by(Reading.at.desc(), Reading.id.desc()).limit(1)).first()


def _facts(session: Session, codes: set[str]) -> dict[str, tuple[int, DeviceFacts]]:
    rows = session.scalars(
        select(Device).where(Device.code.in_(codes), Device.state == DeviceState.ACTIVE)
    )
    return {device.code: (device.id, device.facts) for device in rows}


def _row(key: Key, judged: Accepted, at: datetime) -> dict[str, Any]:
    return {
        "device_id": key[0],
        "boot": judged.boot,
        "seq": judged.seq,
        "kind": judged.kind,
        "format": judged.format,
        "at": judged.at,
        "received_at": at,
        "frames": packed(judged.frames),
        "frames_sha256": _digest(judged),
        "eid": judged.eid,
        "weight_g": judged.weight_g,
        "stable": judged.stable,
        "doubt": judged.doubt,
    }


def _digest(judged: Accepted) -> bytes:
    return hashlib.sha256(b"".join(judged.frames)).digest()


def _insert_readings(session: Session, group: _Group, at: datetime) -> None:
    """Insert what is new; a message whose key already stands for another goes to the side."""
    if not group.accepted:
        return
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": READINGS_LOCK})
    held = _key_holders(session, list(group.accepted))
    new = []
    for key, (message, judged) in list(group.accepted.items()):
        if key not in held:
            new.append(_row(key, judged, at))
            group.tally[message.code, Outcome.STORED] += 1
        elif held[key] == (_digest(judged), judged.at):
            group.tally[message.code, Outcome.DUPLICATE] += 1
        else:
            del group.accepted[key]
            group.set_aside_as_reused(message, judged)
    if new:
        session.connection().execute(insert(Reading), new)


def _key_holders(session: Session, keys: list[Key]) -> dict[Key, tuple[bytes, datetime]]:
    """What stands under these keys already: one question for each device and start."""
    wanted: dict[tuple[int, int], list[int]] = defaultdict(list)
    for device_id, boot, seq in keys:
        wanted[device_id, boot].append(seq)
    found = {}
    for (device_id, boot), numbers in wanted.items():
        rows = session.execute(
            select(Reading.seq, Reading.frames_sha256, Reading.at).where(
                Reading.device_id == device_id, Reading.boot == boot, Reading.seq.in_(numbers)
            )
        )
        found.update({(device_id, boot, row[0]): (row[1], row[2]) for row in rows})
    return found


def _insert_set_aside(session: Session, group: _Group, at: datetime) -> None:
    """Keep what was refused; the same bytes of the same device are kept once."""
    for message, refused in group.aside:
        row = {
            "code": message.code,
            "boot": refused.boot,
            "seq": refused.seq,
            "received_at": at,
            "reason": refused.reason,
            "length": len(message.payload),
            "sha256": hashlib.sha256(message.payload).digest(),
            "head": message.payload[:HEAD_BYTES],
        }
        statement = _insert(session, SetAside).values(row).on_conflict_do_nothing()
        new = session.connection().execute(statement.returning(SetAside.id)).first() is not None
        group.tally[message.code, Outcome.SET_ASIDE if new else Outcome.DUPLICATE] += 1


def _count(session: Session, tally: Counter[tuple[str, Outcome]], at: datetime) -> None:
    for code in sorted({code for code, _ in tally}):  # one order, so that no two deadlock
        counts = {outcome.value: tally[code, outcome] for outcome in Outcome}
        counts["received"] = sum(counts.values())
        statement = _insert(session, InboxTally).values(code=code, last_at=at, **counts)
        columns = InboxTally.__table__.columns
        more = {name: columns[name] + number for name, number in counts.items()}
        session.connection().execute(
            statement.on_conflict_do_update(index_elements=["code"], set_={**more, "last_at": at})
        )


def _insert(session: Session, model: type[Base]) -> Any:
    name = session.get_bind().dialect.name
    return (sqlite if name == "sqlite" else postgresql).insert(model)
