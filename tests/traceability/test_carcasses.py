"""From the pass to the carcass: slaughtered, weighed, inspected, and what becomes of a bad one."""

from collections.abc import Callable

import pytest

from tests.slaughtering import (
    abattoir_of,
    accepted,
    brought,
    examined,
    opened_up,
    slaughtered,
    weighed,
)
from tests.world import World
from traceability import treatments
from traceability.animals import Animal, AnimalState
from traceability.audit.report import verify_chain
from traceability.base.errors import Conflict, NotFound, Refusal, RuleViolation
from traceability.chain import events
from traceability.chain.kinds import Kind
from traceability.quarantine import isolations
from traceability.quarantine.disposal import DisposalMethod
from traceability.slaughter import ante_mortem, carcasses
from traceability.slaughter.carcasses import POST_MORTEM_CHECKS, Carcass, CarcassState

ON_BOTH = True


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(Refusal) as refusal:
        act()
    return refusal.value.code


def disposed(world: World, row: Carcass, **changes: object) -> None:
    told: dict[str, object] = {
        "method": DisposalMethod.RENDERING,
        "where": "县无害化处理厂",
        "witness": "官方兽医陈",
        "weight_g": 279_000,
        "photographs": [world.photo()],
        **changes,
    }
    carcasses.dispose(world.session, row, at=world.at, by=world.buyer, **told)  # type: ignore[arg-type]


def test_an_animal_with_its_pass_is_slaughtered_and_becomes_a_numbered_carcass(
    world: World,
) -> None:
    abattoir = abattoir_of(world)

    first, second = slaughtered(world, abattoir), slaughtered(world, abattoir)

    assert (first.number, second.number) == ("20261122-0001", "20261122-0002")
    assert first.state is CarcassState.WAITING
    animal = first.animal
    assert (animal.state, animal.ended_on) == (AnimalState.SLAUGHTERED, world.today)
    assert carcasses.of_animal(world.session, animal) is first
    [told] = events.history(world.session, first.ref)
    assert told.kind is Kind.ANIMAL_SLAUGHTERED
    assert told["township"] == abattoir.township
    assert told == events.history(world.session, animal.ref)[-1]
    assert verify_chain(world.session).damage == []


def test_another_abattoir_and_another_day_count_from_one(world: World) -> None:
    slaughtered(world, abattoir_of(world))

    elsewhere = slaughtered(world, abattoir_of(world))
    next_day = slaughtered(world, elsewhere.abattoir)  # twelve minutes past midnight

    assert elsewhere.number == "20261122-0001"
    assert next_day.number == "20261123-0001"


def test_nothing_is_slaughtered_without_its_pass(world: World) -> None:
    abattoir = abattoir_of(world)
    animal, other = brought(world, abattoir), brought(world, abattoir)
    row = accepted(world, abattoir, animal)

    def kill(beast: Animal) -> str:
        return refused(
            lambda: carcasses.slaughter(world.session, row, beast, at=world.at, by=world.buyer)
        )

    assert kill(animal) == "carcass.without_pass"
    examined(world, row, animal, individual=False)
    assert kill(animal) == "carcass.without_pass"
    assert kill(other) == "carcass.without_pass"
    assert animal.state is AnimalState.ALIVE
    examined(world, row, animal)
    carcasses.slaughter(world.session, row, animal, at=world.at, by=world.buyer)
    assert kill(animal) == "carcass.exists"


def held(world: World, animal: Animal) -> None:
    isolations.open_case(world.session, animal, reason="口腔有水疱", at=world.at, by=world.vet)


def dosed(world: World, animal: Animal) -> None:
    treatments.treat(
        world.session,
        animal,
        drug="土霉素注射液",
        dose="10 毫升",
        given_on=world.today,
        at=world.at,
        by=world.village_vet,
    )


@pytest.mark.parametrize(
    ("spoil", "codes"),
    [(held, {"animal.not_alive"}), (dosed, {"withdrawal.slaughter"})],
    ids=["held", "dosed"],
)
def test_what_happens_after_the_pass_still_stops_the_slaughter(
    world: World, spoil: Callable[[World, Animal], None], codes: set[str]
) -> None:
    abattoir = abattoir_of(world)
    animal = brought(world, abattoir)
    row = accepted(world, abattoir, animal)
    examined(world, row, animal)
    spoil(world, animal)

    with pytest.raises((RuleViolation, Conflict)) as refusal:
        carcasses.slaughter(world.session, row, animal, at=world.at, by=world.buyer)

    told = {refusal.value.code} | {each.code for each in getattr(refusal.value, "outcomes", ())}
    assert codes & told, told
    assert animal.state is not AnimalState.SLAUGHTERED
    assert carcasses.of_declaration(world.session, row) == {}


def test_a_carcass_that_passes_every_check_is_fit(world: World) -> None:
    row = opened_up(world, weighed(world, abattoir_of(world)))

    assert (row.state, row.vet) == (CarcassState.PASSED, world.vet)
    kinds = [each.kind for each in events.history(world.session, row.ref)]
    assert kinds == [Kind.ANIMAL_SLAUGHTERED, Kind.CARCASS_WEIGHED, Kind.CARCASS_INSPECTED]
    assert verify_chain(world.session).damage == []


@pytest.mark.parametrize("failed", POST_MORTEM_CHECKS)
def test_one_failed_check_condemns_the_carcass(world: World, failed: str) -> None:
    row = opened_up(world, weighed(world, abattoir_of(world)), **{failed: False})

    assert row.state is CarcassState.CONDEMNED


def test_a_condemned_carcass_is_disposed_of_before_a_witness_and_never_passes_again(
    world: World,
) -> None:
    row = opened_up(world, weighed(world, abattoir_of(world)), viscera=False)

    assert refused(lambda: disposed(world, row, where=" ")) == "carcass.without_place"
    assert refused(lambda: disposed(world, row, witness="")) == "carcass.without_witness"
    assert refused(lambda: disposed(world, row, weight_g=0)) == "carcass.bad_weight"
    assert refused(lambda: disposed(world, row, photographs=[])) == "carcass.without_photograph"
    disposed(world, row)

    assert row.state is CarcassState.DISPOSED
    assert refused(lambda: disposed(world, row)) == "carcass.not_condemned"
    assert refused(lambda: opened_up(world, row)) == "carcass.disposed"
    assert verify_chain(world.session).damage == []


def test_a_form_sent_empty_condemns_nothing(world: World) -> None:
    row = weighed(world, abattoir_of(world))

    def inspect() -> None:
        carcasses.inspect(world.session, row, checks={}, remarks=" ", at=world.at, by=world.vet)

    assert refused(inspect) == "post_mortem.without_reason"
    assert row.state is CarcassState.WAITING


def test_a_fit_carcass_is_not_thrown_away(world: World) -> None:
    row = opened_up(world, weighed(world, abattoir_of(world)))

    assert refused(lambda: disposed(world, row)) == "carcass.not_condemned"


def test_the_newest_inspection_counts(world: World) -> None:
    row = opened_up(world, weighed(world, abattoir_of(world)), carcass=False)

    opened_up(world, row)

    assert row.state is CarcassState.PASSED


@pytest.mark.parametrize("weight_g", [0, -1, carcasses.WEIGHT_G_MAX + 1])
def test_no_carcass_weighs_nothing_or_more_than_any_ox(world: World, weight_g: int) -> None:
    row = slaughtered(world, abattoir_of(world))

    assert (
        refused(
            lambda: carcasses.weigh(
                world.session, row, hot_weight_g=weight_g, at=world.at, by=world.buyer
            )
        )
        == "carcass.bad_weight"
    )


def test_each_step_waits_for_the_one_before(world: World) -> None:
    row = slaughtered(world, abattoir_of(world))

    def weigh() -> None:
        carcasses.weigh(world.session, row, hot_weight_g=1, at=world.at, by=world.buyer)

    assert refused(lambda: opened_up(world, row)) == "carcass.not_weighed"
    weigh()
    assert refused(lambda: opened_up(world, row, horoscope=True)) == "post_mortem.unknown_check"
    opened_up(world, row)
    assert refused(weigh) == "carcass.inspected"
    world.later(days=-1)
    assert refused(lambda: opened_up(world, row)) == "carcass.before_slaughter"


def test_a_carcass_nobody_registered_is_not_found(world: World) -> None:
    with pytest.raises(NotFound) as refusal:
        carcasses.get(world.session, f"carcass:{'0' * 32}")

    assert refusal.value.code == "carcass.not_found"


def test_a_pass_given_after_the_slaughter_is_none(world: World) -> None:
    abattoir = abattoir_of(world)
    animal = brought(world, abattoir)
    row = accepted(world, abattoir, animal)
    earlier = world.at
    world.later(minutes=5)
    examined(world, row, animal)

    code = refused(
        lambda: carcasses.slaughter(world.session, row, animal, at=earlier, by=world.buyer)
    )

    assert code == "carcass.without_pass"
    assert ante_mortem.newest(world.session, row)[animal.id].passed
