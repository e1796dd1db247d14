"""责任人 · who leads, which office and who does a main task, a project or a milestone, by when.

The newest charge of a thing counts; the earlier ones stay. A milestone has a day of its own.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeAlias

from sqlalchemy import ForeignKey, Index, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from registry import decisions
from registry.clusters import Cluster, Task
from registry.decisions import Decision, Matter
from registry.milestones import Milestone
from registry.projects import Project
from traceability.base import clock
from traceability.base.clock import legal_day
from traceability.base.db import Base, Subject
from traceability.base.errors import RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.parties import Party

NAME_CHARS_MAX = 40
ABOUT_CHARS_MAX = 60
Thing: TypeAlias = Task | Project | Milestone


class Charge(Subject, Base):
    """责任 · the leader in charge (分管领导), the office (处室) and who does it (承办人)."""

    __tablename__ = "charge"
    __ref_prefix__ = "charge"

    id: Mapped[int] = mapped_column(primary_key=True)
    cluster_id: Mapped[int] = mapped_column(ForeignKey("cluster.id"), index=True)
    about: Mapped[str] = mapped_column(String(ABOUT_CHARS_MAX))
    leader: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    office: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    assignee: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    due_on: Mapped[date | None]
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("decision.id"))
    at: Mapped[datetime]
    by_id: Mapped[int] = mapped_column(ForeignKey("party.id"))

    cluster: Mapped[Cluster] = relationship()
    decision: Mapped[Decision | None] = relationship()
    by: Mapped[Party] = relationship()

    __table_args__ = (Index("ix_charge_about_newest", "about", "id"),)


def cluster_of(thing: Thing) -> Cluster:
    """The cluster a thing belongs to."""
    return thing.project.cluster if isinstance(thing, Milestone) else thing.cluster


def assign(
    session: Session,
    thing: Thing,
    *,
    leader: str,
    office: str,
    assignee: str,
    at: datetime,
    by: Party,
    due_on: date | None = None,
    decision: Decision | None = None,
) -> Charge:
    """Name who leads and who does a thing, and by when; a day once set moves only by a decision.

    Raises:
        RuleViolation: `charge.no_name`, `charge.milestone_has_its_day`, `charge.no_day`,
            `charge.due_in_the_past`, and what `decisions.require` refuses.
    """
    told = {"leader": leader.strip(), "office": office.strip(), "assignee": assignee.strip()}
    if not all(0 < len(name) <= NAME_CHARS_MAX for name in told.values()):
        raise RuleViolation("charge.no_name", "请填写分管领导、处室和承办人，各不超过 40 字")
    cluster = cluster_of(thing)
    events.hold(session, thing.ref)
    before = newest(session, [thing.ref]).get(thing.ref)
    ground = _ground(thing, before, due_on, decision, at=at)
    row = Charge(cluster=cluster, about=thing.ref, due_on=due_on, decision=ground, by=by, **told)
    row.at = clock.to_ms(at)
    events.hold(session, row.ref)
    session.add(row)
    session.flush()
    said: dict[str, Any] = {**told, "cluster": cluster.ref, "about": thing.ref}
    said |= {"due_on": folding.plain(due_on), "decision": ground.ref if ground else None}
    events.append(session, Kind.CHARGE_ASSIGNED, thing.ref, row.ref, at=at, by=by.ref, **said)
    return row


def _ground(
    thing: Thing,
    before: Charge | None,
    due_on: date | None,
    decision: Decision | None,
    *,
    at: datetime,
) -> Decision | None:
    """The decision a day rests on where it moves; refuse a day that may not be set."""
    if isinstance(thing, Milestone):
        if due_on is not None:
            raise RuleViolation(
                "charge.milestone_has_its_day", "节点有自己的期限，请用“变更期限”办理"
            )
        return None
    if due_on is None:
        raise RuleViolation("charge.no_day", "请填写完成期限")
    if before is not None and before.due_on == due_on:
        return None
    if due_on < legal_day(at):
        raise RuleViolation("charge.due_in_the_past", "完成期限已经过去，请填写以后的日期")
    if before is None:
        return None
    return decisions.require(decision, cluster_of(thing).id, Matter.DUE)


def newest(session: Session, refs: Collection[str]) -> Mapping[str, Charge]:
    """The charge that counts of each of many things, by the thing's reference."""
    last = select(func.max(Charge.id)).where(Charge.about.in_(refs)).group_by(Charge.about)
    return {row.about: row for row in session.scalars(select(Charge).where(Charge.id.in_(last)))}


def of_thing(session: Session, ref: str) -> Sequence[Charge]:
    """Every charge of one thing, the newest first."""
    wanted = select(Charge).where(Charge.about == ref).order_by(Charge.id.desc())
    loaded = (selectinload(Charge.by), selectinload(Charge.decision))
    return session.scalars(wanted.options(*loaded)).all()


def fold(state: State | None, event: EventView) -> State | None:
    """A charge as its event tells it."""
    if event.kind is not Kind.CHARGE_ASSIGNED:
        return state
    told = ("about", "leader", "office", "assignee", "due_on")
    return {
        **{name: folding.private(event, name) for name in told},
        **{f"{name}_id": folding.private(event, name) for name in ("cluster", "decision", "by")},
        "at": clock.stamp(event.at),
    }


folding.register(Charge, fold)
