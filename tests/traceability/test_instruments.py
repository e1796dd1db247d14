"""A scale as a legal instrument: sealed, checked each day, stopped, and seen by an inspector."""

from datetime import timedelta

import pytest

from tests.world import World
from traceability import instruments
from traceability.base.clock import legal_day
from traceability.base.errors import Conflict, RuleViolation
from traceability.instruments import Instrument, TradeStop

ON_BOTH = True
SEAL, COUNT = "铅封 0117", 12


def sealed(world: World) -> Instrument:
    scale = world.scale()
    instruments.seal(
        world.session, scale, seal_no=SEAL, setup_count=COUNT, at=world.at, by=world.office
    )
    return scale


def checked(
    world: World,
    scale: Instrument,
    *,
    shown_g: int = 20_000,
    seal_no: str = SEAL,
    count: int = COUNT,
) -> TradeStop | None:
    """A check with twenty kilograms, of which the scale may be off by one division."""
    return instruments.check(
        world.session,
        scale,
        test_weight_g=20_000,
        shown_g=shown_g,
        permitted_g=500,
        seal_no=seal_no,
        setup_count=count,
        at=world.at,
        by=world.office,
    )


def released(world: World, scale: Instrument, **changes: str) -> None:
    told = {"seal_no": "铅封 0301", "reason": "维修后重新检定，已核对", **changes}
    instruments.release(
        world.session, scale, **told, setup_count=COUNT + 1, at=world.at, by=world.office
    )


@pytest.mark.parametrize(
    ("shown_g", "stop"),
    [
        (20_000, None),
        (20_500, None),
        (19_500, None),
        (20_501, TradeStop.ERROR),
        (19_000, TradeStop.ERROR),
    ],
)
def test_a_scale_that_is_off_by_more_than_its_verification_permits_weighs_no_trade(
    world: World, shown_g: int, stop: TradeStop | None
) -> None:
    scale = sealed(world)

    assert checked(world, scale, shown_g=shown_g) is stop

    assert scale.checked_on == legal_day(world.at)
    assert scale.for_trade(world.at) is (stop is None)
    weight = world.weighed(world.animal(), scale)
    assert weight.for_trade is (stop is None)


def test_a_good_check_ends_a_bad_one(world: World) -> None:
    scale = sealed(world)
    checked(world, scale, shown_g=25_000)

    assert checked(world, scale) is None

    assert scale.for_trade(world.at)


@pytest.mark.parametrize(
    ("seal_no", "count", "stop"),
    [("铅封 9999", COUNT, TradeStop.SEAL), (SEAL, COUNT + 1, TradeStop.COUNTER)],
)
def test_a_changed_seal_or_counter_stops_trade_until_an_inspector_has_seen_the_scale(
    world: World, seal_no: str, count: int, stop: TradeStop
) -> None:
    scale = sealed(world)
    assert checked(world, scale, seal_no=seal_no, count=count) is stop

    assert checked(world, scale) is stop  # a good check does not end it
    assert not scale.for_trade(world.at)
    released(world, scale)

    assert scale.for_trade(world.at)
    assert checked(world, scale, seal_no="铅封 0301", count=COUNT + 1) is None


def test_a_stopped_scale_still_weighs_but_not_for_trade(world: World) -> None:
    scale = sealed(world)
    before = world.weighed(world.animal(), scale)
    checked(world, scale, count=COUNT + 1)

    after = world.weighed(world.animal(), scale)

    assert (before.for_trade, after.for_trade) == (True, False)


def test_a_seal_belongs_to_a_verification_in_force(world: World) -> None:
    scale = world.scale(valid_days=10)
    late = world.at + timedelta(days=11)

    with pytest.raises(RuleViolation) as refusal:
        instruments.seal(
            world.session, scale, seal_no=SEAL, setup_count=COUNT, at=late, by=world.office
        )

    assert refusal.value.code == "instrument.not_verified"


def test_what_was_not_sealed_cannot_be_checked_and_is_sealed_once(world: World) -> None:
    scale = world.scale()
    with pytest.raises(RuleViolation) as refusal:
        checked(world, scale)
    assert refusal.value.code == "instrument.not_sealed"

    told = {"seal_no": SEAL, "setup_count": COUNT, "at": world.at, "by": world.office}
    instruments.seal(world.session, scale, **told)  # type: ignore[arg-type]
    with pytest.raises(Conflict) as again:
        instruments.seal(world.session, scale, **told)  # type: ignore[arg-type]

    assert again.value.code == "instrument.already_sealed"


def test_an_inspector_says_what_was_seen_and_releases_only_what_is_stopped(world: World) -> None:
    scale = sealed(world)
    with pytest.raises(Conflict) as idle:
        released(world, scale)
    checked(world, scale, seal_no="铅封 9999")
    with pytest.raises(RuleViolation) as wordless:
        released(world, scale, reason="  ")

    assert idle.value.code == "instrument.not_stopped"
    assert wordless.value.code == "instrument.released_without_reason"
    assert scale.trade_stop is TradeStop.SEAL
