"""Our events as the world's supply chains read them."""

from typing import Any

import pytest

from tests.world import World
from traceability import animals, movements, weighings
from traceability.animals import Animal
from traceability.chain import events
from traceability.chain.kinds import SPECS, Kind
from traceability.epcis import mapping, validation
from traceability.epcis.identifiers import uri_of
from traceability.epcis.vocabulary import OUR_CONTEXT


def line(world: World, animal: Animal) -> list[dict[str, Any]]:
    found = [mapping.told(event) for event in events.history(world.session, animal.ref)]
    return [each for each in found if each is not None]


def lived(world: World) -> Animal:
    """Born, tagged, travelled, weighed, re-tagged, dead."""
    animal = world.tagged(world.animal())
    world.weighed(world.at_market(animal), world.scale())
    world.retagged(animal, "252052600099999")
    animals.report_death(
        world.session, animal, cause="不明", disposal="深埋", at=world.at, by=world.farmer
    )
    return animal


def test_a_life_is_told_in_valid_epcis(world: World) -> None:
    told = line(world, lived(world))

    for event in told:
        given = {**event, "@context": OUR_CONTEXT}
        assert validation.faults(given) == [], event
        assert not [*validation.judge_event(given)]
    assert {event["type"] for event in told} == {
        "ObjectEvent",
        "AssociationEvent",
        "TransactionEvent",
    }


def test_a_birth_a_journey_and_a_death_have_their_steps(world: World) -> None:
    animal = lived(world)
    by_kind = {event["weining:kind"]: event for event in line(world, animal)}

    born, left = by_kind["animal.registered"], by_kind["movement.departed"]
    came, died = by_kind["movement.arrived"], by_kind["animal.died"]

    assert (born["action"], born["bizStep"], born["disposition"]) == (
        "ADD",
        "commissioning",
        "active",
    )
    assert born["ilmd"]["weining:bornOn"] == animal.born_on.isoformat()
    assert left["readPoint"] == {"id": uri_of(world.home.ref)}
    assert left["bizTransactionList"][0]["type"] == "cert"
    assert left["destinationList"] == [
        {"type": "location", "destination": uri_of(world.market.ref)}
    ]
    assert came["bizLocation"] == {"id": uri_of(world.market.ref)}
    assert (died["action"], died["disposition"]) == ("DELETE", "destroyed")


def test_a_weight_is_a_sensor_report_of_its_scale(world: World) -> None:
    scale = world.scale()
    animal = world.at_market(world.animal())
    world.weighed(animal, scale, weight_g=425_500)

    (weighed,) = [e for e in line(world, animal) if e["weining:kind"] == "weighing.recorded"]

    (element,) = weighed["sensorElementList"]
    assert element["sensorReport"] == [{"type": "Mass", "value": 425.5, "uom": "KGM"}]
    assert element["sensorMetadata"]["deviceID"] == uri_of(scale.ref)
    assert weighed["weining:evidenceLevel"] == "device"


def test_an_annulled_weight_carries_its_error_declaration(world: World) -> None:
    animal = world.at_market(world.animal())
    weighing = world.weighed(animal, world.scale())
    weighings.annul(
        world.session,
        weighing,
        reason="没站稳",
        second=world.office,
        at=world.at,
        by=world.operator,
    )
    recorded, annulled = events.history(world.session, weighing.ref)

    told = mapping.told(recorded, annulled)

    assert told is not None
    assert told["errorDeclaration"]["reason"] == "did_not_occur"
    assert validation.faults({**told, "@context": OUR_CONTEXT}) == []
    assert mapping.told(annulled) is None


def test_what_is_nobodys_business_is_not_told(world: World) -> None:
    for event in events.history(world.session, world.farmer.ref):
        assert mapping.told(event) is None


@pytest.mark.parametrize("kind", [kind for kind in Kind if mapping.is_told(kind)])
def test_every_told_kind_has_a_step_of_the_vocabulary(kind: Kind) -> None:
    steps = validation._definitions()["bizStep"]["anyOf"][1]["enum"]

    assert SPECS[kind].step in steps


def test_a_late_arrival_says_so(world: World) -> None:
    animal = world.animal()
    world.certified(animal)
    movements.depart(world.session, animal, to=world.market, at=world.at, by=world.farmer)
    came = world.at
    world.later(hours=3)
    world.record_at(world.at, late_reason="当时没有信号")
    movements.arrive(world.session, animal, at=came, by=world.operator)

    assert line(world, animal)[-1]["weining:late"] is True


def test_cutting_is_a_transformation() -> None:
    told = mapping.transformation(
        inputs=["urn:weining:obj:carcass:" + "0" * 32],
        outputs=["urn:weining:obj:pack:" + "1" * 32],
        at=World.at,
        place="urn:weining:loc:holding:" + "2" * 32,
    )

    assert validation.faults({**told, "@context": OUR_CONTEXT}) == []
