"""装入 · bring the reviewed data of the eight clusters into the registry, through its operations.

Loading twice changes nothing; a changed data file makes events only for what changed in it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry import clusters, founding, indicators, projects
from registry.clusters import Cluster, ClusterCard, Task, TaskCard
from registry.founding import Doubt, DoubtKind, Passage, PassageSort
from registry.indicators import Comparator, FigureCard, FigureRole, Indicator, IndicatorCard, Owners
from registry.projects import Project, ProjectCard, Stage
from traceability.parties import Party, PartyKind

Record = Mapping[str, Any]
PASSAGE_FIELDS = ("number", "name", "role", "kind", "year", "quote", "first_line", "last_line")
QUOTED = ("quote", "first_line", "last_line")


@dataclass(slots=True)
class Known:
    """What one data file has brought in so far, by key."""

    cluster: Cluster | None = None
    tasks: dict[str, Task] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)
    indicators: dict[str, Indicator] = field(default_factory=dict)


def load(
    session: Session, *, at: datetime, by: Party, folder: Path = founding.DATA
) -> list[Cluster]:
    """Load every reviewed data file; the clusters in printed order."""
    loaded: list[Cluster] = []
    passages: dict[str, Record] = {}
    doubts: dict[str, Record] = {}
    for digest, data in founding.files(folder):
        known = Known()
        if "cluster" in data:
            card = _cluster_card(data["cluster"], digest)
            known.cluster = clusters.load(session, card, at=at, by=by)
            loaded.append(known.cluster)
        _load_tasks(session, data, known, at=at, by=by)
        _load_projects(session, data, known, at=at, by=by)
        _load_indicators(session, data, known, at=at, by=by)
        passages |= {row["key"]: row for row in _passages(data, known.cluster)}
        doubts |= {row["key"]: row for row in _doubts(data, known.cluster)}
    founding.replace(session, Passage, passages)
    founding.replace(session, Doubt, doubts)
    return loaded


def steward(session: Session) -> Party | None:
    """In whose name reviewed data is loaded: the first authority of this installation."""
    first = select(Party).where(Party.kind == PartyKind.AUTHORITY).order_by(Party.id).limit(1)
    return session.scalars(first).one_or_none()


def _cluster_card(told: Record, digest: bytes) -> ClusterCard:
    names = {each.name for each in fields(ClusterCard)} - {"order_no", "data_sha256"}
    rest = {name: told[name] for name in names}
    return ClusterCard(order_no=told["order"], data_sha256=digest, **rest)


def _numbered(data: Record, section: str) -> Iterator[tuple[int, Record]]:
    return enumerate(data.get(section, ()), start=1)


def _load_tasks(session: Session, data: Record, known: Known, *, at: datetime, by: Party) -> None:
    for order_no, told in _numbered(data, "task"):
        assert known.cluster is not None, "only clusters have tasks"
        card = TaskCard(order_no=order_no, **told)
        row = clusters.declare_task(session, known.cluster, card, at=at, by=by)
        known.tasks[card.key] = row


def _load_projects(
    session: Session, data: Record, known: Known, *, at: datetime, by: Party
) -> None:
    assert known.cluster is not None or not data.get("project"), "only clusters have projects"
    have = {}
    if known.cluster is not None:
        have = {row.key: row for row in projects.of_cluster(session, known.cluster) if row.key}
    for order_no, told in _numbered(data, "project"):
        card = _project_card(told, order_no)
        task = known.tasks.get(told["task"] or "")
        row = have.get(told["key"])
        if row is None:
            assert known.cluster is not None, "only clusters have projects"
            row = projects.register(
                session, known.cluster, card, at=at, by=by, task=task, stage=Stage.PLANNED
            )
        else:
            projects.revise(session, row, card, at=at, by=by, task=task)
        known.projects[told["key"]] = row


def _project_card(told: Record, order_no: int) -> ProjectCard:
    same = {name: told[name] for name in ("key", "number", "name", *QUOTED)}
    return ProjectCard(order_no=order_no, box_key=told["box"], **same)


def _load_indicators(
    session: Session, data: Record, known: Known, *, at: datetime, by: Party
) -> None:
    for order_no, told in _numbered(data, "indicator"):
        named = {name: told[name] for name in ("key", "name", "unit", "scope")}
        owners = _owners(told, known)
        row = indicators.declare(
            session, IndicatorCard(order_no=order_no, **named), owners=owners, at=at, by=by
        )
        known.indicators[told["key"]] = row
    for order_no, told in _numbered(data, "figure"):
        card = _figure_card(told, order_no)
        indicators.declare_figure(session, card, owners=_owners(told, known), at=at, by=by)


def _figure_card(told: Record, order_no: int) -> FigureCard:
    names = {each.name for each in fields(FigureCard)} - {"order_no", "role", "comparator"}
    return FigureCard(
        order_no=order_no,
        role=FigureRole(told["role"]),
        comparator=Comparator(told["comparator"]),
        **{name: told[name] for name in names},
    )


def _owners(told: Record, known: Known) -> Owners:
    indicator = known.indicators.get(told.get("indicator") or "")
    project = known.projects.get(told["project"] or "")
    if project is None and indicator is not None:
        project = indicator.project
    return Owners(known.cluster, indicator, project)


def _passages(data: Record, cluster: Cluster | None) -> Iterator[Record]:
    for sort in PassageSort:
        for order_no, told in _numbered(data, sort.value):
            yield _passage(sort, told, cluster, order_no=order_no, parent=told.get("task"))
            for duty_no, duty in enumerate(told.get("duties", ()), start=1):
                named = {**duty, "key": f"{told['key']}.duty.{duty_no}"}
                yield _passage(
                    PassageSort.DUTY, named, cluster, order_no=duty_no, parent=told["key"]
                )
    if cluster is not None:
        yield from _places(data["cluster"], cluster)


def _places(told: Record, cluster: Cluster) -> Iterator[Record]:
    """Where the cluster lies and who helps: the heading, chapter one's sentence, the partner."""
    key = told["key"]
    heading = {**told, "key": f"{key}.host.1", "name": told["heading"], "role": told["host_note"]}
    yield _passage(PassageSort.HOST, heading, cluster, order_no=1, parent=None)
    first = {**told["chapter_one"], "key": f"{key}.host.2", "name": told["host_place"]}
    yield _passage(PassageSort.HOST, first, cluster, order_no=2, parent=None)
    if told["partner_quote"] is not None:
        partner = {
            **told["partner_quote"],
            "key": f"{key}.partner.1",
            "name": told["partner"],
            "role": told["partner_note"],
        }
        yield _passage(PassageSort.PARTNER, partner, cluster, order_no=1, parent=None)


def _passage(
    sort: PassageSort, told: Record, cluster: Cluster | None, *, order_no: int, parent: str | None
) -> Record:
    return {
        "key": told["key"],
        "cluster_id": None if cluster is None else cluster.id,
        "parent_key": parent,
        "sort": sort,
        "order_no": order_no,
        **{name: told.get(name) for name in PASSAGE_FIELDS},
    }


def _doubts(data: Record, cluster: Cluster | None) -> Iterator[Record]:
    for order_no, told in _numbered(data, "doubt"):
        yield {
            "key": told["key"],
            "cluster_id": None if cluster is None else cluster.id,
            "about_key": told["about"],
            "order_no": order_no,
            "kind": DoubtKind(told["kind"]),
            **{name: told[name] for name in ("reason", "proposed", *QUOTED)},
        }
