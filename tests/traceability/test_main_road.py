"""From calf to market: the operations of the main road, and what they refuse."""

from datetime import timedelta

import pytest

from tests.world import ALL_WELL, World
from traceability import animals, movements, verdict, weighings
from traceability.animals import Sex
from traceability.base.errors import Conflict, RuleViolation
from traceability.chain import events, folding
from traceability.chain.kinds import Kind
from traceability.identifiers.certificates import CertificateForm
from traceability.quarantine import certificates, declarations
from traceability.quarantine.declarations import DeclarationState, Purpose
from traceability.treatments import treat
from traceability.verdict import Level

ON_BOTH = True  # SQLite and PostgreSQL


def test_a_registered_animal_is_known_by_its_tag(world: World) -> None:
    animal = world.animal(ear_tag="2520526 0001 2345")

    assert animals.by_tag(world.session, "252052600012345") is animal


def test_a_tag_serves_one_animal_only(world: World) -> None:
    world.animal(ear_tag="252052600012345")

    with pytest.raises(Conflict) as refusal:
        world.animal(ear_tag="252052600012345")

    assert refusal.value.code == "animal.tag_in_use"


def test_a_lost_tag_stays_an_alias(world: World) -> None:
    animal = world.animal(ear_tag="252052600012345")

    world.retagged(animal, "252052600099999")

    assert animals.by_tag(world.session, "252052600012345") is animal
    assert animals.by_tag(world.session, "252052600099999") is animal
    with pytest.raises(Conflict):
        world.animal(ear_tag="252052600012345")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"born_on_days": -1}, "animal.born_in_future"),
        ({"born_on_days": 40 * 365}, "animal.too_old"),
    ],
)
def test_an_impossible_birth_is_refused(world: World, changes: dict[str, int], code: str) -> None:
    born_on = world.today - timedelta(days=changes["born_on_days"])

    with pytest.raises(RuleViolation) as refusal:
        world.animal(born_on=born_on)

    assert refusal.value.code == code


def test_a_dam_is_a_cow(world: World) -> None:
    bull = world.animal(sex=Sex.MALE)

    with pytest.raises(RuleViolation) as refusal:
        world.animal(dam=bull)

    assert refusal.value.code == "animal.dam_not_female"


def test_a_dead_animal_gets_no_certificate(world: World) -> None:
    animal = world.animal()
    animals.report_death(
        world.session, animal, cause="不明", disposal="深埋", at=world.at, by=world.farmer
    )

    with pytest.raises(RuleViolation) as refusal:
        world.certified(animal)

    assert refusal.value.code == "animal.not_alive"


def test_an_animal_that_dies_after_the_declaration_gets_no_certificate(world: World) -> None:
    animal = world.animal()
    declaration = world.inspected(world.declared(animal))
    animals.report_death(
        world.session, animal, cause="不明", disposal="深埋", at=world.at, by=world.farmer
    )

    with pytest.raises(RuleViolation) as refusal:
        certificates.issue(world.session, declaration, at=world.at, by=world.vet)

    assert "animal.fit_state" in {outcome.code for outcome in refusal.value.outcomes}


def test_a_failed_inspection_is_refused_with_every_failing_reason(world: World) -> None:
    animal = world.animal()
    checks = {**ALL_WELL, "healthy": False, "lab": False}
    declaration = world.inspected(world.declared(animal), checks)

    with pytest.raises(RuleViolation) as refusal:
        certificates.issue(world.session, declaration, at=world.at, by=world.vet)

    codes = {outcome.code for outcome in refusal.value.outcomes}
    assert codes == {"inspection.healthy", "inspection.lab"}
    assert all(outcome.citation for outcome in refusal.value.outcomes)
    assert declaration.state is DeclarationState.ACCEPTED


def test_within_the_province_form_b_is_valid_the_same_day(world: World) -> None:
    certificate = world.certified(world.animal())

    assert certificate.form is CertificateForm.ANIMAL_B
    assert certificate.valid_until == world.today
    assert certificate.number == f"DB-520526-{world.today.year}-000001"


def test_form_b_is_not_valid_for_two_days(world: World) -> None:
    with pytest.raises(RuleViolation) as refusal:
        world.certified(world.animal(), valid_days=2)

    assert refusal.value.code == "certificate.within_days"


def test_an_animal_has_one_live_certificate(world: World) -> None:
    animal = world.animal()
    world.certified(animal)

    with pytest.raises(Conflict) as refusal:
        world.certified(animal)

    assert refusal.value.code == "certificate.live_elsewhere"


def test_an_animal_without_a_certificate_may_not_depart(world: World) -> None:
    animal = world.animal()

    with pytest.raises(RuleViolation) as refusal:
        movements.depart(world.session, animal, to=world.market, at=world.at, by=world.farmer)

    assert refusal.value.code == "certificate.present"
    assert "申报检疫" in refusal.value.sentence


def test_form_b_ends_at_midnight_in_china(world: World) -> None:
    animal = world.animal()
    world.certified(animal)
    movements.depart(world.session, animal, to=world.market, at=world.at, by=world.farmer)

    world.later(hours=18)  # 00:12 the next day in China
    with pytest.raises(RuleViolation) as refusal:
        movements.arrive(world.session, animal, at=world.at, by=world.operator)

    assert refusal.value.code == "certificate.in_force"


def test_a_revoked_certificate_carries_no_journey(world: World) -> None:
    animal = world.animal()
    certificate = world.certified(animal)
    certificates.revoke(world.session, certificate, reason="牛只发热", at=world.at, by=world.vet)

    with pytest.raises(RuleViolation) as refusal:
        movements.depart(world.session, animal, to=world.market, at=world.at, by=world.farmer)

    assert refusal.value.code == "certificate.present"


def test_an_animal_on_the_road_is_nowhere_until_it_arrives(world: World) -> None:
    animal = world.animal()
    world.certified(animal)
    movements.depart(world.session, animal, to=world.market, at=world.at, by=world.farmer)
    assert animal.holding is None

    with pytest.raises(Conflict) as refusal:
        movements.depart(world.session, animal, to=world.market, at=world.at, by=world.farmer)
    assert refusal.value.code == "movement.on_the_road"

    movements.arrive(world.session, animal, at=world.at, by=world.operator)
    assert animal.holding is world.market


def test_two_open_declarations_for_one_animal_are_refused(world: World) -> None:
    animal = world.animal()
    world.declared(animal)

    with pytest.raises(Conflict) as refusal:
        world.declared(animal)

    assert refusal.value.code == "declaration.pending"


def test_the_second_of_two_vets_finds_the_declaration_taken(world: World) -> None:
    declaration = world.declared(world.animal())

    with pytest.raises(Conflict) as refusal:
        declarations.accept(world.session, declaration, at=world.at, by=world.vet)

    assert refusal.value.code == "declaration.not_open"


def test_an_animal_ready_for_sale_is_green(world: World) -> None:
    animal = world.at_market(world.animal())

    found = verdict.of_sale(
        world.session,
        animal,
        market=world.market,
        purpose="trade",
        scale=world.scale(),
        at=world.at,
    )

    assert found.level is Level.GREEN


def test_withdrawal_stops_slaughter_but_travels_with_a_store_animal(world: World) -> None:
    animal = world.animal()
    treat(
        world.session,
        animal,
        drug="土霉素注射液",
        dose="10 毫升",
        given_on=world.today,
        at=world.at,
        by=world.village_vet,
    )
    world.at_market(animal)
    scale = world.scale()

    def verdict_for(purpose: str) -> verdict.Verdict:
        return verdict.of_sale(
            world.session, animal, market=world.market, purpose=purpose, scale=scale, at=world.at
        )

    assert verdict_for("trade").level is Level.AMBER
    killed = verdict_for("slaughter")
    assert killed.level is Level.RED
    assert [outcome.code for outcome in killed.reasons] == ["withdrawal.slaughter"]
    assert "29 天" in killed.reasons[0].sentence


def test_an_expired_scale_sells_nothing(world: World) -> None:
    animal = world.at_market(world.animal())

    found = verdict.of_sale(
        world.session,
        animal,
        market=world.market,
        purpose="trade",
        scale=world.scale(valid_days=-1),
        at=world.at,
    )

    assert [outcome.code for outcome in found.reasons] == ["instrument.verified"]


def test_an_animal_for_slaughter_in_withdrawal_gets_no_certificate(world: World) -> None:
    animal = world.animal()
    treat(
        world.session,
        animal,
        drug="双甲脒溶液",
        dose="药浴",
        given_on=world.today,
        at=world.at,
        by=world.village_vet,
    )

    with pytest.raises(RuleViolation) as refusal:
        world.certified(animal, purpose=Purpose.SLAUGHTER)

    assert refusal.value.code == "withdrawal.slaughter"


def test_a_weight_off_the_division_is_refused(world: World) -> None:
    animal = world.at_market(world.animal())

    with pytest.raises(RuleViolation) as refusal:
        world.weighed(animal, world.scale(), 425_300)

    assert refusal.value.code == "weighing.off_division"


def test_a_reading_makes_one_weighing(world: World) -> None:
    animal, scale = world.at_market(world.animal()), world.scale()
    first = world.weighed(animal, scale)

    with pytest.raises(Conflict) as refusal:
        weighings.record(
            world.session,
            animal,
            weight_g=first.weight_g,
            instrument=scale,
            reading_key=first.reading_key,
            frames_sha256=first.frames_sha256,
            at=world.at,
            by=world.operator,
        )

    assert refusal.value.code == "weighing.reading_used"


def test_a_weight_is_annulled_by_two_people(world: World) -> None:
    weighing = world.weighed(world.at_market(world.animal()), world.scale())

    with pytest.raises(RuleViolation) as refusal:
        weighings.annul(
            world.session,
            weighing,
            reason="两头牛同时上秤",
            second=world.operator,
            at=world.at,
            by=world.operator,
        )
    assert refusal.value.code == "weighing.needs_second_person"

    weighings.annul(
        world.session,
        weighing,
        reason="两头牛同时上秤",
        second=world.vet,
        at=world.at,
        by=world.operator,
    )
    assert weighings.of_animal(world.session, weighing.animal) == []


def test_every_column_of_the_herd_follows_from_its_events(world: World) -> None:
    animal = world.tagged(world.at_market(world.animal()))
    world.weighed(animal, world.scale())
    world.session.flush()

    history = events.history(world.session, animal.ref)
    state = folding.folded(animals.fold, history)

    assert state is not None
    assert state["holding_id"] == world.market.ref
    assert state["eid"] == animal.eid
    assert state["state"] == "alive"
    assert [event.kind for event in history][:2] == [
        Kind.ANIMAL_REGISTERED,
        Kind.IMMUNISATION_GIVEN,
    ]


def test_a_late_arrival_never_moves_an_animal_back(world: World) -> None:
    animal = world.animal()
    farm = world.holding(kind=world.home.kind, name="赵家", keeper=world.farmer)
    world.at_market(animal)
    world.session.commit()
    world.later(hours=2)

    world.record_at(world.at, late_reason="断网补录", confirmed_by=world.vet.ref)
    earlier = world.at - timedelta(hours=5)
    events.hold(world.session, animal.ref)
    events.append(
        world.session,
        Kind.MOVEMENT_ARRIVED,
        animal.ref,
        at=earlier,
        by=world.farmer.ref,
        destination=farm.ref,
    )
    animal.holding = farm
    world.session.commit()

    assert animal.holding is world.market
