"""休药期 · how long an animal must wait after a drug before it may be slaughtered.

The withdrawal period ends by the table of 农业部公告第278号 or by the label, the longer; an unknown
drug counts 28 days. The day of the dose is day 0; the animal is clear from day n + 1.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

WITHDRAWAL_DAYS_MAX = 365
DRUGS_FILE = Path(__file__).parent.parent / "data" / "drugs.json"


@dataclass(frozen=True, slots=True)
class Drug:
    """兽药 · a drug of the withdrawal table, with the paper the number stands in."""

    name: str
    withdrawal_days: int
    citation: str


@cache
def drugs() -> Mapping[str, Drug]:
    """The withdrawal table for cattle, by drug name."""
    rows: list[dict[str, Any]] = json.loads(DRUGS_FILE.read_text(encoding="utf-8"))["cattle"]
    return {row["name"]: Drug(**row) for row in rows}


UNKNOWN_DRUG_DAYS = int(json.loads(DRUGS_FILE.read_text(encoding="utf-8"))["unknown_days"])


def withdrawal_days_of(drug: str, *, label_days: int | None = None) -> int:
    """Days an animal must wait: the longer of table and label; 28 where the drug is unknown.

    >>> withdrawal_days_of("土霉素片"), withdrawal_days_of("土霉素片", label_days=10)
    (7, 10)
    >>> withdrawal_days_of("没有听说过的药")
    28
    """
    known = drugs().get(drug.strip())
    table_days = UNKNOWN_DRUG_DAYS if known is None else known.withdrawal_days
    return max(table_days, label_days or 0)


def first_clear_day(given_on: date, withdrawal_days: int) -> date:
    """The first day an animal may be slaughtered for food; the day of the dose is day 0.

    >>> first_clear_day(date(2026, 11, 1), 7)
    datetime.date(2026, 11, 9)
    """
    return given_on + timedelta(days=withdrawal_days + 1)
