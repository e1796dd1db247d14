"""规则 · what the law asks, as dated rows: code, sentence, citation, period, parameters, severity.

An act is judged by the rules of the day on which it happened; one recorded late must also pass
those of the day it is recorded, or a second person decides. A rule whose certainty is K-med or
K-low begins as a warning. Every number of the law stands in a row, none in code: `rule_file`
brings in the reviewed rows, `amendments` changes them, one person proposing, another approving.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy import String, UniqueConstraint, func, select
from sqlalchemy import event as orm_events
from sqlalchemy.orm import Mapped, Session, SessionTransaction, mapped_column
from sqlalchemy.pool import Pool

from traceability.base.clock import legal_day
from traceability.base.db import Base, Subject, recording
from traceability.base.errors import NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.body import LATE_AFTER
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import SPECS, Kind
from traceability.checkpoints.stamps import CHAIN
from traceability.checks import Facts, Result
from traceability.special_checks import ALL_CHECKS

CODE_CHARS_MAX = 60
TEXT_CHARS_MAX = 300
CITATION_CHARS_MAX = 120


class Severity(StrEnum):
    """效力 · whether a failed rule stops the act or is only shown."""

    BLOCK = "block"
    WARN = "warn"


SEVERITY_LABELS = {Severity.BLOCK: "不合即停办", Severity.WARN: "提示"}

STAGE_LABELS = {
    "animal.tag": "戴耳标",
    "tag.due": "戴标期限",
    "declaration.file": "检疫申报",
    "certificate.issue": "出具检疫证明",
    "supplementary.issue": "补检",
    "movement.depart": "启运",
    "movement.arrive": "到达",
    "arrival.report": "落地报告",
    "isolation.release": "解除隔离",
    "sale.agree": "成交",
    "sale.proceed": "付款和交割",
    "slaughter.declare": "屠宰申报",
    "slaughter": "屠宰",
    "immunisation.due": "免疫到期",
    "immunisation.give": "集中免疫",
    "campaign.close": "集中免疫结束",
}
"""Stage → label: the act at which a rule is asked, in the order of a journey."""

CERTAINTY_LABELS = {
    "S": "见于公开文本",
    "K-high": "一般知识，把握大",
    "K-med-high": "一般知识，把握较大，先作提示",
    "K-med": "一般知识，把握中等，先作提示",
    "K-low": "一般知识，把握小，先作提示",
    "平台": "平台自定的核对",
}


class Rule(Subject, Base):
    """规则 · one rule in force from a day on, perhaps until another."""

    __tablename__ = "rule"
    __ref_prefix__ = "rule"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(CODE_CHARS_MAX))
    species: Mapped[str] = mapped_column(String(1))  # first digit of a tag: Species
    stages: Mapped[list[str]]
    text: Mapped[str] = mapped_column(String(TEXT_CHARS_MAX))
    citation: Mapped[str] = mapped_column(String(CITATION_CHARS_MAX))
    effective_from: Mapped[date]
    effective_to: Mapped[date | None]
    params: Mapped[dict[str, Any]]
    severity: Mapped[Severity]
    certainty: Mapped[str] = mapped_column(String(20))
    amended: Mapped[bool]  # by people: the reviewed file changes it no more
    edition: Mapped[int]  # of the whole table, when this row last changed

    __table_args__ = (UniqueConstraint("code", "effective_from"),)

    def in_force(self, day: date) -> bool:
        """Whether the rule applies to what happens on that day."""
        return covers(self.effective_from, self.effective_to, day)


@dataclass(frozen=True, slots=True)
class RuleCard:
    """规则内容 · what a row says; the same from the file, from a proposal and in the cache."""

    code: str
    species: str
    stages: tuple[str, ...]
    text: str
    citation: str
    effective_from: date
    effective_to: date | None
    params: Mapping[str, Any]
    severity: Severity
    certainty: str

    def in_force(self, day: date) -> bool:
        """Whether the rule applies to what happens on that day."""
        return covers(self.effective_from, self.effective_to, day)


CARD_FIELDS: Final = tuple(RuleCard.__dataclass_fields__)


def covers(first: date, last: date | None, day: date) -> bool:
    """Whether a day lies in a period; both ends are within it.

    >>> covers(date(2010, 3, 1), date(2022, 11, 30), date(2022, 12, 1))
    False
    """
    return first <= day and (last is None or day <= last)


def card_of(rule: Rule) -> RuleCard:
    """What a row says."""
    told = {name: getattr(rule, name) for name in CARD_FIELDS}
    return RuleCard(**{**told, "stages": tuple(rule.stages)})


def plain(card: RuleCard) -> dict[str, Any]:
    """A card as an event keeps it."""
    told = {name: folding.plain(getattr(card, name)) for name in CARD_FIELDS}
    return {**told, "stages": list(card.stages), "params": dict(card.params)}


def card_from(told: Mapping[str, Any]) -> RuleCard:
    """A card from its plain form."""
    end = told["effective_to"]
    return RuleCard(
        **{
            **{name: told[name] for name in CARD_FIELDS},
            "stages": tuple(told["stages"]),
            "severity": Severity(told["severity"]),
            "effective_from": date.fromisoformat(told["effective_from"]),
            "effective_to": None if end is None else date.fromisoformat(end),
        }
    )


def write(rule: Rule, card: RuleCard) -> None:
    """Let a row say what a card says."""
    for name in CARD_FIELDS:
        setattr(rule, name, getattr(card, name))
    rule.stages, rule.params = list(card.stages), dict(card.params)


def hold_table(session: Session) -> int:
    """Hold the whole table, which one transaction at a time may change; its next edition."""
    events.hold(session, CHAIN)
    session.info["rules_changed"] = True
    session.info.pop("rules", None)
    return (session.scalar(select(func.max(Rule.edition))) or 0) + 1


_kept: WeakKeyDictionary[Pool, tuple[int, tuple[RuleCard, ...]]] = WeakKeyDictionary()


def cards(session: Session) -> tuple[RuleCard, ...]:
    """Every rule, by code and day: read once a transaction, and anew only when changed.

    A transaction that changes the table reads it each time and lets nobody else see what it read.
    """
    if session.info.get("rules_changed"):
        return _read(session, since=-1)[1]
    known: tuple[RuleCard, ...] | None = session.info.get("rules")
    if known is None:
        pool = session.connection().engine.pool
        edition, known = _kept.get(pool, (-1, ()))
        newest, found = _read(session, since=edition)
        if found:
            _kept[pool] = (newest, found)
        known = session.info["rules"] = found or known
    return known


def _read(session: Session, *, since: int) -> tuple[int, tuple[RuleCard, ...]]:
    """The whole table and its edition in one question; nothing where it is still the one known."""
    newest = select(func.max(Rule.edition)).scalar_subquery()
    wanted = select(Rule).where(newest != since).order_by(Rule.code, Rule.effective_from)
    rows = session.scalars(wanted).all()
    return max((row.edition for row in rows), default=since), tuple(card_of(row) for row in rows)


@orm_events.listens_for(Session, "after_transaction_end")
def _forget(session: Session, transaction: SessionTransaction) -> None:
    if transaction.parent is None:
        session.info.pop("rules", None)
        session.info.pop("rules_changed", None)


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


def in_force(session: Session, stage: str, day: date) -> Sequence[RuleCard]:
    """The rules of a stage on a day, by code."""
    return chosen(cards(session), stage, day)


def chosen(book: Iterable[RuleCard], stage: str, day: date) -> list[RuleCard]:
    """Of a set of rules, those of a stage on a day."""
    return [card for card in book if stage in card.stages and card.in_force(day)]


def in_force_any(session: Session, stage: str) -> Sequence[RuleCard]:
    """The rules of a stage, whenever they are or were in force."""
    return [card for card in cards(session) if stage in card.stages]


def outcomes(session: Session, stage: str, facts: Facts, *, at: datetime) -> list[Outcome]:
    """Every rule of the stage applied to the facts: passed, failed, warned or not applicable."""
    return judged(cards(session), stage, facts, at=at)


def judged(book: Iterable[RuleCard], stage: str, facts: Facts, *, at: datetime) -> list[Outcome]:
    """A set of rules applied to the facts of an act; pure."""
    return [_judge(card, facts, at) for card in chosen(book, stage, legal_day(at))]


def _judge(rule: RuleCard, facts: Facts, at: datetime) -> Outcome:
    finding = ALL_CHECKS[rule.code](facts, at, rule.params)
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


def rows(session: Session) -> Sequence[Rule]:
    """Every row of the table, by code and day."""
    return session.scalars(select(Rule).order_by(Rule.code, Rule.effective_from)).all()


def get(session: Session, ref: str) -> Rule:
    """The rule of that reference.

    Raises:
        NotFound: `rule.not_found`.
    """
    found = session.scalars(select(Rule).where(Rule.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("rule.not_found", "没有找到这条规则")
    return found


def of_code(session: Session, code: str) -> Sequence[Rule]:
    """The rows of a code, the earliest first."""
    mine = select(Rule).where(Rule.code == code)
    return session.scalars(mine.order_by(Rule.effective_from)).all()


PUBLIC_FIELDS: Final = SPECS[Kind.RULE_LOADED].public


def fold(state: State | None, event: EventView) -> State | None:
    """A rule as its events tell it."""
    match event.kind:
        case Kind.RULE_LOADED:
            return {**_told(event), "amended": False}
        case Kind.RULE_APPROVED if state is None or event["change"] == "correct":
            return {**_told(event), "amended": True}
        case Kind.RULE_APPROVED:
            closed = {"effective_to": event["closes_on"], "edition": event["edition"]}
            return {**(state or {}), **closed, "amended": True}
        case _:
            return state


def _told(event: EventView) -> dict[str, Any]:
    told = (*CARD_FIELDS, "edition")
    return {
        name: event[name] if name in PUBLIC_FIELDS else folding.private(event, name)
        for name in told
    }


folding.register(Rule, fold)
