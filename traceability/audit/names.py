"""表和列的名称 · what people call the tables and columns that the audit compares with events.

A sentence gives the Chinese name first and the stored one in brackets, for whoever repairs it. A
column of one name is called the same in every table.
"""

from traceability.audit.column_names import COLUMNS

TABLES = {
    "actual": "完成值",
    "action_item": "交办事项",
    "exchange": "互访、培训或挂职",
    "procedure": "手续",
    "project_issue": "问题",
    "charge": "责任人",
    "task_progress": "任务进展",
    "project_scale": "投资与用工",
    "team": "工作组或专班",
    "team_member": "成员",
    "adjustment": "调整",
    "amendment": "规则修改",
    "animal": "牛只",
    "animal_tag": "标识",
    "antibody_test": "抗体检测",
    "sampling_plan": "抽样计划",
    "sample": "样品",
    "campaign": "集中免疫",
    "certificate": "检疫证明",
    "cluster": "集群",
    "cluster_task": "重点任务",
    "consent": "代办授权",
    "consignment": "运输批次",
    "decision": "集体决策",
    "declaration": "检疫申报",
    "drug_label": "兽药标签",
    "evidence": "证据",
    "figure": "数值",
    "filing": "运输备案",
    "fund": "资金安排",
    "fund_payment": "拨付与支出",
    "holding": "场所",
    "immunisation": "免疫记录",
    "indicator": "指标",
    "inspection": "检查记录",
    "slaughter_declaration": "屠宰申报",
    "entry": "赶场预约和到场",
    "ante_mortem": "宰前检查记录",
    "carcass": "胴体",
    "lab_result": "检测结果",
    "instrument": "计量器具",
    "alert": "养殖户报告",
    "isolation": "隔离处理",
    "ledger_account": "账户",
    "legal_hold": "依法保全",
    "meeting": "会商或调度",
    "milestone": "节点",
    "movement": "调运记录",
    "observation": "外部事件",
    "omission": "未免登记",
    "party": "主体",
    "plan": "方案版本",
    "policy": "政策",
    "progress": "进展",
    "project": "项目",
    "purchase": "投入品购入",
    "restriction": "管控",
    "rule": "规则",
    "sale": "成交",
    "tag_range": "耳标号段",
    "transfer": "转账",
    "treatment": "用药记录",
    "weighing": "过磅记录",
    "founding_wording": "存疑读法",
}


def of_table(table: str) -> str:
    """A table as people and engineers call it.

    >>> of_table("sale")
    '成交（sale）'
    """
    return f"{TABLES.get(table, table)}（{table}）"


def of_column(table: str, column: str) -> str:
    """A column as people and engineers call it.

    >>> of_column("sale", "amount_fen")
    '成交的金额（sale.amount_fen）'
    """
    return f"{TABLES.get(table, table)}的{COLUMNS.get(column, column)}（{table}.{column}）"
