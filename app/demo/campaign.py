"""演示的集中免疫 · one campaign that is under way: some dosed, one left out, the others waiting."""

from datetime import datetime, timedelta

from sqlalchemy import true
from sqlalchemy.orm import Session

from app.demo import cast
from traceability import due_lists
from traceability.base.clock import legal_day
from traceability.base.db import Recording
from traceability.campaigns import dosing, records
from traceability.campaigns.dosing import Entry
from traceability.campaigns.records import CampaignKind, OmissionReason
from traceability.parties import Party
from traceability.treatments import Disease

BEGAN, LASTS = timedelta(days=10), timedelta(days=35)
AUTUMN_MONTH = 7


def begin(session: Session, *, region: str, vet: Party, village_vet: Party, now: datetime) -> None:
    """Open a campaign in the whole county and dose half of those for whom a dose is due."""
    session.info["recording"] = Recording(now)
    today = legal_day(now)
    is_autumn = today.month >= AUTUMN_MONTH
    season = "秋季" if is_autumn else "春季"
    campaign = records.open_campaign(
        session,
        kind=CampaignKind.AUTUMN if is_autumn else CampaignKind.SPRING,
        name=f"{today.year} 年{season}口蹄疫集中免疫（演示）",
        disease=Disease.FMD,
        vaccine=cast.VACCINE,
        regions=[region],
        first_on=today - BEGAN,
        last_on=today + LASTS,
        at=now,
        by=vet,
    )
    waiting = due_lists.listed(session, Disease.FMD, day=campaign.last_on, within=true())
    half = waiting[: len(waiting) // 2]
    entries = [Entry(each.ref, today) for each in half[1:]]
    entries += [Entry(each.ref, today, OmissionReason.ABSENT, is_dosed=False) for each in half[:1]]
    if entries:
        dosing.record(
            session,
            campaign,
            entries[: dosing.ENTRIES_MAX],
            batch_no=f"演示{now:%y%m}",
            within=true(),
            at=now,
            by=village_vet,
        )
