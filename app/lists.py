"""分页 · one page of a list, for pages and API: bounded, and the same however far one asks."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Select, func
from sqlalchemy.orm import Session
from sqlalchemy.orm.interfaces import ORMOption

Row = TypeVar("Row")
PAGE_ROWS = 24


@dataclass(frozen=True, slots=True)
class Listed(Generic[Row]):
    """One page of a list."""

    rows: Sequence[Row]
    page: int
    pages: int
    total: int


def paged(
    session: Session,
    wanted: Select[Row],
    *options: ORMOption,
    page: int,
    page_rows: int = PAGE_ROWS,
) -> Listed[Row]:
    """A page of what a query finds; beyond the last page, the last one."""
    found = wanted.with_only_columns(func.count(), maintain_column_froms=True)
    total = session.scalar(found.order_by(None)) or 0
    pages = max(1, -(-total // page_rows))
    page = min(max(1, page), pages)
    chosen = wanted.offset((page - 1) * page_rows).limit(page_rows)
    return Listed(session.scalars(chosen.options(*options)).all(), page, pages, total)
