"""要办的 · which animals and projects want something done, as conditions for counts and for lists.

The same condition makes the number on the first page and the list behind it.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, func, select
from sqlalchemy.orm import Session

from registry.charges import Charge
from registry.clusters import Task
from registry.milestones import Milestone
from registry.projects import PERCENT_MAX, Progress, Project, Stage
from registry.task_progress import TaskProgress
from traceability import rules
from traceability.animals import Animal, AnimalState
from traceability.base.clock import legal_day
from traceability.treatments import Disease, Immunisation, Treatment

SOON = timedelta(days=3)
DEATHS_SHOWN = timedelta(days=7)
MILESTONE_SOON = timedelta(days=30)
SILENCE = timedelta(days=30)
FMD_RULE = "immunisation.fmd"
FMD_STAGE = "movement.depart"


class AnimalNeed(StrEnum):
    """牛只待办 · what an animal is listed for."""

    IMMUNISATION = "immunisation"
    WITHDRAWAL = "withdrawal"
    CLEARING = "clearing"
    DIED = "died"


ANIMAL_NEED_LABELS = {
    AnimalNeed.IMMUNISATION: "该补口蹄疫免疫",
    AnimalNeed.WITHDRAWAL: "休药期中",
    AnimalNeed.CLEARING: "休药期三天内满",
    AnimalNeed.DIED: "近七天死亡",
}
assert ANIMAL_NEED_LABELS.keys() == set(AnimalNeed)


class ProjectNeed(StrEnum):
    """项目待办 · what a project is listed for."""

    OVERDUE = "overdue"
    SOON = "soon"
    SILENT = "silent"


PROJECT_NEED_LABELS = {
    ProjectNeed.OVERDUE: "节点逾期",
    ProjectNeed.SOON: "节点三十天内到期",
    ProjectNeed.SILENT: "三十天没有进展",
}
assert PROJECT_NEED_LABELS.keys() == set(ProjectNeed)


def animals(session: Session, need: AnimalNeed, *, at: datetime) -> ColumnElement[bool]:
    """The condition on `Animal` that keeps those with a need."""
    today = legal_day(at)
    match need:
        case AnimalNeed.IMMUNISATION:
            return _unprotected(session, today)
        case AnimalNeed.WITHDRAWAL:
            return and_(_alive(), _withdrawn(today))
        case AnimalNeed.CLEARING:
            return and_(_alive(), _withdrawn(today), ~_withdrawn(today + SOON))
        case AnimalNeed.DIED:
            return and_(Animal.state == AnimalState.DEAD, Animal.ended_on > today - DEATHS_SHOWN)


def _alive() -> ColumnElement[bool]:
    return Animal.state == AnimalState.ALIVE


def _withdrawn(day: date) -> ColumnElement[bool]:
    """Under a withdrawal period on a day: one that ends later."""
    return exists().where(Treatment.animal_id == Animal.id, Treatment.clear_on > day)


def _unprotected(session: Session, today: date) -> ColumnElement[bool]:
    """Old enough for the compulsory vaccine and without a dose that still protects."""
    params = _fmd_params(session, today)
    if params is None:
        return false()
    since = today - timedelta(days=params["to_days"])
    dose = exists().where(
        Immunisation.animal_id == Animal.id,
        Immunisation.disease == Disease.FMD,
        Immunisation.given_on >= since,
    )
    grown = Animal.born_on <= today - timedelta(days=params["calf_days"])
    return and_(_alive(), grown, ~dose)


def _fmd_params(session: Session, today: date) -> Mapping[str, Any] | None:
    """The ages and days of the rule in force today; none where there is no such rule."""
    found = rules.in_force(session, FMD_STAGE, today)
    return next((rule.params for rule in found if rule.code == FMD_RULE), None)


def going_on() -> ColumnElement[bool]:
    """The condition on `Project` that keeps those neither finished nor stopped."""
    return Project.stage.not_in([Stage.OPERATING, Stage.STOPPED])


def tasks_overdue(today: date) -> ColumnElement[bool]:
    """The condition on `Task` that keeps those past the day of their charge and not done."""
    charged = select(Charge.due_on).where(Charge.about == Task.ref)
    due_on = charged.order_by(Charge.id.desc()).limit(1).scalar_subquery()
    told = select(TaskProgress.percent).where(TaskProgress.task_id == Task.id)
    percent = told.order_by(TaskProgress.id.desc()).limit(1).scalar_subquery()
    return and_(due_on < today, func.coalesce(percent, 0) < PERCENT_MAX)


def projects(need: ProjectNeed, *, at: datetime) -> ColumnElement[bool]:
    """The condition on `Project` that keeps those with a need."""
    today = legal_day(at)
    planned = exists().where(Milestone.project_id == Project.id, Milestone.reached_on.is_(None))
    match need:
        case ProjectNeed.OVERDUE:
            return and_(going_on(), planned.where(Milestone.due_on < today))
        case ProjectNeed.SOON:
            soon = Milestone.due_on.between(today, today + MILESTONE_SOON)
            return and_(going_on(), planned.where(soon))
        case ProjectNeed.SILENT:
            told = exists().where(Progress.project_id == Project.id, Progress.at > at - SILENCE)
            return and_(going_on(), ~told)
