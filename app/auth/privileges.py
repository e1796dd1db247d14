"""权限 · each view declares one permission, or that it is public; this table says who has it.

Deny by default: a view without a declaration is refused to everybody, and a permission that is
not in the table belongs to nobody.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, request

from app.auth.roles import Role

View = TypeVar("View", bound=Callable[..., Any])
ATTRIBUTE = "__permission__"
PUBLIC = "public"

UNDECORATED = {
    "static": PUBLIC,
    "api-docs.openapi_json": PUBLIC,
    "api-docs.openapi_swagger_ui": PUBLIC,
}
"""Views that libraries bring and no decorator can reach."""

EVERYBODY = frozenset(Role)
VETS = frozenset({Role.VILLAGE_VET, Role.OFFICIAL_VET})
MARKET = frozenset({Role.MARKET_OPERATOR, Role.MARKET_MANAGER})
KEEPERS = frozenset({Role.FARMER, Role.VILLAGE_VET})
OVERSEERS = frozenset({Role.REGULATOR, Role.ADMINISTRATOR})
TRADERS = frozenset({Role.BROKER, Role.BUYER, Role.CARRIER, Role.PROCESSOR})

PRIVILEGES: dict[str, frozenset[Role]] = {
    "home.view": EVERYBODY,
    "account.own": EVERYBODY,
    "account.list": frozenset({Role.ADMINISTRATOR, Role.REGULATOR, Role.MARKET_MANAGER, *VETS}),
    "account.invite": frozenset({Role.ADMINISTRATOR, Role.REGULATOR, Role.MARKET_MANAGER, *VETS}),
    "account.suspend": frozenset({Role.ADMINISTRATOR}),
    "access.view": OVERSEERS,
    "notice.own": EVERYBODY,
    "token.manage": EVERYBODY,
    "consent.manage": EVERYBODY,
    "party.register": frozenset({*VETS, *MARKET, Role.ADMINISTRATOR}),
    "party.search": frozenset({*VETS, *MARKET, Role.CASHIER, *OVERSEERS}),
    "party.view": EVERYBODY,
    "holding.register": frozenset({*VETS, Role.MARKET_MANAGER, Role.ADMINISTRATOR}),
    "holding.view": EVERYBODY,
    "region.view": EVERYBODY,
    "evidence.store": EVERYBODY - {Role.BUYER},
    "evidence.view": EVERYBODY,
    "animal.register": KEEPERS | {Role.OFFICIAL_VET},
    "animal.view": EVERYBODY - {Role.CLUSTER_OFFICER},
    "animal.retag": KEEPERS | {Role.OFFICIAL_VET},
    "animal.photograph": KEEPERS | {Role.OFFICIAL_VET, *MARKET},
    "animal.bind_eid": KEEPERS | {Role.OFFICIAL_VET, *MARKET},
    "animal.report_death": KEEPERS | {Role.OFFICIAL_VET, *MARKET, Role.PROCESSOR},
    "tag_stock.view": VETS | OVERSEERS,
    "tag_stock.record": VETS,
    "tag_stock.manage": frozenset({Role.OFFICIAL_VET}),
    "immunisation.record": KEEPERS | {Role.OFFICIAL_VET},
    "campaign.view": VETS | OVERSEERS,
    "campaign.manage": frozenset({Role.OFFICIAL_VET}),
    "campaign.record": VETS,
    "antibody.record": frozenset({Role.OFFICIAL_VET}),
    "treatment.record": KEEPERS | {Role.OFFICIAL_VET},
    "input.view": KEEPERS | {Role.OFFICIAL_VET, *OVERSEERS},
    "input.record": KEEPERS | {Role.OFFICIAL_VET},
    "drug_label.view": KEEPERS | {Role.OFFICIAL_VET, *OVERSEERS},
    "drug_label.record": frozenset({Role.OFFICIAL_VET, Role.REGULATOR}),
    "drug_label.confirm": frozenset({Role.OFFICIAL_VET, Role.REGULATOR}),
    "declaration.file": KEEPERS | {Role.BROKER, Role.BUYER, *MARKET},
    "declaration.view": KEEPERS
    | {Role.OFFICIAL_VET, Role.BROKER, Role.BUYER, *MARKET, Role.REGULATOR},
    "declaration.decide": frozenset({Role.OFFICIAL_VET}),
    "inspection.record": frozenset({Role.OFFICIAL_VET}),
    "laboratory.record": frozenset({Role.OFFICIAL_VET}),
    "laboratory.view": KEEPERS | {Role.OFFICIAL_VET, *OVERSEERS},
    "slaughter.view": OVERSEERS | {Role.OFFICIAL_VET, Role.PROCESSOR},
    "slaughter.declare": frozenset({Role.PROCESSOR}),
    "slaughter.decide": frozenset({Role.OFFICIAL_VET}),
    "slaughter.inspect": frozenset({Role.OFFICIAL_VET}),
    "slaughter.record": frozenset({Role.PROCESSOR}),
    "entry.view": KEEPERS | MARKET | {Role.OFFICIAL_VET, *OVERSEERS},
    "entry.book": KEEPERS,
    "entry.cancel": KEEPERS | MARKET,
    "entry.admit": MARKET,
    "certificate.issue": frozenset({Role.OFFICIAL_VET}),
    "certificate.revoke": frozenset({Role.OFFICIAL_VET}),
    "certificate.view": EVERYBODY - {Role.CLUSTER_OFFICER},
    "filing.record": frozenset({Role.OFFICIAL_VET, Role.ADMINISTRATOR}),
    "filing.view": MARKET | {Role.OFFICIAL_VET, Role.CARRIER, *OVERSEERS},
    "fund.view": OVERSEERS | {Role.CLUSTER_OFFICER},
    "fund.plan": frozenset({Role.CLUSTER_OFFICER}),
    "fund.approve": OVERSEERS | {Role.CLUSTER_OFFICER},
    "plan.view": OVERSEERS | {Role.CLUSTER_OFFICER},
    "plan.issue": frozenset({Role.CLUSTER_OFFICER}),
    "decision.view": OVERSEERS | {Role.CLUSTER_OFFICER},
    "decision.record": frozenset({Role.CLUSTER_OFFICER}),
    "decision.confirm": OVERSEERS | {Role.CLUSTER_OFFICER},
    "policy.view": OVERSEERS | {Role.CLUSTER_OFFICER},
    "policy.register": frozenset({Role.CLUSTER_OFFICER}),
    "adjustment.record": frozenset({Role.CLUSTER_OFFICER}),
    "meeting.view": OVERSEERS | {Role.CLUSTER_OFFICER},
    "meeting.record": frozenset({Role.CLUSTER_OFFICER}),
    "team.view": OVERSEERS | {Role.CLUSTER_OFFICER},
    "team.manage": frozenset({Role.CLUSTER_OFFICER}),
    "exchange.view": OVERSEERS | {Role.CLUSTER_OFFICER},
    "exchange.record": frozenset({Role.CLUSTER_OFFICER}),
    "alert.raise": KEEPERS,
    "alert.view": KEEPERS | {Role.OFFICIAL_VET, *OVERSEERS},
    "alert.close": VETS,
    "price.view": EVERYBODY,
    "isolation.record": frozenset({Role.OFFICIAL_VET}),
    "isolation.view": KEEPERS | MARKET | {Role.OFFICIAL_VET, *OVERSEERS},
    "movement.depart": KEEPERS | {*MARKET, Role.CARRIER, Role.BUYER},
    "movement.arrive": KEEPERS | {*MARKET, Role.CARRIER, Role.BUYER, Role.PROCESSOR},
    "movement.view": EVERYBODY - {Role.CLUSTER_OFFICER},
    "consignment.view": EVERYBODY - {Role.CLUSTER_OFFICER, Role.CASHIER},
    "consignment.handle": KEEPERS | {*MARKET, Role.BROKER, Role.CARRIER, Role.BUYER},
    "consignment.receive": KEEPERS | {*MARKET, Role.CARRIER, Role.BUYER, Role.PROCESSOR},
    "consignment.land": KEEPERS | TRADERS | MARKET | {Role.OFFICIAL_VET},
    "consignment.stamp": frozenset({Role.OFFICIAL_VET, Role.REGULATOR}),
    "weighing.record": MARKET,
    "count.view": MARKET | {Role.CASHIER, Role.OFFICIAL_VET, *OVERSEERS},
    "weighing.annul": frozenset({Role.MARKET_MANAGER}),
    "weighing.view": MARKET | {Role.CASHIER, *OVERSEERS},
    "instrument.manage": frozenset({Role.MARKET_MANAGER, Role.ADMINISTRATOR}),
    "instrument.check": MARKET,
    "instrument.release": frozenset({Role.REGULATOR}),
    "instrument.view": MARKET | OVERSEERS,
    "device.manage": frozenset({Role.MARKET_MANAGER, Role.ADMINISTRATOR}),
    "device.view": MARKET | OVERSEERS,
    "desk.operate": MARKET,
    "sale.register": MARKET,
    "sale.cancel": MARKET,
    "sale.settle": frozenset({Role.CASHIER, Role.MARKET_MANAGER}),
    "sale.view": KEEPERS | TRADERS | MARKET | {Role.CASHIER, *OVERSEERS},
    "restriction.order": frozenset({Role.REGULATOR}),
    "restriction.view": MARKET | {Role.OFFICIAL_VET, Role.VILLAGE_VET, *OVERSEERS},
    "sample.view": VETS | {Role.REGULATOR},
    "sample.record": VETS,
    "sample.manage": frozenset({Role.OFFICIAL_VET, Role.REGULATOR}),
    "statistic.view": VETS | {Role.REGULATOR},
    "calving.view": frozenset({Role.REGULATOR, Role.OFFICIAL_VET}),
    "tracing.view": frozenset({Role.REGULATOR, Role.OFFICIAL_VET}),
    "rule.view": EVERYBODY,
    "rule.propose": frozenset({Role.ADMINISTRATOR}),
    "rule.approve": OVERSEERS,
    "rule.rejudge": OVERSEERS,
    "verdict.view": EVERYBODY - {Role.CLUSTER_OFFICER},
    "chain.view": OVERSEERS | {Role.CLUSTER_OFFICER},
    "chain.audit": OVERSEERS,
    "chain.search": OVERSEERS,
    "import.manage": frozenset({Role.ADMINISTRATOR}),
    "backup.manage": frozenset({Role.ADMINISTRATOR}),
    "scan.view": OVERSEERS,
    "scan.close": frozenset({Role.REGULATOR}),
    "personal.manage": frozenset({Role.ADMINISTRATOR}),
    "cluster.view": frozenset({Role.CLUSTER_OFFICER, *OVERSEERS}),
    "project.view": frozenset({Role.CLUSTER_OFFICER, *OVERSEERS}),
    "project.register": frozenset({Role.CLUSTER_OFFICER}),
    "project.report": frozenset({Role.CLUSTER_OFFICER}),
    "doubt.decide": frozenset({Role.CLUSTER_OFFICER}),
    "indicator.view": frozenset({Role.CLUSTER_OFFICER, *OVERSEERS}),
    "indicator.report": frozenset({Role.CLUSTER_OFFICER}),
    "indicator.confirm": frozenset({Role.CLUSTER_OFFICER}),
    "epcis.view": EVERYBODY - {Role.CLUSTER_OFFICER},
    "epcis.capture": KEEPERS | TRADERS | MARKET | {Role.OFFICIAL_VET, *OVERSEERS},
    "icar.view": EVERYBODY - {Role.CLUSTER_OFFICER},
    "icar.capture": KEEPERS | TRADERS | MARKET | {Role.OFFICIAL_VET, *OVERSEERS},
    "label.print": KEEPERS | MARKET | {Role.OFFICIAL_VET, Role.PROCESSOR, Role.CLUSTER_OFFICER},
}
"""Permission → roles. The first word is the noun, the second what is done with it."""

NOUN_LABELS = {
    "home": "首页",
    "fund": "资金",
    "plan": "六个一",
    "decision": "集体决策",
    "policy": "政策",
    "meeting": "会商和调度",
    "team": "工作组与专班",
    "exchange": "互访、培训和挂职",
    "adjustment": "目标、任务、期限和用途的变更",
    "filing": "运输备案",
    "count": "点数",
    "account": "账号",
    "access": "访问日志",
    "notice": "提醒",
    "token": "接口令牌",
    "consent": "代办授权",
    "party": "主体",
    "holding": "场所",
    "region": "行政区划",
    "evidence": "佐证",
    "animal": "牛只",
    "tag_stock": "耳标库存",
    "immunisation": "免疫",
    "campaign": "集中免疫",
    "antibody": "抗体检测",
    "treatment": "用药",
    "drug_label": "兽药标签",
    "input": "投入品",
    "epcis": "EPCIS 数据",
    "icar": "ICAR 数据",
    "declaration": "检疫申报",
    "inspection": "检疫检查",
    "laboratory": "实验室检测",
    "slaughter": "屠宰",
    "entry": "赶场预约和到场",
    "certificate": "检疫证明",
    "alert": "养殖户报告",
    "price": "行情",
    "isolation": "隔离处理",
    "movement": "调运",
    "consignment": "运输批次",
    "weighing": "过磅",
    "instrument": "计量器具",
    "device": "设备",
    "desk": "成交台",
    "sale": "成交",
    "verdict": "判定",
    "rule": "规则",
    "restriction": "管控",
    "sample": "抽样检测",
    "statistic": "统计",
    "calving": "产犊疑点",
    "tracing": "追踪",
    "chain": "追溯链",
    "import": "导入登记",
    "backup": "备份",
    "personal": "个人资料",
    "cluster": "集群台账",
    "indicator": "指标",
    "project": "项目",
    "doubt": "存疑读法",
    "label": "标签",
    "scan": "扫码疑点",
}
VERB_LABELS = {
    "capture": "采集",
    "view": "查看",
    "list": "列出",
    "own": "管理自己的",
    "invite": "开通",
    "suspend": "停用",
    "manage": "管理",
    "register": "登记",
    "handle": "装车、启运和路上登记",
    "receive": "登记到达扫描",
    "land": "登记落地报告",
    "stamp": "检查站签章",
    "search": "查找",
    "store": "上传",
    "rejudge": "重判",
    "retag": "补戴耳标",
    "report_death": "报告死亡",
    "photograph": "拍照登记",
    "bind_eid": "绑定电子耳标",
    "raise": "报告",
    "record": "记录",
    "file": "提交",
    "decide": "受理",
    "declare": "提交申报",
    "inspect": "宰前检查",
    "book": "预约",
    "admit": "登记到场",
    "order": "发布和解除",
    "confirm": "复核确认",
    "propose": "提议",
    "approve": "批准",
    "plan": "安排、拨付和支出",
    "issue": "签发",
    "revoke": "作废",
    "depart": "登记启运",
    "arrive": "登记到达",
    "annul": "作废",
    "check": "每日核查",
    "release": "恢复使用",
    "operate": "操作",
    "cancel": "撤销",
    "settle": "收款结算",
    "audit": "核查",
    "report": "登记进展",
    "print": "打印",
    "close": "核实",
}


def permission(name: str) -> Callable[[View], View]:
    """Declare the one permission a view needs; a name outside the table fails at import."""
    if name not in PRIVILEGES:
        raise LookupError(f"permission {name} is not in app/auth/privileges.py")

    def declare(view: View) -> View:
        setattr(view, ATTRIBUTE, name)
        return view

    return declare


def public(view: View) -> View:
    """Declare that anybody may see a view, signed in or not."""
    setattr(view, ATTRIBUTE, PUBLIC)
    return view


def label_of(name: str) -> str:
    """What a permission lets one do, in words.

    >>> label_of("certificate.issue"), label_of("animal.report_death")
    ('检疫证明：签发', '牛只：报告死亡')
    """
    noun, _, verb = name.partition(".")
    return f"{NOUN_LABELS[noun]}：{VERB_LABELS[verb]}"


def allowed(role: Role, name: str) -> bool:
    """Whether a role has a permission.

    >>> allowed(Role.OFFICIAL_VET, "certificate.issue"), allowed(Role.FARMER, "certificate.issue")
    (True, False)
    """
    return role in PRIVILEGES.get(name, frozenset())


def declared(app: Flask, endpoint: str, method: str) -> str | None:
    """The permission that a view declares; None if it declares nothing."""
    if endpoint in UNDECORATED:
        return UNDECORATED[endpoint]
    view: Any = app.view_functions[endpoint]
    if (view_class := getattr(view, "view_class", None)) is not None:
        name = "get" if method in {"HEAD", "OPTIONS"} else method.lower()
        view = getattr(view_class, name, view_class)
    found = getattr(view, ATTRIBUTE, None)
    return found if isinstance(found, str) else None


def declared_here(app: Flask) -> str | None:
    """The permission that the view of the running request declares."""
    return None if request.endpoint is None else declared(app, request.endpoint, request.method)
