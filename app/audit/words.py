"""字段名 · what the fields of events are called, for whoever may read the private ones."""

import re
from collections.abc import Mapping
from typing import Any

from app import filters
from app.trace.words import FIELDS, value_of
from registry.decisions import MATTER_LABELS
from registry.exchanges import EXCHANGE_KIND_LABELS
from registry.meetings import DUTY_LABELS, LEVEL_LABELS
from registry.plans import PLAN_KIND_LABELS
from registry.teams import SIDE_LABELS, TEAM_KIND_LABELS
from traceability.base.clock import unstamp
from traceability.holdings import HOLDING_KIND_LABELS, HoldingKind
from traceability.inputs import INPUT_KIND_LABELS
from traceability.treatments import AMOUNT_UNIT_LABELS, ROUTE_LABELS, WITHDRAWAL_BASIS_LABELS

PRIVATE_NAMES = {
    "first_tag": "起号",
    "last_tag": "止号",
    "holder": "领用人",
    "animal": "牛只",
    "outcome": "处理结果",
    "photograph": "照片",
    "words": "说明",
    "code": "规则编号",
    "account": "账户",
    "acts": "代办事项",
    "alert_kind": "报告类别",
    "amount_fen": "金额",
    "animals": "牛只",
    "approval_no": "批准文号",
    "area": "产地",
    "authorities": "责任单位",
    "baseline": "基期",
    "basis": "依据",
    "batch_no": "批号",
    "begins_at": "开始",
    "born_on": "出生日期",
    "box_key": "专栏",
    "buyer": "买方",
    "about": "涉及",
    "content_sha256": "内容指纹",
    "document_no": "文号",
    "paid_on": "付款日期",
    "payee": "收款单位",
    "payment_kind": "收支环节",
    "purpose": "用途",
    "refused": "未办理的原因",
    "cause": "原因",
    "centre_latitude_udeg": "中心纬度（百万分之一度）",
    "centre_longitude_udeg": "中心经度（百万分之一度）",
    "certificate": "检疫证明",
    "certificate_no": "检定证书",
    "checks": "检查项目",
    "client_key": "成交台编号",
    "cluster": "集群",
    "comparator": "比较",
    "comparator_text": "比较词",
    "confirmed_by": "第二确认人",
    "county": "县",
    "credit": "贷方账户",
    "dam": "母牛",
    "data_sha256": "数据指纹",
    "debit": "借方账户",
    "declarant": "申报人",
    "declaration": "检疫申报",
    "destination": "到达地",
    "device_code": "设备",
    "died_before": "处理前已死亡",
    "disposal": "处理",
    "division_g": "分度值",
    "carrier": "承运人",
    "documents": "材料",
    "dose": "用量",
    "dose_no": "针次",
    "drug": "药名",
    "ends_at": "结束",
    "epoch": "目录代次",
    "epcis_id": "EPCIS 编号",
    "event_type": "事件类型",
    "evidence": "证据",
    "evidence_level": "证据等级",
    "evidence_sha256": "证据指纹",
    "farm_code": "养殖代码",
    "filed_from": "备案日期",
    "filed_until": "备案有效期至",
    "filing_kind": "备案类别",
    "farm_risk": "场所风险",
    "agent": "消毒药或代办人",
    "disinfecting": "消毒时机",
    "done_by": "消毒人",
    "ear_tags": "耳标",
    "entry_point": "指定道口",
    "finding": "依据",
    "loss_kind": "损失类别",
    "origin_report_due": "须报启运地",
    "place": "地点",
    "report_due_at": "报告期限",
    "report_end": "报给哪一端",
    "first_line": "原文起始行",
    "for_trade": "可用于贸易结算",
    "frames_sha256": "原始报文指纹",
    "from_kind": "启运场所类别",
    "from_township": "启运乡镇",
    "grantor": "授权人",
    "head_count": "头数",
    "heading": "标题",
    "healthy": "临床健康",
    "holding": "场所",
    "immunised": "免疫",
    "indicator": "指标",
    "instrument": "计量器具",
    "keeper": "饲养者",
    "key": "编码",
    "kind_of_account": "账户类别",
    "kind_of_party": "主体类别",
    "lab": "实验室检测",
    "last_line": "原文结束行",
    "late_reason": "补录原因",
    "latitude_udeg": "纬度（百万分之一度）",
    "leaves_on": "启运日期",
    "longitude_udeg": "经度（百万分之一度）",
    "lost_from": "缺失起",
    "lost_to": "缺失止",
    "market": "市场",
    "max_g": "最大称量",
    "media_type": "文件类型",
    "name": "名称",
    "notice_no": "通知单编号",
    "official_number": "官方编号",
    "old_stage": "原阶段",
    "order_no": "顺序",
    "origin": "启运地或来源",
    "owner": "货主",
    "passed": "检查结果",
    "tested_for": "检测的病",
    "positive": "是否阳性",
    "tested_on": "报告日期",
    "report": "报告",
    "phone": "电话",
    "place_kind": "场所类别",
    "places": "范围内",
    "plate": "车牌",
    "prefecture": "市州",
    "price_fen": "单价",
    "price_unit": "计价单位",
    "printed": "原文数字",
    "project": "项目",
    "quote": "原文",
    "radius_m": "半径（米）",
    "reach": "范围方式",
    "reading_key": "读数编号",
    "reason": "原因",
    "receipt_code": "回执码",
    "region_code": "行政区划",
    "photographs": "照片",
    "remarks": "说明",
    "requirement": "要求",
    "resident_id": "身份证号",
    "restriction_kind": "管控类别",
    "retired": "已停用的公钥",
    "revoked": "已撤销的公钥",
    "role": "性质",
    "scope": "范围",
    "second": "第二人",
    "seller": "卖方",
    "sentence": "提示",
    "serial_no": "出厂编号",
    "sha256": "文件指纹",
    "short_code": "溯源码",
    "shown": "公开展示",
    "size_bytes": "文件大小",
    "source": "来源",
    "tag": "耳标",
    "task": "重点任务",
    "text": "内容",
    "title": "标题",
    "to_kind": "到达场所类别",
    "to_township": "到达乡镇",
    "township": "乡镇",
    "transfer_fen": "转账金额",
    "transfer_key": "转账编号",
    "trusted_size": "可信条数",
    "uscc": "统一社会信用代码",
    "use_key": "用途",
    "vaccine": "疫苗",
    "valid_from": "生效",
    "value": "数值",
    "value_max": "上限",
    "verified_on": "检定日期",
    "vkeys": "公钥",
    "voucher_no": "凭证号",
    "abattoir": "屠宰场",
    "carcass_number": "胴体编号",
    "hot_weight_g": "胴体重",
    "removed": "摘除的部位",
    "arrived_head": "到场头数",
    "booked_head": "预约头数",
    "cattle_class": "牛的类别",
    "comes_on": "赶场日",
    "disinfected": "车辆已消毒",
    "expected_at": "预计到达",
    "gate_no": "入场编号",
    "unpapered_head": "没有证明的头数",
    "emergency": "急宰的原因",
    "slaughter_declaration": "屠宰申报",
    "slaughters_at": "屠宰时间",
    "checked_on": "核查日期",
    "seal_no": "封印编号",
    "setup_count": "标定计数",
    "trade_stop": "停用原因",
    "permitted_g": "允许误差",
    "shown_g": "显示重量",
    "test_weight_g": "砝码重量",
    "warnings": "当时的提示",
    "weighing": "过磅",
    "weight_g": "重量",
    "where": "地点",
    "witness": "见证人",
    "input_kind": "投入品类别",
    "quantity_milli": "数量（千分之一）",
    "amount_unit": "单位",
    "bought_on": "购入日期",
    "manufacturer": "生产企业",
    "route": "给药途径",
    "prescriber": "处方兽医",
    "off_label": "标签外用药",
    "used_milli": "用量（千分之一）",
    "used_unit": "用量单位",
    "label_days": "标签休药期天数",
    "withdrawal_basis": "休药期依据",
    "withdrawal_days": "休药期天数",
    "year": "年份",
    "year_from": "起始年份",
    "duty": "季度任务",
    "quarter": "季度",
    "held_on": "开会日期",
    "level": "会议层级",
    "agenda": "议程",
    "minutes": "纪要",
    "meeting": "会商或调度",
    "assignee": "承办人",
    "team_kind": "组织类别",
    "mandate": "职责",
    "formed_on": "成立日期",
    "dissolved_on": "撤销日期",
    "team": "工作组或专班",
    "office": "单位",
    "side": "哪一方",
    "position": "组内职务",
    "from_on": "开始日期",
    "until_on": "截止日期",
    "exchange_kind": "往来类别",
    "people": "人数",
    "matters": "决定事项",
    "matter": "变更事项",
    "met_on": "开会日期",
    "body": "决策组织",
    "participants": "参加人",
    "participant_count": "参加人数",
    "principal": "主要负责人",
    "filing_no": "备案文号",
    "is_major": "三重一大",
    "plan_kind": "六个一",
    "version": "版次",
    "supersedes": "代替的版本",
    "decision": "集体决策",
    "issuer": "发文单位",
    "eligible": "享受对象",
    "benefit": "享受内容",
    "old": "变更前",
    "new": "变更后",
    "certainty": "把握程度",
    "change": "修改方式",
    "closes_on": "原规则止于",
    "edition": "版本",
    "effective_from": "自",
    "effective_to": "至",
    "severity": "效力",
    "species": "畜种",
    "stages": "适用环节",
    "citation": "出处",
    "params": "参数",
    "card": "规则内容",
    "rule": "规则",
    "campaign": "集中免疫",
    "campaign_kind": "集中免疫类别",
    "close_note": "结束说明",
    "closed_at": "结束时刻",
    "figures": "清点结果",
    "first_on": "起",
    "laboratory": "实验室",
    "last_on": "止",
    "note": "备注",
    "noted_on": "登记日期",
    "regions": "乡镇和村",
    "report_no": "报告编号",
    "result": "检测结果",
    "sampled_on": "采样日期",
    "titre": "效价",
}
DAY = re.compile(r"\d{4}-\d\d-\d\d")
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
HIDDEN = {"by", "on_behalf_of", "late", "code"}
PLACE_KINDS = {"from_kind", "to_kind", "place_kind"}
REGIONS = {"township", "from_township", "to_township", "region_code"}
CHOICES: Mapping[str, Mapping[Any, str]] = {
    "duty": DUTY_LABELS,
    "team_kind": TEAM_KIND_LABELS,
    "side": SIDE_LABELS,
    "exchange_kind": EXCHANGE_KIND_LABELS,
    "level": LEVEL_LABELS,
    "plan_kind": PLAN_KIND_LABELS,
    "matter": MATTER_LABELS,
    "matters": MATTER_LABELS,
    "route": ROUTE_LABELS,
    "used_unit": AMOUNT_UNIT_LABELS,
    "amount_unit": AMOUNT_UNIT_LABELS,
    "input_kind": INPUT_KIND_LABELS,
    "withdrawal_basis": WITHDRAWAL_BASIS_LABELS,
}
MASKED = {"resident_id": 6, "phone": 3}


def name_of(field: str) -> str:
    """What a field is called."""
    if field in FIELDS and FIELDS[field][0]:
        return FIELDS[field][0]
    return PRIVATE_NAMES.get(field, field)


def told(field: str, value: Any, names: Mapping[str, str]) -> str:
    """A value in words: names for references, units for numbers, personal numbers masked."""
    if isinstance(value, list):
        return "；".join(told(field, each, names) for each in value)
    if isinstance(value, dict):
        shown = {key: each for key, each in value.items() if key not in HIDDEN}
        return "，".join(_pair(key, each, names) for key, each in shown.items())
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, str) and field in MASKED:
        return value[: MASKED[field]] + "*" * (len(value) - MASKED[field])
    return names.get(value, value) if value in names else _measured(field, value)


def _pair(key: str, value: Any, names: Mapping[str, str]) -> str:
    text = told(key, value, names)
    return text if key == "sentence" else f"{name_of(key)} {text}"


def _measured(field: str, value: Any) -> str:
    if field.endswith("_fen") and isinstance(value, int):
        return filters.yuan(value)
    if field.endswith("_g") and isinstance(value, int):
        return filters.kg(value)
    if field in PLACE_KINDS and value in set(HoldingKind):
        return HOLDING_KIND_LABELS[HoldingKind(value)]
    if field in CHOICES:
        return CHOICES[field].get(value, str(value))
    if field in FIELDS:
        return value_of(field, value)
    return _dated(value) if isinstance(value, str) else str(value)


def _dated(text: str) -> str:
    """A day or an instant as people write it; other text as it stands.

    >>> _dated("2026-11-22"), _dated("2026-11-22T03:02:45.000Z"), _dated("2 号")
    ('2026年11月22日', '2026年11月22日 11:02', '2 号')
    """
    if DAY.fullmatch(text):
        return filters.cn_date(text)
    return filters.cn_datetime(unstamp(text)) if INSTANT.fullmatch(text) else text


def fields(part: Mapping[str, Any], names: Mapping[str, str]) -> list[tuple[str, str]]:
    """The fields of a part, by name."""
    return [
        (name_of(field), told(field, value, names))
        for field, value in sorted(part.items())
        if field not in HIDDEN and value not in (None, "", [], {})
    ]
