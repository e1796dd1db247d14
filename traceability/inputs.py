"""投入品台账 · what a holding bought of drugs, vaccines, feed and additives, and what is left.

Uses are drawn from the treatments given at the holding: a course takes from the batch of its own
name, number and unit. A batch that was never bought is recorded all the same, with a warning.
畜牧法（2022 年修订）第四十一条: source, name, day and use of feed, additives and drugs.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, exists, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability.animals import ref_of
from traceability.base.clock import legal_day
from traceability.base.db import Base, Subject
from traceability.base.errors import NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.evidence import Evidence
from traceability.holdings import Holding
from traceability.parties import Party
from traceability.treatments import AmountUnit, Caution, Treatment
from traceability.treatments.amounts import AMOUNT_MILLI_MAX

NAME_CHARS_MAX = 60
NUMBER_CHARS_MAX = 40


class InputKind(StrEnum):
    """投入品类别."""

    DRUG = "drug"
    VACCINE = "vaccine"
    FEED = "feed"
    ADDITIVE = "additive"


INPUT_KIND_LABELS = {
    InputKind.DRUG: "兽药",
    InputKind.VACCINE: "疫苗",
    InputKind.FEED: "饲料",
    InputKind.ADDITIVE: "饲料添加剂",
}
BATCHED = frozenset({InputKind.DRUG, InputKind.VACCINE})
"""Kinds that are never without a batch number."""


class Purchase(Subject, Base):
    """投入品购入 · one batch that a holding bought."""

    __tablename__ = "purchase"
    __ref_prefix__ = "purchase"

    id: Mapped[int] = mapped_column(primary_key=True)
    holding_id: Mapped[int] = mapped_column(ForeignKey("holding.id"), index=True)
    input_kind: Mapped[InputKind]
    name: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    source: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    approval_no: Mapped[str | None] = mapped_column(String(NUMBER_CHARS_MAX))
    batch_no: Mapped[str | None] = mapped_column(String(NUMBER_CHARS_MAX))
    quantity_milli: Mapped[int]  # thousandths of `amount_unit`
    amount_unit: Mapped[AmountUnit]
    bought_on: Mapped[date]
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))
    by_id: Mapped[int] = mapped_column(ForeignKey("party.id"))

    holding: Mapped[Holding] = relationship()
    evidence: Mapped[Evidence | None] = relationship()
    by: Mapped[Party] = relationship()


@dataclass(frozen=True, slots=True)
class Voucher:
    """购货凭证 · what the paper of a purchase says."""

    input_kind: InputKind
    name: str
    source: str
    quantity_milli: int
    amount_unit: AmountUnit
    bought_on: date
    approval_no: str = ""
    batch_no: str = ""


def buy(
    session: Session,
    holding: Holding,
    voucher: Voucher,
    *,
    at: datetime,
    by: Party,
    on_behalf_of: Party | None = None,
    evidence: Evidence | None = None,
) -> Purchase:
    """Record what a holding bought, with the photograph of the paper if there is one.

    Raises:
        RuleViolation: `input.no_name`, `input.no_source`, `input.no_batch`, `input.bad_quantity`,
            `input.in_future`.
    """
    _check(voucher, at)
    row = Purchase(
        holding=holding,
        input_kind=voucher.input_kind,
        name=voucher.name.strip(),
        source=voucher.source.strip(),
        approval_no=voucher.approval_no.strip() or None,
        batch_no=voucher.batch_no.strip() or None,
        quantity_milli=voucher.quantity_milli,
        amount_unit=voucher.amount_unit,
        bought_on=voucher.bought_on,
        evidence=evidence,
        by=by,
    )
    events.hold(session, row.ref)
    session.add(row)
    session.flush()
    events.append(
        session,
        Kind.PURCHASE_RECORDED,
        row.ref,
        at=at,
        by=by.ref,
        on_behalf_of=ref_of(on_behalf_of),
        holding=holding.ref,
        evidence=None if evidence is None else evidence.ref,
        **{field: folding.plain(getattr(row, field)) for field in TOLD},
    )
    return row


TOLD = (
    "input_kind", "name", "source", "approval_no", "batch_no", "quantity_milli", "amount_unit",
    "bought_on",
)  # fmt: skip


def _check(voucher: Voucher, at: datetime) -> None:
    if not voucher.name.strip():
        raise RuleViolation("input.no_name", "请填写投入品名称")
    if not voucher.source.strip():
        raise RuleViolation("input.no_source", "请填写从哪里买的")
    if voucher.input_kind in BATCHED and not voucher.batch_no.strip():
        raise RuleViolation("input.no_batch", "兽药和疫苗要填批号")
    if not 0 < voucher.quantity_milli <= AMOUNT_MILLI_MAX:
        raise RuleViolation("input.bad_quantity", "数量应大于 0，不超过一百万")
    if voucher.bought_on > legal_day(at):
        raise RuleViolation("input.in_future", "购入日期在将来，请核对")


@dataclass(frozen=True, slots=True)
class Stock:
    """库存 · one batch: bought, used by courses that say how much, and courses that do not."""

    input_kind: InputKind
    name: str
    batch_no: str | None
    amount_unit: AmountUnit
    bought_milli: int
    used_milli: int
    unmeasured: int  # courses of the batch without an amount, or in another unit

    @property
    def left_milli(self) -> int:
        """What should be left; below nothing means that something was not written down."""
        return self.bought_milli - self.used_milli


def stock(session: Session, holding: Holding) -> list[Stock]:
    """What a holding bought and should have left, batch by batch, by kind and name."""
    bought: dict[tuple[InputKind, str, str | None, AmountUnit], int] = defaultdict(int)
    for each in purchases(session, holding):
        bought[each.input_kind, each.name, each.batch_no, each.amount_unit] += each.quantity_milli
    courses = uses(session, holding)
    found = []
    for (kind, name, batch_no, unit), milli in bought.items():
        mine = [
            course
            for course in courses
            if kind is InputKind.DRUG and (course.drug, course.batch_no) == (name, batch_no)
        ]
        used = [course.used_milli or 0 for course in mine if course.used_unit is unit]
        rest = len(mine) - len(used)
        found.append(Stock(kind, name, batch_no, unit, milli, sum(used), rest))
    return sorted(found, key=lambda each: (each.input_kind, each.name, each.batch_no or ""))


def purchases(
    session: Session, holding: Holding, *, since: date | None = None, until: date | None = None
) -> Sequence[Purchase]:
    """What a holding bought, the newest first."""
    wanted = select(Purchase).where(
        Purchase.holding_id == holding.id,
        Purchase.bought_on.between(since or date.min, until or date.max),
    )
    return session.scalars(wanted.order_by(Purchase.bought_on.desc(), Purchase.id.desc())).all()


def uses(session: Session, holding: Holding) -> Sequence[Treatment]:
    """The courses given at a holding, the newest first."""
    wanted = select(Treatment).where(Treatment.holding_id == holding.id)
    return session.scalars(wanted.order_by(Treatment.given_on.desc(), Treatment.id.desc())).all()


def cautions(session: Session, course: Treatment) -> Sequence[Caution]:
    """A warning for a course from a batch that its holding has not bought by that day.

    It names no holding: the animal may have a new keeper, who need not know from whom it came.
    """
    if course.batch_no is None or course.holding is None:
        return []
    bought = select(
        exists().where(
            Purchase.holding_id == course.holding_id,
            Purchase.input_kind == InputKind.DRUG,
            func.trim(Purchase.batch_no) == course.batch_no.strip(),
            Purchase.name == course.drug,
            Purchase.bought_on <= course.given_on,
        )
    )
    if session.scalar(bought):
        return []
    sentence = (
        f"用药场所的投入品台账里，到用药那天没有购入过批号 {course.batch_no} 的"
        f"“{course.drug}”，请补记购入或核对批号"
    )
    return [Caution("treatment.batch_never_bought", sentence)]


def get(session: Session, ref: str) -> Purchase:
    """The purchase of that reference.

    Raises:
        NotFound: `purchase.not_found`.
    """
    found = session.scalars(select(Purchase).where(Purchase.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("purchase.not_found", "没有找到这笔购入")
    return found


def fold(state: State | None, event: EventView) -> State | None:
    """A purchase as its event tells it."""
    if event.kind is not Kind.PURCHASE_RECORDED:
        return state
    links = ("holding", "evidence", "by")
    return {
        **{f"{name}_id": folding.private(event, name) for name in links},
        **{name: folding.private(event, name) for name in TOLD},
    }


folding.register(Purchase, fold)
