"""The road of an animal through an abattoir, for tests, by real operations."""

from datetime import timedelta

from tests.world import World
from traceability import movements
from traceability.animals import Animal
from traceability.holdings import Holding, HoldingKind
from traceability.quarantine.declarations import Purpose
from traceability.slaughter import ante_mortem, carcasses, declarations
from traceability.slaughter.ante_mortem import ANTE_MORTEM_CHECKS, AnteMortem
from traceability.slaughter.carcasses import POST_MORTEM_CHECKS, Carcass
from traceability.slaughter.declarations import SlaughterDeclaration

WELL = dict.fromkeys(ANTE_MORTEM_CHECKS, True)


def abattoir_of(world: World) -> Holding:
    return world.holding(HoldingKind.ABATTOIR, "李记屠宰场", keeper=world.buyer)


def brought(world: World, abattoir: Holding) -> Animal:
    """An animal that came to the abattoir under its certificate."""
    animal = world.animal()
    world.certified(animal, to=abattoir, purpose=Purpose.SLAUGHTER)
    movements.depart(world.session, animal, to=abattoir, at=world.at, by=animal.owner)
    movements.arrive(world.session, animal, at=world.at, by=world.buyer)
    return animal


def filed(
    world: World, abattoir: Holding, *herd: Animal, hours: int = 6, emergency: str = ""
) -> SlaughterDeclaration:
    return declarations.file(
        world.session,
        abattoir,
        herd,
        slaughters_at=world.at + timedelta(hours=hours),
        emergency=emergency,
        at=world.at,
        by=world.buyer,
    )


def accepted(world: World, abattoir: Holding, *herd: Animal) -> SlaughterDeclaration:
    row = filed(world, abattoir, *herd)
    declarations.accept(world.session, row, at=world.at, by=world.vet)
    return row


def examined(world: World, row: SlaughterDeclaration, animal: Animal, **failed: bool) -> AnteMortem:
    return ante_mortem.record(
        world.session, row, animal, checks={**WELL, **failed}, at=world.at, by=world.vet
    )


def slaughtered(world: World, abattoir: Holding, *, emergency: str = "") -> Carcass:
    """An animal that came, was declared, accepted, passed and slaughtered at the declared hour."""
    animal, hours = brought(world, abattoir), 0 if emergency else 6
    row = filed(world, abattoir, animal, hours=hours, emergency=emergency)
    declarations.accept(world.session, row, at=world.at, by=world.vet)
    examined(world, row, animal)
    if hours:
        world.later(hours=hours)
    return carcasses.slaughter(world.session, row, animal, at=world.at, by=world.buyer)


def weighed(world: World, abattoir: Holding, hot_weight_g: int = 280_000) -> Carcass:
    row = slaughtered(world, abattoir)
    carcasses.weigh(world.session, row, hot_weight_g=hot_weight_g, at=world.at, by=world.buyer)
    return row


def opened_up(world: World, row: Carcass, **failed: bool) -> Carcass:
    """Inspected after slaughter; every check passed but those that failed."""
    checks = {**dict.fromkeys(POST_MORTEM_CHECKS, True), **failed}
    remarks = "" if all(checks.values()) else "肝脏有脓肿"
    carcasses.inspect(world.session, row, checks=checks, remarks=remarks, at=world.at, by=world.vet)
    return row
