"""总账规则 · double entry in whole fen, pure: entries in their order go in, balances come out.

An entry moves money between accounts, debits equal to credits to the fen, and is never changed. A
key is used once: the same entry again changes nothing, another one under the key is refused. Money
may be held first, then settled (all of it or less, the rest is set free) or voided. An entry is
undone by its reversal only. A guarded account never falls below zero on its normal side, and what
is held there is not there for anybody else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from traceability.base.errors import Conflict, Refusal, RuleViolation

AMOUNT_FEN_MAX: Final = 10**12  # ten billion yuan: beyond it somebody's finger slipped
KEY_CHARS_MAX: Final = 80
LEGS_MIN: Final = 2
LEGS_MAX: Final = 100


class Phase(StrEnum):
    """分录种类 · what an entry does."""

    POST = "post"
    HOLD = "hold"
    SETTLE = "settle"
    VOID = "void"
    REVERSE = "reverse"


NEW = frozenset({Phase.POST, Phase.HOLD})
"""Entries that stand for themselves; the others follow an earlier one."""


class Side(StrEnum):
    """借贷方向 · the side on which an account's balance grows."""

    DEBIT = "debit"
    CREDIT = "credit"


@dataclass(frozen=True, slots=True)
class Leg:
    """一条借或贷 · fen on one side of one account; the other side is nought."""

    account: str
    debit_fen: int = 0
    credit_fen: int = 0

    @property
    def turned(self) -> "Leg":
        """The leg that undoes it."""
        return Leg(self.account, self.credit_fen, self.debit_fen)


@dataclass(frozen=True, slots=True)
class Entry:
    """分录 · legs that balance; or, for SETTLE, VOID and REVERSE, the earlier entry's key."""

    key: str
    phase: Phase = Phase.POST
    legs: tuple[Leg, ...] = ()
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """账户规定 · its normal side, and whether it may fall below zero there."""

    normal: Side = Side.DEBIT
    guarded: bool = False


@dataclass(slots=True)
class Balance:
    """余额 · everything ever debited and credited, and what is held of either."""

    debit_fen: int = 0
    credit_fen: int = 0
    held_debit_fen: int = 0
    held_credit_fen: int = 0

    def on(self, side: Side) -> int:
        """What stands on a side, in fen; negative where the other is larger."""
        net = self.debit_fen - self.credit_fen
        return net if side is Side.DEBIT else -net

    def free_on(self, side: Side) -> int:
        """What stands on a side and is not held for somebody."""
        held = self.held_credit_fen if side is Side.DEBIT else self.held_debit_fen
        return self.on(side) - held


@dataclass(slots=True)
class _Known:
    """An entry that was taken; a hold is open until it is settled or voided."""

    entry: Entry
    legs: tuple[Leg, ...]
    open: bool
    reversed: bool = False


@dataclass(slots=True)
class Ledger:
    """总账 · the accounts and what was entered, as plain values."""

    accounts: Mapping[str, Account] = field(default_factory=dict)
    balances: dict[str, Balance] = field(default_factory=dict)
    _known: dict[str, _Known] = field(default_factory=dict)

    def enter(self, entry: Entry) -> bool:
        """Take an entry whole or not at all; False where the same one had been taken before.

        Raises:
            RuleViolation: `ledger.bad_key`, `ledger.too_few_legs`, `ledger.bad_leg`,
                `ledger.bad_amount`, `ledger.unbalanced`, `ledger.overdrawn`,
                `ledger.more_than_held`.
            Conflict: `ledger.key_reused`, `ledger.unknown_entry`, `ledger.not_open`,
                `ledger.reversed`.
        """
        if not 0 < len(entry.key) <= KEY_CHARS_MAX:
            raise RuleViolation("ledger.bad_key", "分录要有编号，不超过 80 个字符")
        known = self._known.get(entry.key)
        if known is not None:
            if known.entry != entry:
                raise Conflict("ledger.key_reused", f"编号 {entry.key} 已用于另一笔分录")
            return False
        earlier = None if entry.phase in NEW else self._earlier(entry)
        legs = _legs(entry, earlier)
        self._move(entry, legs, earlier)
        self._known[entry.key] = _Known(entry, legs, open=entry.phase is Phase.HOLD)
        return True

    def _earlier(self, entry: Entry) -> _Known:
        """The entry that this one settles, voids or reverses."""
        found = self._known.get(entry.of or "")
        if found is None:
            raise Conflict("ledger.unknown_entry", f"没有编号为 {entry.of} 的分录")
        if entry.phase is Phase.REVERSE:
            if found.reversed or found.entry.phase not in {Phase.POST, Phase.SETTLE}:
                raise Conflict("ledger.reversed", f"分录 {entry.of} 不能冲销，或已经冲销")
        elif not found.open:
            raise Conflict("ledger.not_open", f"分录 {entry.of} 没有待结的冻结")
        return found

    def _move(self, entry: Entry, legs: tuple[Leg, ...], earlier: _Known | None) -> None:
        """Change copies of the balances, judge them, and only then keep them."""
        touched = [*legs, *(() if earlier is None else earlier.legs)]
        trial = {leg.account: self._copy(leg.account) for leg in touched}
        if earlier is not None and earlier.open:
            _hold(trial, earlier.legs, -1)
        if entry.phase is Phase.HOLD:
            _hold(trial, legs, 1)
        elif entry.phase is not Phase.VOID:
            for leg in legs:
                trial[leg.account].debit_fen += leg.debit_fen
                trial[leg.account].credit_fen += leg.credit_fen
        for name, balance in trial.items():
            rule = self.accounts.get(name, Account())
            if rule.guarded and balance.free_on(rule.normal) < 0:
                raise RuleViolation("ledger.overdrawn", f"账户 {name} 余额不足")
        self.balances.update(trial)
        if earlier is not None:
            earlier.open = False
            earlier.reversed = entry.phase is Phase.REVERSE

    def _copy(self, name: str) -> Balance:
        known = self.balances.get(name, Balance())
        return Balance(
            known.debit_fen, known.credit_fen, known.held_debit_fen, known.held_credit_fen
        )


def _hold(balances: Mapping[str, Balance], legs: Iterable[Leg], sign: int) -> None:
    for leg in legs:
        balances[leg.account].held_debit_fen += sign * leg.debit_fen
        balances[leg.account].held_credit_fen += sign * leg.credit_fen


def _legs(entry: Entry, earlier: _Known | None) -> tuple[Leg, ...]:
    """What an entry moves: its own legs, judged, or those of the entry it follows."""
    if earlier is not None and not entry.legs:
        turned = entry.phase is Phase.REVERSE
        return tuple(leg.turned if turned else leg for leg in earlier.legs)
    if entry.phase in {Phase.VOID, Phase.REVERSE}:
        raise RuleViolation("ledger.bad_leg", "解冻和冲销照原分录，不另写借贷")
    _judge(entry.legs)
    if earlier is not None:
        _within(entry.legs, earlier.legs)
    return entry.legs


def _judge(legs: tuple[Leg, ...]) -> None:
    """Refuse legs that are no balanced entry."""
    if not LEGS_MIN <= len(legs) <= LEGS_MAX:
        raise RuleViolation("ledger.too_few_legs", f"一笔分录要有 {LEGS_MIN} 到 {LEGS_MAX} 条借贷")
    for leg in legs:
        if not leg.account or (leg.debit_fen == 0) is (leg.credit_fen == 0):
            raise RuleViolation("ledger.bad_leg", "每条只记一个账户的借方或贷方")
        if not 0 < leg.debit_fen + leg.credit_fen <= AMOUNT_FEN_MAX or (
            min(leg.debit_fen, leg.credit_fen) < 0
        ):
            raise RuleViolation("ledger.bad_amount", "金额应大于 0，请核对")
    if sum(leg.debit_fen - leg.credit_fen for leg in legs):
        raise RuleViolation("ledger.unbalanced", "借方合计与贷方合计不等")


def _within(legs: Iterable[Leg], held: Iterable[Leg]) -> None:
    """Refuse to settle more on any side of any account than was held there."""
    room = {(leg.account, leg.debit_fen > 0): 0 for leg in held}
    for leg in held:
        room[leg.account, leg.debit_fen > 0] += leg.debit_fen + leg.credit_fen
    for leg in legs:
        side = (leg.account, leg.debit_fen > 0)
        room[side] = room.get(side, 0) - leg.debit_fen - leg.credit_fen
        if room[side] < 0:
            raise RuleViolation("ledger.more_than_held", f"账户 {leg.account} 结出的多于冻结的")


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of an entry: it was new, it was there already, or why it was refused."""

    new: bool
    refusal: Refusal | None = None


def entered(entries: Iterable[Entry], accounts: Mapping[str, Account]) -> tuple[Ledger, list[Said]]:
    """Enter one after another; what was said of each.

    >>> paid = Entry("sale-1", legs=(Leg("cash", debit_fen=500), Leg("seller", credit_fen=500)))
    >>> books, said = entered([paid, paid], {})
    >>> [each.new for each in said], books.balances["seller"].credit_fen
    ([True, False], 500)
    """
    books, said = Ledger(accounts), list[Said]()
    for entry in entries:
        try:
            said.append(Said(books.enter(entry)))
        except Refusal as refusal:
            said.append(Said(new=False, refusal=refusal))
    return books, said
