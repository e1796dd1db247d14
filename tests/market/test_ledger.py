"""The ledger's rules: every fen on both sides, once, and never more than there is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.conformance.answers import BadLine
from app.conformance.books import ledger
from market.ledger import (
    AMOUNT_FEN_MAX,
    LEGS_MAX,
    Account,
    Entry,
    Ledger,
    Leg,
    Phase,
    Side,
    entered,
)
from traceability.base.errors import Refusal

CASH, HELD, SELLER, FEE = "cash", "sale:1:held", "seller", "market:fee"
GUARDED = {
    CASH: Account(guarded=True),
    HELD: Account(Side.CREDIT, guarded=True),
    SELLER: Account(Side.CREDIT),
    FEE: Account(Side.CREDIT),
}
PRICE = 1_140_340


def paid(key: str = "paid", amount: int = PRICE) -> Entry:
    return Entry(key, legs=(Leg(CASH, debit_fen=amount), Leg(HELD, credit_fen=amount)))


def split(key: str = "split", fee: int = 5_000, of: str | None = None) -> Entry:
    legs = (
        Leg(HELD, debit_fen=PRICE),
        Leg(SELLER, credit_fen=PRICE - fee),
        Leg(FEE, credit_fen=fee),
    )
    return Entry(key, Phase.SETTLE if of else Phase.HOLD, legs, of)


def refused(books: Ledger, entry: Entry) -> str:
    before = json.dumps(shown(books))
    with pytest.raises(Refusal) as refusal:
        books.enter(entry)
    assert json.dumps(shown(books)) == before, "refused means nothing was done"
    return refusal.value.code


def shown(books: Ledger) -> dict[str, tuple[int, ...]]:
    return {
        name: (each.debit_fen, each.credit_fen, each.held_debit_fen, each.held_credit_fen)
        for name, each in books.balances.items()
    }


def test_a_sale_is_paid_held_and_split_to_the_fen() -> None:
    books = Ledger(GUARDED)

    books.enter(paid())
    books.enter(split("hold"))
    waiting = books.balances[HELD].free_on(Side.CREDIT)
    books.enter(Entry("settle", Phase.SETTLE, of="hold"))

    assert waiting == 0
    assert shown(books) == {
        CASH: (PRICE, 0, 0, 0),
        HELD: (PRICE, PRICE, 0, 0),
        SELLER: (0, PRICE - 5_000, 0, 0),
        FEE: (0, 5_000, 0, 0),
    }


def test_the_same_entry_twice_is_one_and_another_under_its_key_is_refused() -> None:
    books = Ledger(GUARDED)

    assert books.enter(paid())
    assert not books.enter(paid())
    assert refused(books, paid(amount=PRICE + 1)) == "ledger.key_reused"
    assert books.balances[CASH].debit_fen == PRICE


def test_what_is_held_is_not_there_for_anybody_else() -> None:
    books = Ledger(GUARDED)
    books.enter(paid())
    books.enter(split("hold"))

    again = Entry("again", legs=(Leg(HELD, debit_fen=1), Leg(SELLER, credit_fen=1)))

    assert refused(books, again) == "ledger.overdrawn"
    books.enter(Entry("void", Phase.VOID, of="hold"))
    assert books.enter(again)


def test_a_part_is_settled_and_the_rest_set_free() -> None:
    books = Ledger(GUARDED)
    books.enter(paid())
    books.enter(split("hold"))
    part = (Leg(HELD, debit_fen=PRICE - 5_000), Leg(SELLER, credit_fen=PRICE - 5_000))

    books.enter(Entry("part", Phase.SETTLE, part, "hold"))

    assert books.balances[HELD].free_on(Side.CREDIT) == 5_000
    assert refused(books, Entry("rest", Phase.SETTLE, of="hold")) == "ledger.not_open"


def test_a_mistake_is_undone_once_by_its_reversal() -> None:
    books = Ledger(GUARDED)
    books.enter(paid())

    books.enter(Entry("undo", Phase.REVERSE, of="paid"))

    assert books.balances[CASH].on(Side.DEBIT) == 0
    assert refused(books, Entry("undo 2", Phase.REVERSE, of="paid")) == "ledger.reversed"
    assert refused(books, Entry("undo 3", Phase.REVERSE, of="nothing")) == "ledger.unknown_entry"


def test_what_was_spent_since_cannot_be_taken_back() -> None:
    books = Ledger(GUARDED)
    books.enter(paid())
    books.enter(split("hold"))
    books.enter(Entry("settle", Phase.SETTLE, of="hold"))

    assert refused(books, Entry("undo", Phase.REVERSE, of="paid")) == "ledger.overdrawn"


@pytest.mark.parametrize(
    ("legs", "code"),
    [
        ((), "ledger.too_few_legs"),
        ((Leg(CASH, debit_fen=1),), "ledger.too_few_legs"),
        ((Leg(CASH, debit_fen=1), *[Leg(HELD, credit_fen=1)] * LEGS_MAX), "ledger.too_few_legs"),
        ((Leg(CASH, debit_fen=2), Leg(HELD, credit_fen=1)), "ledger.unbalanced"),
        ((Leg(CASH, debit_fen=1, credit_fen=1), Leg(HELD, credit_fen=1)), "ledger.bad_leg"),
        ((Leg(CASH), Leg(HELD, credit_fen=1)), "ledger.bad_leg"),
        ((Leg("", debit_fen=1), Leg(HELD, credit_fen=1)), "ledger.bad_leg"),
        ((Leg(CASH, debit_fen=-1), Leg(HELD, credit_fen=-1)), "ledger.bad_amount"),
        (
            (Leg(CASH, debit_fen=AMOUNT_FEN_MAX + 1), Leg(HELD, credit_fen=AMOUNT_FEN_MAX + 1)),
            "ledger.bad_amount",
        ),
    ],
)
def test_what_is_no_entry_is_refused(legs: tuple[Leg, ...], code: str) -> None:
    assert refused(Ledger(GUARDED), Entry("bad", legs=legs)) == code


def test_no_more_is_settled_than_was_held_and_no_key_is_empty() -> None:
    books = Ledger(GUARDED)
    books.enter(paid(amount=PRICE * 2))
    books.enter(split("hold"))
    more = (Leg(HELD, debit_fen=PRICE + 1), Leg(SELLER, credit_fen=PRICE + 1))

    assert refused(books, Entry("more", Phase.SETTLE, more, "hold")) == "ledger.more_than_held"
    assert refused(books, Entry("void", Phase.VOID, more, "hold")) == "ledger.bad_leg"
    assert refused(books, paid("")) == "ledger.bad_key"


names = st.sampled_from([CASH, HELD, SELLER, FEE])
amounts = st.integers(1, 50)
keys = st.integers(0, 12).map(str)
legs = st.lists(st.tuples(names, names, amounts), min_size=1, max_size=3).map(
    lambda moves: tuple(
        leg
        for debit, credit, fen in moves
        for leg in (Leg(debit, debit_fen=fen), Leg(credit, credit_fen=fen))
    )
)
anything = st.lists(
    st.builds(Entry, keys, st.sampled_from(Phase), legs | st.just(()), keys | st.none()),
    max_size=30,
)


@given(anything)
def test_whatever_comes_debits_equal_credits_and_nothing_guarded_is_overdrawn(
    entries: list[Entry],
) -> None:
    books, said = entered(entries, GUARDED)

    found = books.balances.values()
    assert sum(each.debit_fen for each in found) == sum(each.credit_fen for each in found)
    assert sum(each.held_debit_fen for each in found) == sum(each.held_credit_fen for each in found)
    for name in (CASH, HELD):
        if name in books.balances:
            assert books.balances[name].free_on(GUARDED[name].normal) >= 0
    assert min((min(each) for each in shown(books).values()), default=0) >= 0
    done = [entry for entry, each in zip(entries, said, strict=True) if each.new]
    only, _ = entered(done, GUARDED)
    assert shown(only) == shown(books)


def test_the_suite_answers_every_entry_and_refuses_what_is_no_line() -> None:
    told = ledger(
        {
            "entries": [
                {
                    "key": "1",
                    "legs": [
                        {"account": "a", "debit_fen": 3},
                        {"account": "b", "credit_fen": 3},
                    ],
                },
                {"key": "x", "phase": "void", "of": "1"},
            ]
        }
    )

    assert told["entries"] == [{"key": "1", "new": True}, {"key": "x", "error": "ledger.not_open"}]
    assert told["balances"]["a"]["balance_fen"] == 3
    assert told["balances"]["b"]["balance_fen"] == -3


@pytest.mark.parametrize(
    "line",
    [
        {},
        {"entries": {}},
        {"entries": [3]},
        {"entries": [{"key": 1}]},
        {"entries": [{"key": "a", "phase": "maybe"}]},
        {"entries": [{"key": "a", "phase": []}]},
        {"entries": [{"key": "a", "legs": 3}]},
        {"entries": [{"key": "a", "legs": [{"account": "a", "debit_fen": 1.5}]}]},
        {"entries": [{"key": "a", "of": 3}]},
        {"entries": [], "accounts": []},
        {"entries": [], "accounts": {"a": {"normal": "left"}}},
        {"entries": [], "accounts": {"a": {"guarded": "yes"}}},
    ],
)
def test_a_line_that_cannot_be_read_is_bad_input(line: dict[str, object]) -> None:
    with pytest.raises(BadLine) as refusal:
        ledger(line)

    assert refusal.value.code == "bad_input"
