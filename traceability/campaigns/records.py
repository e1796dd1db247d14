"""集中免疫记录 · campaigns and the animals they left out, each with its reason."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from traceability import rules
from traceability.animals import Animal
from traceability.base import clock
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.checks import Facts
from traceability.parties import Party
from traceability.regions import region
from traceability.rules import Outcome
from traceability.treatments import Disease

NAME_CHARS_MAX = 60
NOTE_CHARS_MAX = 100
CLOSE_NOTE_CHARS_MAX = 500
REGIONS_MAX = 100
DAYS_MAX = 366
CLOSE_STAGE = "campaign.close"


class CampaignKind(StrEnum):
    """集中免疫类别."""

    SPRING = "spring"
    AUTUMN = "autumn"
    MAKE_UP = "make_up"


CAMPAIGN_KIND_LABELS = {
    CampaignKind.SPRING: "春防",
    CampaignKind.AUTUMN: "秋防",
    CampaignKind.MAKE_UP: "补免",
}


class OmissionReason(StrEnum):
    """未免原因 · why an animal got no dose."""

    ABSENT = "absent"
    REFUSED = "refused"
    SICK = "sick"
    IN_CALF = "in_calf"
    TOO_YOUNG = "too_young"
    OTHER = "other"


OMISSION_REASON_LABELS = {
    OmissionReason.ABSENT: "不在家",
    OmissionReason.REFUSED: "畜主不让打",
    OmissionReason.SICK: "有病或体弱",
    OmissionReason.IN_CALF: "快要产犊",
    OmissionReason.TOO_YOUNG: "太小",
    OmissionReason.OTHER: "其他",
}


class Campaign(Subject, Base):
    """集中免疫 · one vaccine against one disease, in some regions, from a day until another."""

    __tablename__ = "campaign"
    __ref_prefix__ = "campaign"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[CampaignKind]
    name: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    disease: Mapped[Disease]
    vaccine: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    regions: Mapped[list[str]]  # codes of counties, townships or villages
    first_on: Mapped[date]
    last_on: Mapped[date]
    by_id: Mapped[int] = mapped_column(ForeignKey("party.id"))
    closed_at: Mapped[datetime | None]
    close_note: Mapped[str | None] = mapped_column(String(CLOSE_NOTE_CHARS_MAX))
    figures: Mapped[dict[str, Any]]  # what was counted when it was closed; empty while open

    by: Mapped[Party] = relationship()

    @property
    def is_open(self) -> bool:
        """Whether doses may still be recorded in it."""
        return self.closed_at is None

    def holds(self, day: date) -> bool:
        """Whether a dose of that day belongs to it."""
        return self.first_on <= day <= self.last_on


class Omission(Subject, Base):
    """未免登记 · an animal that a campaign left out, and why; the newest word counts."""

    __tablename__ = "omission"
    __ref_prefix__ = "omission"
    __table_args__ = (UniqueConstraint("campaign_id", "animal_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    animal_id: Mapped[int] = mapped_column(ForeignKey("animal.id"), index=True)
    reason: Mapped[OmissionReason]
    note: Mapped[str] = mapped_column(String(NOTE_CHARS_MAX))
    noted_on: Mapped[date]

    campaign: Mapped[Campaign] = relationship()
    animal: Mapped[Animal] = relationship()


def open_campaign(
    session: Session,
    *,
    kind: CampaignKind,
    name: str,
    disease: Disease,
    vaccine: str,
    regions: Collection[str],
    first_on: date,
    last_on: date,
    at: datetime,
    by: Party,
) -> Campaign:
    """Open a campaign.

    Raises:
        RuleViolation: `campaign.no_name`, `campaign.bad_period`, `campaign.no_regions`.
        NotFound: `region.unknown`.
        Conflict: `campaign.overlaps`.
    """
    campaign = Campaign(
        kind=kind,
        name=name.strip(),
        disease=disease,
        vaccine=vaccine.strip(),
        regions=sorted({*regions}),
        first_on=first_on,
        last_on=last_on,
        by=by,
        closed_at=None,
        close_note=None,
        figures={},
    )
    events.hold(session, campaign.ref)
    _require_right(session, campaign)
    session.add(campaign)
    session.flush()
    events.append(
        session,
        Kind.CAMPAIGN_OPENED,
        campaign.ref,
        at=at,
        by=by.ref,
        campaign_kind=kind.value,
        disease=disease.value,
        first_on=first_on.isoformat(),
        last_on=last_on.isoformat(),
        name=campaign.name,
        vaccine=campaign.vaccine,
        regions=campaign.regions,
    )
    return campaign


def _require_right(session: Session, wanted: Campaign) -> None:
    if not wanted.name or not wanted.vaccine:
        raise RuleViolation("campaign.no_name", "请填写集中免疫的名称和疫苗")
    if not 0 <= (wanted.last_on - wanted.first_on).days <= DAYS_MAX:
        raise RuleViolation("campaign.bad_period", "起止日期不对：止不早于起，最长一年")
    if not 0 < len(wanted.regions) <= REGIONS_MAX:
        raise RuleViolation("campaign.no_regions", f"请选择 1 到 {REGIONS_MAX} 个乡镇或村")
    with session.no_autoflush:
        for code in wanted.regions:
            region(session, code)
        same = select(Campaign).where(
            Campaign.kind == wanted.kind,
            Campaign.disease == wanted.disease,
            Campaign.closed_at.is_(None),
            Campaign.first_on <= wanted.last_on,
            Campaign.last_on >= wanted.first_on,
        )
        for other in session.scalars(same):
            if touches(other.regions, wanted.regions):
                raise Conflict(
                    "campaign.overlaps",
                    f"“{other.name}”还没有结束，范围和日期与它重叠：先结束它，或改范围",
                )


def touches(one: Collection[str], other: Collection[str]) -> bool:
    """Whether two lists of region codes have ground in common.

    >>> touches(["520526104"], ["520526"]), touches(["520526104"], ["520526105"])
    (True, False)
    """
    return any(a.startswith(b) or b.startswith(a) for a in one for b in other)


def close(
    session: Session,
    campaign: Campaign,
    *,
    figures: Mapping[str, int],
    facts: Facts,
    note: str,
    at: datetime,
    by: Party,
) -> list[Outcome]:
    """Close a campaign with what was counted; the targets it missed are returned and kept.

    Raises:
        Conflict: `campaign.closed`.
        RuleViolation: every failed outcome of `campaign.close`, where a rule blocks.
    """
    events.hold(session, campaign.ref)
    session.refresh(campaign)
    require_open(campaign)
    warnings = rules.require(session, CLOSE_STAGE, facts, at=at)
    campaign.closed_at, campaign.close_note = clock.to_ms(at), note.strip()
    campaign.figures = dict(figures)
    events.append(
        session,
        Kind.CAMPAIGN_CLOSED,
        campaign.ref,
        at=at,
        by=by.ref,
        closed_at=clock.stamp(campaign.closed_at),
        close_note=campaign.close_note,
        figures=campaign.figures,
        warnings=rules.noted(warnings),
    )
    return warnings


def require_open(campaign: Campaign) -> None:
    """Refuse what comes after the end.

    Raises:
        Conflict: `campaign.closed`.
    """
    if not campaign.is_open:
        raise Conflict("campaign.closed", f"“{campaign.name}”已经结束，请登记到补免里")


def omit(
    session: Session,
    campaign: Campaign,
    animal: Animal,
    *,
    reason: OmissionReason,
    note: str,
    on: date,
    at: datetime,
    by: Party,
) -> Omission:
    """Note why an animal got no dose in a campaign; a new reason takes the place of the old.

    Raises:
        RuleViolation: `campaign.omission_unsaid`.
    """
    require_said(reason, note)
    known = select(Omission).where(
        Omission.campaign_id == campaign.id, Omission.animal_id == animal.id
    )
    row = session.scalars(known).one_or_none() or Omission(campaign=campaign, animal=animal)
    events.hold(session, row.ref)
    row.reason, row.note, row.noted_on = reason, note.strip(), on
    session.add(row)
    session.flush()
    events.append(
        session,
        Kind.OMISSION_NOTED,
        row.ref,
        at=at,
        by=by.ref,
        campaign=campaign.ref,
        animal=animal.ref,
        reason=reason.value,
        note=row.note,
        noted_on=on.isoformat(),
    )
    return row


def require_said(reason: OmissionReason, note: str) -> None:
    """Refuse a reason that says nothing.

    Raises:
        RuleViolation: `campaign.omission_unsaid`.
    """
    if reason is OmissionReason.OTHER and not note.strip():
        raise RuleViolation("campaign.omission_unsaid", "选了“其他”，请写明为什么没有打")


def get(session: Session, ref: str) -> Campaign:
    """The campaign of that reference.

    Raises:
        NotFound: `campaign.not_found`.
    """
    found = session.scalars(select(Campaign).where(Campaign.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("campaign.not_found", "没有找到这次集中免疫")
    return found


def listed(session: Session) -> Sequence[Campaign]:
    """All campaigns: the open ones first, the newest first."""
    order = (Campaign.closed_at.is_not(None), Campaign.first_on.desc(), Campaign.id.desc())
    return session.scalars(select(Campaign).order_by(*order)).all()


def under_way(session: Session, *, on: date) -> Sequence[Campaign]:
    """The open campaigns of a day, the one that ends first at the top."""
    held = Campaign.closed_at.is_(None), Campaign.first_on <= on, Campaign.last_on >= on
    return session.scalars(select(Campaign).where(*held).order_by(Campaign.last_on)).all()


def fold(state: State | None, event: EventView) -> State | None:
    """A campaign as its events tell it."""
    match event.kind:
        case Kind.CAMPAIGN_OPENED:
            return {
                "kind": event["campaign_kind"],
                **{name: event[name] for name in ("disease", "first_on", "last_on")},
                **{name: folding.private(event, name) for name in ("name", "vaccine", "regions")},
                "by_id": folding.private(event, "by"),
                "closed_at": None,
                "close_note": None,
                "figures": {},
            }
        case Kind.CAMPAIGN_CLOSED:
            told = ("closed_at", "close_note", "figures")
            return {**(state or {}), **{name: folding.private(event, name) for name in told}}
        case _:
            return state


def fold_omission(state: State | None, event: EventView) -> State | None:
    """An animal left out, as its events tell it."""
    if event.kind is not Kind.OMISSION_NOTED:
        return state
    return {
        "campaign_id": folding.private(event, "campaign"),
        "animal_id": folding.private(event, "animal"),
        **{name: folding.private(event, name) for name in ("reason", "note", "noted_on")},
    }


folding.register(Campaign, fold)
folding.register(Omission, fold_omission)
