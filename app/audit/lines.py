"""通读 · finding a subject by whatever somebody holds, and its whole line in words."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from app.audit import words
from market.sales.records import Sale
from registry.clusters import Cluster
from registry.projects import Project
from traceability.animals import Animal
from traceability.audit import legible
from traceability.base.refs import is_ref
from traceability.chain import events
from traceability.chain.events import EventView
from traceability.chain.kinds import SPECS
from traceability.chain.tables import EventMention, EventSubject, SubjectHead
from traceability.holdings import Holding
from traceability.identifiers.short_codes import PUBLIC_CODE_CHARS, normalise
from traceability.parties import Party
from traceability.quarantine.certificates import Certificate
from traceability.regions import Region
from traceability.tags import AnimalTag

FOUND_MAX = 30
NAMED: tuple[tuple[Any, Any], ...] = (
    (Party, Party.name),
    (Holding, Holding.name),
    (Animal, Animal.ear_tag),
    (Certificate, Certificate.number),
    (Cluster, Cluster.name),
    (Project, Project.name),
    (Sale, Sale.receipt_code),
)
WORDS_CHARS_MAX = 60
MENTIONS_MAX = 60
SUBJECT_LABELS = {
    "animal": "牛只",
    "tag": "耳标",
    "party": "主体",
    "holding": "场所",
    "certificate": "检疫证明",
    "declaration": "检疫申报",
    "inspection": "检查",
    "immunisation": "免疫",
    "treatment": "用药",
    "movement": "调运",
    "consignment": "运输批次",
    "sampling_plan": "抽样计划",
    "sample": "样品",
    "weighing": "过磅",
    "instrument": "计量器具",
    "evidence": "证据",
    "sale": "成交",
    "transfer": "转账",
    "ledger_account": "账户",
    "consent": "代办授权",
    "cluster": "集群",
    "project": "项目",
    "milestone": "节点",
    "meeting": "会商或调度",
    "action_item": "交办事项",
    "team": "工作组或专班",
    "team_member": "成员",
    "exchange": "互访、培训或挂职",
    "procedure": "手续",
    "issue": "问题",
    "charge": "责任人",
    "task_progress": "任务进展",
    "scale": "投资与用工",
    "plan": "方案版本",
    "decision": "集体决策",
    "policy": "政策",
    "adjustment": "调整",
    "indicator": "指标",
    "actual": "完成值",
    "task": "任务",
    "figure": "数值",
    "progress": "进展",
    "wording": "存疑读法",
    "hold": "保全",
    "device": "设备",
    "chain": "追溯链",
}


@dataclass(frozen=True, slots=True)
class Found:
    """A subject somebody may have meant."""

    ref: str
    kind: str
    title: str


def search(session: Session, text: str) -> list[Found]:
    """Subjects by reference, tag, certificate number, public code or name."""
    text = text.strip()[:WORDS_CHARS_MAX]
    if not text:
        return []
    if is_ref(text):
        return [_found(text, text)] if events.head(session, text)[0] else []
    found = [*_by_tag(session, text), *_by_code(session, text), *_by_name(session, text)]
    return found[:FOUND_MAX]


def _found(ref: str, title: str) -> Found:
    return Found(ref, kind_of(ref), title)


def kind_of(ref: str) -> str:
    """What a reference names, in Chinese."""
    prefix = ref.partition(":")[0]
    return SUBJECT_LABELS.get(prefix, prefix)


def _by_tag(session: Session, text: str) -> list[Found]:
    digits = "".join(filter(str.isdigit, text))
    if len(digits) < 4:  # noqa: PLR2004 - fewer digits would find half the county
        return []
    rows = session.execute(
        select(Animal.ref, AnimalTag.value)
        .join(AnimalTag, AnimalTag.animal_id == Animal.id)
        .where(AnimalTag.value.contains(digits))
        .limit(FOUND_MAX)
    )
    return [_found(row.ref, row.value) for row in rows]


def _by_code(session: Session, text: str) -> list[Found]:
    code = normalise(text, chars=PUBLIC_CODE_CHARS)
    found = []
    if code is not None:
        for model, column in ((Animal, Animal.short_code), (Sale, Sale.receipt_code)):
            found += [
                _found(ref, code)
                for ref in session.scalars(select(model.ref).where(column == code))
            ]
    papers = select(Certificate.ref, Certificate.number).where(
        Certificate.number.contains(text, autoescape=True)
        | Certificate.official_number.contains(text, autoescape=True)
    )
    rows = session.execute(papers.limit(FOUND_MAX))
    return found + [_found(row.ref, row.number) for row in rows]


def _by_name(session: Session, text: str) -> list[Found]:
    found = []
    for model in (Party, Holding, Cluster, Project):
        named = select(model.ref, model.name).where(model.name.contains(text, autoescape=True))
        found += [_found(row.ref, row.name) for row in session.execute(named.limit(10))]
    return found


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a line, in words, and what is wrong with it."""

    event: EventView
    seq: int
    fault: str | None
    label: str
    by: str
    on_behalf_of: str | None
    public: list[tuple[str, str]]
    private: list[tuple[str, str]] | None  # None: erased
    others: list[Found]
    corrects: int | None  # number in this line
    corrected_by: int | None


@dataclass(frozen=True, slots=True)
class Broken:
    """An event of a line that cannot be read any more, and why."""

    event_id: int
    seq: int
    fault: str


def line(session: Session, ref: str) -> list[Told | Broken]:
    """Every event of a subject, newest first, with what corrects what."""
    read = legible.line(session, ref)
    history = [(each.event, each.seq) for each in read if each.event is not None]
    names = _names(session, [event for event, _ in history])
    number = {event.digest: seq for event, seq in history}
    corrected_by = {event.corrects: seq for event, seq in history if event.corrects is not None}
    return [
        Broken(each.event_id, each.seq, each.fault or legible.UNREADABLE)
        if each.event is None
        else _told(each.event, each, (ref, names), number=number, corrected_by=corrected_by)
        for each in reversed(read)
    ]


def _told(
    event: EventView,
    read: legible.Read,
    known: tuple[str, Mapping[str, str]],
    *,
    number: Mapping[bytes, int],
    corrected_by: Mapping[bytes, int],
) -> Told:
    private, (ref, names) = event.private, known
    return Told(
        event=event,
        seq=read.seq,
        fault=read.fault,
        label=SPECS[event.kind].label,
        by=_by(event, read, names),
        on_behalf_of=_name_of(event["on_behalf_of"], names),
        public=words.fields(event.public, names),
        private=None if private is None else words.fields(private, names),
        others=[_found(link.ref, link.ref[:14]) for link in event.links if link.ref != ref],
        corrects=None if event.corrects is None else number.get(event.corrects),
        corrected_by=corrected_by.get(event.digest),
    )


def _by(event: EventView, read: legible.Read, names: Mapping[str, str]) -> str:
    if event.private is not None:
        return _name_of(event["by"], names) or "—"
    return "（已删除）" if read.fault is None else "（不可信，未显示）"


def _name_of(ref: str | None, names: Mapping[str, str]) -> str | None:
    return None if ref is None else names.get(ref, ref)


def _names(session: Session, history: Sequence[EventView]) -> dict[str, str]:
    """The names of the parties, places and animals that a line mentions."""
    refs = {
        ref
        for event in history
        for ref in events.mentioned({"subjects": [], "public": dict(event.public)}, event.private)
    }
    codes = {
        code
        for event in history
        for field, code in {**(event.private or {}), **event.public}.items()
        if field in words.REGIONS and isinstance(code, str)
    }
    places = select(Region.code, Region.name).where(Region.code.in_(codes))
    known = {ref: kind_of(ref) for ref in refs} | names_of(session, refs)
    return known | {row.code: row.name for row in session.execute(places)}


def names_of(session: Session, refs: Collection[str]) -> dict[str, str]:
    """What people call some subjects, of those that have a name."""
    found: dict[str, str] = {}
    for model, column in NAMED:
        rows = session.execute(select(model.ref, column).where(model.ref.in_(refs)))
        found |= {row[0]: row[1] for row in rows}
    return found


def name_of(session: Session, ref: str) -> str | None:
    """What people call a subject, where it has a name."""
    return names_of(session, [ref]).get(ref)


@dataclass(frozen=True, slots=True)
class Newest:
    """One of the newest events of the whole chain, whatever it is about."""

    event: EventView | None
    subjects: list[Found]
    fault: str | None


def newest(session: Session, *, limit: int = 20) -> list[Newest]:
    """The newest events of the whole chain, newest first."""
    return [
        Newest(
            each.event,
            [] if each.event is None else [_found(link.ref, "") for link in each.event.links],
            each.fault,
        )
        for each in legible.newest(session, limit=limit)
    ]


def mentions(session: Session, ref: str) -> list[Found]:
    """The subjects whose events name a party, a holding or a device, newest first."""
    named, told = aliased(SubjectHead), aliased(SubjectHead)
    newest_first = func.max(EventMention.event_id).desc()
    chosen = (
        select(told.ref)
        .join(EventSubject, EventSubject.subject_id == told.id)
        .join(EventMention, EventMention.event_id == EventSubject.event_id)
        .join(named, named.id == EventMention.subject_id)
        .where(named.ref == ref, told.ref != ref)
        .group_by(told.ref)
        .order_by(newest_first)
        .limit(MENTIONS_MAX)
    )
    return _titled(session, list(session.scalars(chosen)))


def _titled(session: Session, refs: Sequence[str]) -> list[Found]:
    """Subjects under the name people know them by, where they have one."""
    titles = names_of(session, refs)
    return [_found(ref, titles.get(ref, ref.partition(":")[2][:8])) for ref in refs]
