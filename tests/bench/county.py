"""What the chain's benchmarks append: a herd whose animals are seen by vets on farms."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime

from traceability.base.refs import new_ref
from traceability.chain.bulk import Prepared
from traceability.chain.kinds import Kind

AT = datetime(2026, 11, 22, 6, 12, 3, tzinfo=UTC)
EVENTS_AN_ANIMAL = 10
VETS = [new_ref("party") for _ in range(50)]
FARMS = [new_ref("holding") for _ in range(300)]
CHOICE = random.Random(20261122)  # any herd serves, the same each time


def seen(ref: str) -> Prepared:
    """An animal vaccinated by a vet on a farm: one subject, two mentions."""
    return Prepared(
        Kind.IMMUNISATION_GIVEN,
        (ref,),
        AT,
        CHOICE.choice(VETS),
        {
            "holding": CHOICE.choice(FARMS),
            "disease": CHOICE.choice(["fmd", "brucellosis", "lumpy_skin_disease"]),
            "product": CHOICE.choice(
                ["口蹄疫O型、A型二价灭活疫苗", "布鲁氏菌病活疫苗", "山羊痘活疫苗"]
            ),
            "dose_ml": 2,
            "township": "520526104",
        },
    )


def newcomers(many: int) -> list[Prepared]:
    """Events of as many animals, none of them known before: a village at the crush."""
    return [seen(new_ref("animal")) for _ in range(many)]


def register(many: int) -> list[Prepared]:
    """A register's pages: each animal with its ten events, one after the other."""
    herd = (new_ref("animal") for _ in range(many // EVENTS_AN_ANIMAL))
    return [seen(ref) for ref in herd for _ in range(EVENTS_AN_ANIMAL)]


def years(herd: list[str]) -> Iterator[Prepared]:
    """Ten rounds over a herd, each in another order: one animal's events lie far apart."""
    for _ in range(EVENTS_AN_ANIMAL):
        for ref in CHOICE.sample(herd, len(herd)):
            yield seen(ref)
