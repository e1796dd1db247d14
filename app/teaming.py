"""两地协作 · teams and exchanges of the clusters one may see."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from app import programme, workbooks
from app.lists import Listed, paged
from registry import exchanges, teams
from registry.clusters import Cluster
from registry.exchanges import EXCHANGE_KIND_LABELS, Exchange
from registry.teams import SIDE_LABELS, TEAM_KIND_LABELS, Member, Team
from traceability.base.errors import NotFound

ROWS_MAX = 5_000


def team(session: Session, ref: str) -> Team:
    """The team, if one may see its cluster.

    Raises:
        NotFound: `team.not_found`, as for one that does not exist.
    """
    found = teams.get(session, ref)
    if not programme.covers(found.cluster):
        raise NotFound("team.not_found", "没有找到这个工作组或专班")
    return found


def member(session: Session, ref: str) -> Member:
    """The member, if one may see the team's cluster.

    Raises:
        NotFound: `team.member_not_found`, as for one that does not exist.
    """
    found = teams.member(session, ref)
    if not programme.covers(found.team.cluster):
        raise NotFound("team.member_not_found", "没有找到这位成员")
    return found


def exchange(session: Session, ref: str) -> Exchange:
    """The exchange, if one may see its cluster.

    Raises:
        NotFound: `exchange.not_found`, as for one that does not exist.
    """
    found = exchanges.get(session, ref)
    if not programme.covers(found.cluster):
        raise NotFound("exchange.not_found", "没有找到这条互访、培训或挂职记录")
    return found


def teams_seen(session: Session) -> Sequence[Team]:
    """The teams of the clusters one may see, the working ones first."""
    wanted = select(Team).join(Cluster).where(programme.within())
    ordered = wanted.order_by(Team.dissolved_on.is_not(None), Cluster.order_no, Team.id)
    return session.scalars(ordered.limit(ROWS_MAX).options(selectinload(Team.cluster))).all()


def exchanges_listed(session: Session, *, page: int) -> Listed[Exchange]:
    """The exchanges of the clusters one may see, the newest first."""
    wanted = select(Exchange).join(Cluster).where(programme.within())
    ordered = wanted.order_by(Exchange.from_on.desc(), Exchange.id.desc())
    return paged(session, ordered, selectinload(Exchange.cluster), page=page)


def teams_book(session: Session) -> bytes:
    """Every member of every team one may see, as a workbook."""
    wanted = select(Member).join(Team).join(Cluster).where(programme.within())
    rows = session.scalars(
        wanted.order_by(Cluster.order_no, Team.id, Member.side, Member.id)
        .limit(ROWS_MAX)
        .options(selectinload(Member.team).selectinload(Team.cluster))
    )
    columns = {
        "集群": 26, "组织": 30, "类别": 12, "职责": 40, "姓名": 12, "单位": 26, "哪一方": 8,
        "职务": 12, "任期起": 12, "任期止": 12,
    }  # fmt: skip
    return workbooks.written(
        "工作组与专班",
        columns,
        (
            (
                row.team.cluster.name,
                row.team.name,
                TEAM_KIND_LABELS[row.team.kind],
                row.team.mandate,
                row.name,
                row.office,
                SIDE_LABELS[row.side],
                row.position,
                row.from_on.isoformat(),
                row.until_on.isoformat() if row.until_on else "",
            )
            for row in rows
        ),
    )


def exchanges_book(session: Session) -> bytes:
    """Every exchange one may see, as a workbook."""
    wanted = select(Exchange).join(Cluster).where(programme.within()).order_by(Exchange.from_on)
    rows = session.scalars(wanted.limit(ROWS_MAX).options(selectinload(Exchange.cluster)))
    columns = {
        "集群": 26, "类别": 12, "事由": 30, "哪一方的人": 12, "地点": 24, "开始": 12, "结束": 12,
        "人数": 8, "内容": 50,
    }  # fmt: skip
    return workbooks.written(
        "互访培训挂职",
        columns,
        (
            (
                row.cluster.name,
                EXCHANGE_KIND_LABELS[row.kind],
                row.title,
                SIDE_LABELS[row.side],
                row.place,
                row.from_on.isoformat(),
                row.until_on.isoformat() if row.until_on else "",
                str(row.people),
                row.outcome,
            )
            for row in rows
        ),
    )
