"""运输批次 · the vehicles being loaded, on the road and arrived; the next step of each."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import consigning, database, files, filters, forms, herd, papers, whoami
from app.auth.privileges import permission
from app.consigning import LEG_LABELS, Leg
from app.schemas.consignments import (
    Cancel,
    Disinfect,
    GoHere,
    LoseHere,
    OpenHere,
    Report,
    ScanHere,
    Stamp,
    split,
)
from app.schemas.fields import Schema
from traceability.base.clock import unstamp
from traceability.consignments import landing, loading, road
from traceability.consignments.records import (
    CONSIGNMENT_STATE_LABELS,
    DISINFECTING_LABELS,
    LOSS_KIND_LABELS,
    REPORT_END_LABELS,
    Consignment,
)
from traceability.counts import COUNT_LABELS
from traceability.quarantine import certificates

blueprint = Blueprint("consignments", __name__)
LOSS_TOLD = ("kind", "ear_tag", "place", "words", "at")
Step = Callable[[Session, Consignment, dict[str, Any]], object]


@blueprint.get("/consignments/")
@permission("consignment.view")
def index() -> str:
    """运输批次: of one leg, of a plate or a certificate."""
    chosen, words = request.args.get("leg", ""), request.args.get("q", "").strip()[:40]
    leg = Leg(chosen) if chosen in set(Leg) else None
    page = request.args.get("page", 1, type=int)
    return render_template(
        "consignments/index.html",
        found=consigning.listed(database.session(), leg=leg, words=words, page=page),
        leg=leg,
        legs=LEG_LABELS,
        words=words,
        states=CONSIGNMENT_STATE_LABELS,
        now=whoami.now(),
    )


@blueprint.get("/certificates/<ref:ref>/consignment")
@permission("consignment.handle")
def new(ref: str) -> str:
    """建运输批次."""
    return _new_page(ref, {}, {})


def _new_page(ref: str, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    paper = papers.certificate(database.session(), ref)
    return render_template("consignments/new.html", certificate=paper, form=form, errors=errors)


@blueprint.post("/certificates/<ref:ref>/consignment")
@permission("consignment.handle")
def open_one(ref: str) -> ResponseReturnValue:
    """建运输批次: take the form."""

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        made = consigning.open_one(database.session(), ref, given)
        flash(f"已为 {made.plate} 建运输批次，接着登记消毒和装车扫描", "success")
        return redirect(url_for("consignments.show", ref=made.ref), 303)

    return forms.handled(OpenHere, act, lambda form, errors: _new_page(ref, form, errors))


@blueprint.get("/consignments/<ref:ref>")
@permission("consignment.view")
def show(ref: str) -> str:
    """一个运输批次: what was done, what does not agree, the next step."""
    return _page(consigning.get(database.session(), ref), {}, {})


def _page(found: Consignment, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    session, at = database.session(), whoami.now()
    listed = certificates.animals_of(session, found.certificate)
    return render_template(
        "consignments/show.html",
        one=found,
        paper=found.certificate,
        aboard=[(each, filters.tag(each)) for each in found.loaded],
        listed=[each.ear_tag for each in listed],
        compared=consigning.compared(session, found) if found.loaded_at else None,
        gaps=landing.gaps(found) if found.arrived_at else None,
        hours=road.hours_unfed(found, at=at),
        refused=road.refused(found),
        overdue=found.report_due_at is not None and found.report_due_at < at,
        last_minute=found.report_due_at and found.report_due_at - timedelta(minutes=1),
        ends_here=consigning.ends_here(found),
        names=consigning.names_in(session, found),
        when=unstamp,
        now=at,
        form=form,
        errors=errors,
        states=CONSIGNMENT_STATE_LABELS,
        disinfecting=DISINFECTING_LABELS,
        loss_kinds=LOSS_KIND_LABELS,
        ends=REPORT_END_LABELS,
        steps=COUNT_LABELS,
    )


def _taken(ref: str, schema: type[Schema], step: Step, done: str) -> ResponseReturnValue:
    session = database.session()
    found = consigning.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        step(session, found, dict(given))
        flash(done, "success")
        return redirect(url_for("consignments.show", ref=ref), 303)

    return forms.handled(schema, act, lambda form, errors: _page(found, form, errors))


@blueprint.post("/consignments/<ref:ref>/disinfect")
@permission("consignment.handle")
def disinfect(ref: str) -> ResponseReturnValue:
    """登记车辆消毒."""

    def step(session: Session, found: Consignment, given: dict[str, Any]) -> None:
        loading.disinfect(session, found, given.pop("when"), **given, **herd.actors())

    return _taken(ref, Disinfect, step, "已登记消毒")


@blueprint.post("/consignments/<ref:ref>/load")
@permission("consignment.handle")
def load(ref: str) -> ResponseReturnValue:
    """装车扫描."""

    def step(session: Session, found: Consignment, given: dict[str, Any]) -> None:
        loading.load(session, found, **herd.told(split(given)))

    return _taken(ref, ScanHere, step, "已登记装车扫描")


@blueprint.post("/consignments/<ref:ref>/depart")
@permission("consignment.handle")
def depart(ref: str) -> ResponseReturnValue:
    """启运: all that stand on the vehicle, or none."""

    def step(session: Session, found: Consignment, given: dict[str, Any]) -> None:
        loading.depart(session, found, **herd.told(given))

    return _taken(ref, GoHere, step, "已登记启运")


@blueprint.post("/consignments/<ref:ref>/stamp")
@permission("consignment.stamp")
def stamp(ref: str) -> ResponseReturnValue:
    """检查站签章."""

    def step(session: Session, found: Consignment, given: dict[str, Any]) -> None:
        road.stamp(session, found, **given, **whoami.acted())

    return _taken(ref, Stamp, step, "已登记签章")


@blueprint.post("/consignments/<ref:ref>/lose")
@permission("consignment.handle")
def lose(ref: str) -> ResponseReturnValue:
    """途中损失, with its photograph."""

    def step(session: Session, found: Consignment, given: dict[str, Any]) -> None:
        picture = files.store_sent(session, "photograph", title=f"{given['ear_tag']} 途中损失")
        told = {**given, "place": given.pop("where"), "words": given.pop("how")}
        consigning.lose(session, found, {n: told[n] for n in LOSS_TOLD}, picture)

    return _taken(ref, LoseHere, step, "已登记途中损失")


@blueprint.post("/consignments/<ref:ref>/unload")
@permission("consignment.receive")
def unload(ref: str) -> ResponseReturnValue:
    """到达扫描."""

    def step(session: Session, found: Consignment, given: dict[str, Any]) -> None:
        consigning.unload(session, found, split(given))

    return _taken(ref, ScanHere, step, "已登记到达")


@blueprint.post("/consignments/<ref:ref>/report")
@permission("consignment.land")
def report(ref: str) -> ResponseReturnValue:
    """落地报告."""

    def step(session: Session, found: Consignment, given: dict[str, Any]) -> None:
        consigning.report(session, found, given["end"])

    return _taken(ref, Report, step, "已登记落地报告")


@blueprint.post("/consignments/<ref:ref>/cancel")
@permission("consignment.handle")
def cancel(ref: str) -> ResponseReturnValue:
    """取消运输批次."""

    def step(session: Session, found: Consignment, given: dict[str, Any]) -> None:
        loading.cancel(session, found, **given, **herd.actors())

    return _taken(ref, Cancel, step, "运输批次已取消，车辆和证明可以另用")
