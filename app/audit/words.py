"""字段名 · what the fields of events are called, for whoever may read the private ones."""

import re
from collections.abc import Mapping
from typing import Any

from app import filters
from app.audit.private_names import PRIVATE_NAMES
from app.trace.words import FIELDS, value_of
from registry.decisions import MATTER_LABELS
from registry.exchanges import EXCHANGE_KIND_LABELS
from registry.issues import ISSUE_KIND_LABELS
from registry.meetings import DUTY_LABELS, LEVEL_LABELS
from registry.plans import PLAN_KIND_LABELS
from registry.procedures import DAY_KIND_LABELS, OUTCOME_LABELS, PROCEDURE_KIND_LABELS
from registry.teams import SIDE_LABELS, TEAM_KIND_LABELS
from traceability.base.clock import unstamp
from traceability.holdings import HOLDING_KIND_LABELS, HoldingKind
from traceability.inputs import INPUT_KIND_LABELS
from traceability.samples.taking import SAMPLE_STATE_LABELS
from traceability.treatments import AMOUNT_UNIT_LABELS, ROUTE_LABELS, WITHDRAWAL_BASIS_LABELS

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
    "procedure_kind": PROCEDURE_KIND_LABELS,
    "day_kind": DAY_KIND_LABELS,
    "issue_kind": ISSUE_KIND_LABELS,
    "procedure_outcome": OUTCOME_LABELS,
    "level": LEVEL_LABELS,
    "plan_kind": PLAN_KIND_LABELS,
    "matter": MATTER_LABELS,
    "matters": MATTER_LABELS,
    "route": ROUTE_LABELS,
    "used_unit": AMOUNT_UNIT_LABELS,
    "amount_unit": AMOUNT_UNIT_LABELS,
    "input_kind": INPUT_KIND_LABELS,
    "withdrawal_basis": WITHDRAWAL_BASIS_LABELS,
    "sample_state": SAMPLE_STATE_LABELS,
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
