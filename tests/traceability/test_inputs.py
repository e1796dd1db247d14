"""What a holding bought, used and should have left."""

from datetime import timedelta

import pytest

from tests.world import World
from traceability import inputs, treatments
from traceability.base.errors import NotFound, RuleViolation
from traceability.inputs import InputKind, Purchase, Voucher
from traceability.treatments import AmountUnit, Prescription, Treatment

DRUG = "土霉素注射液"


def bought(world: World, **changes: object) -> Purchase:
    told: dict[str, object] = {
        "input_kind": InputKind.DRUG,
        "name": DRUG,
        "source": "草海兽药店",
        "quantity_milli": 20_000,
        "amount_unit": AmountUnit.BOTTLE,
        "bought_on": world.today - timedelta(days=5),
        "batch_no": "20261001",
        **changes,
    }
    voucher = Voucher(**told)  # type: ignore[arg-type] # each value has its field's type
    return inputs.buy(world.session, world.home, voucher, at=world.at, by=world.farmer)


def used(
    world: World,
    milli: int | None,
    unit: AmountUnit | None = AmountUnit.BOTTLE,
    *,
    batch_no: str | None = "20261001",
    days_ago: int = 0,
) -> Treatment:
    return treatments.treat(
        world.session,
        world.animal(),
        drug=DRUG,
        dose="10 毫升",
        given_on=world.today - timedelta(days=days_ago),
        batch_no=batch_no,
        prescription=Prescription(used_milli=milli, used_unit=unit if milli else None),
        at=world.at,
        by=world.village_vet,
    )


def test_what_is_left_is_what_was_bought_less_what_was_used(world: World) -> None:
    bought(world)
    bought(world, quantity_milli=5_000)
    bought(world, batch_no="20261002")
    for milli in (2_500, 1_000):
        used(world, milli)

    first, second = inputs.stock(world.session, world.home)

    assert (first.bought_milli, first.used_milli, first.left_milli) == (25_000, 3_500, 21_500)
    assert (second.batch_no, second.left_milli) == ("20261002", 20_000)


def test_a_course_without_an_amount_or_in_another_unit_is_counted_not_guessed(
    world: World,
) -> None:
    bought(world)
    used(world, None)
    used(world, 10_000, AmountUnit.ML)

    [line] = inputs.stock(world.session, world.home)

    assert (line.used_milli, line.unmeasured) == (0, 2)


def test_more_used_than_bought_shows(world: World) -> None:
    bought(world, quantity_milli=1_000)
    used(world, 3_000)

    assert inputs.stock(world.session, world.home)[0].left_milli == -2_000


def test_what_another_holding_uses_leaves_this_stock_alone(world: World) -> None:
    bought(world)
    other = world.holding(world.home.kind, "邻居家")
    treatments.treat(
        world.session,
        world.animal(holding=other),
        drug=DRUG,
        dose="10 毫升",
        given_on=world.today,
        batch_no="20261001",
        prescription=Prescription(used_milli=1_000, used_unit=AmountUnit.BOTTLE),
        at=world.at,
        by=world.village_vet,
    )

    assert inputs.stock(world.session, world.home)[0].used_milli == 0


@pytest.mark.parametrize(
    ("batch_no", "days_ago", "warned"),
    [("20261001", 0, False), ("20261001", 6, True), ("20269999", 0, True), (None, 0, False)],
)
def test_a_course_from_a_batch_never_bought_by_that_day_is_warned_of(
    world: World, batch_no: str | None, days_ago: int, *, warned: bool
) -> None:
    bought(world)

    course = used(world, None, batch_no=batch_no, days_ago=days_ago)
    codes = [each.code for each in inputs.cautions(world.session, course)]

    assert codes == (["treatment.batch_never_bought"] if warned else [])


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": " "}, "input.no_name"),
        ({"source": " "}, "input.no_source"),
        ({"batch_no": ""}, "input.no_batch"),
        ({"batch_no": "", "input_kind": InputKind.VACCINE}, "input.no_batch"),
        ({"quantity_milli": 0}, "input.bad_quantity"),
        ({"quantity_milli": 10**10}, "input.bad_quantity"),
    ],
)
def test_a_purchase_that_cannot_be_is_refused(
    world: World, changes: dict[str, object], code: str
) -> None:
    with pytest.raises(RuleViolation) as refusal:
        bought(world, **changes)

    assert refusal.value.code == code


def test_a_purchase_of_tomorrow_is_refused_and_feed_needs_no_batch(world: World) -> None:
    with pytest.raises(RuleViolation) as refusal:
        bought(world, bought_on=world.today + timedelta(days=1))
    feed = bought(world, input_kind=InputKind.FEED, name="玉米青贮", batch_no="")

    assert refusal.value.code == "input.in_future"
    assert feed.batch_no is None


def test_a_purchase_is_found_by_its_name(world: World) -> None:
    made = bought(world)

    assert inputs.get(world.session, made.ref) is made
    with pytest.raises(NotFound) as none:
        inputs.get(world.session, "purchase:" + "0" * 32)
    assert none.value.code == "purchase.not_found"
