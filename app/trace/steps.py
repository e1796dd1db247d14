"""经历 · a line of events as people read it: steps newest first, gaps, corrections; pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from app.auth.roles import Role
from app.trace import words
from app.trace.lines import Recorded
from app.trace.words import Places
from traceability.base.clock import legal_day, start_of
from traceability.chain.events import EventView
from traceability.chain.kinds import Kind

SILENCE = timedelta(days=180)
DAYS_PER_MONTH = 30
DIGEST_CHARS = 16


class Source(StrEnum):
    """凭据来源 · what a step rests on: a device, a vet, the market's staff, the keeper's word."""

    DEVICE = "device"
    VET = "vet"
    MARKET = "market"
    OFFICE = "office"
    SELF = "self"
    EXTERNAL = "external"


SOURCE_LABELS = {
    Source.DEVICE: "设备",
    Source.VET: "兽医",
    Source.MARKET: "市场",
    Source.OFFICE: "主管部门",
    Source.SELF: "自报",
    Source.EXTERNAL: "外部",
}
BY_KIND = {
    Kind.WEIGHING_RECORDED: Source.DEVICE,
    Kind.SALE_WEIGHED: Source.DEVICE,
    Kind.DECLARATION_ACCEPTED: Source.VET,
    Kind.DECLARATION_REFUSED: Source.VET,
    Kind.INSPECTION_RECORDED: Source.VET,
    Kind.SLAUGHTER_INSPECTED: Source.VET,
    Kind.CERTIFICATE_ISSUED: Source.VET,
    Kind.CERTIFICATE_REVOKED: Source.VET,
    Kind.EPCIS_OBSERVED: Source.EXTERNAL,
}
"""Kinds that only a device or an official vet can bring about."""
BY_ROLE = {
    Role.OFFICIAL_VET: Source.VET,
    Role.VILLAGE_VET: Source.VET,
    Role.MARKET_OPERATOR: Source.MARKET,
    Role.MARKET_MANAGER: Source.MARKET,
    Role.CASHIER: Source.MARKET,
    Role.REGULATOR: Source.OFFICE,
    Role.CLUSTER_OFFICER: Source.OFFICE,
    Role.ADMINISTRATOR: Source.OFFICE,
}
UNDOES = {
    Kind.WEIGHING_ANNULLED: (Kind.WEIGHING_RECORDED, "已作废，须重新过磅"),
    Kind.CERTIFICATE_REVOKED: (Kind.CERTIFICATE_ISSUED, "已作废，不能再凭它调运"),
    Kind.SALE_CANCELLED: (Kind.SALE_AGREED, "已撤销，没有成交"),
}
"""What a kind takes back, and the words beside what it took back."""
MOVES = {Kind.MOVEMENT_DEPARTED, Kind.MOVEMENT_ARRIVED}
ENDS = {Kind.ANIMAL_DIED, Kind.ANIMAL_SLAUGHTERED}


@dataclass(frozen=True, slots=True)
class Step:
    """一步 · one thing that happened."""

    kind: Kind
    seq: int
    digest: str
    at: datetime
    recorded_at: datetime
    title: str
    place: str
    phrases: tuple[tuple[str, str], ...]
    source: Source
    late: bool
    stamped: bool
    undone: str = ""  # why it no longer counts
    corrections: tuple["Step", ...] = ()

    @property
    def source_label(self) -> str:
        """The word of its badge."""
        return SOURCE_LABELS[self.source]


@dataclass(frozen=True, slots=True)
class Gap:
    """缺口 · a stretch nobody recorded, said instead of hidden."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Known:
    """What the pure part is told beside the line itself."""

    places: Places
    roles: Mapping[str, Collection[Role]] = field(default_factory=dict)
    stamped_below: int = 0  # leaves under the checkpoint


def source_of(each: Recorded, roles: Mapping[str, Collection[Role]]) -> Source:
    """What a step rests on, by its kind and by what kind of person recorded it."""
    if each.event.kind in BY_KIND:
        return BY_KIND[each.event.kind]
    held = roles.get(each.by or "", ())
    found = {BY_ROLE[role] for role in held if role in BY_ROLE}
    return next((source for source in Source if source in found), Source.SELF)


def steps_of(ref: str, line: Sequence[Recorded], known: Known) -> list[Step]:
    """The steps in the order they happened, each with what corrects or undoes it."""
    corrected: dict[bytes, EventView] = {
        each.event.corrects: each.event for each in line if each.event.corrects is not None
    }
    undone = _undone(line)
    made = {each.event.digest: _step(ref, each, known) for each in line}
    steps = []
    for each in line:
        event = each.event
        if event.corrects is not None:
            continue
        chain = _corrections(event, corrected)
        steps.append(_with(made[event.digest], [made[one.digest] for one in chain], undone, event))
    steps.sort(key=lambda step: (step.at, step.recorded_at, step.seq))
    return steps


def _corrections(event: EventView, corrected: Mapping[bytes, EventView]) -> list[EventView]:
    found = []
    while (newer := corrected.get(event.digest)) is not None:
        found.append(newer)
        event = newer
    return found


def _undone(line: Sequence[Recorded]) -> dict[tuple[Kind, str], str]:
    """What was taken back: the kind and the first subject (or the number) it concerned."""
    found = {}
    for each in line:
        if each.event.kind in UNDOES:
            kind, sentence = UNDOES[each.event.kind]
            found[kind, _thing(each.event)] = sentence
    return found


def _thing(event: EventView) -> str:
    """Which weighing, certificate or sale an event speaks of."""
    return str(event.public.get("number") or event.links[0].ref)


def _with(
    step: Step, chain: list[Step], undone: Mapping[tuple[Kind, str], str], event: EventView
) -> Step:
    sentence = undone.get((step.kind, _thing(event)), "")
    if chain and chain[-1].kind is Kind.EVENT_ANNULLED:
        sentence = "已作废"
    if not chain and not sentence:
        return step
    told = {name: getattr(step, name) for name in Step.__dataclass_fields__}
    return Step(**{**told, "undone": sentence, "corrections": tuple(chain)})


def _step(ref: str, each: Recorded, known: Known) -> Step:
    event = each.event
    return Step(
        kind=event.kind,
        seq=event.seq_of(ref),
        digest=event.digest.hex()[:DIGEST_CHARS],
        at=event.at,
        recorded_at=event.recorded_at,
        title=words.title_of(event.kind),
        place=words.place_of(event.public, known.places),
        phrases=tuple(words.phrases_of(event.kind, event.public)),
        source=source_of(each, known.roles),
        late=event.late,
        stamped=event.position is not None and event.position < known.stamped_below,
    )


def with_gaps(
    steps: Sequence[Step], *, born_month: str | None, silent_since: datetime | None
) -> list[Step | Gap]:
    """The time line newest first, with a word wherever nobody recorded anything.

    `silent_since` is the newest step's instant when that is long ago and life goes on.
    """
    shown: list[Step | Gap] = []
    if born_month is not None and steps:
        first = _before(born_month, steps[0].at)
        shown += [Gap(first)] if first else []
    for place, step in enumerate(steps):
        if place and (gap := _between(steps[place - 1], step)):
            shown.append(Gap(gap))
        shown.append(step)
    if steps and (last := _after(steps, silent_since)):
        shown.append(Gap(last))
    return shown[::-1]


def _before(born_month: str, at: datetime) -> str:
    born = date.fromisoformat(f"{born_month}-28")  # the latest it may have been
    if at - start_of(born) <= SILENCE:
        return ""
    return f"出生到首次登记之间，约 {_months(at - start_of(born))} 个月没有记录"


def _between(earlier: Step, later: Step) -> str:
    if earlier.kind is Kind.MOVEMENT_DEPARTED and later.kind is not Kind.MOVEMENT_ARRIVED:
        return "启运之后没有到达记录"
    if later.at - earlier.at <= SILENCE:
        return ""
    days = f"{_day(earlier.at)}到{_day(later.at)}"
    return f"{days}，约 {_months(later.at - earlier.at)} 个月没有记录"


def _after(steps: Sequence[Step], silent_since: datetime | None) -> str:
    newest = steps[-1]
    if newest.kind is Kind.MOVEMENT_DEPARTED:
        return "已启运，还没有登记到达"
    if silent_since is None or newest.kind in ENDS:
        return ""
    return f"{_day(silent_since)}以后没有新的记录"


def _day(at: datetime) -> str:
    day = legal_day(at)
    return f"{day.year}年{day.month}月{day.day}日"


def _months(span: timedelta) -> int:
    return max(1, round(span.days / DAYS_PER_MONTH))
