"""抽样检测 · plans by risk, who was drawn, what was taken and found, failures until closed."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app import database, forms, sampling, whoami
from app.auth.privileges import permission
from app.schemas.fields import Schema
from app.schemas.samples import PlanSampling, ReportSample, SampleStep, TakeSample
from traceability import regions
from traceability.base.clock import legal_day
from traceability.holdings import HOLDING_KIND_LABELS
from traceability.samples import plans
from traceability.samples.plans import SamplingPlan
from traceability.samples.taking import SAMPLE_STATE_LABELS, Sample, SampleState

blueprint = Blueprint("samples", __name__, url_prefix="/samples")


@blueprint.get("/")
@permission("sample.view")
def index() -> str:
    """抽样检测: plans with how far they are, and what failed and is not closed."""
    found = sampling.listed(database.session())
    return render_template(
        "samples/index.html",
        rows=found,
        open=[each for one in found for each in one.samples if each.state is SampleState.FAILED],
    )


@blueprint.get("/new")
@permission("sample.manage")
def draft() -> str:
    """订抽样计划."""
    return _form_page({}, {})


def _form_page(form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "samples/new.html",
        form=form,
        errors=errors,
        today=legal_day(whoami.now()),
        classes=[(kind.value, HOLDING_KIND_LABELS[kind]) for kind in plans.CLASSES],
        townships=[(each.code, each.name) for each in regions.townships(database.session())],
    )


@blueprint.post("/new")
@permission("sample.manage")
def make() -> ResponseReturnValue:
    """订抽样计划: take the form and draw."""

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        made = sampling.make(database.session(), given)
        flash(f"已订计划，抽中 {len(made.drawn)} 头", "success")
        return redirect(url_for("samples.plan", plan=made.ref), 303)

    return forms.handled(PlanSampling, act, _form_page)


@blueprint.get("/plans/<ref:plan>")
@permission("sample.view")
def plan(plan: str) -> str:
    """一份抽样计划: how far each class of places is, and the animals drawn."""
    return _plan_page(sampling.plan(database.session(), plan), {}, {})


def _plan_page(found: SamplingPlan, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "samples/plan.html",
        plan=found,
        told=sampling.progress(database.session(), [found])[0],
        kinds=HOLDING_KIND_LABELS,
        states=SAMPLE_STATE_LABELS,
        today=legal_day(whoami.now()),
        form=form,
        errors=errors,
    )


@blueprint.post("/plans/<ref:plan>/take")
@permission("sample.record")
def take(plan: str) -> ResponseReturnValue:
    """采样: one animal under one seal."""
    session = database.session()
    found = sampling.plan(session, plan)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        made = sampling.take(session, found, given)
        flash(f"已登记样品 {made.seal_no}", "success")
        return redirect(url_for("samples.plan", plan=plan), 303)

    return forms.handled(TakeSample, act, lambda form, errors: _plan_page(found, form, errors))


@blueprint.get("/<ref:ref>")
@permission("sample.view")
def show(ref: str) -> str:
    """一份样品: its report, and what was done about a failure."""
    return _page(sampling.sample(database.session(), ref), {}, {})


def _page(found: Sample, form: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    return render_template(
        "samples/show.html",
        sample=found,
        states=SAMPLE_STATE_LABELS,
        today=legal_day(whoami.now()),
        form=form,
        errors=errors,
    )


def _acted(ref: str, schema: type[Schema], operate: Callable[..., Sample]) -> ResponseReturnValue:
    session = database.session()
    found = sampling.sample(session, ref)

    def act(given: Mapping[str, Any]) -> ResponseReturnValue:
        done = operate(session, found, given)
        tone = "warning" if done.state is SampleState.FAILED else "success"
        flash(f"样品 {done.seal_no}：{SAMPLE_STATE_LABELS[done.state]}", tone)
        return redirect(url_for("samples.show", ref=ref), 303)

    return forms.handled(schema, act, lambda form, errors: _page(found, form, errors))


@blueprint.post("/<ref:ref>/report")
@permission("sample.manage")
def report(ref: str) -> ResponseReturnValue:
    """登记样品报告."""
    return _acted(ref, ReportSample, sampling.report)


@blueprint.post("/<ref:ref>/follow-up")
@permission("sample.manage")
def follow_up(ref: str) -> ResponseReturnValue:
    """跟进不合格."""
    return _acted(ref, SampleStep, sampling.follow_up)


@blueprint.post("/<ref:ref>/close")
@permission("sample.manage")
def close(ref: str) -> ResponseReturnValue:
    """了结不合格."""
    return _acted(ref, SampleStep, sampling.close)
