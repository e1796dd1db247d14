"""存疑 · a person decides how a doubtful print is to be read; the print itself stays.

Each decision is a record of its own with the paper it rests on. The newest one counts, the earlier
ones stay; a reading is shown beside the printed words and replaces none of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from registry.clusters import KEY_CHARS_MAX
from registry.founding import DOUBT_KIND_LABELS, Doubt
from traceability.base import clock
from traceability.base.db import Base, Subject
from traceability.base.errors import NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.parties import Party

WORDING_CHARS_MAX = 500
BASIS_CHARS_MAX = 500


class Choice(StrEnum):
    """取舍."""

    PROPOSED = "proposed"
    AS_PRINTED = "as_printed"
    OTHER = "other"


CHOICE_LABELS = {
    Choice.PROPOSED: "照建议读",
    Choice.AS_PRINTED: "原文无误，照原文读",
    Choice.OTHER: "另有读法",
}


class Wording(Subject, Base):
    """读法 · how one person, on what ground, decided that a doubtful print is to be read."""

    __tablename__ = "founding_wording"
    __ref_prefix__ = "wording"

    id: Mapped[int] = mapped_column(primary_key=True)
    doubt_key: Mapped[str] = mapped_column(String(KEY_CHARS_MAX), index=True)
    choice: Mapped[Choice]
    text: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("party.id"))

    by: Mapped[Party] = relationship()


@dataclass(frozen=True)
class Readings:
    """读法 · what a page says of a doubt beside the printed words: its kind and its reading."""

    decided: Mapping[str, Wording]

    def label(self, doubt: Doubt) -> str:
        """What sort of doubt it is."""
        return DOUBT_KIND_LABELS[doubt.kind]

    def words(self, doubt: Doubt) -> str:
        """How it is to be read, if somebody has decided; else what is proposed."""
        found = self.decided.get(doubt.key)
        if found is None:
            return f"建议读法（待人确认）：{doubt.proposed}"
        return f"读法已定（{CHOICE_LABELS[found.choice]}）：{found.text}"


def decide(
    session: Session,
    doubt: Doubt,
    *,
    choice: Choice,
    basis: str,
    at: datetime,
    by: Party,
    text: str = "",
) -> Wording:
    """Decide how a doubtful print is to be read, saying on what ground.

    Raises:
        RuleViolation: `doubt.no_basis`, `doubt.no_wording`.
    """
    if not 0 < len(basis.strip()) <= BASIS_CHARS_MAX:
        raise RuleViolation(
            "doubt.no_basis",
            f"请写明依据，如正式印发稿的页码、批复文号、来函，不超过 {BASIS_CHARS_MAX} 个字",
        )
    words = {Choice.PROPOSED: doubt.proposed, Choice.AS_PRINTED: doubt.quote}
    read = words.get(choice, text).strip()
    if not len(read) > 0 or (choice is Choice.OTHER and len(read) > WORDING_CHARS_MAX):
        raise RuleViolation(
            "doubt.no_wording", f"选了另有读法，请写明应怎样读，不超过 {WORDING_CHARS_MAX} 个字"
        )
    told: dict[str, Any] = {"doubt_key": doubt.key, "text": read, "basis": basis.strip()}
    row = Wording(choice=choice, at=clock.to_ms(at), by=by, **told)
    events.hold(session, row.ref)
    session.add(row)
    session.flush()
    events.append(
        session, Kind.WORDING_DECIDED, row.ref, at=at, by=by.ref, choice=choice.value, **told
    )
    return row


def get(session: Session, key: str) -> Doubt:
    """The doubt of that key.

    Raises:
        NotFound: `doubt.not_found`.
    """
    found = session.scalars(select(Doubt).where(Doubt.key == key)).one_or_none()
    if found is None:
        raise NotFound("doubt.not_found", "没有找到这处存疑")
    return found


def every(session: Session) -> Sequence[Doubt]:
    """All doubts, the programme's own first, then the clusters' in printed order."""
    rows = session.scalars(select(Doubt).options(selectinload(Doubt.cluster))).all()
    return sorted(
        rows, key=lambda row: (row.cluster.order_no if row.cluster else 0, row.first_line, row.id)
    )


def decided(session: Session) -> Mapping[str, Wording]:
    """The decision that counts of each doubt that has one."""
    wanted = select(Wording).order_by(Wording.at, Wording.id).options(selectinload(Wording.by))
    return {row.doubt_key: row for row in session.scalars(wanted)}


def readings(session: Session) -> Readings:
    """What the pages of the registry say of doubts."""
    return Readings(decided(session))


def of_doubt(session: Session, doubt: Doubt) -> Sequence[Wording]:
    """Every decision about a doubt, the newest first."""
    wanted = select(Wording).where(Wording.doubt_key == doubt.key)
    newest = wanted.order_by(Wording.at.desc(), Wording.id.desc())
    return session.scalars(newest.options(selectinload(Wording.by))).all()


def fold(state: State | None, event: EventView) -> State | None:
    """A decision as its event tells it."""
    if event.kind is not Kind.WORDING_DECIDED:
        return state
    return {
        "doubt_key": event["doubt_key"],
        "choice": event["choice"],
        "text": folding.private(event, "text"),
        "basis": folding.private(event, "basis"),
        "at": folding.plain(event.at),
        "by_id": folding.private(event, "by"),
    }


folding.register(Wording, fold)
