"""到期名单表 · the due lists of one's own area, for a page and as a workbook to fill in.

The workbook's columns are those of a campaign's upload: what the vet fills in comes back as it is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import Session

from app import campaigning, whoami, workbooks
from app.auth import scopes
from traceability import due_lists
from traceability.due_lists import DUE_LABELS, DueAnimal, VillageDue
from traceability.treatments import Disease

COLUMNS: Mapping[str, int] = {
    "耳标号": 18,
    "户主": 14,
    "场所": 18,
    "村": 20,
    "出生日期": 12,
    "上次免疫": 12,
    "到期原因": 12,
    "免疫日期": 12,
    "疫苗批号": 14,
    "未免原因": 16,
}
"""Header → width in characters; the last three are filled in by hand."""
ROWS_MAX = 50_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """Of which list: the disease, the day, the region; "" is all of one's own area."""

    disease: Disease
    day: date
    region: str = ""

    @property
    def within(self) -> ColumnElement[bool]:
        """The places asked for, within one's own area."""
        mine = scopes.within(whoami.scope())
        return and_(mine, due_lists.below([self.region])) if self.region else mine


def villages(session: Session, wanted: Wanted) -> Sequence[VillageDue]:
    """The villages with animals, each with how many a dose is due for."""
    return due_lists.by_village(session, wanted.disease, day=wanted.day, within=wanted.within)


def rows(
    session: Session, wanted: Wanted, *, offset: int = 0, limit: int = ROWS_MAX
) -> list[DueAnimal]:
    """The animals for which a dose is due, by village and household."""
    return due_lists.listed(
        session,
        wanted.disease,
        day=wanted.day,
        within=wanted.within,
        offset=offset,
        limit=limit,
    )


def workbook(session: Session, wanted: Wanted) -> bytes:
    """The list as a workbook; tags are text, so that a spreadsheet keeps all fifteen digits."""
    found = rows(session, wanted)
    names = campaigning.names_of(session, {each.region_code for each in found})
    return written(
        (
            each.ear_tag,
            each.owner,
            each.place,
            names[each.region_code],
            each.born_on.isoformat(),
            each.last_on.isoformat() if each.last_on else "",
            DUE_LABELS[each.due],
            "",
            "",
            "",
        )
        for each in found
    )


def written(lines: Iterable[tuple[str, ...]]) -> bytes:
    """Lines under the headers, as a workbook."""
    return workbooks.written("到期名单", COLUMNS, lines)
