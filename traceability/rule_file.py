"""规则文件 · the reviewed rows that every installation begins with, and what people changed since.

Loading again adds and mends rows as the file was reviewed; a row that people have amended stays
as they approved it, and the difference is told.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from traceability import rules
from traceability.base.db import recording
from traceability.chain import events
from traceability.chain.kinds import Kind
from traceability.checkpoints.stamps import CHAIN
from traceability.rules import Rule, RuleCard

RULES_FILE = Path(__file__).parent / "data" / "rules.json"


@dataclass(frozen=True, slots=True)
class Difference:
    """差异 · where the table says something else than the reviewed file, because people said so."""

    card: RuleCard  # of the file
    rule: Rule | None  # None: the file's row would overlap rows that people approved


@cache
def reviewed() -> tuple[RuleCard, ...]:
    """The rows of the file."""
    told: list[dict[str, Any]] = json.loads(RULES_FILE.read_text(encoding="utf-8"))["rules"]
    return tuple(rules.card_from(row) for row in told)


def load(session: Session) -> int:
    """Bring the table to the reviewed file; returns how many rows changed. Safe to repeat."""
    amended = {id(each.card) for each in differences(session)}
    known = _known(session)
    wanted = [
        (known.get((card.code, card.effective_from)), card)
        for card in reviewed()
        if id(card) not in amended
    ]
    stale = [(rule, card) for rule, card in wanted if rule is None or rules.card_of(rule) != card]
    if not stale:
        return 0
    edition = rules.hold_table(session)
    new = [(rule or Rule(amended=False), card) for rule, card in stale]
    events.hold(session, *[rule.ref for rule, _ in new])
    for rule, card in new:
        rules.write(rule, card)
        rule.edition = edition
        session.add(rule)
        events.append(
            session,
            Kind.RULE_LOADED,
            rule.ref,
            at=recording(session).recorded_at,
            by=CHAIN,
            edition=edition,
            **rules.plain(card),
        )
    return len(new)


def differences(session: Session) -> list[Difference]:
    """Where people have amended what the reviewed file says."""
    known, amended = _known(session), [row for row in rules.rows(session) if row.amended]
    found = []
    for card in reviewed():
        rule = known.get((card.code, card.effective_from))
        if rule is not None:
            if rule.amended and rules.card_of(rule) != card:
                found.append(Difference(card, rule))
        elif any(_overlaps(card, row) for row in amended):
            found.append(Difference(card, None))
    return found


def _known(session: Session) -> Mapping[tuple[str, object], Rule]:
    return {(rule.code, rule.effective_from): rule for rule in rules.rows(session)}


def _overlaps(card: RuleCard, rule: Rule) -> bool:
    if card.code != rule.code:
        return False
    before = card.effective_to is not None and card.effective_to < rule.effective_from
    after = rule.effective_to is not None and rule.effective_to < card.effective_from
    return not (before or after)
