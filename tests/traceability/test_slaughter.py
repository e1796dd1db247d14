"""From the abattoir's pen to the pass: declared in time, accepted, inspected, and judged."""

from collections.abc import Callable

import pytest

from tests.slaughtering import abattoir_of, accepted, brought, examined, filed
from tests.world import World
from traceability import restrictions, treatments
from traceability.animals import Animal, AnimalState
from traceability.base.errors import Conflict, RuleViolation
from traceability.chain import events
from traceability.chain.kinds import Kind
from traceability.holdings import Holding
from traceability.quarantine import certificates, isolations
from traceability.restrictions import Reach, RestrictionKind
from traceability.slaughter import ante_mortem, declarations
from traceability.slaughter.declarations import SlaughterState


def test_a_healthy_animal_declared_in_time_gets_its_pass(world: World) -> None:
    abattoir = abattoir_of(world)
    animal = brought(world, abattoir)

    row = accepted(world, abattoir, animal)
    found = examined(world, row, animal)

    assert found.passed
    assert ante_mortem.newest(world.session, row) == {animal.id: found}
    told = events.history(world.session, animal.ref)[-1]
    assert told.kind is Kind.SLAUGHTER_INSPECTED
    assert told["passed"] is True


@pytest.mark.parametrize(
    ("hours", "emergency", "warned"),
    [(6, "", []), (5, "", ["slaughter.lead_time"]), (0, "右前肢骨折", [])],
)
def test_slaughter_is_declared_six_hours_ahead_or_in_an_emergency(
    world: World, hours: int, emergency: str, warned: list[str]
) -> None:
    abattoir = abattoir_of(world)

    row = filed(world, abattoir, brought(world, abattoir), hours=hours, emergency=emergency)

    [told] = events.history(world.session, row.ref)
    assert told.private is not None
    assert [each["code"] for each in told.private["warnings"]] == warned


def test_only_animals_in_the_pens_of_an_abattoir_are_declared(world: World) -> None:
    abattoir, elsewhere = abattoir_of(world), world.animal()

    def refused(place: Holding, *herd: Animal, hours: int = 6) -> str:
        with pytest.raises((RuleViolation, Conflict)) as refusal:
            filed(world, place, *herd, hours=hours)
        return refusal.value.code

    here = brought(world, abattoir)
    assert refused(world.home, elsewhere) == "slaughter.not_abattoir"
    assert refused(abattoir) == "slaughter.no_animals"
    assert refused(abattoir, *[here] * (declarations.HEAD_MAX + 1)) == "slaughter.too_many"
    assert refused(abattoir, elsewhere) == "slaughter.not_here"
    assert refused(abattoir, here, hours=-1) == "slaughter.in_past"
    filed(world, abattoir, here)
    assert refused(abattoir, here) == "slaughter.pending"
    assert declarations.waiting_at(world.session, abattoir) == []


def test_a_refused_declaration_says_why_and_the_animal_may_be_declared_again(world: World) -> None:
    abattoir = abattoir_of(world)
    animal = brought(world, abattoir)
    row = filed(world, abattoir, animal)

    with pytest.raises(RuleViolation) as silent:
        declarations.refuse(world.session, row, reason=" ", at=world.at, by=world.vet)
    declarations.refuse(world.session, row, reason="待宰圈未消毒", at=world.at, by=world.vet)
    with pytest.raises(Conflict) as late:
        declarations.accept(world.session, row, at=world.at, by=world.vet)

    assert silent.value.code == "slaughter.refusal_without_reason"
    assert (row.state, row.refusal) == (SlaughterState.REFUSED, "待宰圈未消毒")
    assert late.value.code == "slaughter.decided"
    assert declarations.waiting_at(world.session, abattoir) == [animal]
    assert filed(world, abattoir, animal).state is SlaughterState.FILED


def test_nothing_is_inspected_that_was_not_declared_and_accepted(world: World) -> None:
    abattoir = abattoir_of(world)
    animal, other = brought(world, abattoir), brought(world, abattoir)
    row = filed(world, abattoir, animal)

    with pytest.raises(Conflict) as early:
        examined(world, row, animal)
    declarations.accept(world.session, row, at=world.at, by=world.vet)
    with pytest.raises(RuleViolation) as stranger:
        examined(world, row, other)
    with pytest.raises(RuleViolation) as unknown:
        examined(world, row, animal, horoscope=True)

    assert early.value.code == "ante_mortem.not_accepted"
    assert stranger.value.code == "ante_mortem.not_declared"
    assert unknown.value.code == "ante_mortem.unknown_check"


def test_a_failed_check_gives_no_pass_until_the_animal_is_inspected_again(world: World) -> None:
    abattoir = abattoir_of(world)
    animal = brought(world, abattoir)
    row = accepted(world, abattoir, animal)

    first = examined(world, row, animal, individual=False)
    again = examined(world, row, animal)

    assert not first.passed
    assert ante_mortem.newest(world.session, row)[animal.id] is again


def held(world: World, animal: Animal) -> None:
    isolations.open_case(world.session, animal, reason="口腔有水疱", at=world.at, by=world.vet)
    assert animal.state is AnimalState.HELD


def restricted(world: World, _animal: Animal) -> None:
    drafted = restrictions.draft(
        world.session,
        kind=RestrictionKind.OUTBREAK,
        name="草海演练疫点",
        disease="口蹄疫",
        order_no="威府令〔2026〕1 号",
        reach=Reach.REGIONS,
        places=["520526104"],
        at=world.at,
        by=world.office,
    )
    restrictions.order(world.session, drafted, at=world.at)


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


def unpapered(world: World, animal: Animal) -> None:
    paper = certificates.newest_of(world.session, animal)
    assert paper is not None
    certificates.revoke(world.session, paper, reason="查验不符", at=world.at, by=world.vet)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (held, "animal.fit_state"),
        (restricted, "restriction.none"),
        (dosed, "withdrawal.slaughter"),
        (unpapered, "certificate.present"),
    ],
)
def test_no_pass_for_an_animal_that_any_rule_stops(
    world: World, spoil: Callable[[World, Animal], None], code: str
) -> None:
    abattoir = abattoir_of(world)
    animal = brought(world, abattoir)
    row = accepted(world, abattoir, animal)
    spoil(world, animal)

    with pytest.raises(RuleViolation) as refusal:
        examined(world, row, animal)

    assert code in {each.code for each in refusal.value.outcomes}
    assert not examined(world, row, animal, individual=False).passed
