"""运输备案接口 · vehicles and carriers filed with the county."""

from typing import Any

from app import database, filings, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.lists import Listed
from app.schemas.filings import (
    FilingOut,
    FilingsOut,
    FilingsQuery,
    RecordFilingByProgram,
    RevokeFiling,
)
from traceability import carriers
from traceability.carriers import Filing

blueprint = Blueprint("api_filings", __name__, url_prefix="/api/filings", description="运输备案")


@blueprint.get("/")
@permission("filing.view")
@blueprint.arguments(FilingsQuery, location="query")
@blueprint.response(200, FilingsOut)
def index(query: dict[str, Any]) -> Listed[Filing]:
    """运输备案列表.

    快到期的在前；承运人只看到自己的。
    """
    return filings.listed(
        database.session(),
        words=query["q"].strip(),
        kind=query["kind"],
        only_ending=query["ending"],
        page=query["page"],
    )


@blueprint.post("/")
@permission("filing.record")
@blueprint.arguments(RecordFilingByProgram)
@blueprint.response(201, FilingOut)
def record(form: dict[str, Any]) -> Filing:
    """登记运输备案.

    平台记下别处办好的备案，本身不是备案；续期就登记新的一份。
    """
    session = database.session()
    shown = filings.evidence_of(session, form["evidence"])
    return filings.record(session, form, evidence=shown)


@blueprint.get("/<ref:ref>")
@permission("filing.view")
@blueprint.response(200, FilingOut)
def show(ref: str) -> Filing:
    """一份运输备案."""
    return filings.get(database.session(), ref)


@blueprint.post("/<ref:ref>/revoke")
@permission("filing.record")
@blueprint.arguments(RevokeFiling, as_kwargs=True)
@blueprint.response(200, FilingOut)
def revoke(ref: str, ground: str) -> Filing:
    """注销备案."""
    session = database.session()
    found = filings.get(session, ref)
    carriers.revoke(session, found, ground=ground, **whoami.acted())
    return found
