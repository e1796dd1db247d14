"""The cockpit of all clusters, ten years of monthly actuals: `python -m tests.bench.cockpits`.

2,000 indicators with a target each, 120 months of confirmed actuals each. The server's time for
page and API, asked as a person's browser asks; limit 1 s. SQLite.
"""

import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import Engine, insert, select
from sqlalchemy.orm import Session

from app import config
from app.auth.roles import Role
from app.factory import create_app
from registry import clusters, loading
from registry.actuals import Actual, ActualSource, ActualStatus
from registry.indicators import Comparator, Figure, FigureRole, Indicator
from tests.databases import furnish
from tests.logins import PASSWORD, LoginAs
from tests.world import World
from traceability.base.db import make_engine
from traceability.base.refs import new_ref

INDICATORS, YEARS, MONTHS = 2_000, 10, 12
ROUNDS = 7
LIMIT_MS = 1_000


def main() -> None:
    """Fill a registry, sign in as a regulator, and ask for the cockpit."""
    with tempfile.TemporaryDirectory() as folder:
        engine = make_engine(f"sqlite:///{Path(folder) / 'platform.db'}")
        with Session(engine, expire_on_commit=False) as session:
            client = _furnished(engine, session, folder)
            count = f"{INDICATORS:,} indicators, {INDICATORS * YEARS * MONTHS:,} actuals"
            print(f"\ncockpit of eight clusters, {count}, milliseconds (limit {LIMIT_MS:,})")
            for address in ("/cockpits/", "/api/cockpits/"):
                taken = [_timed(client, address) for _ in range(ROUNDS)]
                middle = statistics.median(taken)
                print(f"  {address:<20} median {middle:>6.0f}  worst {max(taken):.0f}")
        engine.dispose()


def _timed(client: FlaskClient, address: str) -> float:
    begin = time.perf_counter()
    assert client.get(address).status_code == 200
    return (time.perf_counter() - begin) * 1000


def _furnished(engine: Engine, session: Session, folder: str) -> FlaskClient:
    furnish(engine)
    world = World(engine, session)
    loading.load(session, at=world.at, by=world.office)
    _measure(session, world)
    session.commit()
    settings = config.load({"DATA_DIR": folder, "DATABASE_URL": str(engine.url)})
    service = create_app(settings, clock=lambda: world.at, TESTING=True, WTF_CSRF_ENABLED=False)
    account = LoginAs(service, world).account(Role.REGULATOR)
    session.commit()
    client = service.test_client()
    client.post("/login", data={"login": account.login, "password": PASSWORD})
    return client


def _measure(session: Session, world: World) -> None:
    """Indicators, their targets and their months, spread over the clusters."""
    owners = [row.id for row in clusters.every(session)]
    told = [
        {
            "ref": new_ref("indicator"),
            "cluster_id": owners[n % len(owners)],
            "order_no": 1000 + n,
            "name": f"指标 {n}",
            "unit": "吨",
            "scope": "全县",
        }
        for n in range(INDICATORS)
    ]
    session.execute(insert(Indicator), told)
    made = select(Indicator.id, Indicator.cluster_id).where(Indicator.order_no >= 1000)
    _aim(session, session.execute(made).all())
    _report(session, world)


def _aim(session: Session, rows: Sequence[Any]) -> None:
    session.execute(
        insert(Figure),
        [
            {
                "ref": new_ref("figure"),
                "key": f"bench.{row.id}",
                "cluster_id": row.cluster_id,
                "indicator_id": row.id,
                "order_no": 1000 + row.id,
                "role": FigureRole.TARGET,
                "year": 2027,
                "comparator": Comparator.AT_LEAST,
                "comparator_text": "以上",
                "value": "1200",
                "unit": "吨",
                "printed": "1200 吨以上",
                "scope": "全县",
                "quote": "1200 吨以上",
                "first_line": 1,
                "last_line": 1,
            }
            for row in rows
        ],
    )


def _report(session: Session, world: World) -> None:
    ids = session.scalars(select(Indicator.id).where(Indicator.order_no >= 1000)).all()
    for year in range(2017, 2017 + YEARS):
        session.execute(
            insert(Actual),
            [
                {
                    "ref": new_ref("actual"),
                    "indicator_id": each,
                    "period": f"{year}-{month:02}",
                    "value": str(month * 100),
                    "unit": "吨",
                    "source": ActualSource.REPORTED,
                    "status": ActualStatus.CONFIRMED,
                    "at": world.at,
                    "by_id": world.office.id,
                }
                for each in ids
                for month in range(1, MONTHS + 1)
            ],
        )


if __name__ == "__main__":
    main()
