"""The lamp at the market's gate: what the page would say, over the real wire, within seconds."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app import judging
from devices import credentials, devices
from devices.credentials import Account
from devices.devices import DeviceFacts, DeviceKind
from devices.gateway import Gateway
from devices.inbox import Receipt
from devices.lamps import QUEUE_MAX, Judge, LampLoop
from devices.messages import Light, Verdict, parse_verdict
from devices.simulator.morning import Yard
from tests.devices.yard import AT, Edge, broker, gateway_settings, tag, wait_until
from tests.world import World
from traceability import movements
from traceability.animals import Animal

if TYPE_CHECKING:
    from devices.topics import Topic

GATE = DeviceFacts(code="xh-gate-01", kind=DeviceKind.READER, format="allflex")
CRATE = DeviceFacts(code="xh-reader-01", kind=DeviceKind.READER, format="allflex")


def coming(world: World) -> Animal:
    """An animal on its way to the market under its paper."""
    animal = world.tagged(world.animal())
    world.certified(animal)
    movements.depart(world.session, animal, to=world.market, at=world.at, by=world.farmer)
    return animal


def installed(world: World, facts: DeviceFacts, **where: str) -> str:
    """The password of a new device at the market."""
    told: dict[str, Any] = {"at": world.at, "by": world.office.ref}
    device = devices.register(world.session, facts, holding=world.market.ref, **{**where, **told})
    password = credentials.issue(world.session, device, **told)
    world.session.commit()
    return str(password)


@contextmanager
def serving(world: World, port: int, judge: Judge = judging.at_gate) -> Iterator[Gateway]:
    """The gateway with its lamps."""

    def now() -> datetime:
        return world.at

    served = Gateway(gateway_settings(port), world.engine, now)
    lamps = LampLoop(world.engine, now, judge, served.tell)
    served.on_receipts = lamps.take
    thread = threading.Thread(target=served.run)
    lamps.start()
    thread.start()
    try:
        assert served.subscribed.wait(15)
        yield served
    finally:
        served.stop()
        thread.join(20)
        lamps.stop()


def answers(edge: Edge) -> list[Verdict]:
    heard = [each for each in edge.heard if each.topic.endswith("/down/verdict")]
    assert not [each for each in heard if each.retain]
    return [parse_verdict(bytes(each.payload)) for each in heard]


def _answered(edge: Edge, before: int) -> bool:
    return len(answers(edge)) > before


def test_a_tag_at_the_gate_is_answered_by_its_number_with_its_light(world: World) -> None:
    well, bare = coming(world), world.tagged(world.animal())
    password = installed(world, GATE, gate="东门")

    with (
        broker(world.engine, clock=lambda: world.at) as running,
        serving(world, running.port),
        Edge(running.port, Account(GATE.code, password)) as device,
    ):
        device.listen()
        told: list[Verdict] = []
        for eid in (well.eid, bare.eid, "156000000999999"):
            before = len(told)
            device.send(tag(before + 1, eid=str(eid)))
            wait_until(partial(_answered, device, before))
            told = answers(device)

    assert [(each.boot, each.seq) for each in told] == [(1, 1), (1, 2), (1, 3)]
    assert [each.light for each in told] == [Light.GREEN, Light.RED, Light.RED]
    assert told[0].eid == well.eid
    assert "certificate.present" in told[1].reasons
    assert told[2].reasons == ("animal.not_found",)


def test_a_reader_at_a_crate_is_not_answered_and_a_judge_that_fails_stops_nothing(
    world: World,
) -> None:
    at_gate, at_crate = installed(world, GATE, gate="东门"), installed(world, CRATE, crate="1号")
    failures: list[str] = []

    def failing_at_first(
        _session: Session, eid: str, place: str, _at: datetime
    ) -> tuple[Light, list[str]]:
        if not failures:
            failures.append(eid)
            raise RuntimeError(place)
        return Light.AMBER, []

    with (
        broker(world.engine, clock=lambda: world.at) as running,
        serving(world, running.port, failing_at_first),
        Edge(running.port, Account(GATE.code, at_gate)) as gate,
        Edge(running.port, Account(CRATE.code, at_crate)) as crate,
    ):
        gate.listen()
        crate.listen()
        crate.send(tag(1))
        gate.send(tag(1))
        wait_until(lambda: bool(failures))
        gate.send(tag(2))
        wait_until(lambda: len(answers(gate)) == 1)

        assert [each.seq for each in answers(gate)] == [2]
        assert gate.stored == {(1, 1), (1, 2)}
        assert answers(crate) == []
        assert crate.stored == {(1, 1)}


def test_a_lamp_that_is_behind_never_holds_up_ingest(engine: Engine) -> None:
    told: list[Topic] = []
    lamps = LampLoop(
        engine, lambda: AT, judging.at_gate, lambda topic, _payload: told.append(topic)
    )

    for seq in range(1, 3 * QUEUE_MAX):  # nobody takes anything out
        lamps.take([Receipt(GATE.code, 1, seq, kept_as_reading=True)])

    assert told == []


def test_an_animal_walks_by_the_simulated_gate_and_the_lamp_lights(
    world: World, tmp_path: Path
) -> None:
    well = coming(world)
    password = installed(world, GATE, gate="东门")

    with broker(world.engine, clock=lambda: world.at) as running, serving(world, running.port):
        yard = Yard(
            [],
            broker=f"mqtt://127.0.0.1:{running.port}",
            outbox=tmp_path / "outbox.db",
            passwords={GATE.code: password},
            gates=[GATE.code],
        )
        yard.open()
        (gate,) = yard.gates
        gate.pass_by(str(well.eid))
        assert gate.lamp.wait_for("green", 15)
        gate.pass_by("156000000999999")
        assert gate.lamp.wait_for("red", 15)
        yard.close()
