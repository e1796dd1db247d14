"""总账检验 · the suite `ledger`: `market.ledger`.

A line: `entries`, each with `key`, `phase` ("post" unless told; "hold", "settle", "void",
"reverse"), `legs` (each `account` and either `debit_fen` or `credit_fen`) and `of`, the key of the
entry that is settled, voided or reversed; `accounts`, an object from name to `normal` ("debit"
unless told) and `guarded`. The answer: `balances` by account, and `entries` with what was said of
each.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

from app.conformance.answers import Answer, BadLine, Line, integer, text
from market.ledger import Account, Entry, Leg, Phase, Said, Side, entered

ENTRIES_MAX = 100_000
Word = TypeVar("Word", Phase, Side)


def ledger(line: Line) -> Answer:
    """Balances after entries, and what was refused of them."""
    given = line.get("entries")
    if not isinstance(given, list) or len(given) > ENTRIES_MAX:
        raise BadLine("bad_input", "字段 entries 应为数组，最多十万笔")
    entries = [_entry(_object(each, "entries")) for each in given]
    rules = _object(line.get("accounts", {}), "accounts")
    accounts = {name: _account(_object(each, "accounts")) for name, each in rules.items()}
    books, said = entered(entries, accounts)
    return {
        "balances": {
            name: {
                "debit_fen": found.debit_fen,
                "credit_fen": found.credit_fen,
                "held_debit_fen": found.held_debit_fen,
                "held_credit_fen": found.held_credit_fen,
                "balance_fen": found.on(accounts.get(name, Account()).normal),
            }
            for name, found in sorted(books.balances.items())
        },
        "entries": [_said(entry, each) for entry, each in zip(entries, said, strict=True)],
    }


def _said(entry: Entry, said: Said) -> dict[str, Any]:
    if said.refusal is not None:
        return {"key": entry.key, "error": said.refusal.code}
    return {"key": entry.key, "new": said.new}


def _object(value: object, name: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadLine("bad_input", f"字段 {name} 里应为对象")
    return value


def _word(line: Line, name: str, kind: type[Word], default: Word) -> Word:
    value = line.get(name, default.value)
    if not isinstance(value, str) or value not in set(kind):
        raise BadLine("bad_input", f"字段 {name} 应为 {'、'.join(kind)} 之一")
    return kind(value)


def _entry(given: Line) -> Entry:
    legs = given.get("legs", [])
    if not isinstance(legs, list):
        raise BadLine("bad_input", "字段 legs 应为数组")
    of = given.get("of")
    return Entry(
        key=text(given, "key"),
        phase=_word(given, "phase", Phase, Phase.POST),
        legs=tuple(_leg(_object(each, "legs")) for each in legs),
        of=None if of is None else text(given, "of"),
    )


def _leg(given: Line) -> Leg:
    return Leg(
        account=text(given, "account"),
        debit_fen=integer(given, "debit_fen", default=0),
        credit_fen=integer(given, "credit_fen", default=0),
    )


def _account(given: Line) -> Account:
    guarded = given.get("guarded", False)
    if not isinstance(guarded, bool):
        raise BadLine("bad_input", "字段 guarded 应为 true 或 false")
    return Account(_word(given, "normal", Side, Side.DEBIT), guarded)
