"""主体 · who answers for something: a person or an organisation; a login belongs to one.

Names, numbers and telephones are private parts of its events and columns here; they never reach a
public page. Legal persons' names may (个人信息保护法 protects natural persons).
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.identifiers import phones, resident_ids, uscc

NAME_CHARS_MAX = 60
ERASED_NAME = "（已删除）"


class PartyKind(StrEnum):
    """主体类别."""

    PERSON = "person"
    HOUSEHOLD = "household"
    FAMILY_FARM = "family_farm"
    COOPERATIVE = "cooperative"
    COMPANY = "company"
    AUTHORITY = "authority"


PARTY_KIND_LABELS = {
    PartyKind.PERSON: "个人",
    PartyKind.HOUSEHOLD: "农户",
    PartyKind.FAMILY_FARM: "家庭农场",
    PartyKind.COOPERATIVE: "合作社",
    PartyKind.COMPANY: "企业",
    PartyKind.AUTHORITY: "机关事业单位",
}
LEGAL_PERSONS = {PartyKind.COOPERATIVE, PartyKind.COMPANY, PartyKind.AUTHORITY}


class Party(Subject, Base):
    """主体 · one person or organisation."""

    __tablename__ = "party"
    __ref_prefix__ = "party"
    __table_args__ = (Index("ix_party_name_id", "name", "id"),)  # the order of lists

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[PartyKind]
    name: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    phone: Mapped[str | None] = mapped_column(String(20))
    resident_id: Mapped[str | None] = mapped_column(String(18), unique=True)
    uscc: Mapped[str | None] = mapped_column(String(18), unique=True)

    @property
    def is_legal_person(self) -> bool:
        """Whether its name may stand on a public page."""
        return self.kind in LEGAL_PERSONS


def register(
    session: Session,
    *,
    kind: PartyKind,
    name: str,
    at: datetime,
    by: Party | None,
    phone: str | None = None,
    number: str | None = None,
) -> Party:
    """Register a person or an organisation; `number` is the resident's or the credit code.

    `by` is None only for the first party of an installation, which registers itself.

    Raises:
        RuleViolation: `party.no_name`, or the identifier's own refusal.
        Conflict: `party.number_in_use`.
    """
    numbers = _numbers(kind, number)
    _require_free(session, numbers)
    party = Party(kind=kind, name=_name(name), phone=_phone(phone), **numbers)
    events.hold(session, party.ref)
    session.add(party)
    session.flush()
    actor = party if by is None else by
    events.append(
        session,
        Kind.PARTY_REGISTERED,
        party.ref,
        at=at,
        by=actor.ref,
        kind_of_party=kind.value,
        name=party.name,
        phone=party.phone,
        resident_id=party.resident_id,
        uscc=party.uscc,
    )
    return party


def _name(name: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= NAME_CHARS_MAX:
        raise RuleViolation("party.no_name", f"请填写名称，不超过 {NAME_CHARS_MAX} 个字")
    return name


def _phone(phone: str | None) -> str | None:
    return phones.parse_phone(phone) if phone else None


def _numbers(kind: PartyKind, number: str | None) -> dict[str, str]:
    if not number:
        return {}
    if kind in {PartyKind.PERSON, PartyKind.HOUSEHOLD}:
        return {"resident_id": resident_ids.parse_resident_id(number).code}
    return {"uscc": uscc.parse_uscc(number)}


def _require_free(session: Session, numbers: dict[str, str]) -> None:
    for column, value in numbers.items():
        taken = session.scalar(select(Party.id).where(getattr(Party, column) == value))
        if taken is not None:
            raise Conflict("party.number_in_use", "这个证件号码已经登记过，请查找原有主体")


def change_phone(
    session: Session, party: Party, *, phone: str | None, at: datetime, by: Party
) -> None:
    """Record a new telephone number.

    Raises:
        RuleViolation: the telephone number's own refusal.
    """
    events.hold(session, party.ref)
    party.phone = _phone(phone)
    events.append(session, Kind.PARTY_CHANGED, party.ref, at=at, by=by.ref, phone=party.phone)


def get(session: Session, ref: str) -> Party:
    """The party of that reference.

    Raises:
        NotFound: `party.not_found`.
    """
    found = session.scalars(select(Party).where(Party.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("party.not_found", "没有找到这个主体")
    return found


def search(session: Session, words: str, *, limit: int = 20) -> Sequence[Party]:
    """Parties whose name or telephone holds the words; for people signed in."""
    pattern = f"%{words.strip().replace('%', '').replace('_', '')}%"
    wanted = Party.name.like(pattern) | Party.phone.like(pattern)
    return session.scalars(select(Party).where(wanted).order_by(Party.name).limit(limit)).all()


def fold(state: State | None, event: EventView) -> State | None:
    """A party as its events tell it."""
    match event.kind:
        case Kind.PARTY_REGISTERED:
            fields = ("name", "phone", "resident_id", "uscc")
            return {
                "kind": folding.private(event, "kind_of_party"),
                **{field: folding.private(event, field) for field in fields},
            }
        case Kind.PARTY_CHANGED:
            return {**(state or {}), "phone": folding.private(event, "phone")}
        case Kind.PARTY_ERASED:
            numbers = dict.fromkeys(("phone", "resident_id", "uscc"))
            return {**(state or {}), "name": ERASED_NAME, **numbers}
        case _:
            return state


folding.register(Party, fold)
