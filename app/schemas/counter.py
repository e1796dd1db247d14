"""收银 · what goes in at the market's counter."""

from enum import StrEnum

from app.schemas import fields
from app.schemas.fields import Happened, HappenedHere


class Step(StrEnum):
    """收银步骤."""

    CASH = "cash"
    HAND_OVER = "hand_over"
    ACCEPT = "accept"
    PAY = "pay"


class CounterStep(Happened):
    """办理一步."""

    step = fields.Choice(Step, required=True)


class CounterStepHere(HappenedHere, CounterStep):
    """办理一步 from a page."""
