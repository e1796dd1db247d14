"""改判 · the acts that one book of rules allows and another does not; pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from traceability import rules
from traceability.amendments import Change
from traceability.checks import Facts, Result
from traceability.rules import Outcome, RuleCard

Book = Sequence[RuleCard]


class Effect(StrEnum):
    """效果 · what one rule does to an act, the weakest first."""

    ALLOWED = "allowed"
    WARNED = "warned"
    STOPPED = "stopped"


EFFECT_LABELS = {Effect.ALLOWED: "可办", Effect.WARNED: "可办，有提示", Effect.STOPPED: "不得办理"}
EFFECT_ORDER = {effect: place for place, effect in enumerate(Effect)}
EFFECTS = {Result.FAILED: Effect.STOPPED, Result.WARNED: Effect.WARNED}


@dataclass(frozen=True, slots=True)
class Act:
    """一次办理 · an act that was done, with the facts of its instant as they are known today."""

    stage: str
    ref: str
    """Of the declaration, certificate, movement or sale."""
    label: str
    """As people know it: an ear tag, or how many head."""
    at: datetime
    facts: Facts


@dataclass(frozen=True, slots=True)
class Turn:
    """改判 · what a rule does to an act by one book, and by the other."""

    act: Act
    code: str
    before: Effect
    after: Effect
    outcome: Outcome
    """The one that says why; of the stricter book."""


def turns(acts: Iterable[Act], before: Book, after: Book) -> Iterator[Turn]:
    """Where two books differ about acts: by act as they come, by the code of the rule."""
    old = [card for card in before if card not in after]
    new = [card for card in after if card not in before]
    for act in acts:
        by_old, by_new = _strictest(act, old), _strictest(act, new)
        for code in sorted(by_old.keys() | by_new.keys()):
            one, other = by_old.get(code), by_new.get(code)
            was, now = _effect(one), _effect(other)
            told = other if EFFECT_ORDER[now] > EFFECT_ORDER[was] else one
            if was is not now and told is not None:
                yield Turn(act, code, was, now, told)


def _strictest(act: Act, book: Book) -> dict[str, Outcome]:
    found: dict[str, Outcome] = {}
    for outcome in rules.judged(book, act.stage, act.facts, at=act.at):
        known = found.get(outcome.code)
        found[outcome.code] = max(known or outcome, outcome, key=_strength)
    return found


def _strength(outcome: Outcome) -> int:
    return EFFECT_ORDER[_effect(outcome)]


def _effect(outcome: Outcome | None) -> Effect:
    return Effect.ALLOWED if outcome is None else EFFECTS.get(outcome.result, Effect.ALLOWED)


def amended(book: Book, change: Change, card: RuleCard, rule: RuleCard | None) -> list[RuleCard]:
    """The book as if a proposed change had held all the time that the rule it changes has held.

    A new rule is taken as if it had always been there, alone of its code.
    """
    if change is Change.OPEN or rule is None:
        kept = [each for each in book if each.code != card.code]
        return [*kept, replace(card, effective_from=date.min, effective_to=None)]
    kept = [each for each in book if each != rule]
    if change is Change.CLOSE:
        return kept
    if change is Change.REVISE:
        first, last = rule.effective_from, rule.effective_to
        card = replace(card, effective_from=first, effective_to=last)
    return [*kept, card]


def of_day(book: Book, day: date) -> list[RuleCard]:
    """The rules of one day, as if they had always held."""
    return [
        replace(card, effective_from=date.min, effective_to=None)
        for card in book
        if card.in_force(day)
    ]
