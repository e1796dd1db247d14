"""追溯链 · what the API tells of events: public bytes and proofs, and histories for overseers."""

from app.schemas import fields
from app.schemas.common import Answer
from app.schemas.fields import SAFE_INTEGER, Schema
from traceability.chain.kinds import Kind


class HistoryQuery(Schema):
    """查一个主体的历史."""

    subject = fields.Ref(required=True, metadata={"example": "animal:" + "0" * 32})
    after = fields.Integer(
        load_default=0, minimum=0, maximum=SAFE_INTEGER, metadata={"description": "从第几条之后起"}
    )


class EventOut(Answer):
    """事件 · its public part."""

    digest = fields.String(metadata={"description": "摘要，SHA-256，十六进制"})
    kind = fields.Choice(Kind)
    label = fields.String()
    seq = fields.Integer(metadata={"description": "在这个主体的链上是第几条"})
    prev = fields.String(allow_none=True, metadata={"description": "前一条的摘要"})
    at = fields.Instant()
    recorded_at = fields.Instant()
    late = fields.Boolean(metadata={"description": "补录"})
    position = fields.Integer(allow_none=True, metadata={"description": "在目录里的位置"})
    corrects = fields.String(allow_none=True)
    public = fields.Told()


class PrivateEventOut(EventOut):
    """事件 · with its private part, for those who oversee."""

    private = fields.Told(allow_none=True, metadata={"description": "不公开部分；已删除时为空"})


class HistoryOut(Answer):
    """一个主体的公开历史."""

    subject = fields.Ref()
    events = fields.List(fields.Nested(EventOut))


class PrivateHistoryOut(Answer):
    """一个主体的全部历史."""

    subject = fields.Ref()
    total = fields.Integer()
    events = fields.List(fields.Nested(PrivateEventOut))


class ProofEntryOut(Answer):
    """一条证明 · the event's public bytes and its path to the signed head."""

    event = fields.String()
    position = fields.Integer()
    path = fields.List(fields.String())


class ProofOut(Answer):
    """证明 · all that a verifier needs beside the public key; format `weining-proof/1`."""

    format = fields.String()
    checkpoint = fields.String(
        allow_none=True, metadata={"description": "盖章的目录头（C2SP tlog-checkpoint）"}
    )
    events = fields.List(fields.Nested(ProofEntryOut))


class CheckpointOut(Answer):
    """检查点 · the newest signed head."""

    epoch = fields.Integer()
    tree_size = fields.Integer()
    note = fields.String()
    signed_at = fields.Instant()
