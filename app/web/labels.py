"""打标签 · labels of the animals within scope: one at once, or an order of up to ten thousand."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import (
    Blueprint,
    Response,
    current_app,
    redirect,
    render_template,
    request,
    send_file,
    url_for,
)
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from app import database, forms, herd, whoami, worker
from app.auth import scopes
from app.auth.privileges import permission
from app.factory import settings_of
from app.labels import batches
from app.labels.batches import LABEL_SIZE_LABELS, LABELS_MAX, LabelSize
from app.labels.sheet import sheet_pdf, single_pdf
from app.schemas.labels import OrderLabels
from traceability.animals import Animal, AnimalState
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.holdings import Holding
from traceability.parties import Party

blueprint = Blueprint("labels", __name__, url_prefix="/labels")
PLACES_MAX = 300
PDF = "application/pdf"


@blueprint.get("/")
@permission("label.print")
def index() -> str:
    """打标签: choose the animals and the paper; what was ordered stands below."""
    return _page({}, {})


def _page(form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    session = database.session()
    return render_template(
        "labels/index.html",
        form=form,
        errors=errors,
        places=[(place.ref, place.name) for place in _places(session)],
        sizes=list(LABEL_SIZE_LABELS.items()),
        batches=batches.of_account(session, whoami.account().account_id),
        size_labels=LABEL_SIZE_LABELS,
        most=LABELS_MAX,
    )


@blueprint.post("/")
@permission("label.print")
def order() -> ResponseReturnValue:
    """打标签: take the order."""
    return forms.handled(OrderLabels, _order, _page)


def _order(given: Mapping[str, Any]) -> ResponseReturnValue:
    session, tags = database.session(), given["tags"].split()
    wanted, title = _chosen(session, given["holding"], tags)
    batch = batches.order(
        session,
        wanted,
        size=given["size"],
        title=title,
        account_id=whoami.account().account_id,
        at=whoami.now(),
    )
    return redirect(url_for("labels.show", batch_id=batch.id), 303)


def _chosen(session: Session, holding: str, tags: Sequence[str]) -> tuple[list[int], str]:
    """The animals somebody means, by tag or by place, and what to call them."""
    within = _within().where(Animal.state == AnimalState.ALIVE).order_by(Animal.ear_tag)
    if tags:
        return _by_tags(session, tags), f"{len(tags)} 个耳标"
    title = "管辖范围内全部在养牛"
    if holding:
        place = next((each for each in _places(session) if each.ref == holding), None)
        if place is None:
            raise NotFound("holding.not_found", "没有找到这个场所")
        within, title = within.where(Animal.holding_id == place.id), place.name
    return list(session.scalars(within.limit(LABELS_MAX + 1))), title


def _by_tags(session: Session, tags: Sequence[str]) -> list[int]:
    numbers = [herd.number_of(tag) for tag in tags]
    rows = session.execute(
        _within().with_only_columns(Animal.ear_tag, Animal.id).where(Animal.ear_tag.in_(numbers))
    )
    found = {row.ear_tag: row.id for row in rows}
    if missing := [number for number in numbers if number not in found]:
        shown = "、".join(missing[:5])
        more = f"等 {len(missing)} 个" if len(missing) > 5 else ""  # noqa: PLR2004 # as many as are shown
        raise RuleViolation("animal.not_found", f"没有找到耳标 {shown}{more}：请核对号码")
    return [found[number] for number in dict.fromkeys(numbers)]


def _within() -> Select[int]:
    scope = whoami.scope()
    wanted = select(Animal.id)
    if scope.everywhere:
        return wanted
    here = select(Holding.id).where(scopes.within(scope))
    keepers = select(Party.id).where(Party.ref.in_(scope.keepers))
    return wanted.where(Animal.holding_id.in_(here) | Animal.owner_id.in_(keepers))


def _places(session: Session) -> Sequence[Holding]:
    mine = select(Holding).where(scopes.within(whoami.scope())).order_by(Holding.name)
    return session.scalars(mine.limit(PLACES_MAX)).all()


@blueprint.get("/<int:batch_id>")
@permission("label.print")
def show(batch_id: int) -> str:
    """一批标签: how far it is, and its files. Whoever looks wakes the printer."""
    told = _told(batch_id)
    if told["batch"].done == 0:
        worker.wake_labels(settings_of(current_app))
    return render_template("labels/show.html", **told)


@blueprint.get("/<int:batch_id>/progress")
@permission("label.print")
def progress(batch_id: int) -> str:
    """打印进度: the part of the page that renews itself."""
    return render_template("labels/_batch.html", **_told(batch_id))


def _told(batch_id: int) -> dict[str, Any]:
    me = whoami.account().account_id
    batch = batches.get(database.session(), batch_id, account_id=me)
    return {"batch": batch, "size_labels": LABEL_SIZE_LABELS, "per_part": batches.PART_LABELS}


@blueprint.get("/<int:batch_id>/labels.pdf")
@permission("label.print")
def download(batch_id: int) -> Response:
    """下载: one file of a batch."""
    part = request.args.get("part", 1, type=int)
    me = whoami.account().account_id
    batch = batches.get(database.session(), batch_id, account_id=me)
    path = batches.file_of(settings_of(current_app), batch.id, part)
    if not 1 <= part <= batch.parts or not path.exists():
        raise Conflict("label.not_ready", "这一份还没有做好，请稍后再来")
    name = f"labels-{batch.id}-{part:02d}.pdf"
    return send_file(path, PDF, as_attachment=True, download_name=name)


@blueprint.get("/animals/<ref:ref>.pdf")
@permission("label.print")
def single(ref: str) -> Response:
    """单枚标签: one animal's, at once."""
    session = database.session()
    animal = herd.get(session, ref)
    labels = batches.labels_of(session, settings_of(current_app), [animal.id])
    on_sheet = request.args.get("size") == LabelSize.SHEET
    return Response(sheet_pdf(labels) if on_sheet else single_pdf(labels), content_type=PDF)
