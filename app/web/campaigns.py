"""集中免疫 · open a campaign, see how far it is, dose a village or a pen at once, close it."""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import campaigning, database, due_sheets, forms, whoami, workbooks
from app.auth.privileges import permission
from app.importing import running
from app.schemas.campaigns import CloseCampaign, FillHerd, OpenCampaign
from traceability import regions
from traceability.base.clock import legal_day
from traceability.base.errors import RuleViolation
from traceability.campaigns import records
from traceability.campaigns.dosing import RESULT_LABELS, Result
from traceability.campaigns.records import (
    CAMPAIGN_KIND_LABELS,
    OMISSION_REASON_LABELS,
    Campaign,
)
from traceability.importing import runs
from traceability.importing.batches import OUTCOME_LABELS, Outcome
from traceability.importing.columns import COLUMNS, ImportKind
from traceability.importing.runs import RUN_STATE_LABELS
from traceability.treatments import DISEASE_LABELS

blueprint = Blueprint("campaigns", __name__, url_prefix="/campaigns")
SHOWN_MAX = 200


@blueprint.get("/")
@permission("campaign.view")
def index() -> str:
    """集中免疫: the open ones first."""
    return render_template(
        "campaigns/index.html",
        rows=campaigning.listed(database.session()),
        today=legal_day(whoami.now()),
        kinds=CAMPAIGN_KIND_LABELS,
        diseases=DISEASE_LABELS,
    )


@blueprint.get("/new")
@permission("campaign.manage")
def draft() -> str:
    """开展集中免疫."""
    return _form_page({}, {})


def _form_page(form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "campaigns/new.html",
        form=form,
        errors=errors,
        today=legal_day(whoami.now()),
        kinds=list(CAMPAIGN_KIND_LABELS.items()),
        diseases=list(DISEASE_LABELS.items()),
        townships=[(each.code, each.name) for each in regions.townships(database.session())],
    )


@blueprint.post("/new")
@permission("campaign.manage")
def begin() -> ResponseReturnValue:
    """开展集中免疫: take the form."""

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        made = campaigning.open_campaign(database.session(), **given)
        flash(f"已开展“{made.name}”", "success")
        return redirect(url_for("campaigns.show", ref=made.ref), 303)

    return forms.handled(OpenCampaign, act, _form_page)


@blueprint.get("/<ref:ref>")
@permission("campaign.view")
def show(ref: str) -> str:
    """一次集中免疫: how far each village is."""
    return _page(campaigning.get(database.session(), ref), {}, {})


def _page(campaign: Campaign, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    session = database.session()
    return render_template(
        "campaigns/show.html",
        campaign=campaign,
        counted=campaigning.counted(session, campaign),
        areas=[regions.region(session, code).name for code in campaign.regions],
        now=whoami.now(),
        kinds=CAMPAIGN_KIND_LABELS,
        diseases=DISEASE_LABELS,
        reasons=OMISSION_REASON_LABELS,
        form=form,
        errors=errors,
    )


@blueprint.post("/<ref:ref>/close")
@permission("campaign.manage")
def close(ref: str) -> ResponseReturnValue:
    """结束集中免疫 with what is counted now."""
    session = database.session()
    campaign = campaigning.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        for missed in campaigning.close(session, campaign, **given):
            flash(f"{missed.sentence}（{missed.citation}）", "warning")
        flash(f"已结束“{campaign.name}”", "success")
        return redirect(url_for("campaigns.show", ref=ref), 303)

    return forms.handled(CloseCampaign, act, lambda form, errors: _page(campaign, form, errors))


@blueprint.get("/<ref:ref>/entry")
@permission("campaign.record")
def entry(ref: str) -> str:
    """成批登记: a village or a pen, all animals ticked."""
    campaign = campaigning.get(database.session(), ref)
    records.require_open(campaign)
    return _entry_page(campaign, request.args, {})


def _entry_page(campaign: Campaign, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    session = database.session()
    asked = request.args
    page = asked.get("page", "1")
    region, holding = asked.get("region", "")[:12], asked.get("holding", "")[:60]
    return render_template(
        "campaigns/entry.html",
        campaign=campaign,
        found=campaigning.herd(
            session,
            campaign,
            region=region,
            holding=holding,
            page=int(page) if page.isdecimal() and len(page) < 6 else 1,  # noqa: PLR2004 - digits
        ),
        village=campaigning.names_of(session, [region])[region] if region else None,
        pens=campaigning.pens(session, campaign, region=region),
        region=region,
        holding=holding,
        today=min(legal_day(whoami.now()), campaign.last_on),
        reasons=OMISSION_REASON_LABELS,
        form=form,
        errors=errors,
        ticked=set(request.form.getlist("dosed")) if request.method == "POST" else None,
        left=set(request.form.getlist("left")),
    )


@blueprint.post("/<ref:ref>/entry")
@permission("campaign.record")
def fill(ref: str) -> ResponseReturnValue:
    """成批登记: a result for every animal."""
    session = database.session()
    campaign = campaigning.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        entries = campaigning.entries_of(given)
        lines = campaigning.record(session, campaign, entries, batch_no=given["batch_no"])
        order = [Result.REFUSED, Result.WARNED, Result.OMITTED, Result.GIVEN, Result.ALREADY]
        return render_template(
            "campaigns/results.html",
            campaign=campaign,
            lines=sorted(lines, key=lambda line: order.index(line.result)),
            results=[
                {"label": label, "value": sum(line.result is each for line in lines)}
                for each, label in RESULT_LABELS.items()
            ],
            labels=RESULT_LABELS,
        )

    return forms.handled(FillHerd, act, lambda form, errors: _entry_page(campaign, form, errors))


@blueprint.get("/<ref:ref>/sheets")
@permission("campaign.record")
def sheets(ref: str) -> str:
    """表格上传: a sheet to send, and those sent before."""
    return _sheets_page(campaigning.get(database.session(), ref), {})


def _sheets_page(campaign: Campaign, errors: Mapping[str, Any]) -> str:
    return render_template(
        "campaigns/sheets.html",
        campaign=campaign,
        runs=runs.of_campaign(database.session(), campaign),
        columns=COLUMNS[ImportKind.CAMPAIGN],
        reasons=OMISSION_REASON_LABELS,
        states=RUN_STATE_LABELS,
        form=request.form,
        errors=errors,
    )


@blueprint.post("/<ref:ref>/sheets")
@permission("campaign.record")
def send(ref: str) -> ResponseReturnValue:
    """表格上传: tried first, unless one says otherwise."""
    session = database.session()
    campaign, file = campaigning.get(session, ref), request.files.get("file")
    if file is None or not file.filename:
        return _sheets_page(campaign, {"file": ["请选择文件"]}), 422
    dry_run, name = request.form.get("mode") != "real", file.filename
    try:
        run = campaigning.send(session, campaign, file.stream, filename=name, dry_run=dry_run)
    except RuleViolation as refusal:
        return _sheets_page(campaign, {"file": [refusal.sentence]}), 422
    return redirect(url_for("campaigns.sheet", sheet=run.ref), 303)


@blueprint.get("/template.xlsx")
@permission("campaign.record")
def template() -> Response:
    """空白登记表: its headers; tags are text."""
    return workbooks.answer(due_sheets.written(()), "campaign.xlsx")


@blueprint.get("/sheets/<ref:sheet>")
@permission("campaign.record")
def sheet(sheet: str) -> str:
    """一张登记表: how far it is, and the rows that need a look."""
    return render_template("campaigns/sheet.html", **_told(sheet))


@blueprint.get("/sheets/<ref:sheet>/progress")
@permission("campaign.record")
def progress(sheet: str) -> str:
    """登记进度: the part of the page that renews itself."""
    return render_template("imports/_run.html", **_told(sheet))


def _told(ref: str) -> dict[str, Any]:
    session = database.session()
    run, needs_a_look = campaigning.sheet(session, ref), {Outcome.REFUSED, Outcome.WARNED}
    found = (each for each in runs.results(session, run) if each.outcome in needs_a_look)
    return {
        "run": run,
        "shown": list(islice(found, SHOWN_MAX)),
        "states": RUN_STATE_LABELS,
        "outcomes": OUTCOME_LABELS,
        "pages": {
            "progress": url_for("campaigns.progress", sheet=ref),
            "stop": url_for("campaigns.stop", sheet=ref),
            "resume": url_for("campaigns.go_on", sheet=ref),
            "start": url_for("campaigns.go_on", sheet=ref),
        },
        "real": "正式登记",
    }


@blueprint.post("/sheets/<ref:sheet>/go-on")
@permission("campaign.record")
def go_on(sheet: str) -> ResponseReturnValue:
    """正式登记 after a trial, or 继续 where it ended."""
    session = database.session()
    run = campaigning.go_on(session, campaigning.sheet(session, sheet))
    return redirect(url_for("campaigns.sheet", sheet=run.ref), 303)


@blueprint.post("/sheets/<ref:sheet>/stop")
@permission("campaign.record")
def stop(sheet: str) -> ResponseReturnValue:
    """停止登记 after the batch it is in; what is recorded stays."""
    runs.stop(campaigning.sheet(database.session(), sheet))
    return redirect(url_for("campaigns.sheet", sheet=sheet), 303)


@blueprint.get("/sheets/<ref:sheet>/results.csv")
@permission("campaign.record")
def results(sheet: str) -> Response:
    """逐行结果: one line for every row of the sheet."""
    session = database.session()
    run = campaigning.sheet(session, sheet)
    lines = b"".join(running.results_csv(session, run))
    response = Response(lines, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = "attachment; filename=campaign-results.csv"
    return response
