"""追溯链 · what the API tells of events: public bytes and proofs, and histories for overseers."""

from typing import Any

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


class CheckpointQuery(Schema):
    """检查点清单."""

    before = fields.Integer(
        load_default=SAFE_INTEGER,
        minimum=1,
        maximum=SAFE_INTEGER,
        metadata={"description": "小于这个大小的检查点"},
    )


class CheckpointListOut(Answer):
    """检查点清单 · newest first."""

    rows = fields.List(fields.Nested(CheckpointOut))


class ConsistencyQuery(Schema):
    """一致性证明 · from an older to a newer tree size; `to` as of the newest checkpoint."""

    old = fields.Integer(data_key="from", required=True, minimum=0, maximum=SAFE_INTEGER)
    new = fields.Integer(data_key="to", load_default=None, minimum=0, maximum=SAFE_INTEGER)


class ConsistencyOut(Answer):
    """一致性证明 · RFC 9162 §2.1.4."""

    size1 = fields.Integer()
    size2 = fields.Integer()
    root1 = fields.String()
    root2 = fields.String()
    proof = fields.List(fields.String())


class InclusionQuery(Schema):
    """在列证明 · of an event, in the tree of a size."""

    digest = fields.String(
        required=True, maximum=64, metadata={"description": "事件的指纹，64 位十六进制"}
    )
    size = fields.Integer(load_default=None, minimum=1, maximum=SAFE_INTEGER)


class InclusionOut(Answer):
    """在列证明 · RFC 9162 §2.1.3; the fields of the conformance suite `merkle-inclusion`."""

    leaf_hash = fields.String()
    leaf_index = fields.Integer()
    tree_size = fields.Integer()
    proof = fields.List(fields.String())
    root = fields.String()


class CosignatureIn(Schema):
    """共同签名 · one of our checkpoints with a cosigner's signature line."""

    note = fields.String(
        required=True, maximum=20_000, metadata={"description": "带签名行的检查点"}
    )


class CosignatureOut(Answer):
    """共同签名 · who, over which size, and when."""

    name = fields.String()
    tree_size = fields.Integer()
    signed_at = fields.Instant()


class CosignaturesOut(Answer):
    """收下的共同签名."""

    rows = fields.List(fields.Nested(CosignatureOut))


class OpeningOut(Answer):
    """出示的私有部分 · its bytes and the salt of the commitment."""

    salt = fields.String()
    private = fields.String()


class BundleEntryOut(ProofEntryOut):
    """一条证明 · with the private part, for those concerned."""

    opening = fields.Nested(OpeningOut)

    def on_bind_field(self, field_name: str, field_obj: Any) -> None:
        """Only what is opened is there."""
        field_obj.required = field_name != "opening"


class KeyChangeOut(ProofEntryOut):
    """换钥 · the change of keys with the first checkpoint over it."""

    checkpoint = fields.String()


class CosignedOut(Answer):
    """共同签名的检查点 · and the proof that the bundle's tree begins with it."""

    checkpoint = fields.String()
    consistency = fields.List(fields.String())


class BundleOut(Schema):
    """证明文件 · everything a verifier needs; see docs/chain-format.md §7."""

    format = fields.String(required=True)
    subject = fields.Ref(required=True)
    checkpoint = fields.String(required=True, allow_none=True)
    vkeys = fields.List(fields.String())
    events = fields.List(fields.Nested(BundleEntryOut), required=True)
    key_changes = fields.List(fields.Nested(KeyChangeOut))
    cosigned = fields.Nested(CosignedOut)


class ActsQuery(Schema):
    """找谁的、哪段时间、哪一种的办理记录."""

    who = fields.String(
        load_default="",
        maximum=60,
        metadata={"description": "姓名、单位名称或主体编号；不填为任何人"},
    )
    first = fields.Date(load_default=None, metadata={"description": "从哪天登记的"})
    last = fields.Date(load_default=None, metadata={"description": "到哪天登记的，这一天也算"})
    kind = fields.Choice(Kind, load_default=None)
    before = fields.Integer(
        load_default=None, minimum=1, metadata={"description": "上一页给的 `before`，用来看更早的"}
    )


class SubjectOut(Answer):
    """办理的对象."""

    ref = fields.Ref()
    kind = fields.String()
    title = fields.String()


class ActOut(Answer):
    """一次办理：谁、何时、从哪里、替谁."""

    kind = fields.Choice(Kind)
    label = fields.String()
    at = fields.Instant(metadata={"description": "发生"})
    recorded_at = fields.Instant(metadata={"description": "登记"})
    by = fields.String()
    on_behalf_of = fields.String(allow_none=True)
    subjects = fields.List(fields.Nested(SubjectOut))
    address = fields.String(
        allow_none=True,
        metadata={"description": "登记时的网络地址；设备、导入、定时任务登记的和一年以前的没有"},
    )
    late = fields.Boolean(metadata={"description": "补录"})
    fault = fields.String(allow_none=True, metadata={"description": "对不上的地方；没有则为空"})


class ActsOut(Answer):
    """一页办理记录."""

    rows = fields.List(fields.Nested(ActOut))
    before = fields.Integer(allow_none=True, metadata={"description": "还有更早的时给出"})
    unreadable = fields.Integer(metadata={"description": "读不出来而跳过的事件数；请运行核查"})


class ActsBundleOut(BundleOut):
    """一批事件的证明文件."""

    class Meta:
        """It is about no one subject."""

        exclude = ("subject",)
