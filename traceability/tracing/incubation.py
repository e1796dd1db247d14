"""潜伏期 · how many days back a disease makes one look, as the Terrestrial Code prints it."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).parents[1] / "data" / "incubation.json"


@dataclass(frozen=True)
class Incubation:
    """潜伏期 · a disease, its days, and the sentence they rest on."""

    disease: str
    days: int
    source: str
    quotation: str


@cache
def known() -> tuple[Incubation, ...]:
    """The diseases whose incubation period is printed in the source.

    >>> [(each.disease, each.days) for each in known()]
    [('口蹄疫', 14), ('牛结节性皮肤病', 28)]
    """
    return tuple(Incubation(**row) for row in json.loads(FILE.read_text("utf-8")))
