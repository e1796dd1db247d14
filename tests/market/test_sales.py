"""A sale from the handshake to the money, and every door that stays shut."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market import accounts
from market.accounts import AccountKind
from market.sales import agreeing, closing, records
from market.sales.records import NEXT_STATES, Sale, SaleState
from tests.world import World
from traceability import animals, treatments
from traceability.animals import Animal
from traceability.base.errors import Conflict, RuleViolation
from traceability.base.units import PriceUnit, agreed_amount_fen, amount_fen
from traceability.chain import events, folding
from traceability.holdings import HoldingKind
from traceability.quarantine.declarations import Purpose

ON_BOTH = True  # SQLite and PostgreSQL


def sold(world: World, animal: Animal, **changes: Any) -> Sale:
    """Sell an animal as the desk's Enter does."""
    scale = changes.pop("scale", None) or world.scale()
    weight_g = changes.pop("weight_g", 425_500)
    told: dict[str, Any] = {
        "market": world.market,
        "buyer": world.buyer,
        "price_unit": PriceUnit.PER_KG,
        "price_fen": 26_80,
        "scale": scale,
        "client_key": f"desk-2:{animal.ear_tag}",
        "at": world.at,
        "by": world.operator,
        **changes,
    }
    weighing = world.weighed(animal, scale, weight_g)
    sale = agreeing.agree(world.session, animal, **told)
    agreeing.weigh(world.session, sale, weighing, at=world.at, by=world.operator)
    return sale


def closed(world: World, sale: Sale) -> Sale:
    steps = (closing.receive_cash, closing.hand_over, closing.accept, closing.pay_seller)
    for step in steps:
        step(world.session, sale, at=world.at, by=world.operator)
    return sale


@pytest.mark.parametrize(
    ("unit", "price_fen", "amount"),
    [
        (PriceUnit.PER_KG, 26_80, 1_140_340),
        (PriceUnit.PER_JIN, 13_40, 1_140_340),
        (PriceUnit.PER_HEAD, 11_000_00, 1_100_000),
    ],
)
def test_the_amount_follows_from_weight_and_price_as_agreed(
    world: World, unit: PriceUnit, price_fen: int, amount: int
) -> None:
    sale = sold(world, world.at_market(world.animal()), price_unit=unit, price_fen=price_fen)

    assert sale.amount_fen == amount
    assert sale.state is SaleState.WEIGHED


@given(st.integers(1, 2_000_000), st.integers(1, 200_00))
def test_a_heavier_animal_never_costs_less(weight_g: int, price_fen: int) -> None:
    here = amount_fen(weight_g=weight_g, price_fen_per_kg=price_fen)
    heavier = amount_fen(weight_g=weight_g + 500, price_fen_per_kg=price_fen)

    assert here <= heavier
    assert abs(here * 1000 - weight_g * price_fen) <= 500


@given(st.integers(1, 2_000_000), st.integers(1, 100_00))
def test_a_price_per_jin_is_half_the_price_per_kilogram(weight_g: int, price_fen: int) -> None:
    per_jin = agreed_amount_fen(PriceUnit.PER_JIN, price_fen=price_fen, weight_g=weight_g)
    per_kg = agreed_amount_fen(PriceUnit.PER_KG, price_fen=price_fen * 2, weight_g=weight_g)

    assert per_jin == per_kg


@pytest.mark.parametrize("price_fen", [0, -1, 10**9, 200_01])
def test_a_price_nobody_meant_is_refused(world: World, price_fen: int) -> None:
    with pytest.raises(RuleViolation) as refusal:
        sold(world, world.at_market(world.animal()), price_fen=price_fen)

    assert refusal.value.code == "sale.bad_price"


def test_nobody_buys_his_own_animal(world: World) -> None:
    with pytest.raises(RuleViolation) as refusal:
        sold(world, world.at_market(world.animal()), buyer=world.farmer)

    assert refusal.value.code == "sale.own_animal"


def test_an_animal_that_never_came_through_the_gate_is_not_sold(world: World) -> None:
    animal = world.animal()

    with pytest.raises(RuleViolation) as refusal:
        sold(world, animal)

    assert refusal.value.code == "sale.not_here"


def test_an_animal_is_sold_once(world: World) -> None:
    animal, scale = world.at_market(world.animal()), world.scale()
    sold(world, animal, scale=scale)

    with pytest.raises(Conflict) as refusal:
        sold(world, animal, scale=scale, client_key="desk-3:1")

    assert refusal.value.code == "sale.already_sold"


def test_an_animal_in_withdrawal_is_not_sold_to_an_abattoir(world: World) -> None:
    animal = world.animal()
    treatments.treat(
        world.session,
        animal,
        drug="土霉素片",
        dose="5 克",
        given_on=world.today,
        at=world.at,
        by=world.village_vet,
    )
    world.at_market(animal)
    world.holding(HoldingKind.ABATTOIR, "威宁屠宰场", keeper=world.buyer)

    with pytest.raises(RuleViolation) as refusal:
        sold(world, animal)

    assert refusal.value.code == "withdrawal.slaughter"


def test_the_withdrawal_debt_goes_to_the_new_keeper(world: World) -> None:
    animal = world.animal()
    course = treatments.treat(
        world.session,
        animal,
        drug="土霉素片",
        dose="5 克",
        given_on=world.today,
        at=world.at,
        by=world.village_vet,
    )
    sale = closed(world, sold(world, world.at_market(animal)))

    assert sale.purpose is Purpose.KEEPING
    assert animal.owner is world.buyer
    assert treatments.courses(world.session, animal)[0].clear_on == course.clear_on


def test_a_dead_animal_is_sold_by_no_door(world: World) -> None:
    animal, scale = world.at_market(world.animal()), world.scale()
    weighing = world.weighed(animal, scale)
    animals.report_death(
        world.session, animal, cause="摔伤", disposal="无害化处理", at=world.at, by=world.operator
    )

    with pytest.raises(RuleViolation) as refusal:
        agreeing.agree(
            world.session,
            animal,
            market=world.market,
            buyer=world.buyer,
            price_unit=PriceUnit.PER_KG,
            price_fen=26_80,
            scale=scale,
            client_key="desk-2:1",
            at=world.at,
            by=world.operator,
        )

    assert refusal.value.code == "animal.fit_state"
    assert weighing.annulled_at is None


def test_a_closed_sale_leaves_nothing_in_its_account(world: World) -> None:
    sale = sold(world, world.at_market(world.animal()))
    counter, held = closing.money_of(world.session, sale, at=world.at, by=world.operator)

    closing.receive_cash(world.session, sale, at=world.at, by=world.operator)
    assert accounts.balance_fen(world.session, counter) == sale.amount_fen
    assert accounts.balance_fen(world.session, held) == -(sale.amount_fen or 0)

    for step in (closing.hand_over, closing.accept, closing.pay_seller):
        step(world.session, sale, at=world.at, by=world.operator)
    assert accounts.balance_fen(world.session, counter) == 0
    assert accounts.balance_fen(world.session, held) == 0
    assert sale.state is SaleState.SETTLED


def test_money_is_received_once(world: World) -> None:
    sale = sold(world, world.at_market(world.animal()))
    closing.receive_cash(world.session, sale, at=world.at, by=world.operator)

    with pytest.raises(Conflict) as refusal:
        closing.receive_cash(world.session, sale, at=world.at, by=world.operator)

    assert refusal.value.code == "sale.wrong_state"


def test_the_counter_pays_no_more_than_it_holds(world: World) -> None:
    cash = accounts.account(
        world.session, AccountKind.COUNTER_CASH, world.office, "cash:a", at=world.at, by=world.vet
    )
    held = accounts.account(
        world.session, AccountKind.SALE, world.office, "sale:a", at=world.at, by=world.vet
    )

    for debit, credit, code in [
        (held, cash, "ledger.overdrawn"),
        (held, cash, "ledger.overdrawn"),
    ]:
        with pytest.raises(RuleViolation) as refusal:
            accounts.transfer(
                world.session, debit=debit, credit=credit, amount_fen=1, key="k", at=world.at
            )
        assert refusal.value.code == code
    with pytest.raises(RuleViolation) as refusal:
        accounts.transfer(
            world.session, debit=cash, credit=held, amount_fen=0, key="k", at=world.at
        )
    assert refusal.value.code == "ledger.bad_amount"


def test_a_repeated_key_moves_no_money(world: World) -> None:
    cash = accounts.account(
        world.session, AccountKind.COUNTER_CASH, world.office, "cash:a", at=world.at, by=world.vet
    )
    held = accounts.account(
        world.session, AccountKind.SALE, world.office, "sale:a", at=world.at, by=world.vet
    )
    accounts.transfer(world.session, debit=cash, credit=held, amount_fen=5, key="k", at=world.at)

    with pytest.raises(Conflict) as refusal:
        accounts.transfer(
            world.session, debit=cash, credit=held, amount_fen=5, key="k", at=world.at
        )

    assert refusal.value.code == "ledger.key_used"
    assert accounts.balance_fen(world.session, cash) == 5


def test_a_cancelled_sale_frees_animal_and_weight(world: World) -> None:
    animal, scale = world.at_market(world.animal()), world.scale()
    sale = sold(world, animal, scale=scale)
    weighing = sale.weighing

    with pytest.raises(RuleViolation) as refusal:
        agreeing.cancel(world.session, sale, reason=" ", at=world.at, by=world.operator)
    assert refusal.value.code == "sale.cancel_without_reason"
    agreeing.cancel(world.session, sale, reason="买主反悔", at=world.at, by=world.operator)

    assert weighing is not None
    again = agreeing.agree(
        world.session,
        animal,
        market=world.market,
        buyer=world.buyer,
        price_unit=PriceUnit.PER_KG,
        price_fen=26_00,
        scale=scale,
        client_key="desk-2:again",
        at=world.at,
        by=world.operator,
    )
    agreeing.weigh(world.session, again, weighing, at=world.at, by=world.operator)
    assert records.open_sale(world.session, animal) is again


def test_a_weight_serves_one_sale(world: World) -> None:
    scale = world.scale()
    first = sold(world, world.at_market(world.animal()), scale=scale)
    other = world.at_market(world.animal())
    world.weighed(other, scale)
    second = agreeing.agree(
        world.session,
        other,
        market=world.market,
        buyer=world.buyer,
        price_unit=PriceUnit.PER_KG,
        price_fen=26_00,
        scale=scale,
        client_key="desk-2:other",
        at=world.at,
        by=world.operator,
    )
    assert first.weighing is not None

    with pytest.raises(RuleViolation) as refusal:
        agreeing.weigh(world.session, second, first.weighing, at=world.at, by=world.operator)

    assert refusal.value.code == "sale.other_animal"


def test_a_weight_off_an_unverified_scale_settles_no_amount(world: World) -> None:
    animal, scale = world.at_market(world.animal()), world.scale()
    weighing = world.weighed(animal, world.scale("xh-scale-02", valid_days=-1))
    sale = agreeing.agree(
        world.session,
        animal,
        market=world.market,
        buyer=world.buyer,
        price_unit=PriceUnit.PER_KG,
        price_fen=26_00,
        scale=scale,
        client_key="desk-2:1",
        at=world.at,
        by=world.operator,
    )

    with pytest.raises(RuleViolation) as refusal:
        agreeing.weigh(world.session, sale, weighing, at=world.at, by=world.operator)

    assert refusal.value.code == "sale.weight_not_for_trade"


def test_a_weight_already_sold_on_settles_no_second_sale(world: World) -> None:
    animal, scale = world.at_market(world.animal()), world.scale()
    sale = closed(world, sold(world, animal, scale=scale))
    world.later(minutes=5)
    again = agreeing.agree(
        world.session,
        animal,
        market=world.market,
        buyer=world.farmer,
        price_unit=PriceUnit.PER_KG,
        price_fen=27_00,
        scale=scale,
        client_key="desk-2:again",
        at=world.at,
        by=world.operator,
    )
    assert sale.weighing is not None

    with pytest.raises(Conflict) as refusal:
        agreeing.weigh(world.session, again, sale.weighing, at=world.at, by=world.operator)

    assert refusal.value.code == "sale.weight_used"


def test_a_sale_with_money_in_it_is_not_cancelled(world: World) -> None:
    sale = sold(world, world.at_market(world.animal()))
    closing.receive_cash(world.session, sale, at=world.at, by=world.operator)

    with pytest.raises(Conflict) as refusal:
        agreeing.cancel(world.session, sale, reason="反悔", at=world.at, by=world.operator)

    assert refusal.value.code == "sale.wrong_state"


def test_every_pair_of_states_is_either_a_step_or_refused(world: World) -> None:
    sale = sold(world, world.at_market(world.animal()))

    for state in SaleState:
        sale.state = state
        for target in SaleState:
            if target in NEXT_STATES[state]:
                records.require_next(sale, target)
            else:
                with pytest.raises(Conflict) as refusal:
                    records.require_next(sale, target)
                assert refusal.value.code == "sale.wrong_state"


def test_a_sale_follows_from_its_events(world: World) -> None:
    sale = closed(world, sold(world, world.at_market(world.animal())))

    state = folding.folded(records.fold, events.history(world.session, sale.ref))

    assert state is not None
    assert state["state"] == "settled"
    assert state["amount_fen"] == sale.amount_fen
    assert state["buyer_id"] == world.buyer.ref


def test_no_price_and_no_person_is_public_in_a_sale(world: World) -> None:
    sale = closed(world, sold(world, world.at_market(world.animal())))

    for event in events.history(world.session, sale.ref):
        assert world.farmer.ref.encode() not in event.canonical
        assert "2680" not in str(event.public)  # digests may hold any four digits
        assert event.public.keys() <= {"place_kind", "township"}


def test_a_weight_of_another_market_settles_no_sale(world: World) -> None:
    here = world.market
    world.market = world.holding(HoldingKind.MARKET, "别处市场", keeper=world.office)
    away = world.scale("away-scale")
    world.market = here

    with pytest.raises(RuleViolation) as refusal:
        sold(world, world.at_market(world.animal()), scale=away)

    assert refusal.value.code == "sale.weighed_elsewhere"
