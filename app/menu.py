"""菜单 · what each role finds on its first page and in its menu, most used first.

An entry shows only where the account has the permission of its page.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask, current_app, url_for

from app.auth import privileges
from app.auth.logins import SignedIn
from app.auth.privileges import PUBLIC
from app.auth.roles import Role

MENU_ENTRIES_MAX = 7


@dataclass(frozen=True, slots=True)
class Entry:
    """A page somebody goes to."""

    endpoint: str
    label: str
    icon: str
    hint: str = ""


ENTRIES: tuple[Entry, ...] = (
    Entry("desk.show", "过磅成交", "speedometer2", "称上读数，登记成交"),
    Entry("gate.show", "入场", "truck", "验证明，登记入场"),
    Entry("entries.index", "赶场预约", "clipboard2-check", "哪天来几头，到场编号"),
    Entry("counter.show", "收银", "cash-coin", "收款、交割、付卖主"),
    Entry("animals.index", "牛只", "cow", "牛只卡片和经历"),
    Entry("animals.register", "登记牛犊", "plus-lg", "打耳标当天登记"),
    Entry("tag_stock.index", "耳标库存", "tag", "入库、发放、签收和剩余"),
    Entry("treatments.immunise", "记免疫", "capsule", "春秋防和补免"),
    Entry("campaigns.index", "集中免疫", "clipboard2-check", "春防、秋防、补免，整村登记"),
    Entry("due_lists.show", "到期免疫", "journal-text", "各村该打的牛，可打印"),
    Entry("treatments.record", "记用药", "capsule", "休药期自动计算"),
    Entry("inputs.index", "投入品台账", "journal-text", "买的药和饲料，用了多少"),
    Entry("drug_labels.index", "兽药标签", "capsule", "标签上的休药期"),
    Entry("declarations.file", "申报检疫", "file-earmark-text", "离开产地前三天"),
    Entry("declarations.index", "检疫申报", "clipboard2-check", "受理、检查、出证"),
    Entry("inspections.index", "下乡检查", "clipboard2-check", "没有信号也能登记"),
    Entry("slaughter.index", "屠宰申报", "clipboard2-check", "六小时前申报，宰前检查"),
    Entry("carcasses.index", "胴体", "clipboard2-check", "重量、同步检疫、无害化处理"),
    Entry("certificates.index", "检疫证明", "award", "查验与作废"),
    Entry("alerts.index", "养殖户报告", "exclamation-triangle-fill", "病牛、掉了的耳标"),
    Entry("prices.index", "行情", "graph-up-arrow", "市场自己的成交价"),
    Entry("isolations.index", "隔离处理", "x-octagon-fill", "留置、隔离、无害化处理"),
    Entry("movements.index", "调运", "truck", "在途和今日到达"),
    Entry("consignments.index", "运输批次", "truck", "一车一证，装车到落地报告"),
    Entry("filings.index", "运输备案", "truck", "车辆和承运人的备案"),
    Entry("verdict.scan", "扫一扫", "qr-code-scan", "能不能卖，一扫即知"),
    Entry("sales.index", "成交记录", "receipt", "回执和结算"),
    Entry("devices.index", "设备", "cpu", "阅读器和地磅"),
    Entry("weighings.index", "过磅记录", "speedometer2", "重量、秤和原始报文"),
    Entry("counts.index", "市场点数", "clipboard2-check", "证明、入场、过磅、成交对得上吗"),
    Entry("instruments.index", "计量器具", "speedometer2", "检定有效期"),
    Entry("audit.show", "核查追溯链", "shield-check", "查找、通读、核查"),
    Entry("labels.index", "打标签", "printer", "A4 不干胶或单枚"),
    Entry("scans.index", "扫码疑点", "qr-code-scan", "可能被复制的标签"),
    Entry("calvings.index", "产犊疑点", "cow", "牛犊和登记的母牛对不上"),
    Entry("tracing.show", "追踪", "diagram-3", "从哪里来，碰到过谁"),
    Entry("samples.index", "抽样检测", "clipboard2-check", "按风险抽样，不合格跟进到了结"),
    Entry("measures.index", "统计", "graph-up-arrow", "戴标、免疫密度、落地报告、申报答复"),
    Entry("restrictions.index", "管控", "x-octagon-fill", "封锁、限制移动和解除"),
    Entry("rules.index", "规则", "journal-text", "依据、有效期和修改"),
    Entry("clusters.index", "集群台账", "diagram-3", "项目与指标"),
    Entry("funding.index", "资金台账", "cash-coin", "安排、拨付和支出"),
    Entry("plans.index", "六个一", "clipboard2-check", "方案、规划、清单和产业大脑"),
    Entry("decisions.index", "集体决策", "people", "会议、签字、备案，变更的依据"),
    Entry("meetings.index", "会商调度", "calendar-event", "每季度一次会商、一次调度"),
    Entry("teams.index", "工作组与专班", "people", "两地成员、职务和任期"),
    Entry("exchanges.index", "互访培训挂职", "truck", "两地往来，一次一条"),
    Entry("policies.index", "政策", "file-earmark-text", "谁可享受、到哪天为止"),
    Entry("cockpits.index", "产业大脑", "graph-up-arrow", "目标、项目、资金和逾期，一眼看清"),
    Entry("charges.index", "责任清单", "people", "分管领导、处室、承办人和期限"),
    Entry("procedures.index", "办事手续", "file-earmark-text", "核准到施工许可，办到哪一步"),
    Entry("issues.index", "要素保障问题", "x-octagon-fill", "用地、用电、融资，谁来解决"),
    Entry("projects.index", "项目进展", "graph-up-arrow", "登记进展和佐证"),
    Entry("parties.index", "主体", "people", "农户、合作社、企业"),
    Entry("holdings.index", "场所", "house", "养殖场、市场、屠宰场"),
    Entry("accounts.index", "账号", "people", "开通账号、补发纸质码"),
    Entry("evidence.index", "证据", "camera", "照片、合同、化验单"),
    Entry("notices.index", "提醒", "bell", "申报结果、到账、到期"),
    Entry("consents.index", "代办授权", "people", "谁替谁办事"),
    Entry("tokens.index", "接口令牌", "key", "给程序用的钥匙"),
    Entry("second_factor.show", "动态码", "key", "登录时的第二道门"),
    Entry("imports.index", "导入登记", "upload", "原有登记导进来"),
    Entry("personal.index", "个人资料", "people", "查阅、删除、保全"),
    Entry("backups.index", "备份", "shield-check", "每天一份，恢复有验证"),
    Entry("regions.index", "行政区划", "house", "乡镇、村和代码"),
    Entry("access.index", "访问日志", "clock-history", "谁看过什么"),
)
assert len({entry.endpoint for entry in ENTRIES}) == len(ENTRIES)

ORDER: dict[Role, tuple[str, ...]] = {
    Role.FARMER: (
        "animals.register",
        "declarations.file",
        "animals.index",
        "verdict.scan",
        "treatments.immunise",
        "treatments.record",
        "sales.index",
        "movements.index",
        "entries.index",
    ),
    Role.VILLAGE_VET: (
        "campaigns.index",
        "treatments.immunise",
        "animals.index",
        "animals.register",
        "consents.index",
        "declarations.file",
        "verdict.scan",
        "parties.index",
    ),
    Role.OFFICIAL_VET: (
        "declarations.index",
        "inspections.index",
        "certificates.index",
        "verdict.scan",
        "animals.index",
        "isolations.index",
        "campaigns.index",
        "movements.index",
        "counts.index",
        "filings.index",
        "holdings.index",
        "accounts.index",
    ),
    Role.MARKET_OPERATOR: (
        "desk.show",
        "gate.show",
        "weighings.index",
        "sales.index",
        "verdict.scan",
        "devices.index",
        "parties.index",
        "entries.index",
    ),
    Role.MARKET_MANAGER: (
        "desk.show",
        "gate.show",
        "counter.show",
        "sales.index",
        "weighings.index",
        "devices.index",
        "instruments.index",
        "accounts.index",
        "entries.index",
    ),
    Role.CASHIER: ("counter.show", "sales.index", "weighings.index", "parties.index"),
    Role.BROKER: ("verdict.scan", "sales.index", "animals.index", "declarations.file"),
    Role.BUYER: ("verdict.scan", "sales.index", "movements.index", "animals.index"),
    Role.CARRIER: ("movements.index", "certificates.index", "filings.index", "verdict.scan"),
    Role.PROCESSOR: (
        "slaughter.index",
        "movements.index",
        "verdict.scan",
        "certificates.index",
        "animals.index",
    ),
    Role.REGULATOR: (
        "audit.show",
        "tracing.show",
        "measures.index",
        "animals.index",
        "movements.index",
        "certificates.index",
        "declarations.index",
        "sales.index",
        "access.index",
    ),
    Role.CLUSTER_OFFICER: (
        "cockpits.index",
        "projects.index",
        "charges.index",
        "procedures.index",
        "issues.index",
        "clusters.index",
        "funding.index",
        "plans.index",
        "meetings.index",
        "decisions.index",
        "policies.index",
    ),
    Role.ADMINISTRATOR: (
        "accounts.index",
        "devices.index",
        "audit.show",
        "access.index",
        "parties.index",
        "holdings.index",
    ),
}
"""What a role does most stands first; whatever else it may open follows in the order above."""
assert ORDER.keys() == set(Role)


def entries(app: Flask, me: SignedIn) -> list[Entry]:
    """The pages an account may go to, its main task first."""
    order = {endpoint: place for place, endpoint in enumerate(ORDER[me.role])}
    return sorted(_open_to(app, me), key=lambda entry: order.get(entry.endpoint, len(order)))


def _open_to(app: Flask, me: SignedIn) -> Iterator[Entry]:
    for entry in ENTRIES:
        needed = privileges.declared(app, entry.endpoint, "GET")
        if needed is not None and (needed == PUBLIC or me.may(needed)):
            yield entry


def menu(me: SignedIn | None) -> list[tuple[str, str, str]]:
    """Address, label and icon for the bar on top."""
    if me is None:
        return []
    shown = entries(current_app, me)[:MENU_ENTRIES_MAX]
    home = (url_for("home.show"), "首页", "house")
    return [home, *((url_for(entry.endpoint), entry.label, entry.icon) for entry in shown)]


def tiles(me: SignedIn) -> list[dict[str, str]]:
    """The big tiles of the first page."""
    return [
        {
            "href": url_for(entry.endpoint),
            "label": entry.label,
            "icon": entry.icon,
            "hint": entry.hint,
        }
        for entry in entries(current_app, me)
    ]
