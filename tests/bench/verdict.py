"""The verdict, a consignment's check and a restriction's preview on the county of 500,000 head.

`python -m tests.bench.verdict`: builds the county first where it is not there (minutes). Each
question is put in a reading transaction of its own, as a request does; SQLite, warm.
"""

import random
import statistics
import time
from collections.abc import Callable, Sequence

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app import judging, restricting
from tests.bench import big_county
from tests.bench.big_county import AT, HEAD, SEED, open_county
from traceability import animals, restrictions, verdict
from traceability.base.db import reading
from traceability.parties import Party
from traceability.quarantine import certificates
from traceability.quarantine.certificates import Certificate
from traceability.restrictions import Reach, RestrictionKind
from traceability.verdict import Act, Asked

ONE_ROUNDS, PREVIEW_ROUNDS = 2_000, 7
PAPERS_ROUNDS = 3  # times 40 consignments of 60


def main() -> None:
    """Median, 99th percentile and slowest of each."""
    engine = open_county()
    dice = random.Random(SEED)
    print(f"\ncounty of {HEAD:,} head, milliseconds")
    tags = [big_county.tag(dice.randrange(HEAD)) for _ in range(ONE_ROUNDS)]
    _told("verdict for one animal", [_timed(engine, _one(tag)) for tag in tags])
    papers = _papers(engine)
    here = [_timed(engine, _consignment(paper)) for _ in range(PAPERS_ROUNDS) for paper in papers]
    _told("consignment of 60 checked", here)
    codes = big_county.townships(engine)
    for name, chosen in (("three townships", codes[:3]), ("the whole county", codes)):
        taken = [_timed(engine, _preview(chosen)) for _ in range(PREVIEW_ROUNDS)]
        _told(f"restriction of {name} previewed", taken)
    engine.dispose()


def _one(tag: str) -> Callable[[Session], object]:
    def ask(session: Session) -> object:
        return judging.judged_all(session, [animals.by_tag(session, tag)], at=AT)

    return ask


def _papers(engine: Engine) -> Sequence[str]:
    """The certificates of the farms: sixty animals each."""
    with reading(engine) as session:
        wanted = select(Certificate.ref).order_by(Certificate.id).limit(big_county.FARMS)
        return session.scalars(wanted).all()


def _consignment(ref: str) -> Callable[[Session], object]:
    def ask(session: Session) -> object:
        paper = certificates.get(session, ref)
        herd = certificates.animals_of(session, paper)
        asked = [
            Asked(animal=animal, act=Act.DEPARTURE, place=paper.destination) for animal in herd
        ]
        return verdict.of_many(session, asked, at=AT)

    return ask


def _preview(codes: Sequence[str]) -> Callable[[Session], object]:
    def ask(session: Session) -> object:
        by = session.scalars(select(Party).order_by(Party.id).limit(1)).one()
        drafted = restrictions.draft(
            session,
            kind=RestrictionKind.OUTBREAK,
            name="疫区",
            disease="口蹄疫",
            order_no="预览",
            reach=Reach.REGIONS,
            places=codes,
            at=AT,
            by=by,
        )
        return restricting.touched(session, drafted)

    return ask


def _timed(engine: Engine, ask: Callable[[Session], object]) -> float:
    """Milliseconds of one question, the transaction included."""
    begin = time.perf_counter()
    with reading(engine) as session:
        ask(session)
    return 1000 * (time.perf_counter() - begin)


def _told(name: str, taken: list[float]) -> None:
    taken = sorted(taken)
    median, slow = statistics.median(taken), taken[len(taken) * 99 // 100]
    print(f"  {name:<40} median {median:>8.1f}  p99 {slow:>8.1f}  most {taken[-1]:>8.1f}")


if __name__ == "__main__":
    main()
