"""耳标库存 · what goes in and out about ranges of ear tags."""

from typing import Any

from marshmallow import validate

from app.schemas import fields
from app.schemas.common import Answer, PageOut, PageQuery, PersonOut
from app.schemas.fields import Happened, HappenedHere, Schema
from traceability.regions import CODE_CHARS
from traceability.tag_stock.counting import RUNS_SHOWN
from traceability.tag_stock.ranges import (
    DOCUMENT_CHARS_MAX,
    REASON_CHARS_MAX,
    WRITTEN_OFF,
    RangeKind,
)

LOSSES = validate.OneOf(sorted(WRITTEN_OFF), error="只能是丢失或销毁")
NUMBER_CHARS_MAX = 40  # as typed, with spaces


class Run(Schema):
    """号段 · the first number and the last."""

    first_tag = fields.String(
        required=True, maximum=NUMBER_CHARS_MAX, metadata={"example": "252052600000001"}
    )
    last_tag = fields.String(
        required=True,
        maximum=NUMBER_CHARS_MAX,
        metadata={"example": "252052600001000", "description": "止号；可以只写末几位"},
    )


class Received(Run):
    """入库 · a batch and the paper that came with it."""

    region_code = fields.String(required=True, maximum=CODE_CHARS, metadata={"example": "520526"})
    document_no = fields.String(required=True, maximum=DOCUMENT_CHARS_MAX)


class ReceiveTags(Received, Happened):
    """耳标入库；单据先存为佐证."""

    evidence = fields.Ref("evidence", load_default=None)


class ReceiveTagsHere(Received, HappenedHere):
    """耳标入库 from a page; the paper comes beside the form."""


class IssueTags(Run, Happened):
    """发放一段耳标，等领用人签收."""

    to = fields.Ref("party", required=True)
    region_code = fields.String(
        required=True, maximum=CODE_CHARS, metadata={"description": "领用人的乡镇或村"}
    )


class IssueTagsHere(Run, HappenedHere):
    """发放 from a page: a receiver of the list, with his area."""

    receiver = fields.String(required=True, maximum=80)


class ReturnTags(Run, Happened):
    """退回一段没有用的耳标."""

    reason = fields.String(required=True, maximum=REASON_CHARS_MAX)


class ReturnTagsHere(HappenedHere, ReturnTags):
    """退回 from a page."""


class WrittenOff(Run):
    """丢失或销毁."""

    kind = fields.Choice(RangeKind, required=True, validate=LOSSES)
    reason = fields.String(required=True, maximum=REASON_CHARS_MAX)


class WriteOffTags(WrittenOff, Happened):
    """登记丢失或销毁；销毁的照片先存为佐证."""

    evidence = fields.Ref("evidence", load_default=None)


class WriteOffTagsHere(WrittenOff, HappenedHere):
    """丢失或销毁 from a page; the photograph comes beside the form."""


class ConfirmTags(Happened):
    """签收."""


class ConfirmTagsHere(HappenedHere):
    """签收 from a page."""


class DeclineTags(Happened):
    """不签收，或签收前收回."""

    reason = fields.String(required=True, maximum=REASON_CHARS_MAX)


class DeclineTagsHere(HappenedHere, DeclineTags):
    """不签收 from a page."""


class TagRangesQuery(PageQuery):
    """查耳标号段."""

    holder = fields.Ref("party", load_default=None, metadata={"description": "只列这个领用人的"})


class RunOut(Answer):
    """号段."""

    first = fields.String()
    last = fields.String()


class CountOut(Answer):
    """点数：各项相加等于总数."""

    size = fields.Integer()
    worn = fields.Integer(metadata={"description": "领用人自己戴上的；发出去以后戴上的不算在内"})
    issued = fields.Integer()
    returned = fields.Integer()
    lost = fields.Integer()
    destroyed = fields.Integer()
    left = fields.Integer()


class TagRangeOut(Answer):
    """耳标号段."""

    ref = fields.Ref("tag_range")
    parent = fields.Ref("tag_range", attribute="parent.ref", allow_none=True, dump_default=None)
    kind = fields.Choice(RangeKind)
    first_tag = fields.String()
    last_tag = fields.String()
    size = fields.Integer(attribute="run.size")
    region_code = fields.String()
    holder = fields.Nested(PersonOut)
    by = fields.Nested(PersonOut)
    moved_at = fields.Instant()
    confirmed_at = fields.Instant(allow_none=True)
    declined_at = fields.Instant(allow_none=True)
    decline_reason = fields.String(allow_none=True)
    document_no = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    evidence = fields.Ref("evidence", attribute="evidence.ref", allow_none=True, dump_default=None)


class CountedRangeOut(TagRangeOut):
    """耳标号段和点数."""

    count = fields.Nested(CountOut)

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """A range with its count."""
        return super().get_attribute(obj if attr == "count" else obj.range, attr, default)


class TagRangesOut(PageOut):
    """耳标号段列表."""

    rows = fields.List(fields.Nested(CountedRangeOut))


class TagRangeToldOut(CountedRangeOut):
    """一个耳标号段：点数、还在手里的、分出去的."""

    worn_below = fields.Integer(metadata={"description": "整个号段已戴上的，不论谁戴的"})
    left = fields.List(
        fields.Nested(RunOut),
        maximum=RUNS_SHOWN,
        metadata={"description": "还在手里、没有戴的，前面的若干段"},
    )
    parts = fields.List(fields.Nested(CountedRangeOut), maximum=10_000)

    def get_attribute(self, obj: Any, attr: str, default: Any) -> Any:
        """A range with everything that is told of it."""
        if attr in {"worn_below", "left", "parts"}:
            return getattr(obj, attr)
        return super().get_attribute(obj, attr, default)


class TallyOut(Answer):
    """领用人手里的耳标."""

    holder = fields.Nested(PersonOut)
    region_code = fields.String()
    count = fields.Nested(CountOut)
    waiting = fields.Integer(metadata={"description": "等他签收的枚数"})
