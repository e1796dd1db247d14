"""给药 · what a dose of vaccine and a course of a drug have in common: a name, a day, a place."""

from datetime import date, datetime
from typing import Any

from traceability.animals import Animal
from traceability.base.clock import legal_day
from traceability.base.errors import RuleViolation


def place_of(animal: Animal) -> dict[str, Any]:
    """Where an animal is, as the public may know it."""
    if animal.holding is None:
        return {"place_kind": None, "township": None}
    return {"place_kind": animal.holding.kind.value, "township": animal.holding.township}


def named(name: str, what: str) -> str:
    """A name, trimmed; refused where nothing is left of it."""
    if not name.strip():
        raise RuleViolation("treatment.no_name", f"请填写{what}")
    return name.strip()


def check_day(animal: Animal, given_on: date, at: datetime) -> None:
    """Refuse a day that is still to come or on which the animal was not yet born."""
    if given_on > legal_day(at):
        raise RuleViolation("treatment.in_future", "用药或免疫日期在将来，请核对")
    if given_on < animal.born_on:
        raise RuleViolation("treatment.before_birth", "用药或免疫日期早于出生日期，请核对")
