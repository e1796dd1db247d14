"""一览 · what pages read: each page's rows in a few questions, however many projects there are."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, selectinload

from registry import actuals, clusters, milestones, projects
from registry.actuals import Actual, ActualStatus
from registry.clusters import Cluster, Task
from registry.founding import Doubt, Passage, PassageSort
from registry.indicators import Figure, FigureRole, Indicator
from registry.milestones import Milestone
from registry.projects import Progress, Project

Doubts = Mapping[str, Sequence[Doubt]]


@dataclass(frozen=True, slots=True)
class ClusterRow:
    """A line of the list of clusters."""

    cluster: Cluster
    tasks: int
    projects: int
    figures: int
    doubts: int


@dataclass(frozen=True, slots=True)
class ClusterPage:
    """Everything a cluster's page shows."""

    cluster: Cluster
    passages: Mapping[PassageSort, Sequence[Passage]]
    tasks: Sequence[Task]
    projects: Sequence[Project]
    boxes: Mapping[str, Passage]
    figures: Sequence[Figure]
    doubts: Doubts

    @property
    def said(self) -> Sequence[Passage]:
        """Everything printed beside tasks, projects and figures."""
        return [row for rows in self.passages.values() for row in rows]

    @property
    def doubted(self) -> Sequence[Doubt]:
        """Everything that looks wrong in the print."""
        return [row for rows in self.doubts.values() for row in rows]


@dataclass(frozen=True, slots=True)
class ProgrammePage:
    """What the founding document says for all clusters alike."""

    said: Sequence[Passage]
    figures: Sequence[Figure]
    doubted: Sequence[Doubt]


@dataclass(frozen=True, slots=True)
class ProjectPage:
    """Everything a project's page shows."""

    project: Project
    box: Passage | None
    milestones: Sequence[Milestone]
    progress: Sequence[Progress]
    figures: Sequence[Figure]
    doubts: Doubts


@dataclass(frozen=True, slots=True)
class IndicatorRow:
    """An indicator with what was planned and what was reached."""

    indicator: Indicator
    baseline: Figure | None
    targets: Sequence[Figure]
    actual: Actual | None

    def reached(self, target: Figure) -> bool | None:
        """Whether the newest confirmed actual reaches a target; None where it cannot be said."""
        return None if self.actual is None else actuals.reaches(self.actual, target)


def clusters_listed(session: Session) -> Sequence[ClusterRow]:
    """All clusters in printed order, with how much each holds."""
    counted = [
        select(func.count()).where(model.cluster_id == Cluster.id).scalar_subquery()
        for model in (Task, Project, Figure, Doubt)
    ]
    rows = session.execute(select(Cluster, *counted).order_by(Cluster.order_no))
    return [ClusterRow(*row) for row in rows]


def programme(session: Session) -> Mapping[PassageSort, Sequence[Passage]]:
    """What the founding document says for all clusters alike."""
    return _by_sort(session.scalars(_passages(None)).all())


def programme_figures(session: Session) -> Sequence[Figure]:
    """The figures the founding document prints for all clusters alike."""
    return _figures(session, Figure.cluster_id.is_(None))


def programme_page(session: Session) -> ProgrammePage:
    """The programme's own passages, figures and doubts, for a program to read."""
    told = programme(session).values()
    about = doubts(session, None).values()
    return ProgrammePage(
        said=[row for rows in told for row in rows],
        figures=programme_figures(session),
        doubted=[row for rows in about for row in rows],
    )


def cluster_page(session: Session, cluster: Cluster) -> ClusterPage:
    """A cluster with its tasks, projects, figures and everything else printed of it."""
    passages = session.scalars(_passages(cluster.id)).all()
    return ClusterPage(
        cluster=cluster,
        passages=_by_sort(passages),
        tasks=clusters.tasks(session, cluster),
        projects=projects.of_cluster(session, cluster),
        boxes={row.key: row for row in passages if row.sort is PassageSort.BOX},
        figures=_figures(session, Figure.cluster_id == cluster.id),
        doubts=doubts(session, cluster),
    )


def project_page(session: Session, project: Project) -> ProjectPage:
    """A project with its milestones, its progress and the figures printed of it."""
    box = select(Passage).where(Passage.key == project.box_key)
    made = (
        select(Progress)
        .where(Progress.project_id == project.id)
        .order_by(Progress.at.desc(), Progress.id.desc())
        .options(selectinload(Progress.by), selectinload(Progress.evidence))
    )
    return ProjectPage(
        project=project,
        box=session.scalars(box).one_or_none(),
        milestones=milestones.of_project(session, project),
        progress=session.scalars(made).all(),
        figures=_figures(session, Figure.project_id == project.id),
        doubts=doubts(session, project.cluster),
    )


def indicator_rows(session: Session, cluster: Cluster | None) -> Sequence[IndicatorRow]:
    """A cluster's indicators, or the programme's own, with targets and the newest actual."""
    owner = (
        Indicator.cluster_id.is_(None) if cluster is None else Indicator.cluster_id == cluster.id
    )
    rows = session.scalars(select(Indicator).where(owner).order_by(Indicator.order_no)).all()
    ids = [row.id for row in rows]
    printed: dict[int | None, list[Figure]] = defaultdict(list)
    for figure in _figures(session, Figure.indicator_id.in_(ids)):
        printed[figure.indicator_id].append(figure)
    newest = _newest_actuals(session, ids)
    return [_indicator_row(row, printed[row.id], newest.get(row.id)) for row in rows]


def _indicator_row(
    row: Indicator, printed: Sequence[Figure], actual: Actual | None
) -> IndicatorRow:
    bases = [each for each in printed if each.role is FigureRole.BASELINE]
    targets = [each for each in printed if each.role is not FigureRole.BASELINE]
    return IndicatorRow(row, bases[0] if bases else None, targets, actual)


def _newest_actuals(session: Session, indicator_ids: Sequence[int]) -> Mapping[int, Actual]:
    confirmed = Actual.indicator_id.in_(indicator_ids), Actual.status == ActualStatus.CONFIRMED
    last = (
        select(Actual.indicator_id, func.max(Actual.period).label("period"))
        .where(*confirmed)
        .group_by(Actual.indicator_id)
        .subquery()
    )
    newest = (Actual.indicator_id == last.c.indicator_id) & (Actual.period == last.c.period)
    wanted = select(Actual).join(last, newest)
    return {row.indicator_id: row for row in session.scalars(wanted)}


def _passages(cluster_id: int | None) -> Select[Passage]:
    owner = Passage.cluster_id.is_(None) if cluster_id is None else Passage.cluster_id == cluster_id
    return select(Passage).where(owner).order_by(Passage.sort, Passage.parent_key, Passage.order_no)


def _by_sort(rows: Sequence[Passage]) -> Mapping[PassageSort, Sequence[Passage]]:
    found: dict[PassageSort, list[Passage]] = {sort: [] for sort in PassageSort}
    for row in rows:
        found[row.sort].append(row)
    return found


def _figures(session: Session, owner: ColumnElement[bool]) -> Sequence[Figure]:
    wanted = select(Figure).where(owner).order_by(Figure.order_no)
    return session.scalars(wanted.options(selectinload(Figure.indicator))).all()


def doubts(session: Session, cluster: Cluster | None) -> Doubts:
    """The doubts about a cluster's passages and figures, or the programme's, by what they doubt."""
    owner = Doubt.cluster_id.is_(None) if cluster is None else Doubt.cluster_id == cluster.id
    wanted = select(Doubt).where(owner).order_by(Doubt.order_no)
    found: dict[str, list[Doubt]] = defaultdict(list)
    for row in session.scalars(wanted):
        found[row.about_key].append(row)
    return found
