"""会商调度 · each quarter's two duties: the drafted agenda, the minutes, what was given to whom."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import convening, database, deciding, forms, programme, whoami, workbooks
from app.auth.privileges import permission
from app.convening import MEETING_NEED_LABELS, MeetingNeed
from app.schemas.meetings import AssignAction, FinishAction, RecordMeeting
from registry import meetings
from registry.meetings import DUTY_LABELS, LEVEL_LABELS, Meeting

blueprint = Blueprint("meetings", __name__, url_prefix="/meetings")


def _labels() -> dict[str, Any]:
    return {"duties": DUTY_LABELS, "levels": LEVEL_LABELS, "today": deciding.today()}


@blueprint.get("/")
@permission("meeting.view")
def index() -> str:
    """会商调度."""
    need = request.args.get("need", "")
    wanted = MeetingNeed(need) if need in set(MeetingNeed) else None
    page = request.args.get("page", 1, type=int)
    return render_template(
        "meetings/index.html",
        listed=convening.listed(
            database.session(), wanted, page=page, cluster_key=request.args.get("cluster", "")
        ),
        need=need,
        needs=MEETING_NEED_LABELS,
        **_labels(),
    )


@blueprint.get("/actions.xlsx")
@permission("meeting.view")
def workbook() -> Response:
    """交办事项, as a workbook."""
    return workbooks.answer(convening.book(database.session()), "actions.xlsx")


@blueprint.get("/<ref:ref>")
@permission("meeting.view")
def show(ref: str) -> str:
    """一次会商或调度."""
    return _page(convening.meeting(database.session(), ref), {}, {})


def _page(meeting: Meeting, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    session = database.session()
    return render_template(
        "meetings/show.html",
        meeting=meeting,
        page=convening.page_of(session, meeting),
        steps=programme.steps(session, meeting.ref),
        form=form,
        errors=errors,
        **_labels(),
    )


@blueprint.post("/<ref:ref>/minutes")
@permission("meeting.record")
def record(ref: str) -> ResponseReturnValue:
    """登记会议纪要."""
    session = database.session()
    found = convening.meeting(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        told = dict(given)
        agenda = told.pop("agenda").splitlines()
        shown = programme.photograph(session, f"{found.quarter} {DUTY_LABELS[found.duty]}")
        meetings.hold(session, found, agenda=agenda, evidence=shown, **told, **whoami.acted())
        flash("已登记纪要，接着交办事项", "success")
        return redirect(url_for("meetings.show", ref=ref), 303)

    return forms.handled(RecordMeeting, act, lambda form, errors: _page(found, form, errors))


@blueprint.post("/<ref:ref>/actions")
@permission("meeting.record")
def assign(ref: str) -> ResponseReturnValue:
    """交办事项."""
    session = database.session()
    found = convening.meeting(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        meetings.assign(session, found, **given, **whoami.acted())
        flash("已交办，逾期会提醒", "success")
        return redirect(url_for("meetings.show", ref=ref), 303)

    return forms.handled(AssignAction, act, lambda form, errors: _page(found, form, errors))


@blueprint.post("/actions/<ref:action>/done")
@permission("meeting.record")
def finish(action: str) -> ResponseReturnValue:
    """登记办结."""
    session = database.session()
    found = convening.item(session, action)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        meetings.finish(session, found, **given, **whoami.acted())
        flash("已登记办结", "success")
        return redirect(url_for("meetings.show", ref=found.meeting.ref), 303)

    return forms.handled(FinishAction, act, lambda form, errors: _page(found.meeting, form, errors))
