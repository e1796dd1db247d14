"""集中免疫 · what people send to open, fill and close a campaign, and what they are told."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError

from app.schemas import fields
from app.schemas.common import Answer
from app.schemas.fields import Schema
from traceability.campaigns.dosing import ENTRIES_MAX, Result
from traceability.campaigns.records import (
    CLOSE_NOTE_CHARS_MAX,
    NAME_CHARS_MAX,
    NOTE_CHARS_MAX,
    REGIONS_MAX,
    CampaignKind,
    OmissionReason,
)
from traceability.importing.batches import Outcome
from traceability.importing.runs import RunState
from traceability.regions import CODE_CHARS
from traceability.treatments import Disease

BATCH_CHARS_MAX = 40


class LeftOut(fields.String):
    """One answer of the page: an animal's reference and why it got no dose."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> Any:
        ref, _, reason = super()._deserialize(value, attr, data, **kwargs).partition(" ")
        if reason not in set(OmissionReason):
            raise ValidationError("请从列表中选没打的原因")
        return ref, OmissionReason(reason)


class OpenCampaign(Schema):
    """开展集中免疫."""

    kind = fields.Choice(CampaignKind, required=True)
    name = fields.String(required=True, maximum=NAME_CHARS_MAX)
    disease = fields.Choice(Disease, load_default=Disease.FMD)
    vaccine = fields.String(required=True, maximum=NAME_CHARS_MAX)
    regions = fields.List(
        fields.String(maximum=CODE_CHARS),
        required=True,
        maximum=REGIONS_MAX,
        metadata={"description": "县、乡镇或村的行政区划代码"},
    )
    first_on = fields.Date(required=True)
    last_on = fields.Date(required=True)


class CloseCampaign(Schema):
    """结束集中免疫."""

    note = fields.String(load_default="", maximum=CLOSE_NOTE_CHARS_MAX)


class FillHerd(Schema):
    """成批登记, as the page asks."""

    given_on = fields.Date(required=True)
    batch_no = fields.String(load_default="", maximum=BATCH_CHARS_MAX)
    note = fields.String(load_default="", maximum=NOTE_CHARS_MAX)
    shown = fields.List(fields.Ref("animal"), load_default=list, maximum=ENTRIES_MAX)
    dosed = fields.List(fields.Ref("animal"), load_default=list, maximum=ENTRIES_MAX)
    left = fields.List(LeftOut(), load_default=list, maximum=ENTRIES_MAX)


class EntryIn(Schema):
    """一头牛：打了，或没打的原因."""

    animal = fields.Ref("animal", required=True)
    given_on = fields.Date(required=True)
    reason = fields.Choice(
        OmissionReason, load_default=None, metadata={"description": "没打的原因；打了不填"}
    )
    note = fields.String(load_default="", maximum=NOTE_CHARS_MAX)


class RecordDoses(Schema):
    """成批登记."""

    batch_no = fields.String(load_default="", maximum=BATCH_CHARS_MAX)
    entries = fields.List(fields.Nested(EntryIn), required=True, maximum=ENTRIES_MAX)


class SendSheet(Schema):
    """上传登记表 · CSV or a workbook; columns as in the template."""

    file = fields.Upload(load_default=None)  # that there is none is told after whose it is
    dry_run = fields.Boolean(
        load_default=False, metadata={"description": "只检查，不登记；默认正式登记"}
    )


class SheetOut(Answer):
    """一张登记表到了哪一步."""

    ref = fields.Ref("import")
    filename = fields.String()
    dry_run = fields.Boolean()
    state = fields.Choice(RunState)
    rows_done = fields.Integer(minimum=0)
    accepted = fields.Integer(minimum=0)
    warned = fields.Integer(minimum=0)
    already = fields.Integer(minimum=0)
    refused = fields.Integer(minimum=0)
    fault = fields.String()


class SheetResultOut(Answer):
    """几行的结果；相邻相同的合在一起."""

    first_line = fields.Integer(minimum=1)
    last_line = fields.Integer(minimum=1)
    outcome = fields.Choice(Outcome)
    code = fields.String()
    sentence = fields.String()


class LineOut(Answer):
    """一头牛的结果."""

    animal = fields.Ref("animal")
    ear_tag = fields.String()
    result = fields.Choice(Result)
    code = fields.String()
    sentence = fields.String()


class CampaignOut(Answer):
    """集中免疫."""

    ref = fields.Ref("campaign")
    kind = fields.Choice(CampaignKind)
    name = fields.String()
    disease = fields.Choice(Disease)
    vaccine = fields.String()
    regions = fields.List(fields.String())
    first_on = fields.Date()
    last_on = fields.Date()
    closed_at = fields.Instant(allow_none=True)
    close_note = fields.String(allow_none=True)


class VillageOut(Answer):
    """一个村的进度；`region_code` 为空的是合计."""

    region_code = fields.String()
    heads = fields.Integer(minimum=0)
    due = fields.Integer(minimum=0)
    done = fields.Integer(minimum=0)
    omitted = fields.Integer(minimum=0)
    waiting = fields.Integer(minimum=0)
    protected = fields.Integer(minimum=0)
    density_percent = fields.Integer(allow_none=True)
    done_percent = fields.Integer(allow_none=True)


class RateOut(Answer):
    """一个村的抗体合格率；`region_code` 为空的是合计."""

    region_code = fields.String()
    samples = fields.Integer(minimum=0)
    passed = fields.Integer(minimum=0)
    percent = fields.Integer(allow_none=True)


class CampaignProgressOut(Answer):
    """进度：各村、合计、抗体."""

    whole = fields.Nested(VillageOut)
    villages = fields.List(fields.Nested(VillageOut), maximum=10_000)
    sampled = fields.Nested(RateOut)
    samples = fields.List(fields.Nested(RateOut), maximum=10_000)
