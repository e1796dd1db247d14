"""待办 · one kind of thing that may wait, and how many there are: one question for all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from flask import url_for
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.auth import scopes
from app.whoami import Scope
from traceability.base.clock import legal_day
from traceability.holdings import Holding
from traceability.parties import Party

COUNT_MAX = 1000  # nobody works through more in a day; shown as 999+


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, what they look after, and when."""

    session: Session
    scope: Scope
    at: datetime

    @property
    def today(self) -> date:
        """The legal day."""
        return legal_day(self.at)

    @property
    def keepers(self) -> Select[int]:
        """Oneself, and the one for whom one acts."""
        return select(Party.id).where(Party.ref.in_(self.scope.keepers))

    @property
    def kept(self) -> Select[int]:
        """One's own places, not those one looks after."""
        return select(Holding.id).where(Holding.keeper_id.in_(self.keepers))

    @property
    def here(self) -> Select[int]:
        """One's own places and those one looks after."""
        return select(Holding.id).where(scopes.within(self.scope))

    @property
    def markets(self) -> Select[int]:
        """The markets one works at."""
        return select(Holding.id).where(Holding.ref.in_(self.scope.markets))


@dataclass(frozen=True, slots=True)
class Waiting:
    """待办 · what it is called, where it is listed, which rows count, how pressing it is."""

    label: str
    endpoint: str
    rows: Select[int]
    hint: str = ""
    tone: str = "info"
    unit: str = "头"
    query: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Todo:
    """What the first page shows of it: the macro `todos` reads these names."""

    label: str
    href: str
    hint: str
    tone: str
    word: str


def counted(session: Session, listed: Sequence[Waiting]) -> list[Todo]:
    """Those of which there are any, in their order."""
    if not listed:
        return []
    counts = [
        select(func.count()).select_from(each.rows.limit(COUNT_MAX).subquery()).scalar_subquery()
        for each in listed
    ]
    row = session.execute(select(*counts)).one()
    return [_todo(each, count) for each, count in zip(listed, row, strict=True) if count]


def _todo(waiting: Waiting, count: int) -> Todo:
    shown = f"{COUNT_MAX - 1}+" if count >= COUNT_MAX else str(count)
    href = url_for(waiting.endpoint, **waiting.query)
    return Todo(waiting.label, href, waiting.hint, waiting.tone, f"{shown} {waiting.unit}")
