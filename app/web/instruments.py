"""计量器具 · the scales of one's places: registered, verified, until when they may weigh trade."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app import database, equipment, filters, forms, whoami
from app.auth.privileges import permission
from app.schemas.fields import Schema
from app.schemas.instruments import (
    CheckInstrument,
    RegisterInstrument,
    ReleaseInstrument,
    SealInstrument,
    VerifyInstrument,
)
from traceability import instruments
from traceability.base.clock import legal_day
from traceability.chain import events
from traceability.chain.kinds import SPECS
from traceability.instruments import TRADE_STOP_LABELS, Instrument, TradeStop

Said = tuple[str, str]  # the sentence, and how it is to be shown
Act = Callable[[Session, Instrument, dict[str, Any]], Said]

blueprint = Blueprint("instruments", __name__, url_prefix="/instruments")


@blueprint.get("/")
@permission("instrument.view")
def index() -> str:
    """计量器具, the next to be verified first."""
    session, at = database.session(), whoami.now()
    found = equipment.instruments_listed(session, page=request.args.get("page", 1, type=int))
    return render_template(
        "instruments/index.html",
        found=found,
        badges={scale.id: equipment.badge_of(scale, at) for scale in found.rows},
        unregistered=equipment.unregistered_scales(session),
        today=legal_day(at),
    )


@blueprint.get("/new")
@permission("instrument.manage")
def register() -> str:
    """登记计量器具."""
    return _page(request.args, {})


def _page(form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    scales = equipment.unregistered_scales(database.session())
    return render_template(
        "instruments/register.html",
        form=form,
        errors=errors,
        scales=[(each.code, f"{each.code}（{each.crate or '未指定称笼'}）") for each in scales],
    )


@blueprint.post("/new")
@permission("instrument.manage")
def register_instrument() -> ResponseReturnValue:
    """登记计量器具: take the form."""

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        made = equipment.register_instrument(database.session(), given)
        flash(f"已登记 {made.serial_no}，请接着登记检定证书", "success")
        return redirect(url_for("instruments.verify", ref=made.ref), 303)

    return forms.handled(RegisterInstrument, act, _page)


@blueprint.get("/<ref:ref>")
@permission("instrument.view")
def show(ref: str) -> str:
    """一台计量器具: its facts, its verification, its history."""
    session, at = database.session(), whoami.now()
    scale = equipment.instrument(session, ref)
    return render_template(
        "instruments/show.html",
        scale=scale,
        badge=equipment.badge_of(scale, at),
        today=legal_day(at),
        steps=[
            {"title": SPECS[event.kind].label, "at": event.at, "text": _text(event.public)}
            for event in reversed(events.history(session, scale.ref))
        ],
    )


def _text(public: Mapping[str, Any]) -> str:
    if "shown_g" in public:
        stop = public["trade_stop"]
        found = TRADE_STOP_LABELS[TradeStop(stop)] if stop else "正常"
        weights = [filters.kg(public[name]) for name in ("test_weight_g", "shown_g")]
        return f"砝码 {weights[0]}，示值 {weights[1]}，{found}"
    if "seal_no" in public:
        return f"封印 {public['seal_no']}，标定计数 {public['setup_count']}"
    if "certificate_no" not in public:
        return ""
    days = [filters.cn_date(public[name]) for name in ("verified_on", "valid_until")]
    return f"证书 {public['certificate_no']}，{days[0]} 至 {days[1]}"


@blueprint.get("/<ref:ref>/verify")
@permission("instrument.manage")
def verify(ref: str) -> str:
    """登记检定证书."""
    return _verify_page(equipment.instrument(database.session(), ref), {}, {})


def _verify_page(scale: Instrument, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    today = legal_day(whoami.now())
    return render_template(
        "instruments/verify.html", scale=scale, form=form, errors=errors, today=today
    )


def _taken(
    ref: str, schema: type[Schema], act: Act, page: Callable[..., str]
) -> ResponseReturnValue:
    """Take a form about one scale; `act` answers what was done, and how that is to be told."""
    scale = equipment.instrument(database.session(), ref)

    def take(given: Mapping[str, Any]) -> ResponseReturnValue:
        told = {**given, "at": whoami.now(), "by": whoami.actor()}
        flash(*act(database.session(), scale, told))
        return redirect(url_for("instruments.show", ref=ref), 303)

    return forms.handled(schema, take, lambda form, errors: page(scale, form, errors))


@blueprint.post("/<ref:ref>/verify")
@permission("instrument.manage")
def record_verification(ref: str) -> ResponseReturnValue:
    """登记检定证书: take the form."""

    def act(session: Session, scale: Instrument, told: dict[str, Any]) -> Said:
        instruments.verify(session, scale, **told)
        return f"检定证书 {scale.certificate_no} 已登记", "success"

    return _taken(ref, VerifyInstrument, act, _verify_page)


@blueprint.get("/<ref:ref>/seal")
@permission("instrument.manage")
def seal(ref: str) -> str:
    """登记封印."""
    return _act_page("seal", equipment.instrument(database.session(), ref), {}, {})


def _act_page(
    act: str, scale: Instrument, form: Mapping[str, Any], errors: Mapping[str, Any]
) -> str:
    return render_template(f"instruments/{act}.html", scale=scale, form=form, errors=errors)


@blueprint.post("/<ref:ref>/seal")
@permission("instrument.manage")
def record_seal(ref: str) -> ResponseReturnValue:
    """登记封印: take the form."""

    def act(session: Session, scale: Instrument, told: dict[str, Any]) -> Said:
        instruments.seal(session, scale, **told)
        return f"封印 {scale.seal_no} 已登记，请每天核查一次", "success"

    return _taken(ref, SealInstrument, act, partial(_act_page, "seal"))


@blueprint.get("/<ref:ref>/check")
@permission("instrument.check")
def check(ref: str) -> str:
    """每日核查."""
    return _act_page("check", equipment.instrument(database.session(), ref), {}, {})


@blueprint.post("/<ref:ref>/check")
@permission("instrument.check")
def record_check(ref: str) -> ResponseReturnValue:
    """每日核查: take the form; what is amiss stops trade at once."""

    def act(session: Session, scale: Instrument, told: dict[str, Any]) -> Said:
        if (stop := instruments.check(session, scale, **told)) is None:
            return "核查正常，今天可以用于贸易结算", "success"
        return f"{TRADE_STOP_LABELS[stop]}：这台秤从现在起不能用于贸易结算", "error"

    return _taken(ref, CheckInstrument, act, partial(_act_page, "check"))


@blueprint.get("/<ref:ref>/release")
@permission("instrument.release")
def release(ref: str) -> str:
    """恢复贸易使用."""
    return _act_page("release", equipment.instrument(database.session(), ref), {}, {})


@blueprint.post("/<ref:ref>/release")
@permission("instrument.release")
def record_release(ref: str) -> ResponseReturnValue:
    """恢复贸易使用: the inspector's own act, with what was seen."""

    def act(session: Session, scale: Instrument, told: dict[str, Any]) -> Said:
        instruments.release(session, scale, **told)
        return f"{scale.serial_no} 已恢复贸易使用", "success"

    return _taken(ref, ReleaseInstrument, act, partial(_act_page, "release"))
