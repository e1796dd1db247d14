"""会商调度接口 · the quarter's duties, their minutes, what they gave out."""

from typing import Any

from app import convening, database, files, whoami
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.convening import MeetingNeed, MeetingPage
from app.lists import Listed
from app.schemas.meetings import (
    ActionItemOut,
    AssignAction,
    FinishAction,
    MeetingPageOut,
    MeetingsOut,
    MeetingsQuery,
    RecordMeetingByProgram,
)
from registry import meetings
from registry.meetings import ActionItem, Meeting

blueprint = Blueprint("api_meetings", __name__, url_prefix="/api/meetings", description="会商调度")


@blueprint.get("/")
@permission("meeting.view")
@blueprint.arguments(MeetingsQuery, location="query", as_kwargs=True)
@blueprint.response(200, MeetingsOut)
def index(page: int, need: str) -> Listed[Meeting]:
    """会商和调度.

    `need`：open 还没开，held 已有纪要，late 有逾期的交办事项。
    """
    wanted = MeetingNeed(need) if need in set(MeetingNeed) else None
    return convening.listed(database.session(), wanted, page=page)


@blueprint.get("/<ref:ref>")
@permission("meeting.view")
@blueprint.response(200, MeetingPageOut)
def show(ref: str) -> MeetingPage:
    """一次会商或调度.

    没开之前，议程是按逾期节点、落后指标、没支出的资金、没办结的事项拟的草稿。
    """
    session = database.session()
    return convening.page_of(session, convening.meeting(session, ref))


@blueprint.post("/<ref:ref>/minutes")
@permission("meeting.record")
@blueprint.arguments(RecordMeetingByProgram)
@blueprint.response(200, MeetingPageOut)
def record(form: dict[str, Any], ref: str) -> MeetingPage:
    """登记会议纪要."""
    session = database.session()
    found = convening.meeting(session, ref)
    paper = form.pop("evidence")
    shown = files.named(session, paper) if paper else None
    agenda = form.pop("agenda").splitlines()
    meetings.hold(session, found, agenda=agenda, evidence=shown, **form, **whoami.acted())
    return convening.page_of(session, found)


@blueprint.post("/<ref:ref>/actions")
@permission("meeting.record")
@blueprint.arguments(AssignAction)
@blueprint.response(201, ActionItemOut)
def assign(form: dict[str, Any], ref: str) -> ActionItem:
    """交办事项."""
    session = database.session()
    found = convening.meeting(session, ref)
    return meetings.assign(session, found, **form, **whoami.acted())


@blueprint.post("/actions/<ref:action>/done")
@permission("meeting.record")
@blueprint.arguments(FinishAction, as_kwargs=True)
@blueprint.response(200, ActionItemOut)
def finish(action: str, outcome: str) -> ActionItem:
    """登记办结."""
    session = database.session()
    found = convening.item(session, action)
    meetings.finish(session, found, outcome=outcome, **whoami.acted())
    return found
