"""批 · rows written together: what becomes of each, the rows to insert, the events to append.

Rows go in by the table, events through `chain.bulk`, all in the transaction of the batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from traceability.base.clock import start_of
from traceability.base.db import Base
from traceability.campaigns.records import Campaign
from traceability.chain import bulk
from traceability.chain.bulk import Prepared
from traceability.chain.kinds import Kind
from traceability.chain.tables import table_of
from traceability.importing.shapes import Reason, Refused, Row
from traceability.rules import RuleCard

IMPORTED = "imported"
"""Evidence level of everything an import brings (导入): a register said so, nobody here saw it."""


class Outcome(StrEnum):
    """导入结果 · what became of a row."""

    ACCEPTED = "accepted"
    WARNED = "warned"
    ALREADY = "already"
    REFUSED = "refused"


OUTCOME_LABELS = {
    Outcome.ACCEPTED: "已导入",
    Outcome.WARNED: "已导入，有提醒",
    Outcome.ALREADY: "已有，未改动",
    Outcome.REFUSED: "不收",
}


@dataclass(frozen=True, slots=True)
class Result:
    """A row's line in the sheet and what became of it."""

    line: int
    outcome: Outcome
    reasons: tuple[Reason, ...] = ()

    @property
    def code(self) -> str:
        """The first reason's code; "" where there is none."""
        return self.reasons[0].code if self.reasons else ""

    @property
    def sentence(self) -> str:
        """Every reason in words."""
        return "；".join(reason.sentence for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a sheet, read, with its place."""

    number: int
    row: Row


@dataclass(slots=True)
class Batch:
    """一批 · what a batch of rows adds up to before it is written."""

    session: Session
    secret: bytes
    by_id: int
    by: str
    now: datetime
    laws: Sequence[RuleCard] = ()
    campaign: Campaign | None = None
    area: Sequence[str] = ()  # where the sender may record; for a campaign's sheet
    is_trial: bool = False
    results: list[Result] = field(default_factory=list)
    prepared: list[Prepared] = field(default_factory=list)
    inserts: dict[type[Base], list[dict[str, Any]]] = field(default_factory=dict)

    def refuse(self, line: Line, code: str, sentence: str) -> None:
        """A row that is not taken."""
        self.results.append(Result(line.number, Outcome.REFUSED, (Reason(code, sentence),)))

    def already(self, line: Line) -> None:
        """A row that changes nothing."""
        self.results.append(Result(line.number, Outcome.ALREADY))

    def differs(self, line: Line, what: str) -> None:
        """A row that names something known otherwise."""
        self.refuse(line, "import.differs", f"{what}已经登记，内容与这一行不同；要改请在平台上更正")

    def accept(self, line: Line, *more: Reason) -> None:
        """A row that is taken, perhaps with a warning."""
        warnings = (*line.row.warnings, *more)
        outcome = Outcome.WARNED if warnings else Outcome.ACCEPTED
        self.results.append(Result(line.number, outcome, warnings))

    def law(self, code: str, day: date) -> Reason | None:
        """The warning of a rule, by its row in force on a day; None where none was."""
        for rule in self.laws:
            if rule.code == code and rule.in_force(day):
                return Reason(code, f"{rule.text.partition('：')[0]}（{rule.citation}）")
        return None

    def insert(self, model: type[Base], **values: Any) -> None:
        """A row for a table."""
        self.inserts.setdefault(model, []).append(values)

    def tell(
        self, kind: Kind, *subjects: str, at: datetime, group: str | None = None, **data: Any
    ) -> None:
        """An event, as `events.append` would be told of it."""
        self.prepared.append(Prepared(kind, subjects, at, self.by, data, group=group))

    def at(self, day: date | None) -> datetime:
        """The instant an imported day stands for; now where none is given."""
        return self.now if day is None else start_of(day)

    def write(self, model: type[Base]) -> None:
        """Insert what waits for a table, so that others may point to it."""
        rows = self.inserts.pop(model, [])
        if rows:
            self.session.connection().execute(table_of(model).insert(), rows)

    def finish(self) -> None:
        """Insert what still waits and append every event."""
        for model in list(self.inserts):
            self.write(model)
        if self.prepared:
            bulk.append_all(self.session, self.prepared)


def refused(line: int, found: Refused) -> Result:
    """The result of a row whose shape was refused."""
    return Result(line, Outcome.REFUSED, found.reasons)
