"""耳标库存 · who has which tags; receive, issue, confirm, give back, write off."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import database, forms, herd, programme, stocking, whoami
from app.auth.privileges import permission
from app.schemas.fields import Schema
from app.schemas.tag_stock import (
    ConfirmTagsHere,
    DeclineTagsHere,
    IssueTagsHere,
    ReceiveTagsHere,
    ReturnTagsHere,
    WriteOffTagsHere,
)
from traceability.evidence import Evidence
from traceability.tag_stock import handing
from traceability.tag_stock.ranges import COUNTY_DIGITS, RANGE_KIND_LABELS, RangeKind, TagRange

blueprint = Blueprint("tag_stock", __name__, url_prefix="/tag-stock")
Give = Callable[[Mapping[str, Any]], TagRange]


@blueprint.get("/")
@permission("tag_stock.view")
def index() -> str:
    """耳标库存: by holder, or the ranges of one of them."""
    session = database.session()
    holder, page = request.args.get("holder", "")[:60], request.args.get("page", 1, type=int)
    tallies = stocking.tallies(session)
    shown = [each for each in tallies if each.holder.ref == holder]
    waiting = stocking.waiting(session)
    codes = {each.region_code for each in tallies} | {each.region_code for each in waiting}
    return render_template(
        "tag_stock/index.html",
        tallies=shown or tallies,
        holder=shown[0].holder if shown else None,
        found=stocking.listed(session, holder=holder, page=page) if shown else None,
        waiting=waiting,
        areas=stocking.areas(session, codes),
        kinds=RANGE_KIND_LABELS,
        low=stocking.LOW,
    )


@blueprint.get("/new")
@permission("tag_stock.manage")
def draft() -> str:
    """耳标入库."""
    return _receive_page({}, {})


def _receive_page(form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    counties = sorted({code[:COUNTY_DIGITS] for code in whoami.scope().regions})
    names = stocking.areas(database.session(), counties)
    return render_template(
        "tag_stock/receive.html", form=form, errors=errors, counties=list(names.items())
    )


@blueprint.post("/new")
@permission("tag_stock.manage")
def receive() -> ResponseReturnValue:
    """耳标入库: take the form, and the paper if it was photographed."""
    session = database.session()

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        paper = programme.photograph(session, f"耳标入库 {given['document_no']}")
        made = stocking.receive(session, given, paper)
        flash(f"已入库 {made.run.size} 枚：{made.run}", "success")
        return redirect(url_for("tag_stock.show", ref=made.ref), 303)

    return forms.handled(ReceiveTagsHere, act, _receive_page)


@blueprint.get("/<ref:ref>")
@permission("tag_stock.view")
def show(ref: str) -> str:
    """一个号段: what became of it, and its history."""
    return _page(stocking.get(database.session(), ref), {}, {})


def _page(found: TagRange, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    session = database.session()
    told = stocking.told(session, found)
    rows = [found, *(part.range for part in told.parts)]
    keepers = whoami.scope().keepers
    return render_template(
        "tag_stock/show.html",
        found=found,
        told=told,
        areas=stocking.areas(session, {row.region_code for row in rows}),
        kinds=RANGE_KIND_LABELS,
        steps=stocking.steps(session, found),
        is_mine=found.holder.ref in keepers or found.in_store,
        is_giver=found.by.ref in keepers,
        form=form,
        errors=errors,
    )


@blueprint.post("/<ref:ref>/confirm")
@permission("tag_stock.record")
def confirm(ref: str) -> ResponseReturnValue:
    """签收."""
    session = database.session()
    found = stocking.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        handing.confirm(session, stocking.handled(session, ref), **herd.told(given))
        flash(f"已签收 {found.run.size} 枚：{found.run}", "success")
        return redirect(url_for("tag_stock.show", ref=ref), 303)

    return forms.handled(ConfirmTagsHere, act, lambda form, errors: _page(found, form, errors))


@blueprint.post("/<ref:ref>/decline")
@permission("tag_stock.record")
def decline(ref: str) -> ResponseReturnValue:
    """不签收，或签收前收回."""
    session = database.session()
    found = stocking.get(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        handing.decline(session, found, **herd.told(given))
        flash(f"{found.run} 没有签收，号段回到发放人手里", "success")
        return redirect(url_for("tag_stock.index"), 303)

    return forms.handled(DeclineTagsHere, act, lambda form, errors: _page(found, form, errors))


@blueprint.get("/<ref:ref>/issue")
@permission("tag_stock.record")
def issue(ref: str) -> str:
    """发放."""
    return _hand_page("issue", stocking.get(database.session(), ref), {}, {})


@blueprint.get("/<ref:ref>/return")
@permission("tag_stock.record")
def give_back(ref: str) -> str:
    """退回."""
    return _hand_page("give_back", stocking.get(database.session(), ref), {}, {})


@blueprint.get("/<ref:ref>/write-off")
@permission("tag_stock.record")
def write_off(ref: str) -> str:
    """丢失或销毁."""
    return _hand_page("write_off", stocking.get(database.session(), ref), {}, {})


def _hand_page(
    act: str, source: TagRange, form: Mapping[str, Any], errors: Mapping[str, Any]
) -> str:
    session = database.session()
    return render_template(
        f"tag_stock/{act}.html",
        source=source,
        told=stocking.told(session, source),
        receivers=[
            (each.key, f"{each.party.name}（{each.area}）")
            for each in (stocking.receivers(session, source) if act == "issue" else [])
        ],
        form=form,
        errors=errors,
    )


@blueprint.post("/<ref:ref>/issue")
@permission("tag_stock.record")
def issue_tags(ref: str) -> ResponseReturnValue:
    """发放: take the form."""

    def give(given: Mapping[str, Any]) -> TagRange:
        told = dict(given)
        told["to"], _, told["region_code"] = told.pop("receiver").partition("/")
        session = database.session()
        return stocking.issue(session, stocking.handled(session, ref), told)

    return _handed(ref, "issue", IssueTagsHere, give)


@blueprint.post("/<ref:ref>/return")
@permission("tag_stock.record")
def return_tags(ref: str) -> ResponseReturnValue:
    """退回: take the form."""

    def give(given: Mapping[str, Any]) -> TagRange:
        session = database.session()
        return stocking.give_back(session, stocking.handled(session, ref), given)

    return _handed(ref, "give_back", ReturnTagsHere, give)


@blueprint.post("/<ref:ref>/write-off")
@permission("tag_stock.record")
def write_off_tags(ref: str) -> ResponseReturnValue:
    """丢失或销毁: take the form, and the photograph of what was destroyed."""

    def give(given: Mapping[str, Any]) -> TagRange:
        session = database.session()
        source = stocking.handled(session, ref)
        shown = _photograph(given["kind"])
        return stocking.write_off(session, source, given, shown)

    return _handed(ref, "write_off", WriteOffTagsHere, give)


def _photograph(kind: RangeKind) -> Evidence | None:
    return programme.photograph(database.session(), f"耳标{RANGE_KIND_LABELS[kind]}")


def _handed(ref: str, name: str, schema: type[Schema], give: Give) -> ResponseReturnValue:
    source = stocking.get(database.session(), ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        made = give(given)
        flash(f"已登记{RANGE_KIND_LABELS[made.kind]} {made.run.size} 枚：{made.run}", "success")
        return redirect(url_for("tag_stock.show", ref=ref), 303)

    return forms.handled(schema, act, lambda form, errors: _hand_page(name, source, form, errors))
