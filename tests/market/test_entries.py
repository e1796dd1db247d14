"""A market day booked by phone, the gate's numbers, and every booking that is refused."""

from datetime import timedelta
from typing import Any

import pytest

from market.entries import acts, records
from market.entries.records import CattleClass, Count, DayTotals, Entry, EntryState
from tests.world import World
from traceability.base.errors import Conflict, RuleViolation
from traceability.chain import events
from traceability.chain.kinds import Kind
from traceability.identifiers.refusals import IdentifierError

ON_BOTH = True  # SQLite and PostgreSQL
THREE = Count(head=3, unpapered=1, disinfected=True, plate="贵F·12345")


def booked(world: World, **changes: Any) -> Entry:
    told: dict[str, Any] = {
        "head": 3,
        "cattle_class": CattleClass.STEER,
        "expected_at": world.at + timedelta(hours=1),
        "at": world.at,
        "by": world.farmer,
        **changes,
    }
    market = told.pop("market", world.market)
    return acts.book(world.session, market, told.pop("origin", world.home), **told)


def walked_in(world: World, counted: Count = THREE) -> Entry:
    return acts.walk_in(
        world.session,
        world.market,
        world.farmer,
        counted,
        cattle_class=CattleClass.MIXED,
        at=world.at,
        by=world.operator,
    )


def test_a_booked_vehicle_gets_the_next_gate_number_like_one_that_walked_in(world: World) -> None:
    row = booked(world)

    first = walked_in(world)
    acts.admit(world.session, row, THREE, at=world.at, by=world.operator)

    assert (first.gate_no, row.gate_no) == (1, 2)
    assert row.state is EntryState.ARRIVED
    assert (row.arrived_head, row.unpapered_head, row.plate) == (3, 1, "贵F12345")
    assert [each.kind for each in events.history(world.session, row.ref)] == [
        Kind.ENTRY_BOOKED,
        Kind.ENTRY_ADMITTED,
    ]
    [told] = events.history(world.session, first.ref)
    assert told.kind is Kind.ENTRY_WALKED_IN
    assert told.public.keys() == {"place_kind", "township"}


def test_gate_numbers_begin_anew_each_day(world: World) -> None:
    walked_in(world)
    world.later(days=1)

    assert walked_in(world).gate_no == 1


def test_the_day_totals_count_what_was_booked_and_what_came(world: World) -> None:
    booked(world)
    gone = booked(world, expected_at=world.at + timedelta(hours=2), head=40)
    acts.cancel(world.session, gone, reason="", at=world.at, by=world.farmer)
    walked_in(world, Count(head=2, unpapered=2, disinfected=False))
    booked(world, expected_at=world.at + timedelta(days=7))

    assert records.totals(world.session, world.market, world.today) == DayTotals(
        booked=1,
        booked_head=3,
        arrived=1,
        arrived_head=2,
        walked_in=1,
        unpapered_head=2,
        undisinfected=1,
    )


def test_the_gate_counts_the_sellers_animals_as_they_are_scanned(world: World) -> None:
    world.at_market(world.animal())
    sellers = [world.farmer.id, world.buyer.id]

    today = records.scanned(world.session, world.market, world.today, sellers)
    tomorrow = world.today + timedelta(days=1)

    assert today == {world.farmer.id: 1}
    assert records.scanned(world.session, world.market, tomorrow, sellers) == {}


@pytest.mark.parametrize("head", [0, 501, -1])
def test_a_booking_names_a_head_count_that_can_be(world: World, head: int) -> None:
    with pytest.raises(RuleViolation) as refusal:
        booked(world, head=head)

    assert refusal.value.code == "entry.bad_head"


def test_a_booking_lies_ahead_at_a_market_from_ones_own_place(world: World) -> None:
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("entry.in_past", {"expected_at": world.at - timedelta(minutes=1)}),
        ("entry.not_market", {"market": world.home}),
        ("entry.not_your_place", {"by": world.buyer}),
    ]
    for code, changes in wrong:
        with pytest.raises(RuleViolation) as refusal:
            booked(world, **changes)

        assert refusal.value.code == code


def test_the_same_hour_is_booked_once_until_it_is_given_up(world: World) -> None:
    row = booked(world)

    with pytest.raises(Conflict) as refusal:
        booked(world, head=8)
    acts.cancel(world.session, row, reason="", at=world.at, by=world.farmer)

    assert refusal.value.code == "entry.already_booked"
    assert booked(world, head=8).booked_head == 8


def test_whoever_books_for_another_is_named_beside_him(world: World) -> None:
    row = booked(world, by=world.village_vet, on_behalf_of=world.farmer)

    [told] = events.history(world.session, row.ref)
    assert row.seller is world.farmer
    assert told["by"] == world.village_vet.ref
    assert told["on_behalf_of"] == world.farmer.ref


def test_the_market_says_why_it_cancels_and_what_is_over_stays_over(world: World) -> None:
    row = booked(world)

    with pytest.raises(RuleViolation) as silent:
        acts.cancel(world.session, row, reason=" ", at=world.at, by=world.operator)
    acts.cancel(world.session, row, reason="休市", at=world.at, by=world.operator)
    with pytest.raises(Conflict) as again:
        acts.cancel(world.session, row, reason="休市", at=world.at, by=world.operator)
    with pytest.raises(Conflict) as late:
        acts.admit(world.session, row, THREE, at=world.at, by=world.operator)

    assert silent.value.code == "entry.cancel_without_reason"
    assert again.value.code == late.value.code == "entry.not_booked"
    assert row.cancel_reason == "休市"


def test_a_booking_holds_for_its_own_day_only(world: World) -> None:
    row = booked(world)
    world.later(days=1)

    with pytest.raises(RuleViolation) as refusal:
        acts.admit(world.session, row, THREE, at=world.at, by=world.operator)

    assert refusal.value.code == "entry.other_day"


def test_the_gate_counts_no_more_without_papers_than_came(world: World) -> None:
    with pytest.raises(RuleViolation) as refusal:
        walked_in(world, Count(head=2, unpapered=3, disinfected=True))
    with pytest.raises(IdentifierError):
        walked_in(world, Count(head=2, unpapered=0, disinfected=True, plate="不是车牌"))

    assert refusal.value.code == "entry.bad_unpapered"
    assert records.totals(world.session, world.market, world.today) == DayTotals()


def test_nobody_finds_an_entry_that_is_none(world: World) -> None:
    with pytest.raises(Exception, match="没有找到这次入场") as refusal:
        records.get(world.session, f"entry:{'0' * 32}")

    assert getattr(refusal.value, "code", "") == "entry.not_found"
