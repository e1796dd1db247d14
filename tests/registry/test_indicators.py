"""What an indicator reached: reported with evidence by one person, confirmed by another."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from registry import actuals, indicators, quantities
from registry.actuals import ActualStatus
from registry.indicators import Comparator, Figure, FigureRole, Indicator
from tests.world import World
from traceability.base.errors import Conflict, NotFound, RuleViolation


@pytest.fixture
def herd(world: World) -> Indicator:
    """The county's herd, whose target is printed in 万头."""
    wanted = select(Indicator).where(Indicator.key == "weining.indicator.herd")
    return world.session.scalars(wanted).one()


def reported(world: World, indicator: Indicator, **changes: str | None) -> actuals.Actual:
    told = {"period": "2025", "value": "500000", "unit": "头", **changes}
    return actuals.report(
        world.session,
        indicator,
        period=told["period"] or "",
        value=told["value"] or "",
        unit=told["unit"],
        at=world.at,
        by=world.operator,
    )


def test_an_actual_goes_from_draft_to_confirmed_by_a_second_person(
    world: World, herd: Indicator, rows_follow_from_their_events: Callable[[], int]
) -> None:
    actual = reported(world, herd)
    actuals.submit(world.session, actual, at=world.at, by=world.operator)
    actuals.confirm(world.session, actual, at=world.at, by=world.vet)

    assert actual.status is ActualStatus.CONFIRMED
    assert actual.confirmed_by is world.vet
    assert actuals.of_indicator(world.session, herd) == [actual]
    assert actuals.get(world.session, actual.ref) is actual
    assert rows_follow_from_their_events()


def test_the_reporter_does_not_confirm_his_own_figure(world: World, herd: Indicator) -> None:
    actual = reported(world, herd)
    actuals.submit(world.session, actual, at=world.at, by=world.operator)

    with pytest.raises(RuleViolation) as refusal:
        actuals.confirm(world.session, actual, at=world.at, by=world.operator)

    assert refusal.value.code == "actual.same_person"
    assert actual.status is ActualStatus.SUBMITTED


def test_a_draft_is_not_confirmed_and_a_confirmed_figure_not_submitted(
    world: World, herd: Indicator
) -> None:
    actual = reported(world, herd)
    with pytest.raises(Conflict) as draft:
        actuals.confirm(world.session, actual, at=world.at, by=world.vet)
    actuals.submit(world.session, actual, at=world.at, by=world.operator)
    actuals.confirm(world.session, actual, at=world.at, by=world.vet)
    with pytest.raises(Conflict) as confirmed:
        actuals.submit(world.session, actual, at=world.at, by=world.operator)

    assert draft.value.code == confirmed.value.code == "actual.wrong_status"


def test_a_returned_figure_says_why_and_can_be_submitted_again(
    world: World, herd: Indicator, rows_follow_from_their_events: Callable[[], int]
) -> None:
    actual = reported(world, herd)
    actuals.submit(world.session, actual, at=world.at, by=world.operator)
    with pytest.raises(RuleViolation) as refusal:
        actuals.send_back(world.session, actual, reason=" ", at=world.at, by=world.vet)

    actuals.send_back(world.session, actual, reason="缺统计报表", at=world.at, by=world.vet)

    assert refusal.value.code == "actual.return_without_reason"
    assert (actual.status, actual.return_reason) == (ActualStatus.RETURNED, "缺统计报表")
    assert rows_follow_from_their_events()
    actuals.submit(world.session, actual, at=world.at, by=world.operator)
    assert actual.return_reason is None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"period": "2025年"}, "actual.bad_period"),
        ({"period": "1925"}, "actual.bad_period"),
        ({"period": "2025Q5"}, "actual.bad_period"),
        ({"value": "五十"}, "quantity.not_a_number"),
        ({"value": "50%"}, "quantity.not_a_number"),
        ({"value": "5E5"}, "quantity.not_a_number"),
        ({"value": "9" * 30}, "quantity.not_a_number"),
        ({"unit": "亿元"}, "quantity.unit_mismatch"),
        ({"unit": None}, "quantity.unit_mismatch"),
    ],
)
def test_a_figure_that_cannot_be_is_refused(
    world: World, herd: Indicator, changes: dict[str, str | None], code: str
) -> None:
    with pytest.raises(RuleViolation) as refusal:
        reported(world, herd, **changes)

    assert refusal.value.code == code


def test_a_period_is_reported_once(world: World, herd: Indicator) -> None:
    reported(world, herd)

    with pytest.raises(Conflict) as refusal:
        reported(world, herd, value="499999")

    assert refusal.value.code == "actual.period_taken"


@pytest.mark.parametrize(
    ("value", "unit", "comparator", "answer"),
    [
        ("500000", "头", Comparator.AT_LEAST, True),
        ("499999", "头", Comparator.AT_LEAST, False),
        ("50", "万头", Comparator.EXCEEDS, False),
        ("50.0001", "万头", Comparator.EXCEEDS, True),
        ("50", "万头", Comparator.ABOUT, None),
    ],
)
def test_an_actual_is_compared_with_its_target_exactly(
    *, world: World, herd: Indicator, value: str, unit: str, comparator: Comparator, answer: object
) -> None:
    target = indicators.figures(world.session, herd, FigureRole.TARGET)[0]
    compared = Figure(value=target.value, unit=target.unit, comparator=comparator)

    assert actuals.reaches(reported(world, herd, value=value, unit=unit), compared) is answer


def test_a_growth_target_without_a_base_is_not_compared(world: World) -> None:
    wanted = select(Figure).where(Figure.comparator == Comparator.HIGHER_THAN)
    target = world.session.scalars(wanted).one()
    assert target.indicator is not None
    actual = reported(world, target.indicator, value="12", unit=None)

    assert actuals.reaches(actual, target) is None


def test_every_printed_value_is_exact_decimal_text(world: World) -> None:
    for figure in world.session.scalars(select(Figure).where(Figure.value.is_not(None))):
        assert figure.value is not None
        quantities.parse_value(figure.value)
        if figure.indicator is not None and figure.unit is not None:
            quantities.convert(figure.value, figure.unit, figure.indicator.unit)


def test_what_is_not_there_is_not_found(world: World) -> None:
    with pytest.raises(NotFound) as indicator:
        indicators.get(world.session, "indicator:" + "0" * 32)
    with pytest.raises(NotFound) as actual:
        actuals.get(world.session, "actual:" + "0" * 32)

    assert indicator.value.code == "indicator.not_found"
    assert actual.value.code == "actual.not_found"


def test_a_returned_figure_is_mended_by_who_reported_it_alone(
    world: World, herd: Indicator, rows_follow_from_their_events: Callable[[], int]
) -> None:
    actual = reported(world, herd)
    actuals.submit(world.session, actual, at=world.at, by=world.operator)
    told: dict[str, Any] = {"value": "49", "unit": "万头"}
    with pytest.raises(Conflict) as handed_over:
        actuals.revise(world.session, actual, **told, at=world.at, by=world.operator)
    actuals.send_back(world.session, actual, reason="应为万头", at=world.at, by=world.vet)
    with pytest.raises(RuleViolation) as foreign:
        actuals.revise(world.session, actual, **told, at=world.at, by=world.vet)

    actuals.revise(world.session, actual, **told, at=world.at, by=world.operator)

    assert handed_over.value.code == "actual.wrong_status"
    assert foreign.value.code == "actual.not_the_reporter"
    assert (actual.value, actual.unit, actual.status) == ("49", "万头", ActualStatus.RETURNED)
    assert rows_follow_from_their_events()
