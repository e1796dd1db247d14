"""运输批次 · what is told at each step of a consignment, and what the API answers."""

from typing import Any

from app.consigning import Leg
from app.schemas import fields
from app.schemas.common import Answer, PageOut, PageQuery, PlaceOut
from app.schemas.fields import Happened, HappenedHere, Schema
from traceability.consignments.loading import TAGS_MAX
from traceability.consignments.records import (
    WORDS_CHARS_MAX,
    ConsignmentState,
    Disinfecting,
    LossKind,
    ReportEnd,
)

SCAN_CHARS_MAX = 12_000


class OpenHere(HappenedHere):
    """建运输批次 from a certificate's page."""

    plate = fields.String(load_default="", maximum=20)


class OpenConsignment(Happened):
    """建运输批次."""

    certificate = fields.Ref("certificate", required=True)
    plate = fields.String(
        load_default="",
        maximum=20,
        metadata={"example": "贵F12345", "description": "证明上有车牌的可以不填"},
    )


class Disinfect(Schema):
    """登记消毒."""

    when = fields.Choice(Disinfecting, required=True)
    agent = fields.String(required=True, maximum=WORDS_CHARS_MAX)
    place = fields.String(required=True, maximum=WORDS_CHARS_MAX)
    done_by = fields.String(required=True, maximum=WORDS_CHARS_MAX)


class ScanHere(HappenedHere):
    """扫描 from a page: ear tags one below the other."""

    tags = fields.String(required=True, maximum=SCAN_CHARS_MAX)


class Scan(Happened):
    """扫描."""

    tags = fields.List(fields.EarTag(), required=True, maximum=TAGS_MAX)


class GoHere(HappenedHere):
    """启运 from a page."""


class Go(Happened):
    """启运."""


class Stamp(Schema):
    """检查站签章."""

    place = fields.String(required=True, maximum=WORDS_CHARS_MAX)
    entry_point = fields.Boolean(
        load_default=False, metadata={"description": "省际公路指定通道（指定道口）"}
    )
    passed = fields.Boolean(required=True)
    words = fields.String(
        load_default="", maximum=WORDS_CHARS_MAX, metadata={"description": "不放行的要写原因"}
    )


class LoseHere(HappenedHere):
    """途中损失 from a page; the photograph comes beside the form."""

    kind = fields.Choice(LossKind, required=True)
    ear_tag = fields.EarTag(required=True)
    where = fields.String(required=True, maximum=WORDS_CHARS_MAX)
    how = fields.String(required=True, maximum=WORDS_CHARS_MAX)


class Lose(Happened):
    """途中损失."""

    kind = fields.Choice(LossKind, required=True)
    ear_tag = fields.EarTag(required=True)
    place = fields.String(required=True, maximum=WORDS_CHARS_MAX)
    words = fields.String(required=True, maximum=WORDS_CHARS_MAX)
    evidence = fields.Ref("evidence", required=True)


class Report(Schema):
    """落地报告."""

    end = fields.Choice(ReportEnd, required=True)


class Cancel(Schema):
    """取消运输批次."""

    reason = fields.String(required=True, maximum=WORDS_CHARS_MAX)


class ConsignmentsQuery(PageQuery):
    """查找运输批次."""

    q = fields.String(load_default="", maximum=40, metadata={"description": "车牌或检疫证明编号"})
    leg = fields.Choice(
        Leg,
        load_default=None,
        metadata={"description": "loading 装车，road 在途，report 待落地报告，overdue 报告超期"},
    )


class DisinfectionOut(Answer):
    """消毒."""

    at = fields.String(metadata={"format": "date-time"})
    disinfecting = fields.String()
    agent = fields.String()
    place = fields.String()
    done_by = fields.String()


class StampOut(Answer):
    """签章."""

    at = fields.String(metadata={"format": "date-time"})
    place = fields.String()
    entry_point = fields.Boolean()
    passed = fields.Boolean()
    words = fields.String()


class LossOut(Answer):
    """损失."""

    at = fields.String(metadata={"format": "date-time"})
    loss_kind = fields.String()
    ear_tag = fields.String()
    place = fields.String()
    words = fields.String()
    evidence = fields.Ref("evidence")


class LoadDifferenceOut(Answer):
    """对不上的牛."""

    ear_tag = fields.String(attribute="tag")
    seen = fields.List(fields.String())
    unseen = fields.List(fields.String())


class UnloadGapsOut(Answer):
    """卸车时对不上的."""

    missing = fields.List(fields.String(), metadata={"description": "装了没卸、也没有说明"})
    extra = fields.List(fields.String(), metadata={"description": "卸下的、装车时没有扫到"})


class ConsignmentOut(Answer):
    """运输批次."""

    ref = fields.Ref("consignment")
    certificate = fields.Ref("certificate", attribute="certificate.ref")
    number = fields.String(attribute="certificate.number")
    origin = fields.Nested(PlaceOut, attribute="certificate.origin")
    destination = fields.Nested(PlaceOut, attribute="certificate.destination")
    plate = fields.String()
    state = fields.Choice(ConsignmentState)
    opened_at = fields.Instant()
    loaded = fields.List(fields.String())
    loaded_at = fields.Instant(allow_none=True)
    departed_at = fields.Instant(allow_none=True)
    unloaded = fields.List(fields.String())
    arrived_at = fields.Instant(allow_none=True)
    disinfections = fields.List(fields.Nested(DisinfectionOut))
    stamps = fields.List(fields.Nested(StampOut))
    losses = fields.List(fields.Nested(LossOut))
    report_due_at = fields.Instant(allow_none=True)
    origin_report_due = fields.Boolean()
    origin_reported_at = fields.Instant(allow_none=True)
    destination_reported_at = fields.Instant(allow_none=True)
    cancel_reason = fields.String(allow_none=True)


class ConsignmentWhole(ConsignmentOut):
    """运输批次和对数."""

    differences = fields.List(fields.Nested(LoadDifferenceOut))
    gaps = fields.Nested(UnloadGapsOut)
    hours_unfed = fields.Integer(
        allow_none=True, metadata={"description": "从装车扫描起断料断水的整小时数"}
    )


class ConsignmentsOut(PageOut):
    """运输批次列表."""

    rows = fields.List(fields.Nested(ConsignmentOut))


def split(told: dict[str, Any]) -> dict[str, Any]:
    """Ear tags typed or scanned one below the other, as a list."""
    words = told["tags"].replace("，", " ").replace(",", " ").replace("、", " ")
    return {**told, "tags": words.split()}
