"""集中免疫接口 · open, look at, fill and close campaigns."""

from typing import Any

from werkzeug.datastructures import FileStorage

from app import campaigning, database
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.schemas.campaigns import (
    CampaignOut,
    CampaignProgressOut,
    CloseCampaign,
    LineOut,
    OpenCampaign,
    RecordDoses,
    SendSheet,
    SheetOut,
    SheetResultOut,
)
from traceability.campaigns.dosing import Entry, Line
from traceability.campaigns.records import Campaign
from traceability.importing import runs
from traceability.importing.runs import ImportResult, ImportRun

blueprint = Blueprint(
    "api_campaigns", __name__, url_prefix="/api/campaigns", description="集中免疫"
)


@blueprint.get("/")
@permission("campaign.view")
@blueprint.response(200, CampaignOut(many=True))
def index() -> list[Campaign]:
    """集中免疫列表.

    碰到自己管辖范围的，没结束的在前。
    """
    return campaigning.listed(database.session())


@blueprint.post("/")
@permission("campaign.manage")
@blueprint.arguments(OpenCampaign)
@blueprint.response(201, CampaignOut)
def begin(form: dict[str, Any]) -> Campaign:
    """开展集中免疫."""
    return campaigning.open_campaign(database.session(), **form)


@blueprint.get("/<ref:ref>")
@permission("campaign.view")
@blueprint.response(200, CampaignOut)
def show(ref: str) -> Campaign:
    """一次集中免疫."""
    return campaigning.get(database.session(), ref)


@blueprint.get("/<ref:ref>/progress")
@permission("campaign.view")
@blueprint.response(200, CampaignProgressOut)
def progress(ref: str) -> dict[str, Any]:
    """进度.

    按牛现在所在的村统计：应免、已免、未免原因、密度、抗体合格率。
    """
    session = database.session()
    found = campaigning.counted(session, campaigning.get(session, ref))
    return {
        "whole": found.whole,
        "villages": found.villages,
        "sampled": found.sampled,
        "samples": list(found.samples.values()),
    }


@blueprint.post("/<ref:ref>/doses")
@permission("campaign.record")
@blueprint.arguments(RecordDoses, as_kwargs=True)
@blueprint.response(200, LineOut(many=True))
def record(ref: str, batch_no: str, entries: list[dict[str, Any]]) -> list[Line]:
    """成批登记.

    每头牛一个结果，一头不行不影响别的；重复提交不重复登记。
    """
    session = database.session()
    told = [Entry(**each, is_dosed=each["reason"] is None) for each in entries]
    return campaigning.record(session, campaigning.get(session, ref), told, batch_no=batch_no)


@blueprint.post("/<ref:ref>/close")
@permission("campaign.manage")
@blueprint.arguments(CloseCampaign, as_kwargs=True)
@blueprint.response(200, CampaignOut)
def close(ref: str, note: str) -> Campaign:
    """结束集中免疫.

    按此刻的进度核对目标，没有达到的记在结束事件里。
    """
    session = database.session()
    campaign = campaigning.get(session, ref)
    campaigning.close(session, campaign, note=note)
    return campaign


@blueprint.post("/<ref:ref>/sheets")
@permission("campaign.record")
@blueprint.arguments(SendSheet, location="multipart", as_kwargs=True)
@blueprint.response(201, SheetOut)
def send(ref: str, file: FileStorage | None, dry_run: bool) -> ImportRun:  # noqa: FBT001 - a form's name
    """上传登记表.

    CSV 或 Excel，列为耳标号、免疫日期、疫苗批号、未免原因；后台逐行登记，几千行一次。
    """
    session = database.session()
    campaign, name = campaigning.get(session, ref), (file and file.filename) or ""
    stream = file.stream if file else None
    return campaigning.send(session, campaign, stream, filename=name, dry_run=dry_run)


@blueprint.get("/sheets/<ref:sheet>")
@permission("campaign.record")
@blueprint.response(200, SheetOut)
def sheet(sheet: str) -> ImportRun:
    """一张登记表到了哪一步."""
    return campaigning.sheet(database.session(), sheet)


@blueprint.get("/sheets/<ref:sheet>/results")
@permission("campaign.record")
@blueprint.response(200, SheetResultOut(many=True))
def results(sheet: str) -> list[ImportResult]:
    """逐行结果."""
    session = database.session()
    return list(runs.results(session, campaigning.sheet(session, sheet)))
