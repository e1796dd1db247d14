"""立项文件 · what the founding document says beside tasks, projects and figures, as printed.

Every passage carries its quotation and lines; a doubt names what is printed and looks wrong, with a
reason and a proposed reading for a person to confirm. Nothing is mended silently.
"""

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from registry.clusters import KEY_CHARS_MAX, Cluster
from traceability.base import canon
from traceability.base.db import Base

DATA = Path(__file__).parent / "data"
UNCHAINED_TABLES = {
    "founding_passage": "立项文件的引文，随程序发布；集群数据文件的摘要在集群的事件里",
    "founding_doubt": "对立项文件的存疑，随程序发布；集群数据文件的摘要在集群的事件里",
}


class PassageSort(StrEnum):
    """条目类别."""

    TITLE = "title"
    AIM = "aim"
    PRINCIPLE = "principle"
    HOST = "host"
    PARTNER = "partner"
    APPROACH = "approach"
    BOX = "box"
    GOAL = "goal"
    INSTITUTION = "institution"
    BRAND = "brand"
    POLICY = "policy"
    MECHANISM = "mechanism"
    MEASURE = "measure"
    SAFEGUARD = "safeguard"
    BODY = "body"
    DUTY = "duty"
    SIX_ONE = "six_one"
    FUND = "fund"
    FUND_USE = "fund_use"
    ROUTE = "route"
    TRAINING = "training"
    EVENT = "event"
    PLACE = "place"
    TERM = "term"
    FUND_RULE = "fund_rule"


PASSAGE_SORT_LABELS = {
    PassageSort.TITLE: "文件题头",
    PassageSort.AIM: "目标要求",
    PassageSort.PRINCIPLE: "基本原则",
    PassageSort.HOST: "承载地",
    PassageSort.PARTNER: "协作地",
    PassageSort.APPROACH: "发展思路",
    PassageSort.BOX: "专栏",
    PassageSort.GOAL: "定性目标",
    PassageSort.INSTITUTION: "企业与机构",
    PassageSort.BRAND: "品牌",
    PassageSort.POLICY: "政策文件与行动",
    PassageSort.MECHANISM: "机制",
    PassageSort.MEASURE: "支持措施",
    PassageSort.SAFEGUARD: "保障措施",
    PassageSort.BODY: "责任单位",
    PassageSort.DUTY: "职责",
    PassageSort.SIX_ONE: "六个一",
    PassageSort.FUND: "资金来源",
    PassageSort.FUND_USE: "资金用途",
    PassageSort.ROUTE: "旅游线路",
    PassageSort.TRAINING: "人才培养",
    PassageSort.EVENT: "节会活动",
    PassageSort.PLACE: "地名",
    PassageSort.TERM: "提法与简称",
    PassageSort.FUND_RULE: "资金规则",
}


class DoubtKind(StrEnum):
    """存疑类别."""

    MISPRINT = "misprint"
    IMPOSSIBLE = "impossible"
    NUMBERING = "numbering"
    PASTED = "pasted"
    UNCLEAR = "unclear"
    NO_BASE = "no_base"


DOUBT_KIND_LABELS = {
    DoubtKind.MISPRINT: "疑有误字",
    DoubtKind.IMPOSSIBLE: "数值不合常理",
    DoubtKind.NUMBERING: "序号有误",
    DoubtKind.PASTED: "疑为他处文字误入",
    DoubtKind.UNCLEAR: "含义不明",
    DoubtKind.NO_BASE: "缺基期",
}


class Passage(Base):
    """条目 · one thing the founding document says, with where it says it."""

    __tablename__ = "founding_passage"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(KEY_CHARS_MAX), unique=True)
    cluster_id: Mapped[int | None] = mapped_column(ForeignKey("cluster.id"), index=True)
    parent_key: Mapped[str | None] = mapped_column(String(KEY_CHARS_MAX), index=True)
    sort: Mapped[PassageSort]
    order_no: Mapped[int]
    number: Mapped[str | None] = mapped_column(String(10))
    name: Mapped[str | None] = mapped_column(String(120))
    role: Mapped[str | None] = mapped_column(String(200))
    kind: Mapped[str | None] = mapped_column(String(20))
    year: Mapped[int | None]
    quote: Mapped[str] = mapped_column(Text)
    first_line: Mapped[int]
    last_line: Mapped[int]

    cluster: Mapped[Cluster | None] = relationship()


class Doubt(Base):
    """存疑 · why a printed passage or figure looks wrong, and how it may have been meant."""

    __tablename__ = "founding_doubt"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(KEY_CHARS_MAX), unique=True)
    cluster_id: Mapped[int | None] = mapped_column(ForeignKey("cluster.id"), index=True)
    about_key: Mapped[str] = mapped_column(String(KEY_CHARS_MAX), index=True)
    order_no: Mapped[int]
    kind: Mapped[DoubtKind]
    reason: Mapped[str] = mapped_column(Text)
    proposed: Mapped[str] = mapped_column(Text)
    quote: Mapped[str] = mapped_column(Text)
    first_line: Mapped[int]
    last_line: Mapped[int]

    cluster: Mapped[Cluster | None] = relationship()


@cache
def _read(path: Path) -> tuple[bytes, dict[str, Any]]:
    data = path.read_bytes()
    return canon.sha256(data), json.loads(data)


def files(folder: Path = DATA) -> list[tuple[bytes, dict[str, Any]]]:
    """The reviewed data files with their digests: the programme first, then the clusters."""
    return [_read(path) for path in sorted(folder.glob("*.json"))]


def replace(
    session: Session,
    model: type[Passage] | type[Doubt],
    wanted: Mapping[str, Mapping[str, Any]],
) -> int:
    """Make the rows of a table say what the reviewed data says; how many rows had to change."""
    have = {row.key: row for row in _rows(session, model)}
    changed = 0
    for key in have.keys() - wanted.keys():
        session.delete(have[key])
        changed += 1
    for key, told in wanted.items():
        row = have.get(key)
        if row is None:
            session.add(model(**told))
            changed += 1
        elif any(getattr(row, field) != value for field, value in told.items()):
            for field, value in told.items():
                setattr(row, field, value)
            changed += 1
    session.flush()
    return changed


def _rows(
    session: Session, model: type[Passage] | type[Doubt]
) -> Sequence[Passage] | Sequence[Doubt]:
    if model is Passage:
        return session.scalars(select(Passage)).all()
    return session.scalars(select(Doubt)).all()


def passages(
    session: Session, *sorts: PassageSort, cluster: Cluster | None = None
) -> Sequence[Passage]:
    """Passages of some sorts of a cluster, or of the programme as a whole, in printed order."""
    owner = None if cluster is None else cluster.id
    wanted = select(Passage).where(Passage.sort.in_(sorts), Passage.cluster_id.is_(owner))
    if owner is not None:
        wanted = select(Passage).where(Passage.sort.in_(sorts), Passage.cluster_id == owner)
    return session.scalars(wanted.order_by(Passage.sort, Passage.order_no)).all()
