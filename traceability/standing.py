"""现况 · what is known of an animal at an instant, as the facts that rules are asked about."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from traceability import restrictions
from traceability.animals import Animal
from traceability.base.clock import legal_day
from traceability.checks import Facts
from traceability.holdings import Holding
from traceability.restrictions import Restriction
from traceability.treatments import Disease, Immunisation, Treatment


class Known:
    """What is known of many animals, read in two questions however many they are."""

    def __init__(
        self, session: Session, animals: Collection[Animal], orders: Sequence[Restriction]
    ) -> None:
        """Read the doses and courses of the animals; `orders` are those that may reach them."""
        self.orders = orders
        self._doses: dict[int, list[date]] = defaultdict(list)
        self._courses: dict[int, list[tuple[date, date]]] = defaultdict(list)
        ids = {animal.id for animal in animals}
        doses = select(Immunisation.animal_id, Immunisation.given_on).where(
            Immunisation.animal_id.in_(ids), Immunisation.disease == Disease.FMD
        )
        for animal_id, given_on in session.execute(doses):
            self._doses[animal_id].append(given_on)
        courses = select(Treatment.animal_id, Treatment.given_on, Treatment.clear_on).where(
            Treatment.animal_id.in_(ids)
        )
        for animal_id, given_on, clear_on in session.execute(courses):
            self._courses[animal_id].append((given_on, clear_on))

    def facts(
        self,
        animal: Animal,
        *,
        at: datetime,
        purpose: str | None,
        places: Sequence[Holding | None],
    ) -> Facts:
        """The facts of one of the animals; orders count that reach any of the places."""
        today = legal_day(at)
        begun = [clear_on for day, clear_on in self._courses[animal.id] if day <= today]
        known = [place for place in places if place is not None]
        return Facts(
            purpose=purpose,
            state=animal.state.value,
            ear_tag=animal.ear_tag,
            born_on=animal.born_on,
            ended_on=animal.ended_on,
            fmd_doses=tuple(self._doses[animal.id]),
            clear_on=max(begun, default=None),
            restrictions=tuple(
                f"{each.name}，{each.order_no}"
                for each in self.orders
                if each.in_force(at) and any(each.reaches(place) for place in known)
            ),
        )


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
    known = Known(session, [animal], restrictions.in_force(session, at=at))
    return known.facts(animal, at=at, purpose=purpose, places=[animal.holding, *places])
