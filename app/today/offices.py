"""管理待办 · what waits for those who oversee: the chain, devices, accounts, projects."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from flask import current_app, url_for
from sqlalchemy import ColumnElement, Select, exists, select

from app import attention
from app.attention import ProjectNeed
from app.audit import running
from app.auth.accounts import Account, AccountState
from app.auth.logins import LoginAttempt
from app.factory import settings_of
from app.today.waiting import Asked, Todo, Waiting
from devices.devices import Device, DeviceState
from devices.inbox import InboxTally, SetAside
from registry import issues, policies, procedures
from registry.clusters import Cluster, Task
from registry.decisions import Decision, DecisionState
from registry.issues import Issue, IssueState
from registry.meetings import ActionItem, Meeting
from registry.policies import Policy, PolicyState
from registry.procedures import Procedure, ProcedureState
from registry.projects import Project
from traceability.amendments import Amendment, AmendmentState
from traceability.base import clock
from traceability.chain.tables import Halt
from traceability.holdings import Holding

AUDIT_AGE = timedelta(days=7)
SILENT_DEVICE = timedelta(hours=24)
MEETING_SOON = timedelta(days=45)


def audit(at: datetime) -> list[Todo]:
    """What the newest audit says, where there is something to do about it."""
    run, href = running.newest(settings_of(current_app)), url_for("audit.show")
    if run is None:
        return [Todo("还没有核查过追溯链", href, "从第一条读到最后一条", "warn", "未核查")]
    if run.state == "damaged":
        return [Todo("追溯链核查发现损坏", href, run.sentence, "stop", "有损坏")]
    if run.state == "failed":
        return [Todo("上次核查没有完成", href, run.sentence, "warn", "未完成")]
    days = (at - clock.unstamp(run.started_at)).days
    if days >= AUDIT_AGE.days:
        return [Todo("该再核查一次追溯链", href, f"上次在 {days} 天前", "warn", "该核查")]
    return []


def halts(_asked: Asked) -> Iterator[Waiting]:
    """A chain that stands still."""
    yield Waiting(
        "追溯链已停止登记",
        "audit.show",
        select(Halt.id),
        hint="两人核实后运行 chain resume",
        tone="stop",
        unit="次",
    )


def amendments(asked: Asked) -> Iterator[Waiting]:
    """Changes of rules that somebody else proposed and a second person has to decide."""
    others = select(Amendment.id).where(
        Amendment.state == AmendmentState.PROPOSED, Amendment.by_id.not_in(asked.keepers)
    )
    yield Waiting(
        "等您批准的规则修改",
        "rules.index",
        others,
        hint="核对文件依据，批准或退回",
        tone="warn",
        unit="项",
    )


def _device_here(asked: Asked) -> ColumnElement[bool]:
    return Device.holding.in_(select(Holding.ref).where(Holding.id.in_(asked.here)))


def devices(asked: Asked) -> Iterator[Waiting]:
    """Devices that have fallen silent, and messages that nobody understood."""
    heard = exists().where(
        InboxTally.code == Device.code, InboxTally.last_at > asked.at - SILENT_DEVICE
    )
    silent = select(Device.id).where(
        Device.state == DeviceState.ACTIVE, _device_here(asked), ~heard
    )
    known = exists().where(Device.code == SetAside.code, _device_here(asked))
    aside = select(SetAside.id).where(SetAside.replayed_at.is_(None))
    if not asked.scope.everywhere:
        aside = aside.where(known)
    yield Waiting(
        "一天没有消息的设备",
        "devices.index",
        silent,
        hint="查电源、网络和采集盒",
        tone="warn",
        unit="台",
    )
    yield Waiting(
        "搁置的设备消息",
        "devices.set_aside",
        aside,
        hint="看不懂的，一条都没丢；改好后重放",
        unit="条",
    )


def accounts(asked: Asked) -> Iterator[Waiting]:
    """Accounts that nobody has begun to use, and those locked after wrong answers."""
    invited = select(Account.id).where(Account.state == AccountState.INVITED)
    locked = select(LoginAttempt.id).where(LoginAttempt.locked_until > asked.at)
    yield Waiting(
        "登录被锁的账号",
        "accounts.index",
        locked,
        hint="15 分钟后自动解锁；忘了密码的补发纸质码",
        tone="warn",
        unit="个",
    )
    yield Waiting(
        "开通了还没启用的账号",
        "accounts.index",
        invited,
        hint="把纸质码交给本人，过期的补发",
        unit="个",
    )


def projects(asked: Asked) -> Iterator[Waiting]:
    """An officer's milestones and silent projects."""
    mine = Project.cluster_id.in_(select(Cluster.id).where(Cluster.key.in_(asked.scope.clusters)))
    told = (
        (ProjectNeed.OVERDUE, "节点逾期的项目", "stop", "登记完成，或说明原因"),
        (ProjectNeed.SOON, "三十天内有节点到期的项目", "warn", ""),
        (ProjectNeed.SILENT, "三十天没有登记进展的项目", "info", "没有变化也登记一句"),
    )
    for need, label, tone, hint in told:
        rows = select(Project.id).where(mine, attention.projects(need, at=asked.at))
        yield Waiting(
            label, "projects.index", rows, hint=hint, tone=tone, unit="个", query={"need": need}
        )


def undertaken(asked: Asked) -> Iterator[Waiting]:
    """Main tasks, procedures and issues of an officer that are past their day."""
    mine = Project.cluster_id.in_(_clusters(asked))
    tasks = select(Task.id).where(
        Task.cluster_id.in_(_clusters(asked)), attention.tasks_overdue(asked.today)
    )
    late = (
        select(Procedure.id)
        .join(Project)
        .where(mine, procedures.standing(ProcedureState.LATE, asked.today))
    )
    stuck = (
        select(Issue.id).join(Project).where(mine, issues.standing(IssueState.LATE, asked.today))
    )
    yield Waiting(
        "逾期的重点任务",
        "charges.index",
        tasks,
        hint="登记进展；期限要改须有集体决策",
        tone="stop",
        unit="项",
        query={"need": "late"},
    )
    yield Waiting(
        "超过法定天数的手续",
        "procedures.index",
        late,
        hint="催办，或登记结果",
        tone="stop",
        unit="项",
        query={"state": "late"},
    )
    yield Waiting(
        "逾期没解决的问题",
        "issues.index",
        stuck,
        hint="登记怎样解决的",
        tone="stop",
        unit="个",
        query={"state": "late"},
    )


def decisions(asked: Asked) -> Iterator[Waiting]:
    """Collective decisions that others recorded and a second person has to check."""
    others = select(Decision.id).where(
        Decision.state == DecisionState.RECORDED,
        Decision.by_id.not_in(asked.keepers),
        Decision.cluster_id.in_(_clusters(asked)),
    )
    yield Waiting(
        "等您核对的集体决策",
        "decisions.index",
        others,
        hint="对照会议纪要、签字页和备案文号",
        tone="warn",
        unit="项",
    )


def ending(asked: Asked) -> Iterator[Waiting]:
    """Policies that end within two months."""
    state = PolicyState.ENDING
    rows = select(Policy.id).where(
        policies.standing(state, asked.today), Policy.cluster_id.in_(_clusters(asked))
    )
    yield Waiting(
        "将到期的政策",
        "policies.index",
        rows,
        hint="到期自行失效；要延长须有集体决策",
        tone="info",
        unit="项",
        query={"state": state.value},
    )


def _clusters(asked: Asked) -> Select[int]:
    return select(Cluster.id).where(Cluster.key.in_(asked.scope.clusters))


def quarter(asked: Asked) -> Iterator[Waiting]:
    """Consultations and dispatches that fall due, and what meetings gave out and is late."""
    mine = Meeting.cluster_id.in_(_clusters(asked))
    soon = Meeting.due_on < asked.today + MEETING_SOON
    unheld = select(Meeting.id).where(mine, Meeting.held_on.is_(None), soon)
    late = (
        select(ActionItem.id)
        .join(Meeting)
        .where(mine, ActionItem.done_at.is_(None), ActionItem.due_on < asked.today)
    )
    yield Waiting(
        "交办事项逾期",
        "meetings.index",
        late,
        hint="登记办结，或催承办人",
        tone="stop",
        unit="件",
        query={"need": "late"},
    )
    yield Waiting(
        "本季度还没开的会商、调度",
        "meetings.index",
        unheld,
        hint="议程已按台账拟好",
        tone="warn",
        unit="次",
        query={"need": "open"},
    )
