"""规则办理 · a proposal as typed becomes a row; rows and changes become what a page shows."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from traceability.amendments import Change
from traceability.base.errors import RuleViolation
from traceability.rules import Rule, RuleCard, card_of

BLANK = re.compile(r"\{(\w+)\}")
BLANKS = {
    "clear_on": "日期",
    "days": "几",
    "days_max": "几",
    "hours": "几",
    "names": "管控名称",
    "number": "证号",
    "numbers": "证号",
    "reached": "几",
    "state": "状态",
    "valid_until": "日期",
}
LINE = re.compile(r"\s*([a-zA-Z_]+)\s*[=＝:：]\s*(\d+)\s*")
PAST, NOW, TO_COME = "past", "now", "to_come"
WHEN_LABELS = {NOW: "现行", TO_COME: "将生效", PAST: "已停用"}


def when(rule: Rule, today: date) -> str:
    """Whether a row applies today, did once, or will."""
    if rule.in_force(today):
        return NOW
    return TO_COME if rule.effective_from > today else PAST


def said(rule: Rule | RuleCard) -> str:
    """A rule's sentence as people read it in a list: its own numbers, and what each case fills in.

    >>> from types import SimpleNamespace as Row
    >>> said(Row(text="应提前 {days} 天申报检疫", params={"days": 3}))
    '应提前 3 天申报检疫'
    >>> said(Row(text="这头牛的状态是“{state}”：不得出售", params={}))
    '这头牛的状态是“（状态）”：不得出售'
    """
    numbers = _numbers(rule)
    return BLANK.sub(
        lambda blank: str(numbers.get(blank[1], f"（{BLANKS.get(blank[1], '当时情况')}）")),
        rule.text,
    )


def params_of(rule: Rule | RuleCard) -> str:
    """The numbers of a row, one a line, as a form shows them."""
    return "\n".join(f"{name}={value}" for name, value in _numbers(rule).items())


def _numbers(rule: Rule | RuleCard) -> Mapping[str, int]:
    return {name: value for name, value in rule.params.items() if type(value) is int}


def parse_params(text: str) -> dict[str, int]:
    r"""Numbers typed one a line.

    >>> parse_params("days=3\ndays_breeding = 15")
    {'days': 3, 'days_breeding': 15}

    Raises:
        RuleViolation: `amendment.bad_params`.
    """
    found = {}
    for line in text.splitlines():
        if not line.strip():
            continue
        read = LINE.fullmatch(line)
        if read is None:
            raise RuleViolation(
                "amendment.bad_params", f"参数每行一个，写成 days=3，读不出“{line}”"
            )
        found[read[1]] = int(read[2])
    return found


def drafted(rule: Rule, given: Mapping[str, Any]) -> RuleCard:
    """The row that a form asks for, made from the row it was opened on.

    Raises:
        RuleViolation: `amendment.no_day`, `amendment.bad_params`.
    """
    known, change, on = card_of(rule), given["change"], given["on"]
    if change is not Change.CORRECT and on is None:
        raise RuleViolation("amendment.no_day", "请填写从哪一天起")
    if change is Change.CLOSE:
        return replace(known, effective_to=on - timedelta(days=1))
    told = {name: given[name] for name in ("text", "citation", "severity", "certainty")}
    kept = {name: value for name, value in rule.params.items() if name not in _numbers(rule)}
    params = {**kept, **parse_params(given["params"])}
    card = replace(known, stages=tuple(given["stages"]), params=params, **told)
    if change is Change.REVISE:
        return replace(card, effective_from=on)
    return card if change is Change.CORRECT else replace(card, effective_from=on, effective_to=None)
