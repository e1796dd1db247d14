"""抗体检测 · what people send of a sample, and what they are told."""

from app.schemas import fields
from app.schemas.common import Answer
from app.schemas.fields import Schema
from traceability.antibodies import (
    LABORATORY_CHARS_MAX,
    REPORT_CHARS_MAX,
    TITRE_CHARS_MAX,
    AntibodyResult,
)
from traceability.treatments import Disease


class RecordSample(Schema):
    """登记抗体检测."""

    ear_tag = fields.EarTag(required=True)
    sampled_on = fields.Date(required=True)
    result = fields.Choice(AntibodyResult, required=True)
    laboratory = fields.String(
        required=True,
        maximum=LABORATORY_CHARS_MAX,
        metadata={"description": "照报告写"},
    )
    report_no = fields.String(required=True, maximum=REPORT_CHARS_MAX)
    titre = fields.String(load_default="", maximum=TITRE_CHARS_MAX)


class SampleOut(Answer):
    """一份样品."""

    ref = fields.Ref("antibody")
    animal = fields.Ref("animal", attribute="animal.ref")
    ear_tag = fields.String(attribute="animal.ear_tag")
    disease = fields.Choice(Disease)
    sampled_on = fields.Date()
    result = fields.Choice(AntibodyResult)
    titre = fields.String()
    laboratory = fields.String()
    report_no = fields.String()
