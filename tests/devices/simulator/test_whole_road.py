"""An animal on the crate, through edge, embedded broker and gateway, into the database."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from devices.devices import DeviceFacts, DeviceKind
from devices.inbox import Reading
from devices.simulator.morning import Place, Yard
from tests.devices.yard import broker, empty_database, gateway, install, wait_until
from traceability.base.db import reading

PLACE = Place.of("xh-crate-01")
SCALE = DeviceFacts(
    code=PLACE.scale, kind=DeviceKind.SCALE, format="yaohua-0", division_g=500, max_g=2_000_000
)
READER = DeviceFacts(code=PLACE.reader, kind=DeviceKind.READER, format="allflex")
EID = "156000000000042"


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return empty_database(f"sqlite:///{tmp_path}/yard.sqlite")


def stored(engine: Engine) -> list[tuple[str | None, int | None, bool | None]]:
    with reading(engine) as session:
        rows = session.scalars(select(Reading))
        return [(row.eid, row.weight_g, row.stable) for row in rows]


def open_yard(port: int, passwords: list[str], outbox: Path) -> Yard:
    yard = Yard(
        [PLACE],
        broker=f"mqtt://127.0.0.1:{port}",
        outbox=outbox,
        passwords=dict(zip((PLACE.scale, PLACE.reader), passwords, strict=True)),
        speed=20,
    )
    yard.open()
    return yard


def test_what_stood_on_the_crate_stands_in_the_database_once(
    engine: Engine, tmp_path: Path
) -> None:
    passwords = install(engine, SCALE, READER)

    with broker(engine) as running, gateway(engine, running.port):
        yard = open_yard(running.port, passwords, tmp_path / "outbox.db")
        yard.crates[PLACE.crate].step_on(EID, 425_500)
        yard.crates[PLACE.crate].step_off()
        wait_until(lambda: len(stored(engine)) == 2 and yard.edge.backlog() == 0)
        yard.close()

    assert set(stored(engine)) == {(EID, None, None), (None, 425_500, True)}


def test_a_refused_password_keeps_the_reading_until_it_is_right(
    engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    passwords = install(engine, SCALE, READER)
    outbox = tmp_path / "outbox.db"

    with broker(engine) as running, gateway(engine, running.port):
        yard = open_yard(running.port, ["wrong", "wrong"], outbox)
        yard.crates[PLACE.crate].step_on(EID, 425_500)
        wait_until(lambda: "服务器拒绝连接" in caplog.text and yard.edge.backlog() == 2)
        yard.close()
        assert stored(engine) == []

        yard = open_yard(running.port, passwords, outbox)
        wait_until(lambda: len(stored(engine)) == 2 and yard.edge.backlog() == 0)
        yard.close()
