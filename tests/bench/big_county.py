"""大县 · the county of 500,000 head, built once from a seed and kept on disk.

Registers come in by the import that a county uses; 40 certificates of 60 animals and 160 of 10,
the journeys of a market day and two orders are made by the operations themselves. The file lies in
`var/bench` and is made anew when its size or its seed differs; `HEAD=50000` makes a smaller one.
"""

import os
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, inspect, select
from sqlalchemy.orm import Session

from app import migrate
from tests.bench import importing
from tests.world import World
from traceability import movements, restrictions, rule_file
from traceability.animals import Animal
from traceability.base.clock import legal_day
from traceability.base.db import Base, make_engine, reading, transaction
from traceability.importing.columns import ImportKind
from traceability.importing.runs import Cells
from traceability.regions import CLUSTER_COUNTY, Region, RegionLevel
from traceability.restrictions import Reach, RestrictionKind

AT = datetime(2026, 11, 22, 1, 12, 3, tzinfo=UTC)
SEED = 20261122
HEAD = int(os.environ.get("HEAD", "500000"))
HEAD_A_KEEPER = 20
DOSES_AN_ANIMAL = 2
JOURNEYS = HEAD // 2
FARMS, HEAD_A_FARM = 40, 120  # the rest are households
ON_FARMS = FARMS * HEAD_A_FARM
KEEPERS = FARMS + (HEAD - ON_FARMS) // HEAD_A_KEEPER
PAPERS = 200  # certificates of this morning, farms first: every second animal of the place
ON_THE_ROAD = 30  # papers whose animals are on their way now; as many have arrived
FOLDER = Path(__file__).parents[2] / "var" / "bench"


def main() -> None:
    """Build it, or say that it is there."""
    engine = open_county()
    print(f"  {engine.url.database}")
    engine.dispose()


def open_county() -> Engine:
    """The county's database; built first where it is not there or no longer fits the tables."""
    migrate.load_models()
    path = FOLDER / f"county-{HEAD}-{SEED}.db"
    if not path.exists() or not _fits(path):
        _build_at(path)
    engine = make_engine(f"sqlite:///{path}")
    Base.metadata.create_all(engine)  # tables that are newer than the file are empty
    for table in Base.metadata.tables.values():
        for index in table.indexes:
            index.create(engine, checkfirst=True)
    return engine


def _fits(path: Path) -> bool:
    """Whether the tables of a file have the columns of today; it may lack whole tables."""
    engine = make_engine(f"sqlite:///{path}")
    known = inspect(engine)
    there = {
        name: {row["name"] for row in known.get_columns(name)} for name in known.get_table_names()
    }
    engine.dispose()
    tables = Base.metadata.tables.values()
    return all(
        there.get(each.name, {*each.columns.keys()}) == {*each.columns.keys()} for each in tables
    )


def _build_at(path: Path) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    building = path.with_suffix(".part")
    for left in (*FOLDER.glob(f"{building.name}*"), *FOLDER.glob(f"{path.name}*")):
        left.unlink()
    begin = time.perf_counter()
    engine = make_engine(f"sqlite:///{building}")
    _build(engine)
    with engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    building.rename(path)
    print(f"  county of {HEAD:,} head built in {time.perf_counter() - begin:,.0f} s")


def _build(engine: Engine) -> None:
    Base.metadata.create_all(engine)
    importing.furnish(engine)
    with transaction(engine, recorded_at=AT) as session:
        rule_file.load(session)
    dice = random.Random(SEED)
    villages = townships(engine)
    importing.bring_in(engine, ImportKind.HOLDINGS, _keepers(villages))
    importing.bring_in(engine, ImportKind.ANIMALS, _herd())
    importing.bring_in(engine, ImportKind.IMMUNISATIONS, _doses(dice))
    importing.bring_in(engine, ImportKind.MOVEMENTS, _journeys(dice))
    _market_day(engine, dice)


def townships(engine: Engine) -> list[str]:
    """The codes of the county's townships."""
    wanted = select(Region.code).where(
        Region.level == RegionLevel.TOWNSHIP, Region.code.startswith(CLUSTER_COUNTY)
    )
    with reading(engine) as session:
        return list(session.scalars(wanted.order_by(Region.code)))


def _keepers(codes: list[str]) -> Iterator[Cells]:
    for number in range(KEEPERS):
        code = codes[number % len(codes)]
        yield number + 2, {"holding": f"H{number}", "name": f"农户{number}", "region": code}


def _herd() -> Iterator[Cells]:
    for number in range(HEAD):
        born = AT - timedelta(days=400 + number % 1500)
        row = {
            "ear_tag": tag(number),
            "eid": f"156{number:012d}",
            "breed": "西门塔尔杂交牛",
            "sex": "母" if number % 3 else "公",
            "born_on": legal_day(born).isoformat(),
            "registered_on": legal_day(born).isoformat(),
            "holding": f"H{keeper_of(number)}",
        }
        yield number + 2, row


def tag(number: int) -> str:
    """The ear tag of the animal of that number; never one that `World` gives."""
    return f"2520526{10_000_000 + number:08d}"


def keeper_of(number: int) -> int:
    """Whose the animal of that number is: a farm's, else a household's."""
    if number < ON_FARMS:
        return number // HEAD_A_FARM
    return FARMS + (number - ON_FARMS) // HEAD_A_KEEPER


def _doses(dice: random.Random) -> Iterator[Cells]:
    """Spring and autumn; one animal in fifty missed the autumn."""
    for number in range(HEAD):
        for turn in range(DOSES_AN_ANIMAL):
            if turn and dice.random() < 1 / 50:
                continue
            given = AT - timedelta(days=45 + 180 * (1 - turn) + dice.randrange(30))
            row = {
                "ear_tag": tag(number),
                "disease": "口蹄疫",
                "given_on": legal_day(given).isoformat(),
                "vaccine": "口蹄疫O型、A型二价灭活疫苗",
                "batch_no": "20260901",
            }
            yield number * DOSES_AN_ANIMAL + turn + 2, row


def _journeys(dice: random.Random) -> Iterator[Cells]:
    for number in range(JOURNEYS):
        keeper = keeper_of(number * 2)
        there = (keeper + 1 + dice.randrange(KEEPERS - 1)) % KEEPERS
        day = legal_day(AT - timedelta(days=5 + dice.randrange(35))).isoformat()
        row = {
            "ear_tag": tag(number * 2),
            "origin": f"H{keeper}",
            "destination": f"H{there}",
            "departed_on": day,
            "arrived_on": day,
        }
        yield number + 2, row


def _market_day(engine: Engine, dice: random.Random) -> None:
    """Certificates of this morning, and their animals on the road or at the market."""
    with transaction(engine, recorded_at=AT) as session:
        world = World(engine, session, at=AT)
        _restrict(session, world)
    households = dice.sample(range(FARMS, KEEPERS), PAPERS - FARMS)
    for paper, keeper in enumerate([*range(FARMS), *households]):
        with transaction(engine, recorded_at=AT) as session:
            world.session = session
            for name in ("office", "vet", "market", "operator"):
                setattr(world, name, session.merge(getattr(world, name)))
            _certify(session, world, unmoved(keeper), paper)


def unmoved(keeper: int) -> list[int]:
    """The animals of a keeper that have never left: every second one."""
    if keeper < FARMS:
        return [*range(keeper * HEAD_A_FARM + 1, (keeper + 1) * HEAD_A_FARM, 2)]
    first = ON_FARMS + (keeper - FARMS) * HEAD_A_KEEPER
    return [*range(first + 1, first + HEAD_A_KEEPER, 2)]


def _certify(session: Session, world: World, numbers: list[int], paper: int) -> None:
    wanted = select(Animal).where(Animal.ear_tag.in_([tag(each) for each in numbers]))
    herd = [
        animal
        for animal in session.scalars(wanted.order_by(Animal.id))
        if animal.holding is not None and animal.holding.region_code[:9] not in _held()
    ]
    if not herd:
        return
    world.certified(*herd, plate=f"贵F{10000 + paper}")
    if paper >= 2 * ON_THE_ROAD:
        return
    for animal in herd:
        movements.depart(session, animal, to=world.market, at=AT, by=animal.owner)
        if paper < ON_THE_ROAD:
            movements.arrive(session, animal, at=AT, by=world.operator)


def _held() -> set[str]:
    return {"520526118", "520526119"}


def _restrict(session: Session, world: World) -> None:
    for number, code in enumerate(sorted(_held())):
        drafted = restrictions.draft(
            session,
            kind=RestrictionKind.OUTBREAK,
            name=f"疫区{number + 1}",
            disease="口蹄疫",
            order_no=f"威防指〔2026〕{number + 1}号",
            reach=Reach.REGIONS,
            places=[code],
            at=AT,
            by=world.office,
        )
        restrictions.order(session, drafted, at=AT)


if __name__ == "__main__":
    main()
