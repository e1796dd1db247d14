"""免疫进度 · a campaign counted by village: due, done, left out and why, density.

An animal is counted where it stands now. Due are those with a dose in the campaign and those for
which one is due by its last day. Density is the share of all living animals that are protected.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from operator import attrgetter

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from traceability import due_lists
from traceability.campaigns.records import Campaign, Omission, OmissionReason
from traceability.checks import Facts

WHOLE = 100
FIGURES = ("heads", "due", "done", "omitted", "protected")


@dataclass(frozen=True, slots=True)
class Covered:
    """免疫进度 · of a village, or of all of them."""

    region_code: str
    heads: int
    due: int
    done: int
    protected: int
    reasons: Mapping[OmissionReason, int]

    @property
    def omitted(self) -> int:
        """Animals left out with a reason."""
        return sum(self.reasons.values())

    @property
    def waiting(self) -> int:
        """Animals for which a dose is due and not given."""
        return self.due - self.done

    @property
    def density_percent(self) -> int | None:
        """Protected animals of all, rounded down; None where there are none."""
        return percent(self.protected, self.heads)

    @property
    def done_percent(self) -> int | None:
        """Animals with their dose of those due, rounded down; None where none was due."""
        return percent(self.done, self.due)


def percent(part: int, whole: int) -> int | None:
    """A share in whole hundredths, rounded down so that 99.9 is not 100.

    >>> percent(999, 1000), percent(0, 0)
    (99, None)
    """
    return part * WHOLE // whole if whole else None


def by_village(
    session: Session, campaign: Campaign, *, today: date, within: ColumnElement[bool]
) -> list[Covered]:
    """Every village of a campaign that has animals, by code: one question."""
    herd = due_lists.dosed(
        campaign.disease,
        and_(within, due_lists.below(campaign.regions)),
        during=(campaign.first_on, campaign.last_on),
    )
    plan = due_lists.schedule(session, campaign.disease, campaign.first_on)
    is_done = herd.c.during > 0
    is_due = or_(is_done, due_lists.reason(herd, plan, campaign.last_on).is_not(None))
    since = plan.protected_since(min(today, campaign.last_on))
    protects = herd.c.doses > 0 if since is None else herd.c.last_on >= since
    reasons = {
        each: func.count(case((and_(~is_done, Omission.reason == each), 1))).label(each.value)
        for each in OmissionReason
    }
    rows = session.execute(
        select(
            herd.c.region_code,
            func.count().label("heads"),
            func.count(case((is_due, 1))).label("due"),
            func.count(case((is_done, 1))).label("done"),
            func.count(case((protects, 1))).label("protected"),
            *reasons.values(),
        )
        .outerjoin(
            Omission, and_(Omission.animal_id == herd.c.id, Omission.campaign_id == campaign.id)
        )
        .group_by(herd.c.region_code)
        .order_by(herd.c.region_code)
    ).mappings()
    return [
        Covered(
            **{name: row[name] for name in ("region_code", "heads", "due", "done", "protected")},
            reasons={each: row[each.value] for each in OmissionReason},
        )
        for row in rows
    ]


def total(villages: Sequence[Covered]) -> Covered:
    """All villages together."""
    return Covered(
        region_code="",
        **{name: sum(map(attrgetter(name), villages)) for name in ("heads", "due", "done")},
        protected=sum(each.protected for each in villages),
        reasons={
            reason: sum(each.reasons[reason] for each in villages) for reason in OmissionReason
        },
    )


def figures(whole: Covered) -> dict[str, int]:
    """What a campaign keeps of its count when it is closed."""
    return {name: getattr(whole, name) for name in FIGURES}


def facts(whole: Covered, *, antibody_percent: int | None) -> Facts:
    """What the rules of closing ask."""
    return Facts(
        density_percent=whole.density_percent,
        done_percent=whole.done_percent,
        antibody_percent=antibody_percent,
    )
