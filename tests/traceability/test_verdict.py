"""The verdict on many animals: the same as on each, in as many questions as on one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, event

from app import judging
from tests.world import World
from traceability import movements, verdict
from traceability.animals import Animal
from traceability.base.db import reading
from traceability.holdings import HoldingKind
from traceability.verdict import Act, Asked, Level

ON_BOTH = True


@contextmanager
def counted(engine: Engine) -> Iterator[list[str]]:
    """The questions put to the database meanwhile."""
    said: list[str] = []

    def note(_c: object, _k: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    yield said
    event.remove(engine, "before_cursor_execute", note)


def asked_fresh(world: World, herd: Sequence[Animal]) -> tuple[list[str], int]:
    """The colours of these animals as a new request finds them, and how many questions it took."""
    refs = [animal.ref for animal in herd]
    world.session.commit()
    with reading(world.engine) as session:
        found = list(session.query(Animal).filter(Animal.ref.in_(refs)).order_by(Animal.id))
        with counted(world.engine) as said:
            told = judging.judged_all(session, found, at=world.at)
    return [each.level.value for each, _ in told], len(said)


def test_a_consignment_costs_as_many_questions_as_one_animal(world: World) -> None:
    herd = [world.animal() for _ in range(12)]
    world.certified(*herd, plate="贵F12345")

    one, questions = asked_fresh(world, herd[:1])
    all_of_them, questions_of_all = asked_fresh(world, herd)

    assert questions_of_all == questions
    assert set(all_of_them) == set(one)


@pytest.mark.parametrize("where", ["home", "road", "market"])
def test_animals_of_many_owners_cost_no_more_questions(world: World, where: str) -> None:
    herd = []
    for number in range(6):
        keeper = world.party(f"农户{number}")
        home = world.holding(HoldingKind.HOUSEHOLD, f"农户{number}家", keeper=keeper)
        animal = world.animal(holding=home, owner=keeper, by=keeper)
        herd.append(animal)
        if where != "home":
            world.certified(animal)
            movements.depart(world.session, animal, to=world.market, at=world.at, by=keeper)
        if where == "market":
            movements.arrive(world.session, animal, at=world.at, by=world.operator)

    _, questions = asked_fresh(world, herd[:1])
    _, questions_of_all = asked_fresh(world, herd)

    assert questions_of_all == questions


def test_each_of_many_is_judged_by_what_is_known_of_itself(world: World) -> None:
    well, unvaccinated, bare = world.animal(), world.animal(), world.animal()
    for animal in (well, unvaccinated):
        world.certified(animal)
    never = world.animal(vaccinated_days_ago=None)

    found = verdict.of_many(
        world.session,
        [
            Asked(animal=each, act=Act.DEPARTURE, place=world.market)
            for each in (well, unvaccinated, bare, never)
        ],
        at=world.at,
    )

    assert [each.level is Level.RED for each in found] == [False, False, True, True]
    codes = {outcome.code for outcome in found[3].reasons}
    assert {"immunisation.fmd", "certificate.present"} <= codes
    assert found[0].certificate is not found[1].certificate


def test_on_the_road_the_question_is_passing_and_another_market_is_told_no(world: World) -> None:
    animal = world.animal()
    world.certified(animal)
    movements.depart(world.session, animal, to=world.market, at=world.at, by=world.farmer)
    other = world.holding(HoldingKind.MARKET, "草海牲畜交易市场", keeper=world.office)
    post = world.holding(HoldingKind.CHECKPOINT, "黑石检查站", keeper=world.office)

    told = {
        place.name: judging.judged_all(world.session, [animal], at=world.at, here=place)[0]
        for place in (world.market, other, post)
    }

    assert {act for _, act in told.values()} == {Act.ARRIVAL}
    assert told[world.market.name][0].level is not Level.RED
    assert told[post.name][0].level is not Level.RED
    assert told[other.name][0].level is Level.RED
    assert "到达地不是这里" in told[other.name][0].reasons[0].sentence
