import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from traceability import rule_file, rules
from traceability.base.clock import end_of, start_of
from traceability.base.db import Base, Recording, make_engine
from traceability.base.errors import RuleViolation
from traceability.checks import CHECKS, INSPECTION_CHECKS, CertificateFacts, Facts, Result
from traceability.rules import Rule, Severity

NEW_ORDER = date(2022, 12, 1)  # 农业农村部令 2022 年第 7 号 comes into force
ONE_SECOND = timedelta(seconds=1)
NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)
TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def law() -> Iterator[Engine]:
    engine = make_engine("sqlite://")
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def session(law: Engine) -> Iterator[Session]:
    with Session(law) as session:
        session.info["recording"] = Recording(NOON)
        rule_file.load(session)
        yield session


def paper(**changes: Any) -> CertificateFacts:
    told: dict[str, Any] = {
        "number": "DB-520526-2026-000123",
        "form": "DB",
        "valid_from": NOON - timedelta(hours=2),
        "valid_until": TODAY,
        "origin_region": "520526114",
        "destination_region": "520526101",
        **changes,
    }
    return CertificateFacts(**told)


HEALTHY = Facts(
    purpose="trade",
    state="alive",
    ear_tag="252052600012345",
    born_on=date(2025, 5, 1),
    fmd_doses=(TODAY - timedelta(days=60),),
    certificate=paper(),
    inspection=dict.fromkeys(INSPECTION_CHECKS, True),
    on_scale=True,
    scale_verified_on=date(2026, 1, 1),
    scale_valid_until=date(2026, 12, 31),
)


def results(session: Session, stage: str, facts: Facts, at: datetime = NOON) -> dict[str, Result]:
    return {found.code: found.result for found in rules.outcomes(session, stage, facts, at=at)}


# The table of rules


def test_loading_the_rules_twice_changes_nothing(session: Session) -> None:
    assert rule_file.load(session) == 0


def test_every_rule_has_its_check_and_every_check_its_rule(session: Session) -> None:
    codes = {rule.code for rule in session.scalars(select(Rule))}

    assert codes == CHECKS.keys()


def test_what_is_not_certain_only_warns(session: Session) -> None:
    doubtful = select(Rule).where(Rule.certainty.in_(["K-med", "K-low", "K-med-high"]))

    assert {rule.severity for rule in session.scalars(doubtful)} == {Severity.WARN}


def test_no_rule_is_in_force_twice_on_one_day(session: Session) -> None:
    periods = defaultdict(list)
    for rule in session.scalars(select(Rule).order_by(Rule.effective_from)):
        periods[rule.code].append((rule.effective_from, rule.effective_to))

    for spans in periods.values():
        for (_, ends), (begins, _) in pairwise(spans):
            assert ends is not None
            assert ends + timedelta(days=1) == begins


def test_every_sentence_is_chinese_and_cites_its_source(session: Session) -> None:
    for rule in session.scalars(select(Rule)):
        assert re.search("[\u4e00-\u9fff]", rule.text)
        assert re.search("[\u4e00-\u9fff]", rule.citation)


def test_no_sentence_of_a_refusal_has_a_hole(session: Session) -> None:
    stages = {stage for rule in session.scalars(select(Rule)) for stage in rule.stages}
    leaves = TODAY
    for stage in stages:
        for facts in (Facts(leaves_on=leaves), spoiled()):
            for found in rules.outcomes(session, stage, facts, at=NOON):
                if found.result in {Result.FAILED, Result.WARNED}:
                    assert "{" not in found.sentence
                    assert not re.search("（）|“”|^：|  ", found.sentence), found.sentence


def spoiled() -> Facts:
    """An animal of which everything is wrong."""
    return replace(
        HEALTHY,
        purpose="slaughter",
        state="held",
        ear_tag="15205260001",
        fmd_doses=(),
        clear_on=TODAY + timedelta(days=5),
        restrictions=("小海镇口蹄疫疫区",),
        certificate=paper(revoked=True, valid_until=TODAY - timedelta(days=1)),
        inspection=dict.fromkeys(INSPECTION_CHECKS, False),
        scale_valid_until=TODAY - timedelta(days=1),
        leaves_on=TODAY,
    )


# Which order judges


@pytest.mark.parametrize(
    ("at", "order"),
    [
        (start_of(NEW_ORDER) - ONE_SECOND, "2010 年第 6 号"),
        (start_of(NEW_ORDER), "2022 年第 7 号"),
        (datetime(2022, 11, 30, 15, 59, 59, tzinfo=UTC), "2010 年第 6 号"),
        (datetime(2022, 11, 30, 16, 0, tzinfo=UTC), "2022 年第 7 号"),
    ],
)
def test_the_order_of_the_day_in_china_judges(session: Session, at: datetime, order: str) -> None:
    found = {row.code: row for row in rules.outcomes(session, "certificate.issue", HEALTHY, at=at)}

    assert order in found["inspection.tag"].citation


def test_the_order_of_2010_does_not_ask_for_risk_grading(session: Session) -> None:
    ungraded = replace(HEALTHY, inspection={**HEALTHY.inspection, "farm_risk": False})

    before = results(session, "certificate.issue", ungraded, start_of(NEW_ORDER) - ONE_SECOND)
    after = results(session, "certificate.issue", ungraded, start_of(NEW_ORDER))

    assert "inspection.farm_risk" not in before
    assert after["inspection.farm_risk"] is Result.FAILED


def test_each_of_the_seven_checks_of_2022_refuses_by_itself(session: Session) -> None:
    for name in INSPECTION_CHECKS:
        failing = replace(HEALTHY, inspection={**HEALTHY.inspection, name: False})
        found = results(session, "certificate.issue", failing)
        assert [code for code, result in found.items() if result is Result.FAILED] == [
            f"inspection.{name}"
        ]


def test_a_check_nobody_made_is_not_passed(session: Session) -> None:
    found = results(session, "certificate.issue", replace(HEALTHY, inspection={}))

    assert {found[f"inspection.{name}"] for name in INSPECTION_CHECKS} == {Result.FAILED}


# The boundaries


@pytest.mark.parametrize(
    ("days_ago", "expected"),
    [
        (0, Result.WARNED),
        (20, Result.WARNED),
        (21, Result.PASSED),
        (180, Result.PASSED),
        (181, Result.WARNED),
        (None, Result.WARNED),
    ],
)
def test_a_dose_protects_from_the_21st_to_the_180th_day(
    session: Session, days_ago: int | None, expected: Result
) -> None:
    doses = () if days_ago is None else (TODAY - timedelta(days=days_ago),)

    found = results(session, "movement.depart", replace(HEALTHY, fmd_doses=doses))

    assert found["immunisation.fmd"] is expected


def test_a_dose_of_tomorrow_protects_nobody_today(session: Session) -> None:
    tomorrow = replace(HEALTHY, fmd_doses=(TODAY + timedelta(days=1),))

    found = rules.outcomes(session, "movement.depart", tomorrow, at=NOON)

    [dose] = [row for row in found if row.code == "immunisation.fmd"]
    assert (dose.result, dose.evidence) == (Result.WARNED, "口蹄疫免疫：无记录")


@pytest.mark.parametrize(
    ("purpose", "clear_in_days", "failed", "warned"),
    [
        ("slaughter", 1, {"withdrawal.slaughter"}, set()),
        ("slaughter", 0, set(), set()),
        ("slaughter", None, set(), set()),
        ("keeping", 1, set(), {"withdrawal.debt"}),
        ("keeping", 0, set(), set()),
        ("trade", 1, set(), {"withdrawal.debt"}),
    ],
)
def test_a_withdrawal_period_stops_the_knife_and_travels_with_the_sale(
    session: Session, *, purpose: str, clear_in_days: int | None, failed: set[str], warned: set[str]
) -> None:
    clear_on = None if clear_in_days is None else TODAY + timedelta(days=clear_in_days)
    facts = replace(HEALTHY, purpose=purpose, clear_on=clear_on)

    found = rules.outcomes(session, "sale.agree", facts, at=NOON)

    assert {row.code for row in rules.failed(found)} == failed
    assert {row.code for row in rules.warned(found)} == warned


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        (start_of(TODAY), Result.FAILED),  # before the vet signed
        (NOON - timedelta(hours=2), Result.PASSED),
        (end_of(TODAY) - ONE_SECOND, Result.PASSED),
        (end_of(TODAY), Result.FAILED),
        (datetime(2026, 11, 22, 15, 59, 59, tzinfo=UTC), Result.PASSED),
        (datetime(2026, 11, 22, 16, 0, tzinfo=UTC), Result.FAILED),
    ],
)
def test_a_same_day_certificate_ends_at_midnight_in_china(
    session: Session, at: datetime, expected: Result
) -> None:
    assert results(session, "movement.depart", HEALTHY, at)["certificate.in_force"] is expected


@pytest.mark.parametrize(
    ("form", "days", "expected"),
    [
        ("DA", 1, Result.PASSED),
        ("DA", 5, Result.PASSED),
        ("DA", 6, Result.FAILED),
        ("DA", 0, Result.FAILED),
        ("DB", 1, Result.PASSED),
        ("DB", 2, Result.FAILED),
        ("CA", 7, Result.PASSED),
        ("CA", 8, Result.FAILED),
        ("CB", 2, Result.FAILED),
    ],
)
def test_no_certificate_is_given_for_longer_than_its_form_allows(
    session: Session, form: str, days: int, expected: Result
) -> None:
    asked = paper(form=form, valid_until=TODAY + timedelta(days=days - 1))

    found = results(session, "certificate.issue", replace(HEALTHY, certificate=asked))

    assert found["certificate.within_days"] is expected


@pytest.mark.parametrize(
    ("form", "destination", "code", "expected"),
    [
        ("DB", "520526101", "certificate.b_within_province", Result.PASSED),
        ("DB", "440111", "certificate.b_within_province", Result.FAILED),
        ("DA", "440111", "certificate.a_leaves_province", Result.PASSED),
        ("DA", "520103", "certificate.a_leaves_province", Result.WARNED),
        ("DB", "520526101", "certificate.a_leaves_province", Result.NOT_APPLICABLE),
    ],
)
def test_form_a_leaves_the_province_and_form_b_does_not(
    session: Session, *, form: str, destination: str, code: str, expected: Result
) -> None:
    facts = replace(HEALTHY, certificate=paper(form=form, destination_region=destination))

    assert results(session, "movement.depart", facts)[code] is expected


@pytest.mark.parametrize(
    ("changes", "passes"),
    [
        ({"born_on": TODAY}, True),
        ({"born_on": TODAY + timedelta(days=1)}, False),
        ({"ended_on": TODAY}, True),
        ({"ended_on": TODAY - timedelta(days=1)}, False),
        ({"born_on": None}, True),
    ],
)
def test_no_certificate_before_birth_or_after_death(
    session: Session, changes: dict[str, date], passes: bool
) -> None:
    found = results(session, "certificate.issue", replace(HEALTHY, **changes))  # type: ignore[arg-type]  # days only

    assert (found["certificate.within_life"] is Result.PASSED) is passes


@pytest.mark.parametrize(
    ("on", "passes"),
    [
        (date(2025, 12, 31), False),
        (date(2026, 1, 1), True),
        (date(2026, 12, 31), True),
        (date(2027, 1, 1), False),
    ],
)
def test_a_scale_trades_only_within_its_verification(
    session: Session, on: date, passes: bool
) -> None:
    for at in (start_of(on), end_of(on) - ONE_SECOND):
        found = results(session, "sale.agree", HEALTHY, at)
        assert (found["instrument.verified"] is Result.PASSED) is passes


def test_a_scale_nobody_verified_does_not_trade(session: Session) -> None:
    unknown = replace(HEALTHY, on_scale=True, scale_verified_on=None, scale_valid_until=None)

    assert results(session, "sale.agree", unknown)["instrument.verified"] is Result.FAILED


@pytest.mark.parametrize(
    ("declared_at", "expected"),
    [
        (datetime(2026, 11, 18, 15, 59, 59, tzinfo=UTC), Result.PASSED),
        (datetime(2026, 11, 19, 15, 59, 59, tzinfo=UTC), Result.PASSED),
        (datetime(2026, 11, 19, 16, 0, tzinfo=UTC), Result.WARNED),
        (NOON, Result.WARNED),
    ],
)
def test_a_declaration_comes_three_days_before(
    session: Session, declared_at: datetime, expected: Result
) -> None:
    facts = Facts(declared_at=declared_at, leaves_on=TODAY)

    assert results(session, "declaration.file", facts)["declaration.lead_time"] is expected


@pytest.mark.parametrize(
    ("purpose", "days", "on", "passes"),
    [
        ("breeding", 15, NEW_ORDER - timedelta(days=1), True),
        ("breeding", 14, NEW_ORDER - timedelta(days=1), False),
        ("breeding", 3, NEW_ORDER, True),
        ("trade", 3, NEW_ORDER - timedelta(days=1), True),
        ("trade", 2, NEW_ORDER, False),
    ],
)
def test_breeding_stock_is_declared_fifteen_days_before_until_the_order_of_2022(
    session: Session, *, purpose: str, days: int, on: date, passes: bool
) -> None:
    facts = Facts(leaves_on=on + timedelta(days=days), purpose=purpose)

    found = results(session, "declaration.file", facts, start_of(on))

    assert (found["declaration.lead_time"] is Result.PASSED) is passes


@pytest.mark.parametrize(
    ("arrived_at", "hours_later", "crosses_province", "expected"),
    [
        (start_of(NEW_ORDER) - timedelta(days=9), 24, True, Result.PASSED),
        (start_of(NEW_ORDER) - timedelta(days=9), 25, True, Result.WARNED),
        (start_of(NEW_ORDER) - timedelta(days=9), 25, False, Result.NOT_APPLICABLE),
        (start_of(NEW_ORDER), 4 * 24 - 1, False, Result.PASSED),
        (start_of(NEW_ORDER), 4 * 24, False, Result.WARNED),
        (start_of(NEW_ORDER), 4 * 24, True, Result.WARNED),
    ],
)
@pytest.mark.parametrize("told", [True, False])
def test_an_arrival_is_reported_within_a_day_then_within_three(
    session: Session,
    *,
    arrived_at: datetime,
    hours_later: int,
    crosses_province: bool,
    expected: Result,
    told: bool,
) -> None:
    now = arrived_at + timedelta(hours=hours_later)
    facts = Facts(
        arrived_at=arrived_at,
        reported_at=now if told else None,
        crosses_province=crosses_province,
    )

    assert results(session, "arrival.report", facts, now)["arrival.reported"] is expected


# Refusals


@pytest.mark.parametrize("state", ["held", "condemned", "dead", "slaughtered", None])
@pytest.mark.parametrize(
    "stage", ["certificate.issue", "movement.depart", "movement.arrive", "sale.agree", "slaughter"]
)
def test_no_door_is_open_to_an_animal_that_is_not_in_good_standing(
    session: Session, stage: str, state: str | None
) -> None:
    found = results(session, stage, replace(HEALTHY, state=state))

    assert found["animal.fit_state"] is Result.FAILED


def test_one_refusal_holds_every_failed_rule(session: Session) -> None:
    with pytest.raises(RuleViolation) as refusal:
        rules.require(session, "movement.depart", spoiled(), at=NOON)

    assert {row.code for row in refusal.value.outcomes} == {
        "animal.tagged",
        "animal.fit_state",
        "restriction.none",
        "withdrawal.slaughter",
        "certificate.present",
        "certificate.in_force",
    }
    assert all(row.citation for row in refusal.value.outcomes)


def test_a_healthy_animal_passes_everywhere_without_a_warning(session: Session) -> None:
    for stage in ("certificate.issue", "movement.depart", "movement.arrive", "sale.agree"):
        assert rules.require(session, stage, HEALTHY, at=NOON) == []


def test_a_warning_is_returned_and_forbids_nothing(session: Session) -> None:
    warned = rules.require(session, "sale.agree", replace(HEALTHY, fmd_doses=()), at=NOON)

    assert [row["code"] for row in rules.noted(warned)] == ["immunisation.fmd"]
    assert json.dumps(rules.noted(warned))


# Recorded late


@pytest.mark.parametrize("minutes", [0, 30])
def test_what_is_told_within_half_an_hour_is_judged_once(session: Session, minutes: int) -> None:
    at = end_of(TODAY) - timedelta(minutes=5)
    session.info["recording"] = Recording(at + timedelta(minutes=minutes))

    assert rules.require(session, "movement.depart", HEALTHY, at=at) == []


def test_a_late_entry_must_hold_on_both_days_or_a_second_person_decides(session: Session) -> None:
    at = end_of(TODAY) - timedelta(minutes=5)
    told = at + timedelta(minutes=31)
    session.info["recording"] = Recording(told, late_reason="停电")

    with pytest.raises(RuleViolation) as refusal:
        rules.require(session, "movement.depart", HEALTHY, at=at)

    assert refusal.value.code == "late.second_person"
    assert "有效期至" in refusal.value.sentence
    assert refusal.value.outcomes[0].citation

    session.info["recording"] = Recording(
        told, late_reason="停电", confirmed_by="party:" + "0" * 32
    )
    assert rules.require(session, "movement.depart", HEALTHY, at=at) == []


def test_a_second_person_cannot_allow_what_the_day_itself_forbade(session: Session) -> None:
    at = NOON - timedelta(days=1)
    session.info["recording"] = Recording(NOON, confirmed_by="party:" + "0" * 32)

    with pytest.raises(RuleViolation) as refusal:
        rules.require(session, "movement.depart", HEALTHY, at=at)

    assert refusal.value.code == "certificate.in_force"
