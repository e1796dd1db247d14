"""协作计划 · the clusters and projects that the signed-in officer may see, for pages and API.

An officer sees the clusters granted to the account; those who oversee see all of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app, request
from sqlalchemy import ColumnElement, and_, func, select, true
from sqlalchemy.orm import Session, selectinload

from app import attention, pictures, whoami
from app.attention import ProjectNeed
from app.auth.privileges import OVERSEERS
from app.factory import settings_of
from registry import actuals, clusters, doubts, indicators, milestones, overview, projects
from registry.actuals import Actual
from registry.clusters import Cluster
from registry.doubts import Wording
from registry.founding import Doubt
from registry.indicators import Indicator
from registry.milestones import Milestone
from registry.overview import ClusterRow
from registry.projects import STAGE_LABELS, Project, Stage
from traceability import evidence
from traceability.base.errors import NotFound
from traceability.chain import events
from traceability.chain.events import EventView
from traceability.chain.kinds import SPECS
from traceability.evidence import Evidence

PAGE_ROWS = 24
EVIDENCE_FOLDER = "evidence"
TOLD = ("text", "reason", "agency", "leader", "office", "assignee", "outcome", "document_no")
"""Fields of an event that a time line tells as they stand."""


@dataclass(frozen=True, slots=True)
class DoubtRow:
    """A doubtful print with the reading that counts."""

    doubt: Doubt
    wording: Wording | None

    @property
    def owner(self) -> int:
        """Where its group stands in the list."""
        return 0 if self.doubt.cluster is None else self.doubt.cluster.order_no

    @property
    def owner_name(self) -> str:
        """Whose print it is."""
        return "方案通则" if self.doubt.cluster is None else self.doubt.cluster.name


def _sees_all() -> bool:
    return whoami.account().role in OVERSEERS


def within() -> ColumnElement[bool]:
    """The condition on `Cluster` that keeps those one may see."""
    return true() if _sees_all() else Cluster.key.in_(whoami.scope().clusters)


def chosen(key: str) -> ColumnElement[bool]:
    """The condition on `Cluster` that keeps one that was asked for, if one may see it; else all."""
    return and_(within(), Cluster.key == key) if key else within()


def covers(cluster: Cluster) -> bool:
    """Whether one may see a cluster."""
    return _sees_all() or cluster.key in whoami.scope().clusters


def clusters_seen(session: Session) -> Sequence[ClusterRow]:
    """The clusters within scope, with how much each holds."""
    return [row for row in overview.clusters_listed(session) if covers(row.cluster)]


def cluster(session: Session, ref: str) -> Cluster:
    """The cluster of that reference, if the person may see it.

    Raises:
        NotFound: `cluster.not_found`, as for one that does not exist.
    """
    found = clusters.get(session, ref)
    if not covers(found):
        raise NotFound("cluster.not_found", "没有找到这个集群")
    return found


def project(session: Session, ref: str) -> Project:
    """The project of that reference, if the person may see it.

    Raises:
        NotFound: `project.not_found`, as for one that does not exist.
    """
    found = projects.get(session, ref)
    if not covers(found.cluster):
        raise NotFound("project.not_found", "没有找到这个项目")
    return found


def milestone(session: Session, ref: str) -> Milestone:
    """The milestone of that reference, if the person may see it.

    Raises:
        NotFound: `milestone.not_found`, as for one that does not exist.
    """
    found = milestones.get(session, ref)
    if not covers(found.project.cluster):
        raise NotFound("milestone.not_found", "没有找到这个节点")
    return found


def indicator(session: Session, ref: str) -> Indicator:
    """The indicator of that reference; the programme's own are everybody's who may see any.

    Raises:
        NotFound: `indicator.not_found`, as for one that does not exist.
    """
    found = indicators.get(session, ref)
    if found.cluster is not None and not covers(found.cluster):
        raise NotFound("indicator.not_found", "没有找到这个指标")
    return found


def doubts_seen(session: Session) -> list[DoubtRow]:
    """The doubtful prints within scope; the programme's own are everybody's who may see any."""
    readings = doubts.decided(session)
    return [
        DoubtRow(row, readings.get(row.key))
        for row in doubts.every(session)
        if row.cluster is None or covers(row.cluster)
    ]


def doubt(session: Session, key: str) -> Doubt:
    """The doubtful print of that key, if the person may see its cluster.

    Raises:
        NotFound: `doubt.not_found`, as for one that does not exist.
    """
    found = doubts.get(session, key)
    if found.cluster is not None and not covers(found.cluster):
        raise NotFound("doubt.not_found", "没有找到这处存疑")
    return found


def actual(session: Session, ref: str) -> Actual:
    """The reported figure of that reference, if the person may see its indicator.

    Raises:
        NotFound: `actual.not_found`, as for one that does not exist.
    """
    found = actuals.get(session, ref)
    owner = found.indicator.cluster
    if owner is not None and not covers(owner):
        raise NotFound("actual.not_found", "没有找到这条完成值")
    return found


def listed(
    session: Session,
    *,
    words: str = "",
    stage: str = "",
    need: str = "",
    cluster_key: str = "",
    page: int = 1,
) -> tuple[Sequence[Project], int, int]:
    """A page of the projects within scope, how many pages there are, and how many projects."""
    wanted = select(Project).join(Cluster).where(chosen(cluster_key))
    if words.strip():
        wanted = wanted.where(Project.name.contains(words.strip(), autoescape=True))
    if stage in set(Stage):
        wanted = wanted.where(Project.stage == Stage(stage))
    if need in set(ProjectNeed):
        wanted = wanted.where(attention.projects(ProjectNeed(need), at=whoami.now()))
    total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
    pages = max(1, -(-total // PAGE_ROWS))
    rows = session.scalars(
        wanted.order_by(Cluster.order_no, Project.order_no, Project.id)
        .offset((min(max(1, page), pages) - 1) * PAGE_ROWS)
        .limit(PAGE_ROWS)
        .options(selectinload(Project.cluster))
    ).all()
    return rows, pages, total


def photograph(session: Session, title: str) -> Evidence | None:
    """The photograph or paper sent with the form, kept as evidence.

    Raises:
        RuleViolation: the file's own refusal.
    """
    file = request.files.get("photo")
    if file is None or not file.filename:
        return None
    folder = settings_of(current_app).data_dir / EVIDENCE_FOLDER
    return evidence.store(
        session, folder, pictures.without_traces(file.read()), title=title, **whoami.acted()
    )


def steps(session: Session, ref: str) -> list[dict[str, Any]]:
    """The history of a project or a reported figure as time line steps, newest first."""
    return [_step(event) for event in reversed(events.history(session, ref))]


def _step(event: EventView) -> dict[str, Any]:
    return {
        "title": SPECS[event.kind].label,
        "at": event.at,
        "evidence": "self",
        "late": event["late_reason"] if event.late else None,
        "text": "；".join(_words(event.public, event)),
    }


def _words(public: Mapping[str, Any], event: EventView) -> list[str]:
    labels = {stage.value: label for stage, label in STAGE_LABELS.items()}
    said = []
    if "stage" in public:
        said.append(f"阶段：{labels[public['stage']]}")
    if "percent" in public:
        said.append(f"完成 {public['percent']}%")
    if "due_on" in public and "name" in public:
        said.append(f"节点“{public['name']}”，{public['due_on']} 前完成")
    if "reached_on" in public:
        said.append(f"{public['reached_on']} 完成")
    if event["value"] is not None:
        said.append(f"{event['value']} {event['unit'] or ''}".strip())
    said.extend(str(event[field]) for field in TOLD if event[field])
    digest = event["evidence_sha256"]
    return [*said, f"佐证指纹 {digest[:8]}…"] if digest else said
