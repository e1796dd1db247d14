"""导入登记 · an existing register brought in: upload, trial, start, progress, stop, results."""

from pathlib import Path

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.utils import secure_filename

from app import database, whoami, worker
from app.auth.privileges import permission
from app.config import MEGABYTE
from app.factory import settings_of
from app.importing import running
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.importing import runs
from traceability.importing.batches import OUTCOME_LABELS, Outcome
from traceability.importing.columns import COLUMNS, IMPORT_KIND_LABELS, REGISTER_KINDS, ImportKind
from traceability.importing.runs import RUN_STATE_LABELS, ImportRun

blueprint = Blueprint("imports", __name__, url_prefix="/imports")
UPLOAD_BYTES_MAX = 256 * MEGABYTE
SHOWN_MAX = 200
UPLOAD = "imports.upload"


@blueprint.url_value_preprocessor
def _let_it_be_large(endpoint: str | None, _values: object) -> None:
    """A whole register is larger than a photograph."""
    if endpoint == UPLOAD:
        request.max_content_length = UPLOAD_BYTES_MAX


@blueprint.get("/")
@permission("import.manage")
def index() -> str:
    """导入登记: a file to send, and the runs there were."""
    return _page({}, {})


def _page(form: object, errors: object) -> str:
    return render_template(
        "imports/index.html",
        runs=runs.listed(database.session()),
        kinds={kind: IMPORT_KIND_LABELS[kind] for kind in REGISTER_KINDS},
        columns=COLUMNS,
        states=RUN_STATE_LABELS,
        form=form,
        errors=errors,
    )


@blueprint.post("/")
@permission("import.manage")
def upload() -> ResponseReturnValue:
    """上传登记表: tried first, unless one says otherwise."""
    file, kind = request.files.get("file"), request.form.get("kind", "")
    errors = {}
    if kind not in REGISTER_KINDS:
        errors["kind"] = ["请选择导入内容"]
    if file is None or not file.filename:
        errors["file"] = ["请选择文件"]
    if errors or file is None:
        return _page(request.form, errors), 422
    try:
        run = running.begin(
            database.session(),
            settings_of(current_app),
            file.stream,
            filename=file.filename or "",
            kind=ImportKind(kind),
            dry_run=request.form.get("mode") != "real",
            by=whoami.actor(),
            at=whoami.now(),
        )
    except RuleViolation as refusal:
        return _page(request.form, {"file": [refusal.sentence]}), 422
    return _woken(run)


def _woken(run: ImportRun) -> ResponseReturnValue:
    worker.wake_imports(settings_of(current_app))
    return redirect(url_for("imports.show", ref=run.ref), 303)


def _run(ref: str) -> ImportRun:
    run = runs.get(database.session(), ref)
    if run.campaign_id is not None:  # shown on the campaign's own page
        raise NotFound("import.not_found", "没有找到这次导入")
    return run


@blueprint.get("/<ref:ref>")
@permission("import.manage")
def show(ref: str) -> str:
    """一次导入: how far it is, and the rows that need a look."""
    return render_template("imports/show.html", **_told(ref))


@blueprint.get("/<ref:ref>/progress")
@permission("import.manage")
def progress(ref: str) -> str:
    """导入进度: the part of the page that renews itself."""
    return render_template("imports/_run.html", **_told(ref))


def _told(ref: str) -> dict[str, object]:
    run, shown = _run(ref), []
    for result in runs.results(database.session(), run):
        if result.outcome in {Outcome.REFUSED, Outcome.WARNED}:
            shown.append(result)
        if len(shown) == SHOWN_MAX:
            break
    return {
        "run": run,
        "shown": shown,
        "kinds": IMPORT_KIND_LABELS,
        "states": RUN_STATE_LABELS,
        "outcomes": OUTCOME_LABELS,
    }


@blueprint.post("/<ref:ref>/start")
@permission("import.manage")
def start(ref: str) -> ResponseReturnValue:
    """正式导入: the file of a trial, now in earnest."""
    settings, tried = settings_of(current_app), _run(ref)
    if not running.path_of(settings, tried).exists():
        raise Conflict("import.file_gone", "上传的文件已经清理，请重新上传")
    run = runs.begin(
        database.session(),
        kind=tried.kind,
        filename=tried.filename,
        sha256=tried.sha256,
        dry_run=False,
        by=whoami.actor(),
        at=whoami.now(),
    )
    return _woken(run)


@blueprint.post("/<ref:ref>/stop")
@permission("import.manage")
def stop(ref: str) -> ResponseReturnValue:
    """停止导入 after the batch it is in; what came in stays."""
    runs.stop(_run(ref))
    return redirect(url_for("imports.show", ref=ref), 303)


@blueprint.post("/<ref:ref>/resume")
@permission("import.manage")
def resume(ref: str) -> ResponseReturnValue:
    """继续导入 where it ended."""
    run = _run(ref)
    runs.resume(run)
    return _woken(run)


@blueprint.get("/<ref:ref>/results.csv")
@permission("import.manage")
def results(ref: str) -> Response:
    """逐行结果: one line for every row of the file."""
    run = _run(ref)
    name = secure_filename(Path(run.filename).stem) or "import"
    return _sheet(b"".join(running.results_csv(database.session(), run)), f"{name}-results.csv")


@blueprint.get("/templates/<kind>.csv")
@permission("import.manage")
def template(kind: str) -> Response:
    """导入模板: the headers and one sample row."""
    if kind not in REGISTER_KINDS:
        raise NotFound("import.not_found", "没有这种导入表")
    return _sheet(running.template_csv(ImportKind(kind)), f"{kind}.csv")


def _sheet(data: bytes, name: str) -> Response:
    response = Response(data, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    return response
