"""导出 · the whole registry as one document of plain values, for a file or another program."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.actuals import Actual
from registry.clusters import Cluster, Task
from registry.doubts import Wording
from registry.founding import Doubt, Passage, PassageSort
from registry.indicators import Figure, Indicator
from registry.milestones import Milestone
from registry.projects import Progress, Project
from traceability.base.db import Base
from traceability.chain.folding import plain
from traceability.chain.tables import table_of

FORMAT = 1
NAMES = {
    PassageSort.BODY: "bodies",
    PassageSort.DUTY: "duties",
    PassageSort.BOX: "boxes",
    PassageSort.POLICY: "policies",
    PassageSort.APPROACH: "approach",
    PassageSort.TRAINING: "training",
    PassageSort.FUND: "funding",
}
"""Section of the document, where it is not simply the sort with an s."""


def document(session: Session, *, at: datetime) -> dict[str, Any]:
    """Clusters, tasks, boxes, projects, figures with quotation, bodies, duties, doubts."""
    clusters = session.scalars(select(Cluster).order_by(Cluster.order_no)).all()
    keys = {row.id: row.key for row in clusters}
    rest: Sequence[tuple[str, type[Base]]] = (
        ("tasks", Task),
        ("projects", Project),
        ("milestones", Milestone),
        ("progress", Progress),
        ("indicators", Indicator),
        ("figures", Figure),
        ("actuals", Actual),
        ("doubts", Doubt),
        ("wordings", Wording),
    )
    found = {name: [_plain(row, keys) for row in _rows(session, model)] for name, model in rest}
    _name_figures(found)
    _name_owners(found)
    return {
        "format": FORMAT,
        "exported_at": plain(at),
        "clusters": [_plain(row, keys) for row in clusters],
        **found,
        **_passages(session, keys),
    }


def _rows(session: Session, model: type[Base]) -> Sequence[Base]:
    return session.scalars(select(model).order_by(table_of(model).c.id)).all()


def _plain(row: Base, clusters: Mapping[int, str]) -> dict[str, Any]:
    """A row's columns as plain values; its cluster by key, its number left at home."""
    told: dict[str, Any] = {}
    for column in table_of(type(row)).c:
        value = getattr(row, column.key)
        if column.key == "cluster_id":
            told["cluster"] = clusters.get(value)
        else:
            simple = isinstance(value, Enum | date | bytes)
            told[column.key] = plain(value) if simple else value
    return told


def _name_figures(found: Mapping[str, list[dict[str, Any]]]) -> None:
    """Give a figure that has no name of its own the name of its indicator."""
    names = {row["id"]: row["name"] for row in found["indicators"]}
    for row in found["figures"]:
        row["name"] = row["name"] or names[row["indicator_id"]]


OWNERS = {
    "task_id": "tasks",
    "project_id": "projects",
    "indicator_id": "indicators",
}


def _name_owners(found: Mapping[str, list[dict[str, Any]]]) -> None:
    """Replace numbers that only this database knows by references."""
    refs = {name: {row["id"]: row["ref"] for row in found[name]} for name in set(OWNERS.values())}
    for rows in found.values():
        for row in rows:
            for column in [each for each in row if each.endswith("_id")]:
                number = row.pop(column)
                if column in OWNERS:
                    row[column.removesuffix("_id")] = refs[OWNERS[column]].get(number)
    for rows in found.values():
        for row in rows:
            del row["id"]


def _passages(session: Session, clusters: Mapping[int, str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {
        NAMES.get(sort, f"{sort.value}s"): [] for sort in PassageSort
    }
    for row in session.scalars(select(Passage).order_by(Passage.id)):
        told = _plain(row, clusters)
        del told["id"], told["sort"]
        found[NAMES.get(row.sort, f"{row.sort.value}s")].append(told)
    return found
