"""扫码疑点 · codes that are opened too often or in too many places; regulators look into it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, whoami
from app.auth.privileges import permission
from app.trace import alarms, places
from app.trace.alarms import Told

blueprint = Blueprint("scans", __name__, url_prefix="/scans")


@blueprint.get("/")
@permission("scan.view")
def index() -> str:
    """一码多用疑点: open ones first."""
    session = database.session()
    found = alarms.listed(session)
    return render_template(
        "scans/index.html",
        found=[
            (
                alarm,
                alarms.reasons(alarm.kind, Told(alarm.visitors, tuple(alarm.places))),
                places.names(session, alarm.places),
            )
            for alarm in found
        ],
        nouns=alarms.NOUNS,
    )


@blueprint.post("/<int:alarm_id>/close")
@permission("scan.close")
def close(alarm_id: int) -> ResponseReturnValue:
    """核实完毕: take the words."""
    note = request.form.get("note", "")
    alarms.close(database.session(), alarm_id, note=note, at=whoami.now(), by=whoami.actor())
    flash("已记下核实情况，溯源页上的提示已经撤下", "success")
    return redirect(url_for("scans.index"), 303)
