"""屠宰与胴体 · an animal with its pass is slaughtered; its carcass is weighed and inspected.

Post-mortem inspection goes with the slaughter line, carcass, head, feet and viscera under one
number (同步检疫, 牛屠宰检疫规程, 农牧发〔2023〕16号 [K-med]; the wording of the checks is ours). A
carcass that fails is disposed of harmlessly and never becomes a product.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability import rules
from traceability.animals import Animal, AnimalState, require_alive
from traceability.base import clock
from traceability.base.clock import legal_day
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.evidence import Evidence
from traceability.holdings import Holding
from traceability.parties import Party
from traceability.quarantine.disposal import DisposalMethod
from traceability.slaughter import ante_mortem
from traceability.slaughter.ante_mortem import require_killable
from traceability.slaughter.declarations import SlaughterDeclaration

WEIGHT_G_MAX = 1_500_000
REMARKS_CHARS_MAX = 400
PLACE_CHARS_MAX = 120
NAME_CHARS_MAX = 60
PHOTOGRAPHS_MAX = 12
POST_MORTEM_CHECKS = {
    "identity": "胴体、头蹄、内脏编号一致",
    "head_hoof": "头蹄部检查：鼻唇镜、口腔、舌、蹄未见病变",
    "viscera": "内脏检查：心、肺、肝、脾、胃肠、肾未见病变",
    "carcass": "胴体检查：整体和主要淋巴结未见病变",
    "rechecked": "复检：结果一致，应摘除的已摘除",
}


class CarcassState(StrEnum):
    """胴体状态."""

    WAITING = "waiting"
    PASSED = "passed"
    CONDEMNED = "condemned"
    DISPOSED = "disposed"


CARCASS_STATE_LABELS = {
    CarcassState.WAITING: "待同步检疫",
    CarcassState.PASSED: "同步检疫合格",
    CarcassState.CONDEMNED: "不合格，待无害化处理",
    CarcassState.DISPOSED: "已无害化处理",
}


class Carcass(Subject, Base):
    """胴体 · what an animal became in the abattoir; its number goes with every part of it."""

    __tablename__ = "carcass"
    __ref_prefix__ = "carcass"

    id: Mapped[int] = mapped_column(primary_key=True)
    declaration_id: Mapped[int] = mapped_column(ForeignKey("slaughter_declaration.id"), index=True)
    animal_id: Mapped[int] = mapped_column(ForeignKey("animal.id"), unique=True)
    abattoir_id: Mapped[int] = mapped_column(ForeignKey("holding.id"))
    number: Mapped[str] = mapped_column(String(20))  # day and place in it: 20261122-0001
    slaughtered_at: Mapped[datetime]
    hot_weight_g: Mapped[int | None]
    state: Mapped[CarcassState]
    vet_id: Mapped[int | None] = mapped_column(ForeignKey("party.id"))
    inspected_at: Mapped[datetime | None]
    checks: Mapped[dict[str, Any] | None]  # name of the check → whether it passed
    removed: Mapped[str | None] = mapped_column(String(REMARKS_CHARS_MAX))  # parts taken out
    remarks: Mapped[str | None] = mapped_column(String(REMARKS_CHARS_MAX))
    method: Mapped[DisposalMethod | None]
    disposed_where: Mapped[str | None] = mapped_column(String(PLACE_CHARS_MAX))
    disposed_weight_g: Mapped[int | None]
    witness: Mapped[str | None] = mapped_column(String(NAME_CHARS_MAX))
    photographs: Mapped[list[str] | None]

    declaration: Mapped[SlaughterDeclaration] = relationship()
    animal: Mapped[Animal] = relationship()
    abattoir: Mapped[Holding] = relationship()
    vet: Mapped[Party | None] = relationship()

    __table_args__ = (UniqueConstraint("abattoir_id", "number"),)


def slaughter(
    session: Session, declaration: SlaughterDeclaration, animal: Animal, *, at: datetime, by: Party
) -> Carcass:
    """Record that an animal with its pass was slaughtered; the rules are asked once more.

    Raises:
        RuleViolation: `animal.not_alive`, `slaughter.not_here`; every failed outcome of the stage
            `slaughter`.
        Conflict: `carcass.without_pass`, `carcass.exists`.
    """
    row = Carcass(
        declaration=declaration,
        animal=animal,
        abattoir=declaration.abattoir,
        slaughtered_at=clock.to_ms(at),
        state=CarcassState.WAITING,
    )
    events.hold(session, declaration.ref, row.abattoir.ref, animal.ref, row.ref)
    with session.no_autoflush:
        session.refresh(animal, ["state", "holding_id"])
        _require_possible(session, row)
        warnings = require_killable(session, declaration, animal, at=at)
        row.number = _next_number(session, row)
    animal.state, animal.ended_on = AnimalState.SLAUGHTERED, legal_day(at)
    session.add(row)
    session.flush()
    events.append(
        session,
        Kind.ANIMAL_SLAUGHTERED,
        animal.ref,
        row.ref,
        at=at,
        by=by.ref,
        place_kind=row.abattoir.kind.value,
        township=row.abattoir.township,
        abattoir=row.abattoir.ref,
        slaughter_declaration=declaration.ref,
        carcass_number=row.number,
        warnings=rules.noted(warnings),
    )
    return row


def _require_possible(session: Session, row: Carcass) -> None:
    if of_animal(session, row.animal) is not None:
        raise Conflict("carcass.exists", f"{row.animal.ear_tag} 已经登记屠宰")
    require_alive(row.animal)
    if row.animal.holding_id != row.declaration.abattoir_id:
        raise RuleViolation("slaughter.not_here", f"{row.animal.ear_tag} 不在这个屠宰场")
    found = ante_mortem.newest(session, row.declaration).get(row.animal.id)
    if found is None or not found.passed or found.inspected_at > row.slaughtered_at:
        raise Conflict(
            "carcass.without_pass", f"{row.animal.ear_tag} 没有宰前检查合格的记录，不能屠宰"
        )


def _next_number(session: Session, row: Carcass) -> str:
    day = f"{legal_day(row.slaughtered_at):%Y%m%d}-"
    taken = session.scalar(
        select(func.max(Carcass.number)).where(
            Carcass.abattoir_id == row.declaration.abattoir_id, Carcass.number.startswith(day)
        )
    )
    return f"{day}{int(taken.removeprefix(day)) + 1 if taken else 1:04d}"


def weigh(session: Session, row: Carcass, *, hot_weight_g: int, at: datetime, by: Party) -> None:
    """Record the hot weight that the abattoir read; a mistake is put right until the inspection.

    Raises:
        RuleViolation: `carcass.bad_weight`, `carcass.before_slaughter`.
        Conflict: `carcass.inspected`.
    """
    _hold(session, row, at=at)
    if row.state is not CarcassState.WAITING:
        raise Conflict("carcass.inspected", "已经登记同步检疫，胴体重不能再改")
    if not 0 < hot_weight_g <= WEIGHT_G_MAX:
        raise RuleViolation("carcass.bad_weight", "胴体重应在 0 到 1500 公斤之间，请核对")
    row.hot_weight_g = hot_weight_g
    _append(session, Kind.CARCASS_WEIGHED, row, at=at, by=by, hot_weight_g=hot_weight_g)


def inspect(
    session: Session,
    row: Carcass,
    *,
    checks: Mapping[str, bool],
    at: datetime,
    by: Party,
    removed: str = "",
    remarks: str = "",
) -> None:
    """Record what the official vet found; every check passed makes it fit, else it is condemned.

    A carcass is not condemned by a form sent empty: the remarks say why.

    Inspected again, the newest counts, until it is disposed of.

    Raises:
        RuleViolation: `post_mortem.unknown_check`, `post_mortem.without_reason`,
            `carcass.before_slaughter`.
        Conflict: `carcass.not_weighed`, `carcass.disposed`.
    """
    _hold(session, row, at=at)
    if row.state is CarcassState.DISPOSED:
        raise Conflict("carcass.disposed", f"胴体 {row.number} 已经无害化处理")
    if row.hot_weight_g is None:
        raise Conflict("carcass.not_weighed", "先登记胴体重，再登记同步检疫")
    if not checks.keys() <= POST_MORTEM_CHECKS.keys():
        raise RuleViolation("post_mortem.unknown_check", "检查项目不在规定之列，请刷新页面")
    passed = all(checks.get(name, False) for name in POST_MORTEM_CHECKS)
    if not passed and not remarks.strip():
        sentence = "有项目没打勾：不合格的请在说明里写明病变和原因，合格的请把各项都打勾"
        raise RuleViolation("post_mortem.without_reason", sentence)
    row.state = CarcassState.PASSED if passed else CarcassState.CONDEMNED
    row.vet, row.inspected_at, row.checks = by, clock.to_ms(at), dict(checks)
    row.removed, row.remarks = _cut(removed), _cut(remarks)
    _append(
        session,
        Kind.CARCASS_INSPECTED,
        row,
        at=at,
        by=by,
        passed=passed,
        checks=row.checks,
        removed=row.removed,
        remarks=row.remarks,
    )


def dispose(
    session: Session,
    row: Carcass,
    *,
    method: DisposalMethod,
    where: str,
    witness: str,
    weight_g: int,
    photographs: Sequence[Evidence],
    at: datetime,
    by: Party,
) -> None:
    """Record the harmless disposal of a condemned carcass: how, where, before whom, how heavy.

    Raises:
        RuleViolation: `carcass.without_place`, `carcass.without_witness`, `carcass.bad_weight`,
            `carcass.without_photograph`, `carcass.before_slaughter`.
        Conflict: `carcass.not_condemned`.
    """
    _hold(session, row, at=at)
    if row.state is not CarcassState.CONDEMNED:
        label = CARCASS_STATE_LABELS[row.state]
        raise Conflict("carcass.not_condemned", f"胴体 {row.number} 的状态是“{label}”")
    if not 0 < weight_g <= WEIGHT_G_MAX:
        raise RuleViolation("carcass.bad_weight", "重量应在 0 到 1500 公斤之间，请核对")
    if not 0 < len(photographs) <= PHOTOGRAPHS_MAX:
        sentence = f"请附 1 到 {PHOTOGRAPHS_MAX} 张处理现场照片"
        raise RuleViolation("carcass.without_photograph", sentence)
    if not where.strip():
        raise RuleViolation("carcass.without_place", "请写明在哪里处理")
    if not witness.strip():
        raise RuleViolation("carcass.without_witness", "请写明见证人姓名")
    row.state, row.method, row.disposed_weight_g = CarcassState.DISPOSED, method, weight_g
    row.disposed_where = where.strip()[:PLACE_CHARS_MAX]
    row.witness = witness.strip()[:NAME_CHARS_MAX]
    row.photographs = [each.ref for each in photographs]
    _append(
        session,
        Kind.CARCASS_DISPOSED,
        row,
        at=at,
        by=by,
        method=method.value,
        where=row.disposed_where,
        witness=row.witness,
        weight_g=weight_g,
        photographs=row.photographs,
    )


def _hold(session: Session, row: Carcass, *, at: datetime) -> None:
    events.hold(session, row.ref, row.animal.ref)
    session.refresh(row, ["state", "hot_weight_g"])
    if clock.to_ms(at) < row.slaughtered_at:
        raise RuleViolation("carcass.before_slaughter", "时间早于屠宰时间，请核对")


def _append(
    session: Session, kind: Kind, row: Carcass, *, at: datetime, by: Party, **told: Any
) -> None:
    events.append(session, kind, row.ref, row.animal.ref, at=at, by=by.ref, **told)


def _cut(text: str) -> str:
    return text.strip()[:REMARKS_CHARS_MAX]


def get(session: Session, ref: str) -> Carcass:
    """The carcass of that reference.

    Raises:
        NotFound: `carcass.not_found`.
    """
    wanted = select(Carcass).where(Carcass.ref == ref)
    if (found := session.scalars(wanted).one_or_none()) is None:
        raise NotFound("carcass.not_found", "没有找到这个胴体")
    return found


def of_animal(session: Session, animal: Animal) -> Carcass | None:
    """What an animal became; None if it was not slaughtered."""
    return session.scalars(select(Carcass).where(Carcass.animal_id == animal.id)).one_or_none()


def of_declaration(session: Session, declaration: SlaughterDeclaration) -> dict[int, Carcass]:
    """The carcasses of a declaration, by the animal's id."""
    wanted = select(Carcass).where(Carcass.declaration_id == declaration.id)
    return {row.animal_id: row for row in session.scalars(wanted)}


def _slaughtered(event: EventView) -> State:
    return {
        "declaration_id": folding.private(event, "slaughter_declaration"),
        "animal_id": event.links[0].ref,
        "abattoir_id": folding.private(event, "abattoir"),
        "number": folding.private(event, "carcass_number"),
        "slaughtered_at": clock.stamp(event.at),
        "state": CarcassState.WAITING.value,
    }


def _inspected(event: EventView) -> State:
    state = CarcassState.PASSED if event["passed"] else CarcassState.CONDEMNED
    return {
        "state": state.value,
        "vet_id": folding.private(event, "by"),
        "inspected_at": clock.stamp(event.at),
        **{name: folding.private(event, name) for name in ("checks", "removed", "remarks")},
    }


def _disposed(event: EventView) -> State:
    return {
        "state": CarcassState.DISPOSED.value,
        "method": event["method"],
        "disposed_where": folding.private(event, "where"),
        "disposed_weight_g": folding.private(event, "weight_g"),
        **{name: folding.private(event, name) for name in ("witness", "photographs")},
    }


CHANGES = {
    Kind.ANIMAL_SLAUGHTERED: _slaughtered,
    Kind.CARCASS_WEIGHED: lambda event: {"hot_weight_g": folding.private(event, "hot_weight_g")},
    Kind.CARCASS_INSPECTED: _inspected,
    Kind.CARCASS_DISPOSED: _disposed,
}


def fold(state: State | None, event: EventView) -> State | None:
    """A carcass as its events tell it."""
    change = CHANGES.get(event.kind)
    return state if change is None else {**(state or {}), **change(event)}


folding.register(Carcass, fold)
