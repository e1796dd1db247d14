"""追踪台 · a chain of contacts from a tag, a certificate or a place, in the names people know.

Whoever asks must look after the start; a contact outside one's own area is counted and told by its
township, without its name.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from app import whoami
from app.auth import scopes
from app.config import Settings
from traceability.animals import Animal, AnimalState
from traceability.base.clock import legal_day
from traceability.base.errors import NotFound, RuleViolation
from traceability.holdings import Holding
from traceability.movements import WHOLE, Movement
from traceability.quarantine import certificates
from traceability.quarantine.certificates import Certificate
from traceability.regions import region
from traceability.tracing import columns
from traceability.tracing.columns import Kept
from traceability.tracing.companions import Companion, companions, stays
from traceability.tracing.contacts import Contacts, Direction, SameDay
from traceability.tracing.routes import Routes, shortest

PRESENT = (AnimalState.ALIVE, AnimalState.HELD, AnimalState.CONDEMNED)
BATCH = 500
COMPANIONS_MAX = 500
UNARRIVED_MAX = 100
ELSEWHERE = "辖区外场所"


@dataclass(frozen=True, slots=True)
class Start:
    """起点 · a place, or the animals whose stays begin the chain."""

    label: str
    holding: Holding | None = None
    animals: Sequence[Animal] = ()


@dataclass(frozen=True, slots=True)
class Contact:
    """接触场所 · one place of a chain: how near, since when, by which way, how many stand there."""

    ref: str | None  # None outside one's own area
    name: str
    township: str
    steps: int
    first_on: date
    way: Sequence[str]
    head_now: int


@dataclass(frozen=True, slots=True)
class Chain:
    """接触链 · one direction: how many places directly, how many in all, and which."""

    direction: Direction
    degree: int
    size: int  # the start not counted
    contacts: Sequence[Contact]  # the nearest of them


@dataclass(frozen=True, slots=True)
class Together:
    """同群牛只 · an animal that was with the one asked about, and where it is now."""

    animal: Animal
    at: str
    begin: date | None
    end: date | None
    now_at: str


@dataclass(frozen=True, slots=True)
class Traced:
    """追踪结果 · both chains, the animals met, what was never reported, and how long it took."""

    start: Start
    begin: date
    end: date
    same_day: SameDay
    ingoing: Chain
    outgoing: Chain
    companions: Sequence[Together]
    unarrived: Sequence[Movement]
    leaves: int
    milliseconds: int

    @property
    def unarrived_refs(self) -> list[str]:
        """The references of the journeys that have not arrived."""
        return [row.ref for row in self.unarrived]


def file_of(settings: Settings) -> Path:
    """The file of contacts, beside the database."""
    return settings.data_dir / "tracing" / "contacts.columns"


def rebuild(session: Session, settings: Settings) -> Kept:
    """Make the file anew."""
    return columns.rebuild(session, file_of(settings))


def differences(session: Session, settings: Settings) -> tuple[int, int]:
    """How many movements the file lacks, and how many it holds wrongly."""
    return columns.differences(session, file_of(settings))


def trace(
    session: Session,
    settings: Settings,
    *,
    words: str,
    end: date | None,
    days: int,
    same_day: SameDay,
    limit: int,
) -> Traced:
    """Both chains of what somebody wrote down, over the closed window [end - days, end].

    The `limit` nearest places of each chain are told one by one.

    Raises:
        NotFound: `tracing.unknown_start`.
        RuleViolation: `tracing.many_starts`.
    """
    began = time.perf_counter()
    last = end or legal_day(whoami.now())
    begin = last - timedelta(days)
    start = _start(session, words.strip())
    kept = columns.current(session, file_of(settings))
    window = kept.contacts.within(begin.toordinal(), last.toordinal())
    _require_own(session, start, kept.contacts)
    many = (session.scalar(select(func.max(Holding.id))) or 0) + 1
    chains = {
        way: _chain(
            session, start, _Asked(kept.contacts, window, way, many, begin, last, same_day, limit)
        )
        for way in Direction
    }
    met = _companions(session, start, kept.contacts, begin=begin, end=last)
    return Traced(
        start=start,
        begin=begin,
        end=last,
        same_day=same_day,
        ingoing=chains[Direction.INGOING],
        outgoing=chains[Direction.OUTGOING],
        companions=met,
        unarrived=_unarrived(session, start),
        leaves=kept.leaves,
        milliseconds=round(1000 * (time.perf_counter() - began)),
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    whole: Contacts
    window: Contacts
    direction: Direction
    holdings: int
    begin: date
    end: date
    same_day: SameDay
    limit: int


def _start(session: Session, words: str) -> Start:
    """What somebody wrote down: an ear tag, a certificate's number, a place's name or code."""
    tag = words.replace(" ", "")
    animal = session.scalars(select(Animal).where(Animal.ear_tag == tag)).one_or_none()
    if animal is not None:
        return Start(f"牛只 {animal.ear_tag}", animals=[animal])
    paper = session.scalars(select(Certificate).where(Certificate.number == tag)).one_or_none()
    if paper is not None:
        herd = certificates.animals_of(session, paper)
        return Start(f"检疫证明 {paper.number}（{len(herd)} 头）", animals=herd)
    named = (Holding.name == words) | (Holding.farm_code == tag) | (Holding.ref == words)
    found = session.scalars(
        select(Holding).where(named, scopes.within(whoami.scope())).limit(2)
    ).all()
    if len(found) > 1:
        raise RuleViolation("tracing.many_starts", "有不止一处场所叫这个名字，请写养殖代码")
    if not found:
        raise _unknown()
    return Start(found[0].name, holding=found[0])


def _unknown() -> NotFound:
    return NotFound(
        "tracing.unknown_start", "没有找到；请写 15 位耳标号、检疫证明编号，或场所的全称或养殖代码"
    )


def _require_own(session: Session, start: Start, contacts: Contacts) -> None:
    """An animal that never stood in one's own area is, for the asker, not there."""
    if start.holding is not None:
        return
    numbers = {
        stay.holding
        for animal in start.animals
        for stay in stays(contacts, animal.id, now_at=animal.holding_id)
    }
    scope = whoami.scope()
    if not any(scopes.covers(scope, place) for place in _places(session, numbers).values()):
        raise _unknown()


def _places(session: Session, numbers: set[int]) -> dict[int, Holding]:
    found: dict[int, Holding] = {}
    ordered = sorted(numbers)
    for first in range(0, len(ordered), BATCH):
        wanted = select(Holding).where(Holding.id.in_(ordered[first : first + BATCH]))
        found |= {
            row.id: row for row in session.scalars(wanted.options(selectinload(Holding.keeper)))
        }
    return found


def _chain(session: Session, start: Start, asked: _Asked) -> Chain:
    """The chain in one direction, its places nearest first."""
    root = asked.holdings if start.holding is None else start.holding.id
    contacts = asked.window
    if start.holding is None:
        contacts = contacts.seeded(asked.direction, root, _seeds(start, asked))
    routes = shortest(
        contacts,
        [root],
        direction=asked.direction,
        holdings=asked.holdings + 1,
        same_day=asked.same_day,
    )
    nearest = routes.nearest()
    own = 0 if start.holding is not None else 1
    return Chain(
        direction=asked.direction,
        degree=int((routes.steps == 1 + own).sum()),
        size=len(nearest),
        contacts=_contacts(session, routes, nearest[: asked.limit].tolist(), start),
    )


def _contacts(
    session: Session, routes: Routes, numbers: Sequence[int], start: Start
) -> list[Contact]:
    """The places one by one, each with its way."""
    start_of, goal_of = routes.contacts.towards(routes.direction)
    ways = {number: routes.way(number) for number in numbers}
    passed = {
        int(column[row]) for way in ways.values() for row in way for column in (start_of, goal_of)
    }
    places = _places(session, passed)
    heads = _heads(session, set(numbers))
    names = {number: _name(place) for number, place in places.items()}
    names[int((routes.steps == 0).argmax())] = start.label
    townships = {code: region(session, code).name for code in {p.township for p in places.values()}}
    own = 0 if start.holding is not None else 1
    return [
        Contact(
            ref=places[number].ref if names[number] != ELSEWHERE else None,
            name=names[number],
            township=townships[places[number].township],
            steps=int(routes.steps[number]) - own,
            first_on=date.fromordinal(int(routes.contacts.day[ways[number][-1]])),
            way=_way(routes, ways[number], names),
            head_now=heads.get(number, 0),
        )
        for number in numbers
    ]


def _seeds(start: Start, asked: _Asked) -> list[tuple[int, int]]:
    """Where and from (or until) which day the animals stood, within the window."""
    first, last = asked.begin.toordinal(), asked.end.toordinal()
    found: list[tuple[int, int]] = []
    for animal in start.animals:
        for stay in stays(asked.whole, animal.id, now_at=animal.holding_id):
            since, until = max(stay.begin, first), min(stay.end, last)
            if since <= until:
                found.append(
                    (stay.holding, since if asked.direction is Direction.OUTGOING else until)
                )
    return found


def _name(place: Holding) -> str:
    return place.name if scopes.covers(whoami.scope(), place) else ELSEWHERE


def _way(routes: Routes, rows: Sequence[int], names: dict[int, str]) -> list[str]:
    """The places of one shortest way, in the order in which animals travelled."""
    start, goal = routes.contacts.towards(routes.direction)
    told = [names.get(int(start[rows[0]]), ELSEWHERE)]
    for row in rows:
        on = date.fromordinal(int(routes.contacts.day[row]))
        told.append(f"{on:%m-%d} {names.get(int(goal[row]), ELSEWHERE)}")
    return told if routes.direction is Direction.OUTGOING else told[::-1]


def _heads(session: Session, numbers: set[int]) -> dict[int, int]:
    """How many animals stand in each place now."""
    found: dict[int, int] = {}
    ordered = sorted(numbers)
    for first in range(0, len(ordered), BATCH):
        counted = (
            select(Animal.holding_id, func.count())
            .where(Animal.holding_id.in_(ordered[first : first + BATCH]), Animal.state.in_(PRESENT))
            .group_by(Animal.holding_id)
        )
        found |= {number: many for number, many in session.execute(counted) if number is not None}
    return found


def _companions(
    session: Session, start: Start, contacts: Contacts, *, begin: date, end: date
) -> list[Together]:
    met: list[Companion] = []
    for animal in start.animals:
        met += companions(session, contacts, animal, begin=begin.toordinal(), end=end.toordinal())
    mine = {animal.id for animal in start.animals}
    met = [each for each in met if each.animal not in mine][:COMPANIONS_MAX]
    numbers = sorted({each.animal for each in met})
    herd = {
        row.id: row
        for row in session.scalars(
            select(Animal).where(Animal.id.in_(numbers)).options(selectinload(Animal.holding))
        )
    }
    places = _places(session, {each.holding for each in met if each.holding is not None})
    return [_together(herd[each.animal], each, places) for each in met]


def _together(animal: Animal, met: Companion, places: dict[int, Holding]) -> Together:
    at = f"车辆 {met.plate}" if met.holding is None else _name(places[met.holding])
    if animal.state not in PRESENT:
        now_at = f"已离场（{animal.ended_on}）"
    elif animal.holding is None:
        now_at = "在途"
    else:
        now_at = _name(animal.holding)
    return Together(animal, at, date.fromordinal(met.begin), date.fromordinal(met.end), now_at)


def _unarrived(session: Session, start: Start) -> Sequence[Movement]:
    """Journeys from or to the start without an arrival; who died on the way is left out.

    Who got away on the way may have met others since: that one stays.
    """
    wanted = (
        select(Movement)
        .join(Animal, Animal.id == Movement.animal_id)
        .where(
            Movement.arrived_at.is_(None), Movement.lost_at.is_(None) | Animal.state.in_(PRESENT)
        )
    )
    if start.holding is not None:
        here = start.holding.id
        wanted = wanted.where((Movement.origin_id == here) | (Movement.destination_id == here))
    else:
        wanted = wanted.where(Movement.animal_id.in_([animal.id for animal in start.animals]))
    ordered = wanted.order_by(Movement.departed_at).limit(UNARRIVED_MAX)
    options = (*WHOLE, selectinload(Movement.destination))
    return session.scalars(ordered.options(*options)).all()
