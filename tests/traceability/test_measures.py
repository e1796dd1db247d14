"""Coverage and timeliness by township, and the records behind every number."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from sqlalchemy import event, select, true

from tests.world import World
from traceability import measures, movements
from traceability.animals import Animal, Origin
from traceability.audit import columns
from traceability.base.clock import end_of, legal_day
from traceability.consignments import landing, loading
from traceability.consignments.records import Consignment, ReportEnd
from traceability.holdings import Holding, HoldingKind
from traceability.measures import Asked, Case, Measure, Row, Wanted
from traceability.movements import Movement
from traceability.quarantine import declarations
from traceability.quarantine.declarations import Declaration, Purpose
from traceability.tags import AnimalTag
from traceability.treatments import Disease, Immunisation

ELSEWHERE = "520526105001"
ON_BOTH = True
HERE, THERE = "520526104", "520526105"
PLATE = "贵F12345"
DAY = timedelta(days=1)


def counted(world: World, measure: Measure, asked: Asked) -> dict[str, tuple[int, int]]:
    rows = measures.by_township(world.session, measure, asked, within=true())
    return {row.region_code: (row.met, row.whole) for row in rows}


def told(world: World, measure: Measure, asked: Asked, **wanted: object) -> list[Case]:
    narrowed = Wanted(**wanted)  # type: ignore[arg-type]  # told by name
    count, found = measures.listed(world.session, measure, asked, narrowed, within=true())
    assert count == len(found)
    return list(found)


def this_year(world: World) -> Asked:
    return Asked(world.today.replace(month=1, day=1), world.today, world.at)


def by_hand(places: Iterator[tuple[str, bool]]) -> dict[str, tuple[int, int]]:
    """Cases counted one by one: township → (met, whole)."""
    whole: Counter[str] = Counter()
    met: Counter[str] = Counter()
    for region, is_met in places:
        whole[region[:9]] += 1
        met[region[:9]] += is_met
    return {code: (met[code], count) for code, count in whole.items()}


def journeys_of(world: World, animal: Animal) -> list[Movement]:
    found = movements.of_animal(world.session, animal)
    return sorted(found, key=lambda each: (each.departed_at, each.id))


def first_tag(world: World, animal: Animal) -> AnimalTag:
    tags = world.session.scalars(select(AnimalTag).where(AnimalTag.animal_id == animal.id))
    return min((tag for tag in tags if tag.scheme == "ear_tag"), key=lambda tag: tag.worn_from)


def stood(world: World, animal: Animal, day: date) -> Holding | None:
    """Where an animal stood at the end of a day, step by step."""
    trips = journeys_of(world, animal)
    place = trips[0].origin if trips else animal.holding
    for trip in trips:
        if trip.departed_at < end_of(day):
            there = trip.arrived_at is not None and trip.arrived_at < end_of(day)
            place = trip.destination if there else None
    return place


def tagged_by_hand(world: World, asked: Asked) -> Iterator[tuple[str, bool]]:
    for animal in world.session.scalars(select(Animal)):
        due = animal.born_on + 30 * DAY
        if animal.origin is not Origin.BORN or not asked.first <= due <= asked.last:
            continue
        if due >= legal_day(asked.at):
            continue
        trips = journeys_of(world, animal)
        place = trips[0].origin if trips else animal.holding
        assert place is not None
        yield place.region_code, legal_day(first_tag(world, animal).worn_from) <= due


def protected_by_hand(world: World, asked: Asked) -> Iterator[tuple[str, bool]]:
    day = min(asked.last, legal_day(asked.at))
    for animal in world.session.scalars(select(Animal)):
        gone = animal.ended_on is not None and animal.ended_on <= day
        known = legal_day(first_tag(world, animal).worn_from) <= day
        place = stood(world, animal, day)
        if gone or not known or place is None:
            continue
        doses = world.session.scalars(
            select(Immunisation).where(Immunisation.animal_id == animal.id)
        )
        given = [dose.given_on for dose in doses if dose.disease == asked.disease]
        last = max((on for on in given if on <= day), default=None)
        yield place.region_code, last is not None and (day - last).days <= 180


def answered_by_hand(world: World, asked: Asked) -> Iterator[tuple[str, bool]]:
    for found in world.session.scalars(select(Declaration)):
        if asked.first <= found.leaves_on <= asked.last and found.leaves_on < legal_day(asked.at):
            at = found.answered_at
            yield found.origin.region_code, at is not None and legal_day(at) <= found.leaves_on


def reported_by_hand(world: World, asked: Asked) -> Iterator[tuple[str, bool]]:
    for found in world.session.scalars(select(Consignment)):
        due = found.report_due_at
        if due is None or due > asked.at:
            continue
        paper = found.certificate
        ends = [(paper.destination, found.destination_reported_at)]
        if found.origin_report_due:
            ends.append((paper.origin, found.origin_reported_at))
        for place, at in ends:
            yield place.region_code, at is not None and at <= due


BY_HAND = {
    Measure.TAGGED: tagged_by_hand,
    Measure.DENSITY: protected_by_hand,
    Measure.ANSWERED: answered_by_hand,
    Measure.REPORTED: reported_by_hand,
}
assert BY_HAND.keys() == set(Measure)


def sent(world: World, animal: Animal, *, plate: str = PLATE) -> Consignment:
    paper = world.certified(animal, plate=plate)
    found = loading.open_one(world.session, paper, plate=None, at=world.at, by=world.farmer)
    loading.load(world.session, found, [animal.ear_tag], at=world.at, by=world.farmer)
    loading.depart(world.session, found, at=world.at, by=world.farmer)
    world.later(hours=2)
    landing.unload(world.session, found, [animal.ear_tag], at=world.at, by=world.operator)
    return found


def declared(world: World, animal: Animal, *, in_days: int) -> Declaration:
    return declarations.file(
        world.session,
        [animal],
        declarant=animal.owner,
        destination=world.market,
        purpose=Purpose.KEEPING,
        leaves_on=world.today + in_days * DAY,
        at=world.at,
        by=animal.owner,
    )


def a_season(world: World) -> None:
    """Calves tagged early and late, doses that protect and do not, journeys, declarations."""
    far = world.holding(HoldingKind.FARM, "草海养殖场", region=ELSEWHERE)
    for days, place in ((5, far), (30, world.home), (31, world.home), (45, far), (29, far)):
        world.animal(born_on=world.today - days * DAY, holding=place, vaccinated_days_ago=None)
    world.animal(born_on=world.today - 60 * DAY, origin=Origin.BOUGHT)
    world.animal(vaccinated_days_ago=180, holding=far)
    world.animal(vaccinated_days_ago=181, holding=far)
    goes, late = world.animal(holding=far), world.animal()
    on_time = sent(world, goes)
    for end in ReportEnd:
        landing.report(world.session, on_time, end, at=world.at, by=world.farmer)
    slow = sent(world, late, plate="贵F54321")
    world.later(days=4)
    landing.report(world.session, slow, ReportEnd.ORIGIN, at=world.at, by=world.farmer)
    for answered_after in (0, 3):
        paper = declared(world, world.animal(holding=far), in_days=2)
        world.later(days=answered_after)
        declarations.accept(world.session, paper, at=world.at, by=world.vet)
        declarations.refuse(
            world.session, paper, reason="材料不全", at=world.later(days=4), by=world.vet
        )
    declared(world, world.animal(), in_days=1)
    world.later(days=2)
    road = world.animal(holding=far)
    world.certified(road)
    movements.depart(world.session, road, to=world.market, at=world.at, by=road.owner)
    declared(world, world.animal(), in_days=0)


def test_every_number_is_what_counting_one_by_one_gives(world: World) -> None:
    a_season(world)
    whole = this_year(world)
    past = Asked(whole.first, world.today - 9 * DAY, world.at)
    middle = Asked(whole.first, world.today - 12 * DAY, world.at)

    for asked in (whole, past, middle):
        for measure, slowly in BY_HAND.items():
            if measure is Measure.REPORTED and asked is not whole:
                continue
            assert counted(world, measure, asked) == by_hand(slowly(world, asked)), measure

    assert counted(world, Measure.TAGGED, whole)[HERE] == (1, 2)
    assert counted(world, Measure.REPORTED, whole) == {HERE: (1, 3), THERE: (1, 1)}
    assert counted(world, Measure.ANSWERED, whole)[THERE] == (2, 3)
    assert not [damage for _, batch in columns.check(world.session) for damage in batch]


def test_the_records_behind_a_number_are_as_many_as_it_says(world: World) -> None:
    a_season(world)
    asked = this_year(world)

    for measure in Measure:
        for code, (met, whole) in counted(world, measure, asked).items():
            assert len(told(world, measure, asked, region=code)) == whole
            assert len(told(world, measure, asked, region=code, met=True)) == met
            missed = told(world, measure, asked, region=code, met=False)
            assert len(missed) == whole - met
            assert not any(each.met for each in missed)
    late = told(world, Measure.REPORTED, asked, met=False)
    assert {each.label for each in late} == {"贵F54321 · 启运地", "贵F54321 · 到达地"}
    assert all(each.due_on is not None for each in late)


def test_what_is_not_yet_due_is_not_counted(world: World) -> None:
    calf = world.animal(born_on=world.today - 30 * DAY, vaccinated_days_ago=None)
    declared(world, world.animal(), in_days=0)
    sent(world, world.animal())
    asked = this_year(world)

    assert counted(world, Measure.TAGGED, asked) == {}
    assert counted(world, Measure.ANSWERED, asked) == {}
    assert counted(world, Measure.REPORTED, asked) == {}
    assert calf.ear_tag in {each.label for each in told(world, Measure.DENSITY, asked)}


def test_a_disease_without_a_schedule_counts_any_dose(world: World) -> None:
    world.animal()
    asked = Asked(world.today, world.today, world.at, Disease.LSD)

    assert counted(world, Measure.DENSITY, asked) == {HERE: (0, 1)}


def test_a_township_of_none_has_no_share() -> None:
    assert Row("520526104", 0, 0).permille is None
    assert Row("520526104", 1000, 999).permille == 999


def test_many_townships_take_one_question(world: World) -> None:
    world.animal()
    asked = this_year(world)
    seen: list[object] = []
    for measure in Measure:
        measures.by_township(world.session, measure, asked, within=true())  # rules are read once
    event.listen(world.engine, "before_cursor_execute", lambda *told: seen.append(told[2]))

    for measure in Measure:
        measures.by_township(world.session, measure, asked, within=true())

    assert len(seen) == len(Measure), seen
