"""演示的集群推进 · of the cattle cluster's first project: who is in charge, what it still needs.

No figure, sum or date of the programme is made up: only names of nobody and papers of 演示.
"""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from registry import charges, clusters, issues, milestones, procedures, projects
from registry.issues import IssueKind
from registry.procedures import DayKind, ProcedureCard, ProcedureKind
from traceability.base.clock import legal_day
from traceability.parties import Party

KEY = "weining"
CARD = ProcedureCard(
    kind=ProcedureKind.ENVIRONMENT,
    agency="演示：生态环境部门",
    assignee="演示：承办人",
    legal_days=30,
    day_kind=DayKind.WORKING,
    basis="演示，请照办事指南填写",
    is_green=True,
)


def begin(session: Session, *, officer: Party, now: datetime) -> None:
    """Put the first project and the first main task of the cattle cluster in somebody's hands."""
    today = legal_day(now)
    cluster = next(row for row in clusters.every(session) if row.key == KEY)
    project = projects.of_cluster(session, cluster)[0]
    things: list[charges.Thing] = [project, *clusters.tasks(session, cluster)[:1]]
    for thing in things:
        charges.assign(
            session,
            thing,
            leader="演示：分管领导",
            office="演示：产业科",
            assignee="演示：承办人",
            due_on=today + timedelta(days=400),
            at=now,
            by=officer,
        )
    row = procedures.plan(session, project, CARD, at=now, by=officer)
    accepted_on = today - timedelta(days=7)
    procedures.accept(session, row, accepted_on=accepted_on, at=now, by=officer)
    issues.report(
        session,
        project,
        kind=IssueKind.ELECTRICITY,
        text="演示：变压器容量不够",
        assignee="演示：供电部门",
        due_on=today + timedelta(days=20),
        at=now,
        by=officer,
    )
    day = today + timedelta(days=90)
    milestones.plan(session, project, name="演示：主体封顶", due_on=day, at=now, by=officer)
