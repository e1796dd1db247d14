"""联合工作组与专班 · who from which side works on a cluster, in what role, with what mandate."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from registry.clusters import Cluster
from registry.projects import proof
from traceability.base.db import Base, Subject
from traceability.base.errors import Conflict, NotFound, RuleViolation
from traceability.chain import events, folding
from traceability.chain.events import EventView
from traceability.chain.folding import State
from traceability.chain.kinds import Kind
from traceability.evidence import Evidence
from traceability.parties import Party

NAME_CHARS_MAX = 80
TEXT_CHARS_MAX = 400


class TeamKind(StrEnum):
    """组织类别."""

    JOINT_GROUP = "joint_group"
    TASK_FORCE = "task_force"


TEAM_KIND_LABELS = {TeamKind.JOINT_GROUP: "联合工作组", TeamKind.TASK_FORCE: "专班"}
assert TEAM_KIND_LABELS.keys() == set(TeamKind)


class Side(StrEnum):
    """哪一方."""

    GUANGDONG = "guangdong"
    GUIZHOU = "guizhou"


SIDE_LABELS = {Side.GUANGDONG: "广东", Side.GUIZHOU: "贵州"}
assert SIDE_LABELS.keys() == set(Side)


class Team(Subject, Base):
    """工作组或专班 · of a cluster, with its mandate."""

    __tablename__ = "team"
    __ref_prefix__ = "team"

    id: Mapped[int] = mapped_column(primary_key=True)
    cluster_id: Mapped[int] = mapped_column(ForeignKey("cluster.id"), index=True)
    kind: Mapped[TeamKind]
    name: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    mandate: Mapped[str] = mapped_column(Text)
    formed_on: Mapped[date]
    dissolved_on: Mapped[date | None]
    evidence_id: Mapped[int | None] = mapped_column(ForeignKey("evidence.id"))

    cluster: Mapped[Cluster] = relationship()
    evidence: Mapped[Evidence | None] = relationship()


class Member(Subject, Base):
    """成员 · one person of one side in a team, in a role, for a term."""

    __tablename__ = "team_member"
    __ref_prefix__ = "team_member"

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), index=True)
    name: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    office: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    side: Mapped[Side]
    position: Mapped[str] = mapped_column(String(NAME_CHARS_MAX))
    from_on: Mapped[date]
    until_on: Mapped[date | None]

    team: Mapped[Team] = relationship()


def form(
    session: Session,
    cluster: Cluster,
    *,
    kind: TeamKind,
    name: str,
    mandate: str,
    formed_on: date,
    at: datetime,
    by: Party,
    evidence: Evidence | None = None,
) -> Team:
    """Form a joint working group or a task force.

    Raises:
        RuleViolation: `team.no_name`, `team.no_mandate`.
    """
    if not 0 < len(name.strip()) <= NAME_CHARS_MAX:
        raise RuleViolation("team.no_name", "请填写名称，不超过 80 字")
    if not 0 < len(mandate.strip()) <= TEXT_CHARS_MAX:
        raise RuleViolation("team.no_mandate", "请写明职责，不超过 400 字")
    told: dict[str, Any] = {"name": name.strip(), "mandate": mandate.strip()}
    row = Team(cluster=cluster, kind=kind, formed_on=formed_on, evidence=evidence, **told)
    events.hold(session, row.ref)
    session.add(row)
    session.flush()
    said: dict[str, Any] = {**told, **proof(evidence), "cluster": cluster.ref}
    said |= {"team_kind": kind.value, "formed_on": formed_on.isoformat()}
    events.append(session, Kind.TEAM_FORMED, row.ref, at=at, by=by.ref, **said)
    return row


def appoint(
    session: Session,
    team: Team,
    *,
    name: str,
    office: str,
    side: Side,
    position: str,
    from_on: date,
    at: datetime,
    by: Party,
    until_on: date | None = None,
) -> Member:
    """Appoint somebody of one side to a team, in a role, for a term.

    Raises:
        RuleViolation: `team.no_member`, `team.bad_term`.
        Conflict: `team.dissolved`.
    """
    _require_working(session, team)
    told: dict[str, Any] = {
        "name": name.strip(),
        "office": office.strip(),
        "position": position.strip(),
    }
    if not all(0 < len(each) <= NAME_CHARS_MAX for each in told.values()):
        raise RuleViolation("team.no_member", "请填写姓名、单位和在组内的职务，各不超过 80 字")
    _require_term(from_on, until_on)
    row = Member(team=team, side=side, from_on=from_on, until_on=until_on, **told)
    events.hold(session, row.ref)
    session.add(row)
    session.flush()
    said: dict[str, Any] = {**told, "side": side.value, "team": team.ref}
    said |= {"from_on": from_on.isoformat(), "until_on": folding.plain(until_on)}
    events.append(session, Kind.MEMBER_APPOINTED, row.ref, team.ref, at=at, by=by.ref, **said)
    return row


def _require_term(from_on: date, until_on: date | None) -> None:
    if until_on is not None and until_on < from_on:
        raise RuleViolation("team.bad_term", "任期的截止日期早于开始日期，请核对")


def release(session: Session, member: Member, *, until_on: date, at: datetime, by: Party) -> None:
    """End a member's term on a day.

    Raises:
        RuleViolation: `team.bad_term`.
    """
    events.hold(session, member.ref)
    session.refresh(member)
    _require_term(member.from_on, until_on)
    member.until_on = until_on
    said: dict[str, Any] = {"until_on": until_on.isoformat()}
    events.append(session, Kind.MEMBER_RELEASED, member.ref, at=at, by=by.ref, **said)


def dissolve(
    session: Session, team: Team, *, dissolved_on: date, reason: str, at: datetime, by: Party
) -> None:
    """Dissolve a team, saying why.

    Raises:
        RuleViolation: `team.no_reason`, `team.bad_term`.
        Conflict: `team.dissolved`.
    """
    _require_working(session, team)
    if not 0 < len(reason.strip()) <= TEXT_CHARS_MAX:
        raise RuleViolation("team.no_reason", "请写明为什么撤销，不超过 400 字")
    _require_term(team.formed_on, dissolved_on)
    team.dissolved_on = dissolved_on
    said: dict[str, Any] = {"dissolved_on": dissolved_on.isoformat(), "reason": reason.strip()}
    events.append(session, Kind.TEAM_DISSOLVED, team.ref, at=at, by=by.ref, **said)


def _require_working(session: Session, team: Team) -> None:
    events.hold(session, team.ref)
    session.refresh(team)
    if team.dissolved_on is not None:
        raise Conflict("team.dissolved", "这个组织已撤销，请刷新后再看")


def get(session: Session, ref: str) -> Team:
    """The team of that reference.

    Raises:
        NotFound: `team.not_found`.
    """
    found = session.scalars(select(Team).where(Team.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("team.not_found", "没有找到这个工作组或专班")
    return found


def member(session: Session, ref: str) -> Member:
    """The member of that reference.

    Raises:
        NotFound: `team.member_not_found`.
    """
    found = session.scalars(select(Member).where(Member.ref == ref)).one_or_none()
    if found is None:
        raise NotFound("team.member_not_found", "没有找到这位成员")
    return found


def members(session: Session, team: Team) -> Sequence[Member]:
    """Everybody who is or was in a team, by side."""
    mine = select(Member).where(Member.team_id == team.id)
    return session.scalars(mine.order_by(Member.side, Member.from_on, Member.id)).all()


def fold(state: State | None, event: EventView) -> State | None:
    """A team as its events tell it."""
    match event.kind:
        case Kind.TEAM_FORMED:
            told = ("name", "mandate", "formed_on")
            return {
                **{name: folding.private(event, name) for name in told},
                **{f"{name}_id": folding.private(event, name) for name in ("cluster", "evidence")},
                "kind": folding.private(event, "team_kind"),
                "dissolved_on": None,
                **(state or {}),
            }
        case Kind.TEAM_DISSOLVED:
            return {**(state or {}), "dissolved_on": folding.private(event, "dissolved_on")}
        case _:
            return state


def fold_member(state: State | None, event: EventView) -> State | None:
    """A member as its events tell it."""
    match event.kind:
        case Kind.MEMBER_APPOINTED:
            told = ("name", "office", "side", "position", "from_on", "until_on")
            said = {name: folding.private(event, name) for name in told}
            return {"team_id": folding.private(event, "team"), **said, **(state or {})}
        case Kind.MEMBER_RELEASED:
            return {**(state or {}), "until_on": folding.private(event, "until_on")}
        case _:
            return state


folding.register(Team, fold)
folding.register(Member, fold_member)
