"""配对 · which tag a stable weight belongs to: one tag at the same crate, within a window (W9).

The rule is pure (`judge`); `step` walks the new readings with a cursor and lets the caller
record each pair in the same transaction, so that a pair is recorded once whatever is killed.
Whatever is ambiguous waits for a person. Times compared are the devices' own: one edge box
serves a crate; where two clocks disagree nothing is paired.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ForeignKey, Select, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability.base.db import Base
from traceability.base.errors import Conflict, NotFound, Refusal

from . import inbox
from .devices import Device, DeviceKind
from .inbox import Reading

EMPTY_G = 20_000  # below this nobody stands on the crate
SAME_WEIGHT_PERMILLE = 20
STEP_READINGS = 500
CURSOR_ID = 1


class PairingState(StrEnum):
    """配对状态 · what became of one stable weight."""

    WAITING = "waiting"
    PAIRED = "paired"
    REPEAT = "repeat"
    AMBIGUOUS = "ambiguous"
    SETTLED = "settled"


PAIRING_STATE_LABELS: dict[PairingState, str] = {
    PairingState.WAITING: "等待耳标",
    PairingState.PAIRED: "已配对",
    PairingState.REPEAT: "同一头牛的重复读数",
    PairingState.AMBIGUOUS: "待人工确认",
    PairingState.SETTLED: "已人工确认",
}
REASON_LABELS: dict[str, str] = {
    "no_tag": "称重前后没有读到电子耳标",
    "two_tags": "称重前后读到两个以上电子耳标",
    "crossed": "上一头牛还没有离开，又读到另一个耳标",
    "same_tag_other_weight": "同一耳标刚称过，这次重量不同",
    "late_second_tag": "配对之后又读到另一个耳标",
    "clocks": "阅读器与地磅的时钟不一致",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How far a tag may lie from its weight, and how fast animals can change places."""

    before: timedelta = timedelta(seconds=10)
    after: timedelta = timedelta(seconds=3)
    turnover: timedelta = timedelta(seconds=5)
    clocks: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """A tag or a weight at one crate, as plain values."""

    reading_id: int
    key: str  # device:boot:seq
    code: str
    at: datetime
    received_at: datetime
    frames_sha256: bytes
    eid: str = ""
    weight_g: int = 0


@dataclass(frozen=True, slots=True)
class Pair:
    """One weight and the tag of the animal it belongs to."""

    weight: Sight
    tag: Sight


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """A weight nobody but a person may give to an animal; the reason is a key of REASON_LABELS."""

    weight: Sight
    reason: str


@dataclass(frozen=True, slots=True)
class Repeat:
    """The animal weighed before still stands there."""

    weight: Sight


@dataclass(frozen=True, slots=True)
class Waiting:
    """No tag yet; one may still come."""

    weight: Sight


Decision = Pair | Ambiguous | Repeat | Waiting
Record = Callable[[Session, Pair], None]
DEFAULT_WINDOW = Window()


def judge(
    weight: Sight,
    tags: Sequence[Sight],
    previous: Pair | None,
    *,
    now: datetime,
    window: Window = DEFAULT_WINDOW,
) -> Decision:
    """Whose weight this is, from the tags read at its crate and the pair before it there."""
    near = [tag for tag in tags if _counts(tag, weight, previous, window)]
    if any(abs(_delay(tag) - _delay(weight)) > window.clocks for tag in near):
        return Ambiguous(weight, "clocks")
    eids = {tag.eid for tag in near}
    if previous is not None and weight.at - previous.weight.at < window.turnover:
        same = eids <= {previous.tag.eid}
        return Repeat(weight) if same else Ambiguous(weight, "crossed")
    if len(eids) > 1:
        return Ambiguous(weight, "two_tags")
    if not eids:
        patience = window.before + window.after
        over = now - weight.received_at > patience
        return Ambiguous(weight, "no_tag") if over else Waiting(weight)
    if previous is not None and eids == {previous.tag.eid} and _soon(weight, previous, window):
        return _again(weight, previous)
    return Pair(weight, near[-1])


def contradicted(pair: Pair, tags: Sequence[Sight], *, window: Window = DEFAULT_WINDOW) -> bool:
    """Whether another animal's tag was read just after the weight was given to this one."""
    end = pair.weight.at + window.after
    return any(tag.eid != pair.tag.eid and pair.weight.at <= tag.at <= end for tag in tags)


def _counts(tag: Sight, weight: Sight, previous: Pair | None, window: Window) -> bool:
    """A tag read before the previous weight belongs to that one."""
    if previous is not None and tag.at <= previous.weight.at:
        return False
    return weight.at - window.before <= tag.at <= weight.at + window.after


def _delay(sight: Sight) -> timedelta:
    return sight.received_at - sight.at


def _soon(weight: Sight, previous: Pair, window: Window) -> bool:
    return weight.at - previous.weight.at <= window.before + window.after


def _again(weight: Sight, previous: Pair) -> Decision:
    difference = abs(weight.weight_g - previous.weight.weight_g)
    if difference * 1000 <= previous.weight.weight_g * SAME_WEIGHT_PERMILLE:
        return Repeat(weight)
    return Ambiguous(weight, "same_tag_other_weight")


class Pairing(Base):
    """配对 · what became of one stable weight, with its tag or the reason why there is none."""

    __tablename__ = "pairing"

    id: Mapped[int] = mapped_column(primary_key=True)
    weight_id: Mapped[int] = mapped_column(ForeignKey("reading.id"), unique=True)
    tag_id: Mapped[int | None] = mapped_column(ForeignKey("reading.id"))
    holding: Mapped[str] = mapped_column(String(80))
    crate: Mapped[str] = mapped_column(String(40))
    weighed_at: Mapped[datetime]  # the scale's clock
    state: Mapped[PairingState]
    reason: Mapped[str | None] = mapped_column(String(80))
    decided_at: Mapped[datetime | None]
    settled_by: Mapped[str | None] = mapped_column(String(60))

    weight: Mapped[Reading] = relationship(foreign_keys=[weight_id])
    tag: Mapped[Reading | None] = relationship(foreign_keys=[tag_id])


class PairingCursor(Base):
    """配对游标 · the last reading that was looked at."""

    __tablename__ = "pairing_cursor"

    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int]


_WORK = "the work list of the pairing; a pair becomes a weighing, which is in the chain"
UNCHAINED_TABLES = {"pairing": _WORK, "pairing_cursor": _WORK}


def step(session: Session, *, at: datetime, record: Record, window: Window = DEFAULT_WINDOW) -> int:
    """Look at what is new and decide what can be decided; how many readings were new.

    `record` writes the weighing of a pair; when it refuses, the pair waits for a person with
    the refusal's code as its reason.
    """
    fresh = _take_new(session)
    waiting = _in_state(PairingState.WAITING).limit(STEP_READINGS)
    for pairing in session.scalars(waiting).all():
        _decide(session, pairing, at=at, record=record, window=window)
    _look_back(session, fresh, window)
    session.flush()
    return len(fresh)


def settle(session: Session, pairing: Pairing, *, at: datetime, by: str) -> None:
    """Close an ambiguous weight after a person has decided (and, perhaps, recorded it).

    Raises:
        Conflict: `pairing.not_open`.
    """
    if pairing.state is not PairingState.AMBIGUOUS:
        raise Conflict("pairing.not_open", "这条称重不在待确认之列，请刷新页面")
    pairing.state, pairing.settled_by, pairing.decided_at = PairingState.SETTLED, by, at
    session.flush()


def get(session: Session, pairing_id: int) -> Pairing:
    """The weight of that number.

    Raises:
        NotFound: `pairing.not_found`.
    """
    found = session.get(Pairing, pairing_id)
    if found is None:
        raise NotFound("pairing.not_found", "没有找到这次称重，请刷新页面")
    return found


def open_cases(session: Session, holding: str) -> list[Pairing]:
    """The weights at a holding that wait for a person, oldest first."""
    rows = _in_state(PairingState.AMBIGUOUS).where(Pairing.holding == holding)
    return list(session.scalars(rows))


def newest_at(session: Session, scale_id: int, *, since: datetime) -> Pairing | None:
    """The newest weight of a scale that is no mere repeat, by the scale's own clock."""
    wanted = (
        select(Pairing)
        .join(Pairing.weight)
        .where(
            Reading.device_id == scale_id,
            Reading.at >= since,
            Pairing.state != PairingState.REPEAT,
        )
        .order_by(Reading.at.desc(), Reading.id.desc())
        .limit(1)
    )
    return session.scalars(wanted).one_or_none()


def sight(reading: Reading) -> Sight:
    """A reading as the rule sees it."""
    return Sight(
        reading_id=reading.id,
        key=f"{reading.device.code}:{reading.boot}:{reading.seq}",
        code=reading.device.code,
        at=reading.at,
        received_at=reading.received_at,
        frames_sha256=reading.frames_sha256,
        eid=reading.eid or "",
        weight_g=reading.weight_g or 0,
    )


def _take_new(session: Session) -> list[Reading]:
    cursor = session.get(PairingCursor, CURSOR_ID, with_for_update=True)
    if cursor is None:
        cursor = PairingCursor(id=CURSOR_ID, position=0)
        session.add(cursor)
    fresh = inbox.after(session, cursor.position, limit=STEP_READINGS)
    for reading in fresh:
        cursor.position = reading.id
        device = reading.device
        weighs = reading.doubt is None and (reading.weight_g or 0) > EMPTY_G
        if weighs and device.kind is DeviceKind.SCALE and device.crate is not None:
            session.add(
                Pairing(
                    weight=reading,
                    holding=device.holding,
                    crate=device.crate,
                    weighed_at=reading.at,
                    state=PairingState.WAITING,
                )
            )
    session.flush()
    return fresh


def _decide(
    session: Session, pairing: Pairing, *, at: datetime, record: Record, window: Window
) -> None:
    weight = sight(pairing.weight)
    tags = _tags(session, pairing, weight.at - window.before, weight.at + window.after)
    match judge(weight, tags, _previous(session, pairing), now=at, window=window):
        case Waiting():
            return
        case Repeat():
            pairing.state = PairingState.REPEAT
        case Ambiguous(reason=reason):
            pairing.state, pairing.reason = PairingState.AMBIGUOUS, reason
        case Pair() as pair:
            pairing.tag_id = pair.tag.reading_id
            _record(session, pairing, pair, record)
    pairing.decided_at = at
    session.flush()


def _record(session: Session, pairing: Pairing, pair: Pair, record: Record) -> None:
    try:
        with session.begin_nested():
            record(session, pair)
    except Refusal as refusal:  # an unknown tag, a dead animal, an expired scale: for a person
        pairing.state, pairing.reason = PairingState.AMBIGUOUS, refusal.code
    else:
        pairing.state = PairingState.PAIRED


def _look_back(session: Session, fresh: Sequence[Reading], window: Window) -> None:
    """A tag that comes just after a pair was made may mean that it was the wrong one."""
    late = [reading for reading in fresh if reading.eid is not None and reading.device.crate]
    for reading in late:
        rows = _in_state(PairingState.PAIRED).where(
            Pairing.holding == reading.device.holding,
            Pairing.crate == reading.device.crate,
            Pairing.weighed_at.between(reading.at - window.after, reading.at),
        )
        for pairing in session.scalars(rows).all():
            assert pairing.tag is not None
            pair = Pair(sight(pairing.weight), sight(pairing.tag))
            if contradicted(pair, [sight(reading)], window=window):
                pairing.state, pairing.reason = PairingState.AMBIGUOUS, "late_second_tag"


def _in_state(state: PairingState) -> Select[Pairing]:
    return select(Pairing).where(Pairing.state == state).order_by(Pairing.weighed_at, Pairing.id)


def _tags(session: Session, pairing: Pairing, start: datetime, end: datetime) -> list[Sight]:
    rows = (
        select(Reading)
        .join(Reading.device)
        .where(
            Device.holding == pairing.holding,
            Device.crate == pairing.crate,
            Device.kind == DeviceKind.READER,
            Reading.at.between(start, end),
        )
        .order_by(Reading.at, Reading.id)
    )
    return [sight(reading) for reading in session.scalars(rows)]


def _previous(session: Session, pairing: Pairing) -> Pair | None:
    """The pair made at the same crate before this weight."""
    rows = (
        select(Pairing)
        .where(
            Pairing.holding == pairing.holding,
            Pairing.crate == pairing.crate,
            Pairing.tag_id.is_not(None),
            Pairing.weighed_at < pairing.weighed_at,
        )
        .order_by(Pairing.weighed_at.desc(), Pairing.id.desc())
        .limit(1)
    )
    before = session.scalars(rows).one_or_none()
    if before is None or before.tag is None:
        return None
    return Pair(sight(before.weight), sight(before.tag))
