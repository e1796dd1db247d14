"""集中免疫办理 · the campaigns of one's own area, their count, and a herd's doses from a form."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import IO, Any

from flask import current_app
from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from app import herd as herds
from app import whoami, worker
from app.auth import scopes
from app.factory import settings_of
from app.importing import running
from app.lists import Listed
from traceability import antibodies, due_lists
from traceability.animals import Animal, AnimalState
from traceability.antibodies import AntibodyTest, Rate
from traceability.base.clock import legal_day
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.campaigns import coverage, dosing, records
from traceability.campaigns.coverage import Covered
from traceability.campaigns.dosing import ENTRIES_MAX, Entry, Line
from traceability.campaigns.records import Campaign, Omission, OmissionReason
from traceability.holdings import Holding
from traceability.importing import runs
from traceability.importing.columns import ImportKind
from traceability.importing.runs import ImportRun, RunState
from traceability.regions import Region
from traceability.rules import Outcome
from traceability.treatments import Immunisation


def _is_mine(campaign: Campaign) -> bool:
    scope = whoami.scope()
    return scope.everywhere or records.touches(campaign.regions, scope.regions)


def listed(session: Session) -> list[Campaign]:
    """The campaigns that touch one's own area, the open ones first."""
    return [each for each in records.listed(session) if _is_mine(each)]


def get(session: Session, ref: str) -> Campaign:
    """The campaign of that reference, if it touches one's own area.

    Raises:
        NotFound: `campaign.not_found`, as for one that does not exist.
    """
    found = records.get(session, ref)
    if not _is_mine(found):
        raise NotFound("campaign.not_found", "没有找到这次集中免疫")
    return found


def open_campaign(session: Session, **told: Any) -> Campaign:
    """Open a campaign within one's own area.

    Raises:
        RuleViolation: `campaign.beyond_area`, or the campaign's own refusals.
    """
    _require_own_area(told["regions"])
    return records.open_campaign(session, **told, **whoami.acted())


def _require_own_area(codes: Iterable[str]) -> None:
    scope = whoami.scope()
    if not scope.everywhere and not all(code.startswith(scope.regions) for code in codes):
        raise RuleViolation("campaign.beyond_area", "只能在自己管辖的范围内开展和结束集中免疫")


@dataclass(frozen=True, slots=True)
class Counted:
    """一次集中免疫的进度 · by village and in all, with the samples."""

    villages: Sequence[Covered]
    whole: Covered
    samples: Mapping[str, Rate]
    sampled: Rate
    names: Mapping[str, str]


def counted(session: Session, campaign: Campaign) -> Counted:
    """How far a campaign is in one's own area: as many questions for one village as for all."""
    within, today = scopes.within(whoami.scope()), legal_day(whoami.now())
    villages = coverage.by_village(session, campaign, today=today, within=within)
    sampled = rates(session, campaign)
    codes = {each.region_code for each in villages} | {each.region_code for each in sampled}
    return Counted(
        villages=villages,
        whole=coverage.total(villages),
        samples={rate.region_code: rate for rate in sampled},
        sampled=antibodies.total(sampled),
        names=names_of(session, codes),
    )


def names_of(session: Session, codes: Iterable[str]) -> dict[str, str]:
    """Region code → name, a village with its township."""
    wanted = {*codes}
    wanted |= {code[:9] for code in wanted}
    rows = select(Region.code, Region.name).where(Region.code.in_(wanted)).order_by(Region.meaning)
    known = {row.code: row.name for row in session.execute(rows)}
    return {
        code: known.get(code[:9], "") + (known.get(code, "") if code[9:] else "") or code
        for code in wanted
    }


def rates(session: Session, campaign: Campaign) -> list[Rate]:
    """The samples of a campaign by the village in which they were taken."""
    return antibodies.rates(session, campaign, within=scopes.within(whoami.scope()))


def samples(session: Session, campaign: Campaign) -> Sequence[AntibodyTest]:
    """The samples of a campaign taken in one's own area, the newest first."""
    within = scopes.within(whoami.scope())
    return antibodies.of_campaign(session, campaign, within=within, limit=ENTRIES_MAX)


def record_sample(session: Session, campaign: Campaign, given: Mapping[str, Any]) -> AntibodyTest:
    """Record what a laboratory found in an animal that one may see.

    Raises:
        RuleViolation, Conflict: `antibody.unknown_animal`, or what `antibodies.record` refuses.
    """
    told = dict(given)
    try:
        animal = herds.by_text(session, str(told.pop("ear_tag")))
    except NotFound as missing:
        raise RuleViolation("antibody.unknown_animal", missing.sentence) from missing
    return antibodies.record(
        session, animal, campaign=campaign, disease=campaign.disease, **told, **whoami.acted()
    )


def close(session: Session, campaign: Campaign, *, note: str) -> list[Outcome]:
    """Close a campaign of one's own area with what is counted now.

    Raises:
        RuleViolation: `campaign.beyond_area`, or the campaign's own refusals.
    """
    _require_own_area(campaign.regions)
    found = counted(session, campaign)
    facts = coverage.facts(found.whole, antibody_percent=found.sampled.percent)
    figures = {
        **coverage.figures(found.whole),
        "samples": found.sampled.samples,
        "passed": found.sampled.passed,
    }
    return records.close(
        session, campaign, figures=figures, facts=facts, note=note, **whoami.acted()
    )


@dataclass(frozen=True, slots=True)
class Head:
    """一头牛 · as the list of a group entry shows it."""

    ref: str
    ear_tag: str
    place: str
    dosed_on: date | None
    reason: OmissionReason | None


def _places(campaign: Campaign, region: str, holding: str) -> ColumnElement[bool]:
    """The places of a campaign in one's own area, perhaps of one village or one pen."""
    chosen = [scopes.within(whoami.scope()), due_lists.below(campaign.regions)]
    if region:
        chosen.append(due_lists.below([region]))
    if holding:
        chosen.append(Holding.ref == holding)
    return and_(*chosen)


def herd(
    session: Session, campaign: Campaign, *, region: str, holding: str, page: int
) -> Listed[Head]:
    """The living animals of a village or a pen, by household: three questions."""
    here = _places(campaign, region, holding)
    wanted = (
        select(Animal.id, Animal.ref, Animal.ear_tag, Holding.name)
        .join(Holding, Holding.id == Animal.holding_id)
        .where(here, Animal.state == AnimalState.ALIVE)
    )
    total = session.scalar(wanted.with_only_columns(func.count())) or 0
    pages = max(1, -(-total // ENTRIES_MAX))
    page = min(max(1, page), pages)
    order = (Holding.region_code, Holding.name, Holding.id, Animal.ear_tag)
    rows = session.execute(
        wanted.order_by(*order).offset((page - 1) * ENTRIES_MAX).limit(ENTRIES_MAX)
    ).all()
    dosed, omitted = _known(session, campaign, [row.id for row in rows])
    heads = [
        Head(row.ref, row.ear_tag, row.name, dosed.get(row.id), omitted.get(row.id)) for row in rows
    ]
    return Listed(heads, page, pages, total)


def _known(
    session: Session, campaign: Campaign, ids: Sequence[int]
) -> tuple[dict[int, date], dict[int, OmissionReason]]:
    """What a campaign already has of those animals: the day of the dose, the reason for none."""
    shots = select(Immunisation.animal_id, func.max(Immunisation.given_on)).where(
        Immunisation.animal_id.in_(ids),
        Immunisation.disease == campaign.disease,
        Immunisation.given_on.between(campaign.first_on, campaign.last_on),
    )
    left = select(Omission.animal_id, Omission.reason).where(
        Omission.campaign_id == campaign.id, Omission.animal_id.in_(ids)
    )
    dosed = session.execute(shots.group_by(Immunisation.animal_id))
    return {row[0]: row[1] for row in dosed}, {row[0]: row[1] for row in session.execute(left)}


def pens(session: Session, campaign: Campaign, *, region: str) -> list[tuple[str, str]]:
    """Reference and name of the places with animals in a village, by name."""
    rows = session.execute(
        select(Holding.ref, Holding.name)
        .join(Animal, Animal.holding_id == Holding.id)
        .where(_places(campaign, region, ""), Animal.state == AnimalState.ALIVE)
        .distinct()
        .order_by(Holding.name, Holding.ref)
        .limit(ENTRIES_MAX)
    )
    return [(row.ref, row.name) for row in rows]


def record(
    session: Session, campaign: Campaign, entries: Sequence[Entry], *, batch_no: str
) -> list[Line]:
    """Record the doses and omissions of animals in one's own area.

    Raises:
        RuleViolation, Conflict: what `dosing.record` refuses of the whole.
    """
    return dosing.record(
        session,
        campaign,
        entries,
        batch_no=batch_no,
        within=scopes.within(whoami.scope()),
        **whoami.acted(),
    )


def send(
    session: Session, campaign: Campaign, file: IO[bytes] | None, *, filename: str, dry_run: bool
) -> ImportRun:
    """Take a campaign's sheet and have it worked on; rows beyond one's own area are refused.

    Raises:
        Conflict: `campaign.closed`.
        RuleViolation: `campaign.no_sheet`, or what the beginning of the sheet is refused for.
    """
    records.require_open(campaign)
    if file is None:
        raise RuleViolation("campaign.no_sheet", "请选择填好的登记表")
    scope = whoami.scope()
    settings = settings_of(current_app)
    run = running.begin(
        session,
        settings,
        file,
        filename=filename,
        kind=ImportKind.CAMPAIGN,
        dry_run=dry_run,
        campaign=campaign,
        area=campaign.regions if scope.everywhere else scope.regions,
        **whoami.acted(),
    )
    worker.wake_imports(settings)
    return run


def sheet(session: Session, ref: str) -> ImportRun:
    """The sheet of that reference, if one sent it or its campaign touches one's own area.

    Raises:
        NotFound: `import.not_found`, as for one that does not exist.
    """
    run = runs.get(session, ref)
    if run.campaign is None or not _is_mine(run.campaign):
        raise NotFound("import.not_found", "没有找到这次导入")
    return run


def go_on(session: Session, run: ImportRun) -> ImportRun:
    """A tried sheet in earnest, or a stopped one from where it ended.

    Raises:
        Conflict: `import.file_gone`, `import.not_stopped`, `campaign.closed`.
    """
    settings = settings_of(current_app)
    path = running.path_of(settings, run)
    if not path.exists():
        raise Conflict("import.file_gone", "上传的文件已经清理，请重新上传")
    assert run.campaign is not None
    records.require_open(run.campaign)
    if run.dry_run and run.state is RunState.DONE:
        with path.open("rb") as file:
            return send(session, run.campaign, file, filename=run.filename, dry_run=False)
    runs.resume(run)
    worker.wake_imports(settings)
    return run


def entries_of(given: Mapping[str, Any]) -> list[Entry]:
    """A form's ticks and reasons as entries, in the order in which the animals were shown.

    >>> told = {"given_on": date(2026, 11, 22), "note": "", "shown": ["a", "b"], "dosed": ["a"]}
    >>> entries = entries_of({**told, "left": [("b", OmissionReason.SICK)]})
    >>> [(each.animal, each.is_dosed) for each in entries]
    [('a', True), ('b', False)]
    """
    dosed, reasons = set(given["dosed"]), dict(given["left"])
    found = []
    for ref in dict.fromkeys(given["shown"]):
        reason = reasons.get(ref)
        note = given["note"] if reason is OmissionReason.OTHER else ""
        found.append(Entry(ref, given["given_on"], reason, note, is_dosed=ref in dosed))
    return found
