"""备份 · what was backed up, when, how far its log reached; and one taken now."""

from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app import database, whoami
from app.auth.privileges import permission
from app.factory import settings_of
from app.keeping import daily
from traceability.base import clock

blueprint = Blueprint("backups", __name__, url_prefix="/backups")


@blueprint.get("/")
@permission("backup.manage")
def index() -> str:
    """备份: those that are kept, and what went wrong last."""
    settings = settings_of(current_app)
    kept = daily.kept(settings)
    return render_template(
        "backups/index.html",
        kept=kept,
        failure=daily.failure(settings),
        due=daily.is_due(settings, at=whoami.now()),
        folder=settings.backup_dir,
        keep=settings.backup_keep,
        from_hour=daily.FROM_HOUR,
        unstamp=clock.unstamp,
    )


@blueprint.post("/")
@permission("backup.manage")
def take() -> ResponseReturnValue:
    """现在备份; people go on working meanwhile."""
    made = daily.take(settings_of(current_app), database.engine(), at=whoami.now())
    if made is None:
        flash("这次没有备成：另一次备份正在进行，或见下面的原因", "error")
    else:
        flash(f"已备份到 {made.name}", "success")
    return redirect(url_for("backups.index"), 303)
