"""休药期 · how long an animal must wait after a drug before it may be slaughtered.

The table of 农业部公告第278号 holds for a drug by its name; a confirmed label, keyed by approval
number, route and species, overrides it; a label that somebody only read off the bottle can make
the period longer, never shorter. Used off label (标签外用药): the longer of table and label. Where
neither says anything: 28 days, and a warning. The day of the dose is day 0; the animal is clear
from day n + 1.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

WITHDRAWAL_DAYS_MAX = 365
DRUGS_FILE = Path(__file__).parent.parent / "data" / "drugs.json"


class Route(StrEnum):
    """给药途径 · how a drug gets into the animal."""

    INTRAMUSCULAR = "intramuscular"
    SUBCUTANEOUS = "subcutaneous"
    INTRAVENOUS = "intravenous"
    ORAL = "oral"
    TOPICAL = "topical"
    INTRAUTERINE = "intrauterine"
    INTRAMAMMARY = "intramammary"


ROUTE_LABELS = {
    Route.INTRAMUSCULAR: "肌内注射",
    Route.SUBCUTANEOUS: "皮下注射",
    Route.INTRAVENOUS: "静脉注射",
    Route.ORAL: "口服或拌料",
    Route.TOPICAL: "外用",
    Route.INTRAUTERINE: "子宫内用",
    Route.INTRAMAMMARY: "乳房内用",
}


class WithdrawalBasis(StrEnum):
    """休药期依据 · where the days come from."""

    TABLE = "table"
    LABEL = "label"
    LABEL_READ = "label_read"
    DEFAULT = "default"


WITHDRAWAL_BASIS_LABELS = {
    WithdrawalBasis.TABLE: "休药期表",
    WithdrawalBasis.LABEL: "复核过的标签",
    WithdrawalBasis.LABEL_READ: "用药人读的标签",
    WithdrawalBasis.DEFAULT: "表和标签都没有，按最低天数",
}


@dataclass(frozen=True, slots=True)
class Drug:
    """兽药 · a drug of the withdrawal table, with the paper the number stands in."""

    name: str
    withdrawal_days: int
    citation: str
    certainty: str


@dataclass(frozen=True, slots=True)
class LabelDays:
    """标签所载 · what confirmed labels of an approval number say: by this route, and by others."""

    here: int | None = None
    elsewhere: int | None = None

    @property
    def off_route(self) -> bool:
        """Whether labels are known, but none allows this route."""
        return self.here is None and self.elsewhere is not None


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """休药期 · how many days, and where they come from."""

    days: int
    basis: WithdrawalBasis


@cache
def _file() -> Mapping[str, Any]:
    found: dict[str, Any] = json.loads(DRUGS_FILE.read_text(encoding="utf-8"))
    return found


@cache
def drugs() -> Mapping[str, Drug]:
    """The withdrawal table for cattle, by drug name."""
    return {row["name"]: Drug(**row) for row in _file()["cattle"]}


UNKNOWN_DRUG_DAYS = int(_file()["unknown_days"])
UNKNOWN_CERTAINTY = str(_file()["unknown_certainty"])
OFF_LABEL_CERTAINTY = str(_file()["off_label_certainty"])


def withdrawal_of(
    drug: str,
    *,
    label_days: int | None = None,
    labels: LabelDays | None = None,
    off_label: bool = False,
) -> Withdrawal:
    """How long an animal must wait after a drug, and by what.

    >>> withdrawal_of("土霉素片", labels=LabelDays(here=3)).days  # a confirmed label overrides
    3
    >>> withdrawal_of("土霉素片", labels=LabelDays(here=3), off_label=True).days
    7
    >>> withdrawal_of("没有听说过的药", label_days=5)  # read off the bottle: never shorter
    Withdrawal(days=28, basis=<WithdrawalBasis.DEFAULT: 'default'>)
    """
    labels = labels or LabelDays()
    known = drugs().get(drug.strip())
    table = None if known is None else Withdrawal(known.withdrawal_days, WithdrawalBasis.TABLE)
    said = [days for days in (labels.here, labels.elsewhere) if days is not None]
    if labels.here is not None and not off_label:
        said, table = [labels.here], None
    found = [Withdrawal(days, WithdrawalBasis.LABEL) for days in said]
    found = [*found, *([table] if table else [])]
    if not found:
        found = [Withdrawal(UNKNOWN_DRUG_DAYS, WithdrawalBasis.DEFAULT)]
    if label_days is not None:
        found.append(Withdrawal(label_days, WithdrawalBasis.LABEL_READ))
    return max(found, key=lambda each: each.days)


def withdrawal_days_of(drug: str, *, label_days: int | None = None) -> int:
    """Days an animal must wait: the longer of table and label; 28 where the drug is unknown.

    >>> withdrawal_days_of("土霉素片"), withdrawal_days_of("土霉素片", label_days=10)
    (7, 10)
    >>> withdrawal_days_of("没有听说过的药")
    28
    """
    return withdrawal_of(drug, label_days=label_days).days


def first_clear_day(given_on: date, withdrawal_days: int) -> date:
    """The first day an animal may be slaughtered for food; the day of the dose is day 0.

    >>> first_clear_day(date(2026, 11, 1), 7)
    datetime.date(2026, 11, 9)
    """
    return given_on + timedelta(days=withdrawal_days + 1)
