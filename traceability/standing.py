"""现况 · what is known of an animal at an instant, as the facts that rules are asked about."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from traceability import restrictions, treatments
from traceability.animals import Animal
from traceability.base.clock import legal_day
from traceability.checks import Facts
from traceability.holdings import Holding
from traceability.treatments import Disease


def facts_of(
    session: Session,
    animal: Animal,
    *,
    at: datetime,
    purpose: str | None,
    places: Sequence[Holding] = (),
) -> Facts:
    """The facts of an animal itself; papers and scales are added by whoever judges an act.

    Orders count that reach where it is, and the further places the act leads from or to.
    """
    today = legal_day(at)
    doses = treatments.doses(session, animal)
    courses = [row for row in treatments.courses(session, animal) if row.given_on <= today]
    return Facts(
        purpose=purpose,
        state=animal.state.value,
        ear_tag=animal.ear_tag,
        born_on=animal.born_on,
        ended_on=animal.ended_on,
        fmd_doses=tuple(dose.given_on for dose in doses if dose.disease is Disease.FMD),
        clear_on=max((course.clear_on for course in courses), default=None),
        restrictions=tuple(
            f"{each.name}，{each.order_no}"
            for each in restrictions.reaching(session, animal.holding, *places, at=at)
        ),
    )
