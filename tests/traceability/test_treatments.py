"""Drugs, labels and the days an animal must wait."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.world import World
from traceability import evidence, treatments
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.treatments import (
    AmountUnit,
    Prescription,
    Route,
    Treatment,
    WithdrawalBasis,
    drug_labels,
)
from traceability.treatments.amounts import parse_amount
from traceability.treatments.drug_labels import DrugLabel, LabelCard

NUMBER = "兽药字 240012345"


@pytest.fixture
def photographed(world: World, tmp_path: Path) -> evidence.Evidence:
    data = b"%PDF-1.7 the label"
    return evidence.store(world.session, tmp_path, data, title="标签", at=world.at, by=world.vet)


def entered(world: World, photographed: evidence.Evidence, **changes: object) -> DrugLabel:
    told: dict[str, object] = {
        "approval_no": NUMBER,
        "drug": "土霉素注射液",
        "manufacturer": "某兽药厂",
        "route": Route.INTRAMUSCULAR,
        "withdrawal_days": 14,
        "effective_from": world.today - timedelta(days=30),
        **changes,
    }
    card = LabelCard(**told)  # type: ignore[arg-type] # each value has its field's type
    return drug_labels.enter(world.session, card, evidence=photographed, at=world.at, by=world.vet)


def confirmed(world: World, photographed: evidence.Evidence, **changes: object) -> DrugLabel:
    label = entered(world, photographed, **changes)
    drug_labels.confirm(world.session, label, at=world.at, by=world.office)
    return label


def treated(
    world: World,
    *,
    drug: str = "土霉素注射液",
    given_on: date | None = None,
    label_days: int | None = None,
    **prescription: object,
) -> Treatment:
    told = Prescription(**prescription)  # type: ignore[arg-type] # each value has its field's type
    return treatments.treat(
        world.session,
        world.animal(),
        drug=drug,
        dose="10 毫升",
        given_on=given_on or world.today,
        approval_no="兽药字２４００１２３４５",
        label_days=label_days,
        prescription=told,
        at=world.at,
        by=world.village_vet,
    )


def test_a_confirmed_label_overrides_the_table_by_number_and_route(
    world: World, photographed: evidence.Evidence
) -> None:
    confirmed(world, photographed)

    course = treated(world, route=Route.INTRAMUSCULAR)

    assert (course.withdrawal_days, course.withdrawal_basis) == (14, WithdrawalBasis.LABEL)
    assert course.clear_on == world.today + timedelta(days=15)
    assert not treatments.cautions(course)


def test_a_label_that_nobody_confirmed_counts_for_nothing(
    world: World, photographed: evidence.Evidence
) -> None:
    label = entered(world, photographed)

    before = treated(world, route=Route.INTRAMUSCULAR)
    drug_labels.send_back(world.session, label, reason="看不清", at=world.at, by=world.office)
    after = treated(world, route=Route.INTRAMUSCULAR)

    assert before.withdrawal_days == after.withdrawal_days == 28
    assert before.withdrawal_basis is WithdrawalBasis.TABLE


def test_a_dose_is_judged_by_the_label_of_its_day(
    world: World, photographed: evidence.Evidence
) -> None:
    confirmed(world, photographed, effective_from=date(2026, 11, 1), withdrawal_days=14)
    confirmed(world, photographed, effective_from=date(2026, 11, 20), withdrawal_days=21)

    days = [
        treated(world, route=Route.INTRAMUSCULAR, given_on=date(2026, *day)).withdrawal_days
        for day in ((10, 31), (11, 1), (11, 19), (11, 20))
    ]

    assert days == [28, 14, 14, 21]


def test_a_route_the_label_does_not_know_is_off_label(
    world: World, photographed: evidence.Evidence
) -> None:
    confirmed(world, photographed, withdrawal_days=35)

    course = treated(world, route=Route.SUBCUTANEOUS)
    codes = [caution.code for caution in treatments.cautions(course)]

    assert course.off_label
    assert course.withdrawal_days == 35, "the longer of table (28) and label (35)"
    assert codes == ["treatment.off_label", "treatment.no_prescriber"]


@pytest.mark.parametrize(
    ("drug", "label_days", "off_label", "days", "basis"),
    [
        ("土霉素片", None, False, 7, WithdrawalBasis.TABLE),
        ("土霉素片", 3, False, 7, WithdrawalBasis.TABLE),
        ("土霉素片", 10, True, 10, WithdrawalBasis.LABEL_READ),
        ("没有听说过的药", None, False, 28, WithdrawalBasis.DEFAULT),
        ("没有听说过的药", 5, True, 28, WithdrawalBasis.DEFAULT),
        ("没有听说过的药", 40, True, 40, WithdrawalBasis.LABEL_READ),
    ],
)
def test_what_is_read_off_a_bottle_never_shortens_the_wait(
    world: World,
    drug: str,
    label_days: int | None,
    off_label: bool,
    days: int,
    basis: WithdrawalBasis,
) -> None:
    course = treated(world, drug=drug, label_days=label_days, off_label=off_label)

    assert (course.withdrawal_days, course.withdrawal_basis) == (days, basis)


def test_an_unknown_drug_is_recorded_with_a_warning(world: World) -> None:
    unknown = treated(world, drug="没有听说过的药", prescriber="陈医生")

    [caution] = treatments.cautions(unknown)

    assert caution.code == "treatment.unknown_drug"
    assert "28 天" in caution.sentence


def test_nobody_confirms_a_label_of_his_own(world: World, photographed: evidence.Evidence) -> None:
    label = entered(world, photographed)

    with pytest.raises(RuleViolation) as refusal:
        drug_labels.confirm(world.session, label, at=world.at, by=world.vet)

    assert refusal.value.code == "drug_label.same_person"


def test_a_label_is_decided_once(world: World, photographed: evidence.Evidence) -> None:
    label = confirmed(world, photographed)

    with pytest.raises(Conflict) as again:
        drug_labels.confirm(world.session, label, at=world.at, by=world.office)
    with pytest.raises(Conflict) as twice:
        entered(world, photographed)
    with pytest.raises(NotFound) as none:
        drug_labels.get(world.session, "drug_label:" + "0" * 32)

    assert again.value.code == "drug_label.closed"
    assert twice.value.code == "drug_label.known"
    assert none.value.code == "drug_label.not_found"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"approval_no": " "}, "drug_label.no_approval_no"),
        ({"withdrawal_days": 366}, "drug_label.bad_days"),
        ({"withdrawal_days": -1}, "drug_label.bad_days"),
        ({"manufacturer": " "}, "treatment.no_name"),
    ],
)
def test_a_label_that_cannot_be_is_refused(
    world: World, photographed: evidence.Evidence, changes: dict[str, object], code: str
) -> None:
    with pytest.raises(RuleViolation) as refusal:
        entered(world, photographed, **changes)

    assert refusal.value.code == code


def test_a_label_is_not_returned_without_a_reason(
    world: World, photographed: evidence.Evidence
) -> None:
    label = entered(world, photographed)

    with pytest.raises(RuleViolation) as refusal:
        drug_labels.send_back(world.session, label, reason=" ", at=world.at, by=world.office)

    assert refusal.value.code == "drug_label.return_without_reason"


def test_a_course_dated_tomorrow_is_refused(world: World) -> None:
    with pytest.raises(RuleViolation) as refusal:
        treated(world, given_on=world.today + timedelta(days=1))

    assert refusal.value.code == "treatment.in_future"


def test_an_amount_needs_its_unit(world: World) -> None:
    with pytest.raises(RuleViolation) as refusal:
        treated(world, used_milli=2_000)

    assert refusal.value.code == "treatment.no_unit"
    assert treated(world, used_milli=2_000, used_unit=AmountUnit.BOTTLE).used_milli == 2_000


@pytest.mark.parametrize("text", ["", "0", "-1", "1e3", "0.0001", "两瓶", "1000001"])
def test_an_amount_is_a_number_above_nothing(text: str) -> None:
    with pytest.raises(RuleViolation) as refusal:
        parse_amount(text)

    assert refusal.value.code == "amount.invalid"


def test_a_vet_names_who_prescribed_and_where_it_was_given(world: World) -> None:
    course = treated(world, prescriber="陈医生", manufacturer="某兽药厂", route=Route.ORAL)

    assert course.holding is world.home
    assert (course.prescriber, course.manufacturer) == ("陈医生", "某兽药厂")
