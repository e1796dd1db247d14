"""抽样检测接口 · plans drawn with a recorded seed, samples, failures and their follow-up."""

from typing import Any

from app import database, sampling
from app.api.base import Blueprint
from app.auth.privileges import permission
from app.sampling import Progress
from app.schemas.samples import (
    PlanSampling,
    ReportSample,
    SampleStep,
    SamplingPlanOut,
    SealedSampleOut,
    TakeSample,
)
from traceability.samples.taking import Sample

blueprint = Blueprint("api_samples", __name__, url_prefix="/api/samples", description="抽样检测")


@blueprint.get("/plans")
@permission("sample.view")
@blueprint.response(200, SamplingPlanOut(many=True))
def index() -> list[Progress]:
    """碰到自己管辖范围的抽样计划和进度."""
    return sampling.listed(database.session())


@blueprint.post("/plans")
@permission("sample.manage")
@blueprint.arguments(PlanSampling)
@blueprint.response(201, SamplingPlanOut)
def make(form: dict[str, Any]) -> Progress:
    """订抽样计划.

    从这些地方此刻在养的牛里抽；同样的种子、同样的牛，抽中的一样。
    """
    session = database.session()
    return sampling.progress(session, [sampling.make(session, form)])[0]


@blueprint.get("/plans/<ref:plan>")
@permission("sample.view")
@blueprint.response(200, SamplingPlanOut)
def show(plan: str) -> Progress:
    """一份抽样计划."""
    session = database.session()
    return sampling.progress(session, [sampling.plan(session, plan)])[0]


@blueprint.post("/plans/<ref:plan>/samples")
@permission("sample.record")
@blueprint.arguments(TakeSample)
@blueprint.response(201, SealedSampleOut)
def take(form: dict[str, Any], plan: str) -> Sample:
    """采样."""
    session = database.session()
    return sampling.take(session, sampling.plan(session, plan), form)


@blueprint.get("/<ref:ref>")
@permission("sample.view")
@blueprint.response(200, SealedSampleOut)
def sample(ref: str) -> Sample:
    """一份样品."""
    return sampling.sample(database.session(), ref)


@blueprint.post("/<ref:ref>/report")
@permission("sample.manage")
@blueprint.arguments(ReportSample)
@blueprint.response(200, SealedSampleOut)
def report(form: dict[str, Any], ref: str) -> Sample:
    """登记样品报告."""
    session = database.session()
    return sampling.report(session, sampling.sample(session, ref), form)


@blueprint.post("/<ref:ref>/follow-up")
@permission("sample.manage")
@blueprint.arguments(SampleStep)
@blueprint.response(200, SealedSampleOut)
def follow_up(form: dict[str, Any], ref: str) -> Sample:
    """跟进不合格."""
    session = database.session()
    return sampling.follow_up(session, sampling.sample(session, ref), form)


@blueprint.post("/<ref:ref>/close")
@permission("sample.manage")
@blueprint.arguments(SampleStep)
@blueprint.response(200, SealedSampleOut)
def close(form: dict[str, Any], ref: str) -> Sample:
    """了结不合格."""
    session = database.session()
    return sampling.close(session, sampling.sample(session, ref), form)
