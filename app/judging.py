"""判定一头牛 · the question its place asks: may it be sold, leave, or pass where it is going.

The page, the API, the lamp at a gate and a phone's list without a network all ask here.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app import whoami
from devices.messages import Light
from traceability import animals, holdings, movements, verdict
from traceability.animals import Animal
from traceability.base.errors import NotFound
from traceability.holdings import Holding, HoldingKind
from traceability.rules import Outcome
from traceability.verdict import Act, Asked, Level, Verdict

ACT_WORDS = {Act.SALE: "售", Act.DEPARTURE: "调运", Act.ARRIVAL: "通行"}
assert ACT_WORDS.keys() == set(Act)
WORDS = {Level.GREEN: "可", Level.AMBER: "注意", Level.RED: "不可"}


def judged(session: Session, animal: Animal) -> tuple[Verdict, Act]:
    """The verdict, and on which act, as the signed-in person's own market sees it."""
    here = own_market(session)
    return judged_all(session, [animal], at=whoami.now(), here=here)[0]


def own_market(session: Session) -> Holding | None:
    """The market the signed-in person works at, if any."""
    mine = sorted(whoami.scope().markets)
    return holdings.get(session, mine[0]) if mine else None


def judged_all(
    session: Session, herd: Sequence[Animal], *, at: datetime, here: Holding | None = None
) -> list[tuple[Verdict, Act]]:
    """Of each animal the verdict, and on which act.

    At a market: may it be sold. On the road: may it be let in `here`, or where it is going when
    nobody asks from a place. Else: may it leave for where its paper sends it, or for a market.
    """
    journeys = movements.on_the_road_of(session, herd)
    about = verdict.read(session, herd)
    market: Holding | None = None
    asked = []
    for animal in herd:
        place, journey, paper = animal.holding, journeys.get(animal.id), about.papers.get(animal.id)
        if journey is not None:
            goal = here if _lets_in(here) else journey.destination
            act = Act.ARRIVAL
        elif place is not None and place.kind is HoldingKind.MARKET:
            goal, act = place, Act.SALE
        else:
            sent = here if paper is None else paper.destination
            market = market or (None if sent else _nearest(session))
            goal, act = sent or market or place, Act.DEPARTURE
        assert goal is not None, "an animal is somewhere, or on its way somewhere"
        asked.append(Asked(animal=animal, act=act, place=goal, journey=journey))
    found = verdict.of_many(session, asked, at=at, about=about)
    return [(each, question.act) for each, question in zip(found, asked, strict=True)]


def _nearest(session: Session) -> Holding | None:
    """Where an animal without a paper would most likely be taken: a market."""
    known: Sequence[Holding] = holdings.of_kind(session, HoldingKind.MARKET)
    return known[0] if known else None


def _lets_in(here: Holding | None) -> bool:
    """Whether animals end their journey there; a checkpoint only lets them pass."""
    return here is not None and here.kind is not HoldingKind.CHECKPOINT


def at_gate(session: Session, eid: str, place: str, at: datetime) -> tuple[Light, Sequence[str]]:
    """The light for a tag read at a gate; one that nobody knows is red."""
    try:
        animal = animals.by_tag(session, eid)
    except NotFound as refusal:
        return Light.RED, [refusal.code]
    found, _ = judged_all(session, [animal], at=at, here=holdings.get(session, place))[0]
    return Light(found.level.value), [each.code for each in found.reasons]


def word_of(level: Level, act: Act) -> str:
    """The one word that is read at arm's length.

    >>> word_of(Level.RED, Act.SALE), word_of(Level.AMBER, Act.ARRIVAL)
    ('不可售', '注意')
    """
    return WORDS[level] if level is Level.AMBER else f"{WORDS[level]}{ACT_WORDS[act]}"


def reason_of(outcome: Outcome) -> dict[str, str]:
    """What is wrong, on what ground since when, and, after the law's colon, what to do."""
    wrong, _, todo = outcome.sentence.partition("：")
    source = f"{outcome.citation}（{outcome.since} 起）"
    return {"sentence": wrong, "todo": todo, "source": source}
