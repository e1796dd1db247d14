"""实验室检测 · what a vet enters from a report, and what the API answers."""

from app.schemas import fields
from app.schemas.common import Answer, PersonOut
from app.schemas.fields import Schema
from traceability.quarantine.laboratory import (
    LABORATORY_CHARS_MAX,
    REASON_CHARS_MAX,
    REPORT_CHARS_MAX,
)


class RecordResultHere(Schema):
    """登记检测结果 from a page; the report itself comes beside the form."""

    tested_for = fields.String(required=True, maximum=40, metadata={"example": "布鲁氏菌病"})
    positive = fields.Boolean(required=True, metadata={"description": "真为阳性，假为阴性"})
    report_no = fields.String(required=True, maximum=REPORT_CHARS_MAX)
    laboratory = fields.String(
        required=True,
        maximum=LABORATORY_CHARS_MAX,
        metadata={"description": "检测单位，照报告填写"},
    )
    tested_on = fields.Date(required=True, metadata={"description": "报告日期"})
    declaration = fields.Ref("declaration", load_default=None)


class RecordResult(RecordResultHere):
    """登记检测结果."""

    report = fields.Ref(
        "evidence", load_default=None, metadata={"description": "报告原件，先上传为证据"}
    )


class WithdrawResult(Schema):
    """撤销检测结果."""

    reason = fields.String(required=True, maximum=REASON_CHARS_MAX)


class LabResultOut(Answer):
    """检测结果."""

    ref = fields.Ref("lab_result")
    animal = fields.Ref("animal", attribute="animal.ref")
    declaration = fields.Ref("declaration", attribute="declaration.ref", allow_none=True)
    vet = fields.Nested(PersonOut)
    tested_for = fields.String()
    positive = fields.Boolean()
    report_no = fields.String()
    laboratory = fields.String()
    tested_on = fields.Date()
    report = fields.Ref("evidence", allow_none=True)
    entered_at = fields.Instant()
    withdrawn = fields.String(allow_none=True, metadata={"description": "撤销的原因；空为有效"})


class ListedDiseaseOut(Answer):
    """检疫病种."""

    procedure = fields.String()
    stage = fields.String()
    species = fields.String()
    name = fields.String()
    test = fields.String(
        allow_none=True,
        metadata={"description": "breeding 为种用、乳用牛应有检测结果；空为官方兽医怀疑时检测"},
    )
    effective_from = fields.Date()
    effective_to = fields.Date(allow_none=True)
    certainty = fields.String()
    dates_certainty = fields.String()


class DiseasesQuery(Schema):
    """查检疫病种."""

    on = fields.Date(load_default=None, metadata={"description": "哪一天的规程；空为今天"})
