"""A keeper tells of a lost tag or a sickness; it stands until a vet has said what was done."""

from pathlib import Path

import pytest

from tests.world import World
from traceability import alerts, animals, evidence, movements
from traceability.alerts import Alert, AlertKind, AlertState
from traceability.animals import Animal
from traceability.audit.report import verify_chain
from traceability.base.errors import Conflict, RuleViolation
from traceability.chain import events

ON_BOTH = True


def told(world: World, animal: Animal, kind: AlertKind = AlertKind.SICK) -> Alert:
    return alerts.raise_alert(
        world.session, animal, kind, words="不吃，流口水", at=world.at, by=animal.owner
    )


def test_a_sick_animal_is_told_of_and_seen_to(world: World) -> None:
    found = told(world, world.animal())

    alerts.close(world.session, found, outcome="已上门诊治", at=world.at, by=world.vet)

    assert found.state is AlertState.CLOSED
    assert found.closed_on == world.today
    assert [event.kind for event in events.history(world.session, found.ref)] == [
        "alert.raised",
        "alert.closed",
    ]
    assert not verify_chain(world.session).damage


def test_nothing_of_a_report_is_public(world: World) -> None:
    found = told(world, world.animal())

    assert [event.public for event in events.history(world.session, found.ref)] == [{}]


def test_telling_the_same_again_changes_nothing(world: World) -> None:
    animal = world.animal()

    first, again = told(world, animal), told(world, animal)

    assert again is first
    assert len(events.history(world.session, first.ref)) == 1
    assert told(world, animal, AlertKind.TAG_LOST) is not first


def test_what_was_seen_to_may_be_told_of_again(world: World) -> None:
    animal = world.animal()
    first = told(world, animal)
    alerts.close(world.session, first, outcome="好了", at=world.at, by=world.vet)

    assert told(world, animal) is not first


def test_a_report_is_closed_once_and_with_words(world: World) -> None:
    found = told(world, world.animal())

    with pytest.raises(RuleViolation) as silent:
        alerts.close(world.session, found, outcome=" ", at=world.at, by=world.vet)
    alerts.close(world.session, found, outcome="已处理", at=world.at, by=world.vet)
    with pytest.raises(Conflict) as twice:
        alerts.close(world.session, found, outcome="已处理", at=world.at, by=world.vet)

    assert (silent.value.code, twice.value.code) == ("alert.without_outcome", "alert.closed")


def test_a_dead_animal_is_not_told_of(world: World) -> None:
    animal = world.animal()
    animals.report_death(
        world.session, animal, cause="不明", disposal="深埋", at=world.at, by=world.farmer
    )

    with pytest.raises(RuleViolation) as refusal:
        told(world, animal)

    assert refusal.value.code == "alert.not_alive"


def test_an_animal_on_the_road_is_not_told_of(world: World) -> None:
    animal = world.animal()
    world.certified(animal)
    movements.depart(world.session, animal, to=world.market, at=world.at, by=world.farmer)

    with pytest.raises(RuleViolation) as refusal:
        told(world, animal)

    assert refusal.value.code == "alert.on_the_road"


def test_only_a_picture_goes_with_a_report(world: World, tmp_path: Path) -> None:
    paper = evidence.store(
        world.session, tmp_path, b"%PDF-1.7", title="化验单", at=world.at, by=world.farmer
    )

    with pytest.raises(RuleViolation) as refusal:
        alerts.raise_alert(
            world.session,
            world.animal(),
            AlertKind.SICK,
            photograph=paper,
            at=world.at,
            by=world.farmer,
        )

    assert refusal.value.code == "alert.not_a_picture"
