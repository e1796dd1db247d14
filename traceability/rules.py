"""规则 · what the law asks, as dated rows: code, sentence, citation, period, parameters, severity.

An act is judged by the rules of the day on which it happened; one recorded late must also pass
those of the day it is recorded, or a second person decides. A rule whose certainty is K-med or
K-low begins as a warning. Every number of the law stands in `data/rules.json`, none in code.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from traceability.base.clock import legal_day
from traceability.base.db import Base, recording
from traceability.base.errors import RuleViolation
from traceability.chain.body import LATE_AFTER
from traceability.checks import CHECKS, Facts, Result

RULES_FILE = Path(__file__).parent / "data" / "rules.json"


UNCHAINED_TABLES = {"rule": "参考数据，来自经审核的文件；判定时引用的条文随事件保存"}


class Severity(StrEnum):
    """效力 · whether a failed rule stops the act or is only shown."""

    BLOCK = "block"
    WARN = "warn"


class Rule(Base):
    """规则 · one rule in force from a day on, perhaps until another."""

    __tablename__ = "rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(60))
    stages: Mapped[list[str]]
    text: Mapped[str] = mapped_column(String(300))
    citation: Mapped[str] = mapped_column(String(120))
    effective_from: Mapped[date]
    effective_to: Mapped[date | None]
    params: Mapped[dict[str, Any]]
    severity: Mapped[Severity]
    certainty: Mapped[str] = mapped_column(String(20))

    __table_args__ = (UniqueConstraint("code", "effective_from"),)

    def in_force(self, day: date) -> bool:
        """Whether the rule applies to what happens on that day."""
        begun = self.effective_from <= day
        return begun and (self.effective_to is None or day <= self.effective_to)


@dataclass(frozen=True, slots=True)
class Outcome:
    """判定结果 · one rule applied to one set of facts."""

    code: str
    result: Result
    sentence: str
    citation: str
    severity: Severity
    certainty: str
    evidence: str
    since: date


def load(session: Session) -> int:
    """Bring the table to the reviewed file; returns how many rows changed. Safe to repeat."""
    rows: list[dict[str, Any]] = json.loads(RULES_FILE.read_text(encoding="utf-8"))["rules"]
    known = {(rule.code, rule.effective_from): rule for rule in session.scalars(select(Rule))}
    changed = 0
    for row in rows:
        values = _values(row)
        rule = known.get((values["code"], values["effective_from"]))
        if rule is None:
            session.add(Rule(**values))
            changed += 1
        elif any(getattr(rule, name) != value for name, value in values.items()):
            for name, value in values.items():
                setattr(rule, name, value)
            changed += 1
    return changed


def _values(row: Mapping[str, Any]) -> dict[str, Any]:
    end = row.get("effective_to")
    return {
        **row,
        "params": row.get("params", {}),
        "severity": Severity(row["severity"]),
        "effective_from": date.fromisoformat(row["effective_from"]),
        "effective_to": None if end is None else date.fromisoformat(end),
    }


def in_force(session: Session, stage: str, day: date) -> Sequence[Rule]:
    """The rules of a stage on a day, by code."""
    rules = session.scalars(select(Rule).order_by(Rule.code)).all()
    return [rule for rule in rules if stage in rule.stages and rule.in_force(day)]


def in_force_any(session: Session, stage: str) -> Sequence[Rule]:
    """The rules of a stage, whenever they are or were in force."""
    return [rule for rule in session.scalars(select(Rule)) if stage in rule.stages]


def outcomes(session: Session, stage: str, facts: Facts, *, at: datetime) -> list[Outcome]:
    """Every rule of the stage applied to the facts: passed, failed, warned or not applicable."""
    return [_judge(rule, facts, at) for rule in in_force(session, stage, legal_day(at))]


def _judge(rule: Rule, facts: Facts, at: datetime) -> Outcome:
    finding = CHECKS[rule.code](facts, at, rule.params)
    result = finding.result
    if result is Result.FAILED and rule.severity is Severity.WARN:
        result = Result.WARNED
    return Outcome(
        code=rule.code,
        result=result,
        sentence=rule.text.format_map(_Words(finding.words)),
        citation=rule.citation,
        severity=rule.severity,
        certainty=rule.certainty,
        evidence=finding.evidence,
        since=rule.effective_from,
    )


class _Words(dict[str, object]):
    """The words of a sentence; one that a passed check did not give stays unsaid."""

    def __missing__(self, key: str) -> str:
        return ""


def failed(found: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes that forbid the act."""
    return [outcome for outcome in found if outcome.result is Result.FAILED]


def warned(found: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes that are shown and kept, but do not forbid."""
    return [outcome for outcome in found if outcome.result is Result.WARNED]


def examine(session: Session, stage: str, facts: Facts, *, at: datetime) -> list[Outcome]:
    """The outcomes of an act: by the rules of its day and, if it is recorded late, of today.

    A late entry that passes its own day's rules but not today's fails as `late.second_person`,
    unless a second person has confirmed it.
    """
    found = outcomes(session, stage, facts, at=at)
    entry = recording(session)
    late = at < entry.recorded_at - LATE_AFTER and entry.confirmed_by is None
    if failed(found) or not late:
        return found
    today = failed(outcomes(session, stage, facts, at=entry.recorded_at))
    return found + [
        replace(
            each,
            code="late.second_person",
            sentence=f"补录需要第二个人核实确认，因为按今天的规定：{each.sentence}",
        )
        for each in today
    ]


def require(session: Session, stage: str, facts: Facts, *, at: datetime) -> list[Outcome]:
    """Refuse the act if any rule of the stage forbids it; the warnings are returned.

    Raises:
        RuleViolation: one refusal that holds every failed outcome; `late.second_person` where a
            late entry passes the rules of its day but not those of today.
    """
    found = examine(session, stage, facts, at=at)
    if forbidding := failed(found):
        raise RuleViolation.of(forbidding)
    return warned(found)


def noted(found: Sequence[Outcome]) -> list[dict[str, str]]:
    """Warnings as an event keeps them."""
    return [{"code": outcome.code, "sentence": outcome.sentence} for outcome in found]
