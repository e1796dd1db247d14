"""抽样检测 · what a plan asks, what is told of a sample, and how far they are."""

from app.schemas import fields
from app.schemas.common import Answer, PlaceOut
from app.schemas.fields import Schema
from traceability.holdings import HoldingKind
from traceability.regions import CODE_CHARS
from traceability.samples.plans import (
    DRAWN_MAX,
    NAME_CHARS_MAX,
    REASON_CHARS_MAX,
    REGIONS_MAX,
    SEED_CHARS_MAX,
)
from traceability.samples.taking import (
    REPORT_CHARS_MAX,
    SEAL_CHARS_MAX,
    STEPS_MAX,
    WORDS_CHARS_MAX,
    SampleState,
)


def _head(label: str) -> fields.Integer:
    words = f"每个乡镇的{label}抽几头"
    return fields.Integer(
        load_default=0, minimum=0, maximum=DRAWN_MAX, metadata={"description": words}
    )


class PlanSampling(Schema):
    """订抽样计划并抽出牛来."""

    name = fields.String(required=True, maximum=NAME_CHARS_MAX)
    tested_for = fields.String(
        required=True, maximum=NAME_CHARS_MAX, metadata={"description": "什么病或什么残留"}
    )
    risk = fields.String(
        required=True, maximum=REASON_CHARS_MAX, metadata={"description": "为什么抽这些地方"}
    )
    regions = fields.List(fields.String(maximum=CODE_CHARS), required=True, maximum=REGIONS_MAX)
    household = _head("农户")
    farm = _head("养殖场")
    market = _head("交易市场")
    abattoir = _head("屠宰场")
    first_on = fields.Date(required=True)
    last_on = fields.Date(required=True)
    seed = fields.String(
        load_default="",
        maximum=SEED_CHARS_MAX,
        metadata={"description": "随机种子；不填由平台随机取一个并记下"},
    )


class TakeSample(Schema):
    """采样."""

    ear_tag = fields.String(required=True, maximum=60)
    seal_no = fields.String(required=True, maximum=SEAL_CHARS_MAX)
    material = fields.String(
        required=True, maximum=SEAL_CHARS_MAX, metadata={"description": "血清、尿液、组织…"}
    )
    taken_on = fields.Date(required=True)
    off_plan = fields.String(
        load_default="",
        maximum=WORDS_CHARS_MAX,
        metadata={"description": "不是抽中的牛，写明为什么换"},
    )


class ReportSample(Schema):
    """样品报告."""

    passed = fields.Boolean(required=True, metadata={"description": "真为合格"})
    laboratory = fields.String(required=True, maximum=REPORT_CHARS_MAX)
    report_no = fields.String(required=True, maximum=REPORT_CHARS_MAX)
    tested_on = fields.Date(required=True)
    nonconformity = fields.String(
        load_default="", maximum=WORDS_CHARS_MAX, metadata={"description": "不合格的是什么"}
    )


class SampleStep(Schema):
    """跟进或了结."""

    words = fields.String(required=True, maximum=WORDS_CHARS_MAX)


class StratumOut(Answer):
    """一个乡镇的一类场所."""

    region_code = fields.String()
    place_kind = fields.Choice(HoldingKind)
    wanted = fields.Integer()
    drawn = fields.Integer(metadata={"description": "抽中的；不够时少于计划数"})
    taken = fields.Integer()
    passed = fields.Integer()
    failed = fields.Integer()
    open = fields.Integer(metadata={"description": "不合格还没有了结的"})


class StepOut(Answer):
    """一步跟进."""

    on = fields.String(metadata={"description": "哪天登记的", "example": "2026-11-22"})
    words = fields.String()


class SealedSampleOut(Answer):
    """一份样品."""

    ref = fields.Ref("sample")
    plan = fields.Ref("sampling_plan", attribute="plan.ref")
    animal = fields.Ref("animal", attribute="animal.ref")
    ear_tag = fields.String(attribute="animal.ear_tag")
    place = fields.Nested(PlaceOut, attribute="holding")
    seal_no = fields.String()
    material = fields.String()
    taken_on = fields.Date()
    off_plan = fields.String(allow_none=True)
    state = fields.Choice(SampleState)
    laboratory = fields.String(allow_none=True)
    report_no = fields.String(allow_none=True)
    tested_on = fields.Date(allow_none=True)
    nonconformity = fields.String(allow_none=True)
    steps = fields.List(fields.Nested(StepOut), maximum=STEPS_MAX)


class TargetOut(Answer):
    """一头抽中的牛."""

    animal = fields.Ref("animal", attribute="animal.ref")
    ear_tag = fields.String(attribute="animal.ear_tag")
    place = fields.Nested(PlaceOut)
    sample = fields.Ref("sample", attribute="sample.ref", allow_none=True)


class SamplingPlanOut(Answer):
    """一份抽样计划和自己管辖范围内的进度."""

    ref = fields.Ref("sampling_plan", attribute="plan.ref")
    name = fields.String(attribute="plan.name")
    tested_for = fields.String(attribute="plan.tested_for")
    risk = fields.String(attribute="plan.risk")
    regions = fields.List(fields.String(), attribute="plan.regions")
    first_on = fields.Date(attribute="plan.first_on")
    last_on = fields.Date(attribute="plan.last_on")
    seed = fields.String(attribute="plan.seed")
    strata = fields.List(fields.Nested(StratumOut))
    targets = fields.List(fields.Nested(TargetOut))
    samples = fields.List(fields.Nested(SealedSampleOut))
