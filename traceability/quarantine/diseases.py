"""检疫对象 · which diseases a quarantine procedure names, by version, stage and day.

A reviewed table (`data/diseases.json`): procedure version, stage, species, disease, test needed.
Each row says how certain it is; what a row costs an owner stands in the dated rules.

>>> "牛结节性皮肤病" in {row.name for row in named(Stage.ORIGIN, date(2026, 11, 22))}
True
>>> [row.name for row in wanted("breeding", date(2022, 11, 30))]
['布鲁氏菌病', '牛结核病']
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path

FILE = Path(__file__).parents[1] / "data" / "diseases.json"


class Stage(StrEnum):
    """检疫环节."""

    ORIGIN = "origin"
    SLAUGHTER = "slaughter"


STAGE_LABELS = {Stage.ORIGIN: "产地检疫", Stage.SLAUGHTER: "屠宰检疫"}
assert STAGE_LABELS.keys() == set(Stage)


@dataclass(frozen=True, slots=True)
class ListedDisease:
    """检疫病种 · one disease of one version of a procedure."""

    procedure: str
    stage: Stage
    species: str
    name: str
    test: str | None  # the purpose that needs a test; None: where the vet suspects it
    effective_from: date
    effective_to: date | None
    certainty: str
    dates_certainty: str

    def in_force(self, day: date) -> bool:
        """Whether its procedure applies on a day."""
        return self.effective_from <= day and (
            self.effective_to is None or day <= self.effective_to
        )


@cache
def listed() -> tuple[ListedDisease, ...]:
    """Every row of the table."""
    return tuple(
        ListedDisease(
            procedure=row["procedure"],
            stage=Stage(row["stage"]),
            species=row["species"],
            name=row["disease"],
            test=row["test"],
            effective_from=date.fromisoformat(row["effective_from"]),
            effective_to=row["effective_to"] and date.fromisoformat(row["effective_to"]),
            certainty=row["certainty"],
            dates_certainty=row["dates_certainty"],
        )
        for row in json.loads(FILE.read_text(encoding="utf-8"))["rows"]
    )


def named(stage: Stage, day: date) -> Sequence[ListedDisease]:
    """The diseases that the procedure of a stage names on a day."""
    return [row for row in listed() if row.stage is stage and row.in_force(day)]


def wanted(purpose: str, day: date) -> Sequence[ListedDisease]:
    """The diseases for which animals of a purpose need a test before they leave, on a day."""
    return [row for row in named(Stage.ORIGIN, day) if row.test == purpose]


def names_on(day: date) -> tuple[str, ...]:
    """Every disease that any procedure names on a day, once each."""
    return tuple(dict.fromkeys(row.name for row in listed() if row.in_force(day)))
