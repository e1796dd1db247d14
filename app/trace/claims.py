"""可说的话 · what a page may claim of a line, never more, and the name plate above it; pure.

A log cannot prove that nothing newer is withheld: the page says 连续无缺, never 完整.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from app import filters
from app.labels.links import LinkKind
from app.trace import words
from app.trace.lines import Recorded, Stamp, Subject
from app.trace.steps import Step
from app.trace.words import Places
from traceability.base.clock import legal_day
from traceability.chain import events
from traceability.chain.events import EventView
from traceability.chain.kinds import Kind
from traceability.identifiers.short_codes import grouped

NAMES = {"head_count": "头数"}
"""Fields that need no name in the time line and one on the plate."""


class Level(StrEnum):
    """结论 · how far the line holds."""

    STAMPED = "stamped"
    PENDING = "pending"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Claim:
    """结论 · one word and one sentence."""

    level: Level
    word: str
    sentence: str


def claim_of(
    subject: Subject,
    line: Sequence[Recorded],
    stamp: Stamp | None,
    *,
    printed: bytes | None,
    today: date,
) -> Claim:
    """What may be said of a line under a checkpoint, for a label printed at that digest."""
    if (broken := first_break(subject, line)) is not None:
        sentence = f"第{broken}条与前文对不上，请勿采信，并拨打 12316 反映"
        return Claim(Level.BROKEN, "记录有断点", sentence)
    if printed is not None and not any(each.event.digest.startswith(printed) for each in line):
        sentence = "标签打印时的那条记录已不在这里，请勿采信，并拨打 12316 反映"
        return Claim(Level.BROKEN, "与标签不符", sentence)
    kept = "" if printed is None else "；标签打印时的记录仍在"
    count, covered = len(line), covered_by(line, stamp)
    if stamp is None or covered == 0:
        sentence = f"{_range(1, count)}连续无缺，已登记，待盖章{kept}"
        return Claim(Level.PENDING, "已登记，待盖章", sentence)
    stamped = f"{_range(1, covered)}连续无缺，{_all(covered)}在 {when(stamp, today)} 盖章的目录内"
    if covered < count:
        rest = f"；{_range(covered + 1, count)}已登记，待盖章"
        return Claim(Level.PENDING, "已登记，待盖章", stamped + rest + kept)
    return Claim(Level.STAMPED, "记录连续", stamped + kept)


def _range(first: int, last: int) -> str:
    return f"第{first}条" if first == last else f"第{first}–{last}条"


def _all(count: int) -> str:
    return "均" if count > 1 else ""


def when(stamp: Stamp, today: date) -> str:
    """The time of a stamp; its day as well unless it is today.

    >>> from datetime import datetime, UTC
    >>> when(Stamp(1, datetime(2026, 11, 21, 22, 13, tzinfo=UTC)), date(2026, 11, 22))
    '06:13'
    """
    if legal_day(stamp.signed_at) == today:
        return filters.cn_time(stamp.signed_at)
    return filters.cn_datetime(stamp.signed_at)


def covered_by(line: Sequence[Recorded], stamp: Stamp | None) -> int:
    """How many events from the first on lie under the checkpoint."""
    below = 0 if stamp is None else stamp.size
    for count, each in enumerate(line):
        if each.event.position is None or each.event.position >= below:
            return count
    return len(line)


def first_break(subject: Subject, line: Sequence[Recorded]) -> int | None:
    """The first event that does not follow from the one before; None if all do."""
    prev: str | None = None
    for number, each in enumerate(line, start=1):
        link = next((link for link in each.event.links if link.ref == subject.ref), None)
        if link is None or (link.seq, link.prev) != (number, prev):
            return number
        prev = each.event.digest.hex()
    if (len(line), prev) != (subject.seq, subject.head.hex()):
        return len(line) + 1
    return None


@dataclass(frozen=True, slots=True)
class Plate:
    """铭牌 · what it is, in a heading and a few facts, none of them of a person."""

    noun: str
    title: str
    facts: tuple[tuple[str, str], ...]
    ear_tag: str | None = None
    born_month: str | None = None
    living: bool = False


@dataclass(frozen=True, slots=True)
class _Told:
    """The events that count, and their newest word on each public field."""

    counted: Sequence[EventView]
    fields: Mapping[str, Any]
    places: Places

    @property
    def kinds(self) -> list[Kind]:
        return [event.kind for event in self.counted]

    def __call__(self, name: str) -> str:
        return words.value_of(name, self.fields.get(name))

    def pairs(self, *names: str) -> list[tuple[str, str]]:
        return [
            (words.FIELDS[name][0] or NAMES[name], self(name))
            for name in names
            if name in self.fields
        ]

    def first(self, kind: Kind) -> Mapping[str, Any]:
        return next((event.public for event in self.counted if event.kind is kind), {})


def plate_of(subject: Subject, line: Sequence[Recorded], places: Places) -> Plate:
    """The name plate of a subject, from the events that count."""
    counted = events.effective([each.event for each in line])
    fields: dict[str, Any] = {}
    for event in counted:
        fields |= event.public
    told = _Told(counted, fields, places)
    return PLATES[subject.kind](subject, told)


def _animal(subject: Subject, told: _Told) -> Plate:
    state, living = _state(told)
    return Plate(
        noun="牛只",
        title=f"{told('breed')} · {told('sex')}",
        ear_tag=told.fields.get("ear_tag"),
        facts=(
            ("出生", told("born_month")),
            ("登记地", words.home_of(told.first(Kind.ANIMAL_REGISTERED), told.places)),
            ("现况", state),
            ("溯源码", grouped(subject.code)),
        ),
        born_month=told.fields.get("born_month"),
        living=living,
    )


def _state(told: _Told) -> tuple[str, bool]:
    for kind, word in ((Kind.ANIMAL_SLAUGHTERED, "已屠宰"), (Kind.ANIMAL_DIED, "已死亡")):
        if kind in told.kinds:
            return word, False
    moves = [kind for kind in told.kinds if kind in {Kind.MOVEMENT_DEPARTED, Kind.MOVEMENT_ARRIVED}]
    if moves and moves[-1] is Kind.MOVEMENT_DEPARTED:
        return "在途中", True
    return "在养", True


def _certificate(_subject: Subject, told: _Told) -> Plate:
    revoked = Kind.CERTIFICATE_REVOKED in told.kinds
    return Plate(
        noun="检疫证明",
        title=f"检疫证明 {told('form')}",
        facts=(
            *told.pairs("number", "purpose", "head_count", "valid_until"),
            ("行程", words.place_of(told.first(Kind.CERTIFICATE_ISSUED), told.places)),
            ("状态", "已作废" if revoked else "已签发"),
            ("说明", "平台检疫记录，非官方证明"),
        ),
    )


def _receipt(subject: Subject, told: _Told) -> Plate:
    return Plate(
        noun="成交凭证",
        title="成交凭证",
        facts=(
            ("市场", words.place_of(told.first(Kind.SALE_AGREED), told.places)),
            ("状态", words.title_of(told.kinds[-1])),
            ("凭证编号", grouped(subject.code)),
            ("说明", "买卖双方、重量和价格只印在纸质凭证上，这里不公开"),
        ),
    )


def _project(subject: Subject, told: _Told) -> Plate:
    noun = "集群" if subject.ref.startswith("cluster:") else "项目"
    return Plate(
        noun=noun,
        title=told("name"),
        facts=(
            *told.pairs("host_place", "partner", "stage", "percent"),
            ("溯源码", grouped(subject.code)),
        ),
    )


PLATES = {
    LinkKind.ANIMAL: _animal,
    LinkKind.CERTIFICATE: _certificate,
    LinkKind.RECEIPT: _receipt,
    LinkKind.PROJECT: _project,
}
assert PLATES.keys() == set(LinkKind)


@dataclass(frozen=True, slots=True)
class Paper:
    """检疫证明 as an animal's page lists it."""

    form: str
    number: str
    valid_until: str
    revoked: str


def papers_of(line: Sequence[Recorded], steps: Sequence[Step]) -> list[Paper]:
    """The certificates an animal travelled under, newest first."""
    revoked = {step.seq: step.undone for step in steps if step.undone}
    found = [
        Paper(
            words.value_of("form", event.public.get("form")),
            words.value_of("number", event.public.get("number")),
            words.value_of("valid_until", event.public.get("valid_until")),
            revoked.get(number, ""),
        )
        for number, each in enumerate(line, start=1)
        if (event := each.event).kind is Kind.CERTIFICATE_ISSUED
    ]
    return found[::-1]
