"""规则修改 · one person proposes another version of a rule, another one approves or returns it.

The past is never edited silently: a change applies from a day that is yet to come, as a new row
beside the old one, whose period ends the day before. Only a correction, named as one and with its
reason, changes what a row has always said.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability import rules
from traceability.base import clock
from traceability.base.clock import legal_day
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.evidence import Evidence
from traceability.identifiers.ear_tags import Species
from traceability.parties import Party
from traceability.rules import (
    CERTAINTY_LABELS,
    CITATION_CHARS_MAX,
    CODE_CHARS_MAX,
    STAGE_LABELS,
    TEXT_CHARS_MAX,
    Rule,
    RuleCard,
)
from traceability.special_checks import ALL_CHECKS

REASON_CHARS_MAX = 2000
ONE_DAY = timedelta(days=1)
REFS = ("rule", "evidence", "by")


class Change(StrEnum):
    """修改方式."""

    REVISE = "revise"
    CLOSE = "close"
    OPEN = "open"
    CORRECT = "correct"


CHANGE_LABELS = {
    Change.REVISE: "从某日起改",
    Change.CLOSE: "从某日起停用",
    Change.OPEN: "从某日起新增",
    Change.CORRECT: "更正录错的内容",
}


class AmendmentState(StrEnum):
    """规则修改状态."""

    PROPOSED = "proposed"
    RETURNED = "returned"
    APPROVED = "approved"


AMENDMENT_STATE_LABELS = {
    AmendmentState.PROPOSED: "待批准",
    AmendmentState.RETURNED: "已退回",
    AmendmentState.APPROVED: "已批准",
}


class Amendment(Subject, Base):
    """规则修改 · a proposed version of a rule, with the reason and the document it rests on."""

    __tablename__ = "amendment"
    __ref_prefix__ = "amendment"

    id: Mapped[int] = mapped_column(primary_key=True)
    change: Mapped[Change]
    rule_id: Mapped[int | None] = mapped_column(ForeignKey("rule.id"), index=True)
    code: Mapped[str] = mapped_column(String(CODE_CHARS_MAX))
    card: Mapped[dict[str, Any]]  # the whole row as proposed
    edition: Mapped[int]  # of the row when it was proposed; 0 for a new one
    reason: Mapped[str] = mapped_column(Text)
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))
    state: Mapped[AmendmentState]
    proposed_at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    decided_at: Mapped[datetime | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("party.id"))
    return_reason: Mapped[str | None] = mapped_column(Text)

    rule: Mapped[Rule | None] = relationship()
    evidence: Mapped[Evidence | None] = relationship()
    by: Mapped[Party] = relationship(foreign_keys=[by_id])
    decided_by: Mapped[Party | None] = relationship(foreign_keys=[decided_by_id])

    @property
    def proposed(self) -> RuleCard:
        """The row as proposed."""
        return rules.card_from(self.card)


def propose(
    session: Session,
    change: Change,
    card: RuleCard,
    *,
    rule: Rule | None,
    reason: str,
    evidence: Evidence | None,
    at: datetime,
    by: Party,
) -> Amendment:
    """Propose a change of a rule; `card` is the new row, or for CLOSE the row with its last day.

    Raises:
        RuleViolation: `amendment.no_reason`, `amendment.no_source`, `amendment.bad_card`,
            `amendment.not_to_come`, `amendment.overlap`, `amendment.nothing_changed`.
    """
    if not 0 < len(reason.strip()) <= REASON_CHARS_MAX:
        raise RuleViolation("amendment.no_reason", "请写明修改的原因，不超过 2000 字")
    if evidence is None:
        raise RuleViolation("amendment.no_source", "请附上文件依据（照片或文件）")
    _check(session, change, card, rule, at=at)
    row = Amendment(
        change=change,
        rule=rule,
        code=card.code,
        card=rules.plain(card),
        edition=0 if rule is None else rule.edition,
        reason=reason.strip(),
        evidence=evidence,
        state=AmendmentState.PROPOSED,
        proposed_at=clock.to_ms(at),
        by=by,
    )
    events.hold(session, row.ref)
    session.add(row)
    session.flush()
    events.append(
        session,
        Kind.RULE_PROPOSED,
        row.ref,
        at=at,
        by=by.ref,
        change=change.value,
        code=row.code,
        rule=None if rule is None else rule.ref,
        card=row.card,
        edition=row.edition,
        reason=row.reason,
        evidence=evidence.ref,
    )
    return row


def approve(session: Session, amendment: Amendment, *, at: datetime, by: Party) -> Rule:
    """Approve a proposed change; never by the person who proposed it.

    Raises:
        RuleViolation: `amendment.same_person`, and what `propose` refuses, judged anew.
        Conflict: `amendment.closed`, `amendment.rule_changed`.
    """
    edition = rules.hold_table(session)
    rule, card, change = _open(session, amendment), amendment.proposed, amendment.change
    if by.id == amendment.by_id:
        raise RuleViolation("amendment.same_person", "提议人不能批准自己的修改，请另一位人员批准")
    if rule is not None and rule.edition != amendment.edition:
        raise Conflict("amendment.rule_changed", "这条规则在提议之后又改过，请退回后重新提议")
    _check(session, change, card, rule, at=at)
    changed, closes_on = _applied(session, rule, card, change, edition=edition)
    amendment.state, amendment.decided_by = AmendmentState.APPROVED, by
    amendment.decided_at = clock.to_ms(at)
    told = {**rules.plain(card), "edition": edition, "change": change.value}
    events.append(
        session,
        Kind.RULE_APPROVED,
        amendment.ref,
        *[row.ref for row in changed],
        at=at,
        by=by.ref,
        closes_on=folding.plain(closes_on),
        reason=amendment.reason,
        **told,
    )
    return changed[-1]


def _applied(
    session: Session, rule: Rule | None, card: RuleCard, change: Change, *, edition: int
) -> tuple[list[Rule], date | None]:
    """Change the table: the rows changed, the new one last, and the old row's last day."""
    changed = [] if rule is None else [rule]
    closes_on = card.effective_to if change is Change.CLOSE else None
    if change in {Change.REVISE, Change.OPEN}:
        if rule is not None:
            closes_on = rule.effective_to = card.effective_from - ONE_DAY
        changed.append(Rule())
    events.hold(session, *[row.ref for row in changed])
    rules.write(changed[-1], card)
    for row in changed:
        row.amended, row.edition = True, edition
    session.add_all(changed)
    return changed, closes_on


def send_back(
    session: Session, amendment: Amendment, *, reason: str, at: datetime, by: Party
) -> None:
    """Return a proposed change with the reason; also one's own, to take it back.

    Raises:
        RuleViolation: `amendment.return_without_reason`.
        Conflict: `amendment.closed`.
    """
    if not reason.strip():
        raise RuleViolation("amendment.return_without_reason", "请写明退回原因")
    _open(session, amendment)
    amendment.state, amendment.decided_by = AmendmentState.RETURNED, by
    amendment.decided_at, amendment.return_reason = clock.to_ms(at), reason.strip()
    events.append(
        session,
        Kind.RULE_RETURNED,
        amendment.ref,
        at=at,
        by=by.ref,
        reason=amendment.return_reason,
    )


def _open(session: Session, amendment: Amendment) -> Rule | None:
    """Hold a change that nobody has decided yet, and the rule that it changes."""
    events.hold(session, amendment.ref)
    session.refresh(amendment)
    if amendment.state is not AmendmentState.PROPOSED:
        now = AMENDMENT_STATE_LABELS[amendment.state]
        raise Conflict("amendment.closed", f"这项修改{now}，请刷新后再看")
    if amendment.rule is not None:
        session.refresh(amendment.rule)
    return amendment.rule


def _check(
    session: Session, change: Change, card: RuleCard, rule: Rule | None, *, at: datetime
) -> None:
    """Refuse a row that cannot be, or that would change what days gone by were judged by."""
    _check_card(session, card)
    today = legal_day(at)
    first = card.effective_from
    if (change is Change.OPEN) is not (rule is None) or (rule and rule.code != card.code):
        raise RuleViolation("amendment.bad_card", "请从要修改的那条规则提议")
    if change is Change.CLOSE:
        first = (card.effective_to or today) + ONE_DAY
    if change is not Change.CORRECT and first <= today:
        raise RuleViolation(
            "amendment.not_to_come", "改动只能从明天或以后生效；录错的内容请用“更正”"
        )
    if rule is not None:
        _check_against(change, card, rules.card_of(rule))
    for other in rules.of_code(session, card.code):
        if other is not rule and _overlap(card, other):
            raise RuleViolation(
                "amendment.overlap", f"与 {other.effective_from} 起的那条规则在时间上重叠，请核对"
            )


def _check_against(change: Change, card: RuleCard, known: RuleCard) -> None:
    """Refuse what changes nothing, and what a way of changing does not allow."""
    inside = known.effective_from < card.effective_from and known.in_force(card.effective_from)
    ends = replace(known, effective_to=card.effective_to) == card
    shorter = card.effective_to is not None and known.in_force(card.effective_to)
    allowed = {
        Change.REVISE: inside,
        Change.CLOSE: ends and shorter,
        Change.CORRECT: True,
        Change.OPEN: False,
    }[change]
    if not allowed:
        raise RuleViolation("amendment.bad_card", "生效或停用日期不在这条规则的有效期内，请核对")
    if change is Change.REVISE:
        first, last = known.effective_from, known.effective_to
        card = replace(card, effective_from=first, effective_to=last)
    if card == known:
        raise RuleViolation("amendment.nothing_changed", "内容与现行规则相同，没有可批准的改动")


def _overlap(card: RuleCard, rule: Rule) -> bool:
    last = card.effective_to or date.max
    return card.effective_from <= (rule.effective_to or date.max) and rule.effective_from <= last


def _check_card(session: Session, card: RuleCard) -> None:
    """Refuse a row that no check could read.

    Raises:
        RuleViolation: `amendment.bad_card`.
    """
    wanted = {
        "没有这样的检查": card.code in ALL_CHECKS and card.species in set(Species),
        "请至少选一个办理环节": card.stages and {*card.stages} <= STAGE_LABELS.keys(),
        "请写规则文字，不超过 300 个字": 0 < len(card.text.strip()) <= TEXT_CHARS_MAX,
        "请写出处，不超过 120 个字": 0 < len(card.citation.strip()) <= CITATION_CHARS_MAX,
        "请选把握程度": card.certainty in CERTAINTY_LABELS,
        "停用日期早于生效日期": card.effective_from <= (card.effective_to or date.max),
        "参数的名称或数值与这项检查不符": _params_fit(session, card),
    }
    if faults := [sentence for sentence, right in wanted.items() if not right]:
        raise RuleViolation("amendment.bad_card", "；".join(faults))


def _params_fit(session: Session, card: RuleCard) -> bool:
    """Whether the parameters are those of another row of the code: same names, whole numbers."""
    for known in rules.of_code(session, card.code):
        same = known.params.keys() == card.params.keys()
        if same and all(_alike(known.params[name], value) for name, value in card.params.items()):
            return True
    return False


def _alike(known: Any, value: Any) -> bool:
    if type(known) is not type(value):
        return False
    return not isinstance(value, int) or value >= 0


def get(session: Session, ref: str) -> Amendment:
    """The amendment of that reference.

    Raises:
        NotFound: `amendment.not_found`.
    """
    found = session.scalars(select(Amendment).where(Amendment.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("amendment.not_found", "没有找到这项规则修改")
    return found


def listed(session: Session, *, limit: int = 100) -> Sequence[Amendment]:
    """The changes proposed, those that wait first, then the newest."""
    waits = Amendment.state == AmendmentState.PROPOSED
    newest = select(Amendment).order_by(waits.desc(), Amendment.id.desc())
    return session.scalars(newest.limit(limit)).all()


def of_code(session: Session, code: str) -> Sequence[Amendment]:
    """The changes proposed to a code, the newest first."""
    mine = select(Amendment).where(Amendment.code == code)
    return session.scalars(mine.order_by(Amendment.id.desc())).all()


def fold(state: State | None, event: EventView) -> State | None:
    """An amendment as its events tell it."""
    known = {**(state or {})}
    decided = {
        "decided_at": clock.stamp(event.at),
        "decided_by_id": folding.private(event, "by"),
    }
    match event.kind:
        case Kind.RULE_PROPOSED:
            private = ("card", "edition", "reason")
            return {
                "change": event["change"],
                "code": event["code"],
                **{name: folding.private(event, name) for name in private},
                **{
                    f"{name}_id": folding.private(event, name)
                    for name in ("rule", "evidence", "by")
                },
                "state": AmendmentState.PROPOSED.value,
                "proposed_at": clock.stamp(event.at),
                **dict.fromkeys(("decided_at", "decided_by_id", "return_reason")),
            }
        case Kind.RULE_RETURNED:
            reason = folding.private(event, "reason")
            state_now = AmendmentState.RETURNED.value
            return {**known, **decided, "state": state_now, "return_reason": reason}
        case Kind.RULE_APPROVED:
            return {**known, **decided, "state": AmendmentState.APPROVED.value}
        case _:
            return state


folding.register(Amendment, fold)
