"""Vehicles, breeding stock, resale, supplementary quarantine: on both sides of a day."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from tests.world import World
from traceability import movements, rules
from traceability.base.clock import end_of, start_of
from traceability.base.db import reading
from traceability.base.errors import RuleViolation
from traceability.checks import INSPECTION_CHECKS, CertificateFacts, Facts, FilingFacts, Result
from traceability.holdings import HoldingKind
from traceability.quarantine import certificates, fitness
from traceability.quarantine.declarations import Purpose

NEW_ORDER = date(2022, 12, 1)  # 农业农村部令 2022 年第 7 号 comes into force
LAW_2021, NOTICE_531 = date(2021, 5, 1), date(2022, 4, 1)
LAST_OLD, FIRST_NEW = end_of(NEW_ORDER - timedelta(days=1)), start_of(NEW_ORDER)
LAST_OLD -= timedelta(seconds=1)
ALL_WELL = dict.fromkeys(INSPECTION_CHECKS, True)


@pytest.fixture
def law(engine: Engine) -> Iterator[Session]:
    with reading(engine) as session:
        yield session


def result(law: Session, stage: str, code: str, facts: Facts, at: datetime) -> Result | None:
    """What one rule says; None where it is not in force."""
    found = {each.code: each.result for each in rules.outcomes(law, stage, facts, at=at)}
    return found.get(code)


@pytest.mark.parametrize(
    ("at", "days", "expected"),
    [
        (LAST_OLD, 44, Result.FAILED),
        (LAST_OLD, 45, Result.PASSED),
        (FIRST_NEW, 29, Result.WARNED),
        (FIRST_NEW, 30, Result.PASSED),
        (LAST_OLD, None, Result.FAILED),
        (FIRST_NEW, None, Result.WARNED),
    ],
)
def test_breeding_stock_stays_apart_for_45_days_then_for_30(
    law: Session, at: datetime, days: int | None, expected: Result
) -> None:
    day = (NEW_ORDER - timedelta(days=1)) if at is LAST_OLD else NEW_ORDER
    since = None if days is None else day - timedelta(days=days)
    facts = Facts(purpose="breeding", crosses_province=True, isolated_on=since)

    assert result(law, "isolation.release", "isolation.period", facts, at) is expected
    local = replace(facts, crosses_province=False)
    found = result(law, "isolation.release", "isolation.period", local, at)
    assert found is Result.NOT_APPLICABLE


@pytest.mark.parametrize("at", [LAST_OLD, FIRST_NEW])
@pytest.mark.parametrize(
    ("ahead", "emergency", "expected"),
    [
        (timedelta(hours=6), False, Result.PASSED),
        (timedelta(hours=6) - timedelta(seconds=1), False, Result.WARNED),
        (timedelta(minutes=1), True, Result.PASSED),
    ],
)
def test_slaughter_is_declared_six_hours_ahead_by_both_orders(
    law: Session, *, at: datetime, ahead: timedelta, emergency: bool, expected: Result
) -> None:
    facts = Facts(slaughters_at=at + ahead, declared_at=at, emergency=emergency)

    assert result(law, "slaughter.declare", "slaughter.lead_time", facts, at) is expected


@pytest.mark.parametrize(
    ("at", "approval", "expected"),
    [
        (LAST_OLD, None, Result.WARNED),
        (LAST_OLD, "黔动检 2022-7", Result.PASSED),
        (FIRST_NEW, None, None),
    ],
)
def test_the_order_of_2022_asks_for_no_approval_of_breeding_stock(
    law: Session, at: datetime, approval: str | None, expected: Result | None
) -> None:
    facts = Facts(purpose="breeding", crosses_province=True, prior_approval=approval)

    assert result(law, "declaration.file", "declaration.breeding_approval", facts, at) is expected


@pytest.mark.parametrize("code", ["vehicle.filed", "carrier.filed"])
@pytest.mark.parametrize(
    ("at", "until", "expected"),
    [
        (start_of(LAW_2021) - timedelta(seconds=1), None, None),
        (start_of(LAW_2021), None, Result.WARNED),
        (start_of(LAW_2021), LAW_2021, Result.PASSED),
        (end_of(LAW_2021), LAW_2021, Result.WARNED),
    ],
)
def test_an_unfiled_vehicle_or_carrier_is_told_since_the_law_of_2021(
    law: Session, code: str, at: datetime, until: date | None, expected: Result | None
) -> None:
    filed = None if until is None else FilingFacts("备 1 号", LAW_2021, until, None)
    facts = Facts(plate="贵F12345", vehicle_filing=filed, carrier_filing=filed)

    assert result(law, "movement.depart", code, facts, at) is expected
    walking = result(law, "movement.depart", code, Facts(), start_of(LAW_2021))
    assert walking is Result.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("at", "changes", "expected"),
    [
        (start_of(NOTICE_531) - timedelta(seconds=1), {"vehicle_certificates": ("DB-1",)}, None),
        (start_of(NOTICE_531), {"vehicle_certificates": ("DB-1",)}, Result.FAILED),
        (start_of(NOTICE_531), {"other_plates": ("贵F99999",)}, Result.FAILED),
        (start_of(NOTICE_531), {"other_plates": ("贵F12345",)}, Result.PASSED),
    ],
)
def test_one_vehicle_carries_one_certificate_since_april_2022(
    law: Session, at: datetime, changes: dict[str, Any], expected: Result | None
) -> None:
    facts = replace(Facts(plate="贵F12345"), **changes)

    assert result(law, "movement.depart", "vehicle.one_certificate", facts, at) is expected


ORIGINAL = CertificateFacts(
    number="DB-520526-2022-000001",
    form="DB",
    valid_from=FIRST_NEW - timedelta(hours=9),
    valid_until=NEW_ORDER - timedelta(days=1),
    origin_region="520526114",
    destination_region="520526104",
)


@pytest.mark.parametrize(
    ("original", "lab", "expected"),
    [
        (None, True, (Result.WARNED, Result.NOT_APPLICABLE)),
        (ORIGINAL, True, (Result.PASSED, Result.PASSED)),
        (ORIGINAL, False, (Result.PASSED, Result.WARNED)),
        (replace(ORIGINAL, revoked=True), True, (Result.WARNED, Result.PASSED)),
        (
            replace(ORIGINAL, valid_until=NEW_ORDER),
            False,
            (Result.PASSED, Result.NOT_APPLICABLE),
        ),
    ],
)
def test_what_leaves_a_market_again_needs_the_paper_it_came_with(
    law: Session,
    *,
    original: CertificateFacts | None,
    lab: bool,
    expected: tuple[Result, Result],
) -> None:
    facts = Facts(resold=True, original=original, inspection={**ALL_WELL, "lab": lab})
    codes = ("resale.original", "resale.lab")

    found = [result(law, "certificate.issue", code, facts, FIRST_NEW) for code in codes]
    before = [result(law, "certificate.issue", code, facts, LAST_OLD) for code in codes]

    assert tuple(found) == expected
    assert before == [None, None]


@pytest.mark.parametrize(
    ("well", "report_after", "expected"),
    [
        (True, None, Result.PASSED),
        (False, None, Result.WARNED),
        (False, 7, Result.PASSED),
        (False, 8, Result.WARNED),
    ],
)
def test_what_is_found_without_a_certificate_has_seven_days_for_a_report(
    law: Session, *, well: bool, report_after: int | None, expected: Result
) -> None:
    report = None if report_after is None else NEW_ORDER + timedelta(days=report_after)
    facts = Facts(
        stopped_on=NEW_ORDER,
        inspection={**ALL_WELL, "documents": well},
        lab_report_on=report,
    )

    assert result(law, "supplementary.issue", "supplementary.lab", facts, FIRST_NEW) is expected


def test_an_animal_with_two_live_certificates_gets_no_third(law: Session) -> None:
    facts = Facts(live_certificates=("DB-1", "DB-2"))

    found = result(law, "certificate.issue", "certificate.one_live", facts, FIRST_NEW)

    assert found is Result.FAILED


# Through the operations


def test_a_vehicle_gets_no_second_certificate_while_the_first_waits_for_it(world: World) -> None:
    first, second = world.animal(), world.animal()
    world.certified(first, plate="贵F12345")
    declaration = world.inspected(world.declared(second, plate="贵F12345"))

    with pytest.raises(RuleViolation) as refusal:
        certificates.issue(world.session, declaration, at=world.at, by=world.vet)

    assert refusal.value.code == "vehicle.one_certificate"
    movements.depart(world.session, first, to=world.market, at=world.at, by=world.farmer)
    movements.arrive(world.session, first, at=world.at, by=world.operator)
    certificates.issue(world.session, declaration, at=world.at, by=world.vet)


def test_the_animals_of_a_certificate_travel_on_the_vehicle_it_names(world: World) -> None:
    animal = world.animal()
    world.certified(animal, plate="贵F12345")
    told: dict[str, Any] = {"to": world.market, "at": world.at, "by": world.farmer}

    with pytest.raises(RuleViolation) as refusal:
        movements.depart(world.session, animal, plate="贵F99999", **told)

    assert refusal.value.code == "vehicle.one_certificate"
    assert movements.depart(world.session, animal, plate="贵F12345", **told).plate == "贵F12345"


def test_breeding_stock_can_be_declared_as_such(world: World) -> None:
    paper = world.certified(world.animal(), purpose=Purpose.BREEDING)

    assert paper.purpose is Purpose.BREEDING


def test_what_leaves_the_market_again_is_certified_on_the_paper_it_came_with(world: World) -> None:
    farm = world.holding(HoldingKind.HOUSEHOLD, "马家", keeper=world.farmer)
    animal = world.at_market(world.animal())

    facts = fitness.originals_of(world.session, [animal], world.certified(animal, to=farm))

    assert facts[animal.id].names_destination
