"""Who may carry livestock, in which vehicle, from when until when; judged at the act's instant."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.world import World
from traceability import carriers, movements, rules
from traceability.audit import columns
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.carriers import Filing, FilingKind
from traceability.chain import events
from traceability.chain.kinds import Kind
from traceability.checks import Facts
from traceability.identifiers.refusals import IdentifierError

ON_BOTH = True
PLATE = "贵F12345"


def filed(world: World, kind: FilingKind = FilingKind.VEHICLE, **changes: Any) -> Filing:
    told: dict[str, Any] = {
        "carrier": world.buyer,
        "number": f"黔牧运 {kind.value} 1 号",
        "plate": "贵 f·12345" if kind is FilingKind.VEHICLE else None,
        "filed_from": world.today - timedelta(days=30),
        "filed_until": world.today + timedelta(days=30),
        "at": world.at,
        "by": world.vet,
        **changes,
    }
    return carriers.file(world.session, kind, **told)


def both(world: World, **changes: Any) -> None:
    filed(world, **changes)
    filed(world, FilingKind.CARRIER, **changes)


def warned(world: World) -> set[str]:
    """What is warned of when an animal leaves on the vehicle."""
    animal = world.animal()
    world.certified(animal, plate=PLATE)
    movement = movements.depart(
        world.session, animal, to=world.market, at=world.at, by=world.farmer, plate=PLATE
    )
    (event,) = [
        each
        for each in events.history(world.session, movement.ref)
        if each.kind is Kind.MOVEMENT_DEPARTED
    ]
    return {each["code"] for each in event["warnings"]} & {"vehicle.filed", "carrier.filed"}


def test_an_unfiled_vehicle_leaves_with_two_warnings(world: World) -> None:
    assert warned(world) == {"vehicle.filed", "carrier.filed"}


def test_a_filed_vehicle_of_a_filed_carrier_leaves_without(world: World) -> None:
    both(world)

    assert warned(world) == set()


def test_a_vehicle_may_be_filed_while_its_carrier_is_not(world: World) -> None:
    filed(world, filed_until=None)

    assert warned(world) == {"carrier.filed"}


@pytest.mark.parametrize(
    ("days", "stands"), [(29, True), (30, True), (31, False), (-30, True), (-31, False)]
)
def test_a_filing_stands_from_its_first_to_its_last_day(
    world: World, days: int, *, stands: bool
) -> None:
    both(world)

    facts = carriers.facts_of_filings(world.session, PLATE, at=world.at + timedelta(days=days))

    assert facts["vehicle_filing"].stands_at(world.at + timedelta(days=days)) is stands
    assert facts["carrier_filing"].stands_at(world.at + timedelta(days=days)) is stands


def test_what_left_before_the_revocation_left_well(world: World) -> None:
    filing = filed(world)
    before = world.at
    world.later(hours=1)
    carriers.revoke(world.session, filing, ground="车辆报废", at=world.at, by=world.vet)

    assert "有效期至" in told(world, before)
    assert "注销" in told(world, world.at)
    with pytest.raises(Conflict) as twice:
        carriers.revoke(world.session, filing, ground="又一次", at=world.at, by=world.vet)
    assert twice.value.code == "filing.revoked"


def told(world: World, at: datetime) -> str:
    """The evidence that the check of the vehicle's filing used."""
    known = carriers.facts_of_filings(world.session, PLATE, at=at)
    facts = Facts(plate=PLATE, **known)
    found = rules.outcomes(world.session, "movement.depart", facts, at=at)
    return next(each.evidence for each in found if each.code == "vehicle.filed")


def test_a_renewed_filing_follows_the_old_one(world: World) -> None:
    filed(world, filed_until=world.today)
    filed(world, number="黔牧运 2 号", filed_until=None)

    assert "黔牧运 2 号 长期有效" in told(world, world.at + timedelta(days=400))
    assert [damage for _, batch in columns.check(world.session) for damage in batch] == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"number": " "}, "filing.no_number"),
        ({"plate": None}, "filing.no_plate"),
        ({"filed_until": date(2020, 1, 1)}, "filing.bad_period"),
        ({"filed_from": date(2030, 1, 1), "filed_until": None}, "filing.bad_period"),
    ],
)
def test_a_filing_that_cannot_be_is_refused(
    world: World, changes: dict[str, Any], code: str
) -> None:
    with pytest.raises(RuleViolation) as refusal:
        filed(world, **changes)

    assert refusal.value.code == code
    with pytest.raises(IdentifierError):
        filed(world, plate="贵F123")


def test_a_number_is_used_once_and_a_vehicle_has_one_carrier_at_a_time(world: World) -> None:
    first = filed(world)
    with pytest.raises(Conflict) as used:
        filed(world, plate="贵F99999")
    with pytest.raises(Conflict) as other:
        filed(world, number="另一号", carrier=world.farmer)

    carriers.revoke(world.session, first, ground="转让", at=world.at, by=world.vet)
    filed(world, number="另一号", carrier=world.farmer)

    assert used.value.code == "filing.number_used"
    assert other.value.code == "filing.vehicle_of_another"
    assert world.buyer.name in other.value.sentence
    assert "另一号" in told(world, world.at + timedelta(minutes=1))


def test_a_filing_is_revoked_with_its_ground_only(world: World) -> None:
    filing = filed(world)

    with pytest.raises(RuleViolation) as silent:
        carriers.revoke(world.session, filing, ground=" ", at=world.at, by=world.vet)
    with pytest.raises(NotFound) as missing:
        carriers.get(world.session, f"filing:{'0' * 32}")

    assert silent.value.code == "filing.revoke_without_ground"
    assert missing.value.code == "filing.not_found"
    assert filing.revoked_at is None
