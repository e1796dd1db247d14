"""损坏 · one thing that is not as its events say, with where it lies."""

from dataclasses import dataclass
from enum import StrEnum


class DamageKind(StrEnum):
    """损坏种类."""

    BYTES = "bytes"
    COLUMN = "column"
    PRIVATE = "private"
    LINK = "link"
    TIME = "time"
    HEAD = "head"
    MENTION = "mention"
    LEAF = "leaf"
    TILE = "tile"
    CHECKPOINT = "checkpoint"
    WITNESS = "witness"
    ROW = "row"


DAMAGE_LABELS = {
    DamageKind.BYTES: "事件内容被改动",
    DamageKind.COLUMN: "事件的副本列被改动",
    DamageKind.PRIVATE: "私有部分与承诺不符",
    DamageKind.LINK: "前后衔接断开",
    DamageKind.TIME: "时间对不上",
    DamageKind.HEAD: "链头不对",
    DamageKind.MENTION: "提及索引不对",
    DamageKind.LEAF: "目录位置不对",
    DamageKind.TILE: "目录瓦片被改动",
    DamageKind.CHECKPOINT: "检查点不对",
    DamageKind.WITNESS: "与见证文件不符",
    DamageKind.ROW: "当前数据与事件不符",
}


@dataclass(frozen=True, slots=True)
class Damage:
    """损坏 · kind, a sentence, and the event, subject or row it concerns."""

    kind: DamageKind
    sentence: str
    event_id: int | None = None
    subject: str | None = None

    @property
    def label(self) -> str:
        """The kind in Chinese."""
        return DAMAGE_LABELS[self.kind]
