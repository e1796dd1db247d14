"""事件种类 · every kind of event: its Chinese label, its public fields, its CBV business step.

A kind is `noun.past_participle` and is never removed or reused. The default is private: only the
fields named here leave the platform. No public field may hold a person, a price, a place below a
township, or free text (a reason, a cause, a product), in which anybody may write a name.
"""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """事件种类."""

    CHAIN_RESUMED = "chain.resumed"
    CHAIN_KEY_ROTATED = "chain.key_rotated"
    CHAIN_KEY_REVOKED = "chain.key_revoked"
    EVENT_ANNULLED = "event.annulled"
    EVIDENCE_STORED = "evidence.stored"
    RULE_LOADED = "rule.loaded"
    RULE_PROPOSED = "rule.proposed"
    RULE_RETURNED = "rule.returned"
    RULE_APPROVED = "rule.approved"
    PARTY_REGISTERED = "party.registered"
    PARTY_CHANGED = "party.changed"
    PARTY_ERASED = "party.erased"
    HOLD_PLACED = "hold.placed"
    HOLD_LIFTED = "hold.lifted"
    HOLDING_REGISTERED = "holding.registered"
    HOLDING_LOCATED = "holding.located"
    RESTRICTION_ORDERED = "restriction.ordered"
    RESTRICTION_LIFTED = "restriction.lifted"
    CONSENT_GRANTED = "consent.granted"
    CONSENT_REVOKED = "consent.revoked"
    INSTRUMENT_REGISTERED = "instrument.registered"
    INSTRUMENT_VERIFIED = "instrument.verified"
    INSTRUMENT_SEALED = "instrument.sealed"
    INSTRUMENT_CHECKED = "instrument.checked"
    INSTRUMENT_RELEASED = "instrument.released"
    FILING_RECORDED = "filing.recorded"
    FILING_REVOKED = "filing.revoked"
    TAG_RANGE_RECEIVED = "tag.range_received"
    TAG_RANGE_ISSUED = "tag.range_issued"
    TAG_RANGE_RETURNED = "tag.range_returned"
    TAG_RANGE_LOST = "tag.range_lost"
    TAG_RANGE_DESTROYED = "tag.range_destroyed"
    TAG_RANGE_CONFIRMED = "tag.range_confirmed"
    TAG_RANGE_DECLINED = "tag.range_declined"
    ANIMAL_REGISTERED = "animal.registered"
    ANIMAL_RETAGGED = "animal.retagged"
    ANIMAL_EID_BOUND = "animal.eid_bound"
    ANIMAL_PHOTOGRAPHED = "animal.photographed"
    ANIMAL_DIED = "animal.died"
    ANIMAL_SLAUGHTERED = "animal.slaughtered"
    SLAUGHTER_DECLARED = "slaughter.declared"
    SLAUGHTER_ACCEPTED = "slaughter.accepted"
    SLAUGHTER_REFUSED = "slaughter.refused"
    SLAUGHTER_INSPECTED = "slaughter.inspected"
    CARCASS_WEIGHED = "carcass.weighed"
    CARCASS_INSPECTED = "carcass.inspected"
    CARCASS_DISPOSED = "carcass.disposed"
    IMMUNISATION_GIVEN = "immunisation.given"
    CAMPAIGN_OPENED = "campaign.opened"
    CAMPAIGN_CLOSED = "campaign.closed"
    OMISSION_NOTED = "omission.noted"
    ANTIBODY_TESTED = "antibody.tested"
    SAMPLING_PLANNED = "sampling.planned"
    SAMPLE_TAKEN = "sample.taken"
    SAMPLE_REPORTED = "sample.reported"
    SAMPLE_FOLLOWED_UP = "sample.followed_up"
    SAMPLE_CLOSED = "sample.closed"
    TREATMENT_GIVEN = "treatment.given"
    PURCHASE_RECORDED = "purchase.recorded"
    DRUG_LABEL_ENTERED = "drug.label_entered"
    DRUG_LABEL_CONFIRMED = "drug.label_confirmed"
    DRUG_LABEL_RETURNED = "drug.label_returned"
    DECLARATION_FILED = "declaration.filed"
    DECLARATION_ACCEPTED = "declaration.accepted"
    DECLARATION_REFUSED = "declaration.refused"
    INSPECTION_RECORDED = "inspection.recorded"
    LABORATORY_RECORDED = "laboratory.recorded"
    LABORATORY_WITHDRAWN = "laboratory.withdrawn"
    CERTIFICATE_ISSUED = "certificate.issued"
    CERTIFICATE_REVOKED = "certificate.revoked"
    ALERT_RAISED = "alert.raised"
    ALERT_CLOSED = "alert.closed"
    ISOLATION_OPENED = "isolation.opened"
    ISOLATION_NOTIFIED = "isolation.notified"
    ISOLATION_BEGUN = "isolation.begun"
    ISOLATION_RELEASED = "isolation.released"
    ISOLATION_CONDEMNED = "isolation.condemned"
    ISOLATION_DISPOSED = "isolation.disposed"
    ISOLATION_CLOSED = "isolation.closed"
    MOVEMENT_DEPARTED = "movement.departed"
    MOVEMENT_ARRIVED = "movement.arrived"
    MOVEMENT_LOST = "movement.lost"
    CONSIGNMENT_OPENED = "consignment.opened"
    CONSIGNMENT_DISINFECTED = "consignment.disinfected"
    CONSIGNMENT_LOADED = "consignment.loaded"
    CONSIGNMENT_DEPARTED = "consignment.departed"
    CONSIGNMENT_STAMPED = "consignment.stamped"
    CONSIGNMENT_LOST = "consignment.lost"
    CONSIGNMENT_ARRIVED = "consignment.arrived"
    CONSIGNMENT_REPORTED = "consignment.reported"
    CONSIGNMENT_CANCELLED = "consignment.cancelled"
    WEIGHING_RECORDED = "weighing.recorded"
    WEIGHING_ANNULLED = "weighing.annulled"
    EPCIS_OBSERVED = "epcis.observed"
    ACCOUNT_OPENED = "account.opened"
    ENTRY_BOOKED = "entry.booked"
    ENTRY_CANCELLED = "entry.cancelled"
    ENTRY_ADMITTED = "entry.admitted"
    ENTRY_WALKED_IN = "entry.walked_in"
    SALE_AGREED = "sale.agreed"
    SALE_WEIGHED = "sale.weighed"
    SALE_FUNDED = "sale.funded"
    SALE_HANDED_OVER = "sale.handed_over"
    SALE_ACCEPTED = "sale.accepted"
    SALE_SETTLED = "sale.settled"
    SALE_CANCELLED = "sale.cancelled"
    CLUSTER_LOADED = "cluster.loaded"
    CLUSTER_REVISED = "cluster.revised"
    TASK_DECLARED = "task.declared"
    TASK_REVISED = "task.revised"
    PROJECT_REGISTERED = "project.registered"
    PROJECT_REVISED = "project.revised"
    PROJECT_ADVANCED = "project.advanced"
    PROJECT_PROGRESS_RECORDED = "project.progress_recorded"
    FUND_PLANNED = "fund.planned"
    FUND_APPROVED = "fund.approved"
    FUND_RETURNED = "fund.returned"
    FUND_PAID = "spending.recorded"
    FUND_ANNULLED = "spending.annulled"
    MILESTONE_PLANNED = "milestone.planned"
    MILESTONE_REACHED = "milestone.reached"
    MILESTONE_RESCHEDULED = "milestone.rescheduled"
    TARGET_ADJUSTED = "target.adjusted"
    TASK_ADJUSTED = "task.adjusted"
    FUND_REDIRECTED = "fund.redirected"
    DECISION_RECORDED = "decision.recorded"
    DECISION_CONFIRMED = "decision.confirmed"
    DECISION_RETURNED = "decision.returned"
    PLAN_ISSUED = "plan.issued"
    POLICY_REGISTERED = "policy.registered"
    POLICY_EXTENDED = "policy.extended"
    MEETING_OPENED = "meeting.opened"
    MEETING_HELD = "meeting.held"
    ACTION_ASSIGNED = "action.assigned"
    ACTION_DONE = "action.done"
    TEAM_FORMED = "team.formed"
    TEAM_DISSOLVED = "team.dissolved"
    MEMBER_APPOINTED = "member.appointed"
    MEMBER_RELEASED = "member.released"
    EXCHANGE_RECORDED = "exchange.recorded"
    PROCEDURE_PLANNED = "procedure.planned"
    PROCEDURE_ACCEPTED = "procedure.accepted"
    PROCEDURE_ENDED = "procedure.ended"
    ISSUE_REPORTED = "issue.reported"
    ISSUE_SOLVED = "issue.solved"
    CHARGE_ASSIGNED = "charge.assigned"
    TASK_PROGRESS_RECORDED = "task.progress_recorded"
    SCALE_STATED = "scale.stated"
    WORDING_DECIDED = "wording.decided"
    INDICATOR_DECLARED = "indicator.declared"
    INDICATOR_REVISED = "indicator.revised"
    FIGURE_DECLARED = "figure.declared"
    FIGURE_REVISED = "figure.revised"
    ACTUAL_REPORTED = "actual.reported"
    ACTUAL_REVISED = "actual.revised"
    ACTUAL_SUBMITTED = "actual.submitted"
    ACTUAL_RETURNED = "actual.returned"
    ACTUAL_CONFIRMED = "actual.confirmed"


@dataclass(frozen=True, slots=True)
class KindSpec:
    """种类说明 · label for people, fields for everybody, step for EPCIS (CBV 2.0 §7.1)."""

    label: str
    public: frozenset[str] = frozenset()
    step: str | None = None
    v: int = 1


def _spec(label: str, public: str = "", step: str | None = None) -> KindSpec:
    return KindSpec(label, frozenset(public.split()), step)


RULE_CARD = "code species stages effective_from effective_to severity certainty edition"
PLACE = "place_kind township"
QUOTED = "quote first_line last_line"
CLUSTER_CARD = "key order_no name heading host_place prefecture county region_code partner"
PROJECT_CARD = f"cluster task key order_no number name box_key {QUOTED}"
INDICATOR_CARD = "cluster project key order_no name unit scope"
FIGURE_CARD = (
    "cluster indicator project key order_no name role year_from year period comparator"
    f" comparator_text value value_max unit printed scope {QUOTED}"
)
JOURNEY = "from_kind from_township to_kind to_township"
TRIP = f"certificate_number evidence_level {JOURNEY}"

SPECS: dict[Kind, KindSpec] = {
    Kind.CHAIN_RESUMED: _spec("恢复登记", "lost_from lost_to epoch"),
    Kind.CHAIN_KEY_ROTATED: _spec("更换盖章密钥", "vkeys retired"),
    Kind.CHAIN_KEY_REVOKED: _spec("作废盖章密钥", "vkeys revoked trusted_size"),
    Kind.EVENT_ANNULLED: _spec("作废", "annulled_kind"),
    Kind.EVIDENCE_STORED: _spec("存证", "media_type"),
    Kind.RULE_LOADED: _spec("规则装入", RULE_CARD),
    Kind.RULE_PROPOSED: _spec("规则修改提议", "code change"),
    Kind.RULE_RETURNED: _spec("规则修改退回"),
    Kind.RULE_APPROVED: _spec("规则修改批准", f"{RULE_CARD} change closes_on"),
    Kind.PARTY_REGISTERED: _spec("主体登记"),
    Kind.PARTY_CHANGED: _spec("主体变更"),
    Kind.PARTY_ERASED: _spec("个人信息删除"),
    Kind.HOLD_PLACED: _spec("依法保全"),
    Kind.HOLD_LIFTED: _spec("解除保全"),
    Kind.HOLDING_REGISTERED: _spec("场所登记", f"evidence_level {PLACE}"),
    Kind.HOLDING_LOCATED: _spec("场所定位"),
    Kind.RESTRICTION_ORDERED: _spec("发布管控", "restriction_kind begins_at ends_at"),
    Kind.RESTRICTION_LIFTED: _spec("解除管控", "ends_at"),
    Kind.CONSENT_GRANTED: _spec("授权代办"),
    Kind.CONSENT_REVOKED: _spec("收回代办授权"),
    Kind.INSTRUMENT_REGISTERED: _spec("计量器具登记", "serial_no division_g max_g"),
    Kind.INSTRUMENT_VERIFIED: _spec("计量检定", "certificate_no verified_on valid_until"),
    Kind.INSTRUMENT_SEALED: _spec("秤的封印登记", "seal_no setup_count"),
    Kind.INSTRUMENT_CHECKED: _spec(
        "秤的每日核查",
        "checked_on test_weight_g shown_g permitted_g seal_no setup_count trade_stop",
    ),
    Kind.INSTRUMENT_RELEASED: _spec("秤恢复贸易使用", "seal_no setup_count"),
    Kind.FILING_RECORDED: _spec("运输备案"),
    Kind.FILING_REVOKED: _spec("备案注销"),
    Kind.TAG_RANGE_RECEIVED: _spec("耳标入库"),
    Kind.TAG_RANGE_ISSUED: _spec("耳标发放"),
    Kind.TAG_RANGE_RETURNED: _spec("耳标退回"),
    Kind.TAG_RANGE_LOST: _spec("耳标丢失"),
    Kind.TAG_RANGE_DESTROYED: _spec("耳标销毁"),
    Kind.TAG_RANGE_CONFIRMED: _spec("耳标签收"),
    Kind.TAG_RANGE_DECLINED: _spec("耳标没有签收"),
    Kind.ANIMAL_REGISTERED: _spec(
        "登记", f"ear_tag breed sex born_month origin evidence_level {PLACE}", "commissioning"
    ),
    Kind.ANIMAL_RETAGGED: _spec("补戴耳标", "ear_tag old_ear_tag", "repairing"),
    Kind.ANIMAL_EID_BOUND: _spec("绑定电子耳标", "eid", "commissioning"),
    Kind.ANIMAL_PHOTOGRAPHED: _spec("拍照", "shown", "inspecting"),
    Kind.ANIMAL_DIED: _spec("死亡", "", "destroying"),
    Kind.ANIMAL_SLAUGHTERED: _spec("屠宰", PLACE, "killing"),
    Kind.SLAUGHTER_DECLARED: _spec("屠宰申报", f"head_count {PLACE}", "inspecting"),
    Kind.SLAUGHTER_ACCEPTED: _spec("屠宰申报受理", "", "inspecting"),
    Kind.SLAUGHTER_REFUSED: _spec("屠宰申报不予受理", "", "inspecting"),
    Kind.SLAUGHTER_INSPECTED: _spec("宰前检查", "passed", "inspecting"),
    Kind.CARCASS_WEIGHED: _spec("胴体称重", "", "inspecting"),
    Kind.CARCASS_INSPECTED: _spec("同步检疫", "passed", "inspecting"),
    Kind.CARCASS_DISPOSED: _spec("胴体无害化处理", "method", "destroying"),
    Kind.IMMUNISATION_GIVEN: _spec(
        "免疫", f"disease dose_no given_on evidence_level {PLACE}", "inspecting"
    ),
    Kind.CAMPAIGN_OPENED: _spec("集中免疫开始", "campaign_kind disease first_on last_on"),
    Kind.CAMPAIGN_CLOSED: _spec("集中免疫结束"),
    Kind.OMISSION_NOTED: _spec("未免登记"),
    Kind.ANTIBODY_TESTED: _spec("抗体检测", "", "inspecting"),
    Kind.SAMPLING_PLANNED: _spec("抽样计划"),
    Kind.SAMPLE_TAKEN: _spec("采样", "", "inspecting"),
    Kind.SAMPLE_REPORTED: _spec("样品报告"),
    Kind.SAMPLE_FOLLOWED_UP: _spec("不合格跟进"),
    Kind.SAMPLE_CLOSED: _spec("不合格了结"),
    Kind.TREATMENT_GIVEN: _spec("用药", "given_on clear_on", "inspecting"),
    Kind.PURCHASE_RECORDED: _spec("投入品购入"),
    Kind.DRUG_LABEL_ENTERED: _spec("兽药标签登记"),
    Kind.DRUG_LABEL_CONFIRMED: _spec("兽药标签复核"),
    Kind.DRUG_LABEL_RETURNED: _spec("兽药标签退回"),
    Kind.DECLARATION_FILED: _spec("检疫申报", f"purpose head_count {JOURNEY}", "inspecting"),
    Kind.DECLARATION_ACCEPTED: _spec("申报受理", "", "inspecting"),
    Kind.DECLARATION_REFUSED: _spec("申报不予受理", "", "inspecting"),
    Kind.INSPECTION_RECORDED: _spec("临床检查", "passed", "inspecting"),
    Kind.LABORATORY_RECORDED: _spec("实验室检测", "", "inspecting"),
    Kind.LABORATORY_WITHDRAWN: _spec("检测结果撤销", "", "inspecting"),
    Kind.CERTIFICATE_ISSUED: _spec(
        "签发检疫证明",
        f"number form purpose head_count valid_from valid_until {JOURNEY}",
        "inspecting",
    ),
    Kind.CERTIFICATE_REVOKED: _spec("检疫证明作废", "number", "inspecting"),
    Kind.ALERT_RAISED: _spec("养殖户报告"),
    Kind.ALERT_CLOSED: _spec("报告处理"),
    Kind.ISOLATION_OPENED: _spec("留置", "", "holding"),
    Kind.ISOLATION_NOTIFIED: _spec("检疫处理通知", "", "holding"),
    Kind.ISOLATION_BEGUN: _spec("隔离", "", "holding"),
    Kind.ISOLATION_RELEASED: _spec("解除留置", "", "inspecting"),
    Kind.ISOLATION_CONDEMNED: _spec("判定无害化处理", "", "inspecting"),
    Kind.ISOLATION_DISPOSED: _spec("无害化处理", "method died_before", "destroying"),
    Kind.ISOLATION_CLOSED: _spec("隔离处理结案", "", "inspecting"),
    Kind.MOVEMENT_DEPARTED: _spec("启运", TRIP, "departing"),
    Kind.MOVEMENT_ARRIVED: _spec("到达", TRIP, "arriving"),
    Kind.MOVEMENT_LOST: _spec("途中失去"),
    Kind.CONSIGNMENT_OPENED: _spec("建运输批次"),
    Kind.CONSIGNMENT_DISINFECTED: _spec("车辆消毒"),
    Kind.CONSIGNMENT_LOADED: _spec("装车扫描"),
    Kind.CONSIGNMENT_DEPARTED: _spec("车辆启运"),
    Kind.CONSIGNMENT_STAMPED: _spec("检查站签章"),
    Kind.CONSIGNMENT_LOST: _spec("途中损失"),
    Kind.CONSIGNMENT_ARRIVED: _spec("到达扫描"),
    Kind.CONSIGNMENT_REPORTED: _spec("落地报告"),
    Kind.CONSIGNMENT_CANCELLED: _spec("运输批次取消"),
    Kind.WEIGHING_RECORDED: _spec("过磅", f"basis evidence_level {PLACE}", "inspecting"),
    Kind.WEIGHING_ANNULLED: _spec("过磅作废", "", "inspecting"),
    Kind.EPCIS_OBSERVED: _spec("外部事件", "event_type evidence_level"),
    Kind.ACCOUNT_OPENED: _spec("开立账户"),
    Kind.ENTRY_BOOKED: _spec("入场预约", PLACE),
    Kind.ENTRY_CANCELLED: _spec("取消预约"),
    Kind.ENTRY_ADMITTED: _spec("预约到场"),
    Kind.ENTRY_WALKED_IN: _spec("没有预约到场", PLACE),
    Kind.SALE_AGREED: _spec("成交", PLACE, "accepting"),
    Kind.SALE_WEIGHED: _spec("成交过磅", "", "accepting"),
    Kind.SALE_FUNDED: _spec("货款到账", "", "accepting"),
    Kind.SALE_HANDED_OVER: _spec("交割", PLACE, "receiving"),
    Kind.SALE_ACCEPTED: _spec("验收", "", "accepting"),
    Kind.SALE_SETTLED: _spec("结算", "", "accepting"),
    Kind.SALE_CANCELLED: _spec("成交撤销", "", "accepting"),
    Kind.CLUSTER_LOADED: _spec("集群登记", f"{CLUSTER_CARD} data_sha256"),
    Kind.CLUSTER_REVISED: _spec("集群资料更新", f"{CLUSTER_CARD} data_sha256"),
    Kind.TASK_DECLARED: _spec("重点任务登记", f"cluster key order_no number name {QUOTED}"),
    Kind.TASK_REVISED: _spec("重点任务更新", f"cluster key order_no number name {QUOTED}"),
    Kind.PROJECT_REGISTERED: _spec("项目登记", f"{PROJECT_CARD} stage"),
    Kind.PROJECT_REVISED: _spec("项目资料更新", PROJECT_CARD),
    Kind.PROJECT_ADVANCED: _spec("项目阶段变更", "stage old_stage"),
    Kind.PROJECT_PROGRESS_RECORDED: _spec("项目进展", "percent"),
    Kind.FUND_PLANNED: _spec("资金安排"),
    Kind.FUND_APPROVED: _spec("资金安排批准"),
    Kind.FUND_RETURNED: _spec("资金安排退回"),
    Kind.FUND_PAID: _spec("拨付或支出"),
    Kind.FUND_ANNULLED: _spec("拨付或支出撤销"),
    Kind.MILESTONE_PLANNED: _spec("节点计划", "name due_on"),
    Kind.MILESTONE_REACHED: _spec("节点完成", "reached_on"),
    Kind.MILESTONE_RESCHEDULED: _spec("节点期限变更", "name due_on"),
    Kind.TARGET_ADJUSTED: _spec("目标调整"),
    Kind.TASK_ADJUSTED: _spec("重点任务调整"),
    Kind.FUND_REDIRECTED: _spec("资金用途变更"),
    Kind.DECISION_RECORDED: _spec("集体决策登记"),
    Kind.DECISION_CONFIRMED: _spec("集体决策核对"),
    Kind.DECISION_RETURNED: _spec("集体决策退回"),
    Kind.PLAN_ISSUED: _spec("方案版本发布", "plan_kind version effective_from"),
    Kind.POLICY_REGISTERED: _spec("政策登记"),
    Kind.POLICY_EXTENDED: _spec("政策期限变更"),
    Kind.MEETING_OPENED: _spec("季度任务开始", "cluster duty quarter due_on"),
    Kind.MEETING_HELD: _spec("会议纪要", "held_on level"),
    Kind.ACTION_ASSIGNED: _spec("交办事项"),
    Kind.ACTION_DONE: _spec("交办事项办结"),
    Kind.TEAM_FORMED: _spec("工作组或专班成立"),
    Kind.TEAM_DISSOLVED: _spec("工作组或专班撤销"),
    Kind.MEMBER_APPOINTED: _spec("成员登记"),
    Kind.MEMBER_RELEASED: _spec("成员任期结束"),
    Kind.EXCHANGE_RECORDED: _spec("互访、培训或挂职"),
    Kind.PROCEDURE_PLANNED: _spec("列入手续"),
    Kind.PROCEDURE_ACCEPTED: _spec("手续受理"),
    Kind.PROCEDURE_ENDED: _spec("手续有结果"),
    Kind.ISSUE_REPORTED: _spec("报告问题"),
    Kind.ISSUE_SOLVED: _spec("问题解决"),
    Kind.CHARGE_ASSIGNED: _spec("定责任人"),
    Kind.TASK_PROGRESS_RECORDED: _spec("任务进展"),
    Kind.SCALE_STATED: _spec("投资与用工"),
    Kind.WORDING_DECIDED: _spec("存疑读法", "doubt_key choice"),
    Kind.INDICATOR_DECLARED: _spec("指标登记", INDICATOR_CARD),
    Kind.INDICATOR_REVISED: _spec("指标更新", INDICATOR_CARD),
    Kind.FIGURE_DECLARED: _spec("目标值登记", FIGURE_CARD),
    Kind.FIGURE_REVISED: _spec("目标值更新", FIGURE_CARD),
    Kind.ACTUAL_REPORTED: _spec("完成值填报", "indicator period"),
    Kind.ACTUAL_REVISED: _spec("完成值修改"),
    Kind.ACTUAL_SUBMITTED: _spec("完成值提交"),
    Kind.ACTUAL_RETURNED: _spec("完成值退回"),
    Kind.ACTUAL_CONFIRMED: _spec("完成值确认", "value unit"),
}
assert SPECS.keys() == set(Kind)
