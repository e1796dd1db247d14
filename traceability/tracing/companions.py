"""同群 · which animals stood in the same place, or rode on the same vehicle, at the same time."""

from dataclasses import dataclass

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability import movements
from traceability.animals import Animal
from traceability.base import clock
from traceability.movements import Movement
from traceability.tracing.contacts import Contacts

LONG_AGO, STILL = 0, 9_999_999


@dataclass(frozen=True, order=True)
class Stay:
    """停留 · an animal in a place from one day to another, both included."""

    holding: int
    begin: int
    end: int


@dataclass(frozen=True)
class Companion:
    """同群牛只 · an animal that was with the one asked about, from `begin` to `end`."""

    animal: int
    holding: int | None  # None: on one vehicle
    begin: int
    end: int
    plate: str | None = None


def stays(contacts: Contacts, animal: int, *, now_at: int | None) -> list[Stay]:
    """Where an animal was, from birth to now; `now_at` places one that never moved.

    >>> stays(Contacts.of([(7, 0, 1, 10), (7, 1, 2, 20)]), 7, now_at=2)
    [Stay(holding=0, begin=0, end=10), Stay(holding=1, begin=10, end=20), Stay(holding=2, \
begin=20, end=9999999)]
    """
    rows = np.flatnonzero(contacts.animal == animal)
    if not len(rows):
        return [] if now_at is None else [Stay(now_at, LONG_AGO, STILL)]
    days = contacts.day[rows].tolist()
    places = [int(contacts.source[rows[0]]), *contacts.destination[rows].tolist()]
    begins, ends = [LONG_AGO, *days], [*days, STILL]
    return [Stay(*each) for each in zip(places, begins, ends, strict=True)]


def companions(
    session: Session, contacts: Contacts, animal: Animal, *, begin: int, end: int
) -> list[Companion]:
    """The animals that met this one in the window, by place and by vehicle.

    Two animals met when each was in the place on one same day; the day of leaving and the day of
    coming count as days there.
    """
    found: list[Companion] = []
    for stay in stays(contacts, animal.id, now_at=animal.holding_id):
        first, last = max(begin, stay.begin), min(end, stay.end)
        if first <= last:
            found += _beside(session, contacts, animal.id, Stay(stay.holding, first, last))
    return found + _on_one_vehicle(session, animal, begin=begin, end=end)


def _beside(session: Session, contacts: Contacts, animal: int, stay: Stay) -> list[Companion]:
    touching = (contacts.source == stay.holding) | (contacts.destination == stay.holding)
    movers = set(np.unique(contacts.animal[touching]).tolist()) - {animal}
    here_now = select(Animal.id).where(Animal.holding_id == stay.holding, Animal.id != animal)
    settled = set(session.scalars(here_now)) - movers
    found = [Companion(each, stay.holding, stay.begin, stay.end) for each in sorted(settled)]
    inside = Contacts(
        contacts.animal[touching],
        contacts.source[touching],
        contacts.destination[touching],
        contacts.day[touching],
    )
    for each in sorted(movers):
        for begin, end in _spells(inside, each, stay.holding):
            first, last = max(begin, stay.begin), min(end, stay.end)
            if first <= last:
                found.append(Companion(each, stay.holding, first, last))
    return found


def _spells(contacts: Contacts, animal: int, holding: int) -> list[tuple[int, int]]:
    """From when to when an animal was in a place, of the rows that touch the place."""
    rows = np.flatnonzero(contacts.animal == animal)
    spells: list[tuple[int, int]] = []
    since: int | None = None if int(contacts.source[rows[0]]) != holding else LONG_AGO
    for row in rows.tolist():
        day = int(contacts.day[row])
        if int(contacts.source[row]) == holding and since is not None:
            spells.append((since, day))
            since = None
        if int(contacts.destination[row]) == holding:
            since = day
    return spells if since is None else [*spells, (since, STILL)]


def _on_one_vehicle(session: Session, animal: Animal, *, begin: int, end: int) -> list[Companion]:
    mine = select(Movement).where(Movement.animal_id == animal.id, Movement.plate.is_not(None))
    found: list[Companion] = []
    for ride in session.scalars(mine):
        day = clock.legal_day(ride.departed_at).toordinal()
        if not begin <= day <= end:
            continue
        together = select(Movement).where(
            Movement.plate == ride.plate,
            Movement.animal_id != animal.id,
            movements.aboard_after(ride.departed_at),
        )
        if ride.ended_at is not None:
            together = together.where(Movement.departed_at <= ride.ended_at)
        found += [
            Companion(other.animal_id, None, day, day, other.plate)
            for other in session.scalars(together.order_by(Movement.id))
        ]
    return found
