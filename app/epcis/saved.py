"""命名查询 · a query that an account keeps under a name (EPCIS 2.0 §8.2.7)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from traceability.base.db import Base
from traceability.base.errors import Conflict, NotFound
from traceability.epcis import queries

NAME_CHARS_MAX = 80


class SavedQuery(Base):
    """命名查询 · parameters under a name of one's own."""

    __tablename__ = "epcis_query"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    parameters: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


UNCHAINED: dict[str, str] = {
    f"epcis_query.{column.name}": "what somebody likes to ask; nothing that happened"
    for column in Base.metadata.tables["epcis_query"].columns
}


def create(
    session: Session, account_id: int, *, name: str, parameters: Mapping[str, Any], at: datetime
) -> SavedQuery:
    """Keep a query under a name.

    Raises:
        RuleViolation: `epcis.unknown_parameter`, `epcis.bad_parameter`.
        Conflict: `epcis.query_exists`.
    """
    plain = {key: _listed(value) for key, value in parameters.items()}
    queries.parse(plain)
    mine = select(SavedQuery.id).where(SavedQuery.account_id == account_id)
    if session.scalar(mine.where(SavedQuery.name == name)) is not None:
        raise Conflict("epcis.query_exists", f"已有名为“{name}”的查询，请换个名称或先删除")
    row = SavedQuery(account_id=account_id, name=name, parameters=dict(plain), created_at=at)
    session.add(row)
    session.flush()
    return row


def _listed(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def get(session: Session, account_id: int, name: str) -> SavedQuery:
    """The query of that name of an account's own.

    Raises:
        NotFound: `epcis.query_not_found`.
    """
    mine = select(SavedQuery).where(SavedQuery.account_id == account_id, SavedQuery.name == name)
    found = session.scalars(mine).one_or_none()
    if found is None:
        raise NotFound("epcis.query_not_found", "没有这个名称的查询")
    return found


def every(session: Session, account_id: int) -> Sequence[SavedQuery]:
    """The queries of an account, by name."""
    mine = select(SavedQuery).where(SavedQuery.account_id == account_id)
    return session.scalars(mine.order_by(SavedQuery.name)).all()


def remove(session: Session, account_id: int, name: str) -> None:
    """Forget a query.

    Raises:
        NotFound: `epcis.query_not_found`.
    """
    row = get(session, account_id, name)
    session.execute(delete(SavedQuery).where(SavedQuery.id == row.id))
