"""The lamp at a gate: lit by the answer to the newest tag, dark for everything else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from devices.edge.config import ConfigError, EdgeConfig, PortConfig
from devices.edge.lamp import ANSWER_SECONDS, Lamp
from devices.edge.program import Edge
from devices.messages import Light, MalformedError, Verdict, format_verdict, parse_verdict
from devices.simulator.equipment import Socket, allflex
from tests.devices.mosquitto import Ledger, wait_until

READER = "xh-gate-01"
EID, OTHER = "156000000000042", "156000000000043"


def port(path: Path, **more: object) -> PortConfig:
    told: dict[str, Any] = {"lamp": f"file:{path}", "source": "tcp://127.0.0.1:1", **more}
    return PortConfig(**{"device": READER, "format": "allflex", **told})


def answer(seq: int, light: Light, *, boot: int = 1) -> Verdict:
    return Verdict(boot=boot, seq=seq, eid=EID, light=light)


@pytest.fixture
def shown(tmp_path: Path) -> Path:
    return tmp_path / "lamp"


@pytest.fixture
def lamp(shown: Path) -> Iterator[Lamp]:
    started = Lamp(port(shown, lamp_seconds=60))
    started.start()
    yield started
    started.stop()


def shows(path: Path, words: bytes) -> None:
    wait_until(lambda: path.exists() and path.read_bytes() == words)


def test_an_answer_lights_the_lamp_and_the_next_tag_makes_it_dark(lamp: Lamp, shown: Path) -> None:
    lamp.read(1, 1, monotonic=0)
    assert lamp.told(answer(1, Light.GREEN), monotonic=1)
    shows(shown, b"green\n")

    lamp.read(1, 2, monotonic=2)
    shows(shown, b"dark\n")
    assert lamp.told(answer(2, Light.RED), monotonic=2.2)
    shows(shown, b"red\n")


@pytest.mark.parametrize(
    ("told", "monotonic"),
    [
        (answer(1, Light.GREEN), 1.0),  # of the animal before
        (answer(2, Light.GREEN, boot=7), 1.0),  # of another start of the program
        (answer(2, Light.GREEN), ANSWER_SECONDS + 0.1),  # too late: it has gone on
        (answer(3, Light.GREEN), 1.0),  # of nothing that was read
    ],
)
def test_an_answer_for_another_animal_lights_nothing(
    lamp: Lamp, told: Verdict, monotonic: float
) -> None:
    lamp.read(1, 1, monotonic=-1)
    lamp.read(1, 2, monotonic=0)

    assert not lamp.told(told, monotonic=monotonic)


def test_a_light_goes_out_by_itself(shown: Path) -> None:
    lamp = Lamp(port(shown, lamp_seconds=1))
    lamp.start()
    lamp.read(1, 1, monotonic=0)
    lamp.told(answer(1, Light.AMBER), monotonic=0)
    shows(shown, b"amber\n")

    shows(shown, b"dark\n")
    lamp.stop()


def test_a_lamp_that_cannot_be_reached_is_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "not there yet"
    lamp = Lamp(port(folder / "lamp"))
    lamp.start()
    lamp.read(1, 1, monotonic=0)
    wait_until(lambda: "连不上" in caplog.text)

    folder.mkdir()
    lamp.told(answer(1, Light.RED), monotonic=0)

    shows(folder / "lamp", b"red\n")
    lamp.stop()


@pytest.mark.parametrize(
    ("more", "hint"),
    [
        ({"lamp": "http://x"}, "lamp"),
        ({"lamp_seconds": 0}, "lamp_seconds"),
        ({"lamp_red": "hex:zz"}, "lamp_red"),
        ({"format": "yaohua-0"}, "阅读器"),
    ],
)
def test_a_mistake_about_the_lamp_is_named(
    tmp_path: Path, more: dict[str, object], hint: str
) -> None:
    with pytest.raises(ConfigError) as refusal:
        port(tmp_path / "lamp", **more)

    assert hint in refusal.value.sentence


def test_a_verdict_says_after_the_wire_what_it_said_before() -> None:
    said = Verdict(
        boot=3, seq=9, eid=EID, light=Light.RED, reasons=("certificate.present", "animal.tagged")
    )

    assert parse_verdict(format_verdict(said)) == said


@pytest.mark.parametrize(
    "broken",
    [
        b'{"v":1,"boot":1,"seq":1,"eid":"156000000000042","light":"blue","reasons":[]}',
        b'{"v":1,"boot":1,"seq":1,"eid":"156000000000042","light":"red","reasons":"x"}',
        b'{"v":1,"boot":1,"seq":1,"eid":"156000000000042","light":"red","reasons":["A b"]}',
        b'{"v":1,"boot":1,"seq":1,"eid":"156000000000042","light":"red"}',
        b'{"v":1,"boot":0,"seq":1,"eid":"156000000000042","light":"red","reasons":[]}',
    ],
)
def test_a_verdict_that_is_none_is_refused(broken: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_verdict(broken)


@pytest.mark.mosquitto
def test_the_answer_comes_through_a_real_broker_and_nothing_else_lights(
    tmp_path: Path, ledger: Ledger, shown: Path
) -> None:
    reader = Socket()
    gate = port(shown, source=reader.address, lamp_seconds=60)
    edge = Edge(EdgeConfig(broker=ledger.url, outbox=tmp_path / "outbox.db", ports=(gate,)))
    edge.start()
    assert reader.wait_for_listener(10)

    reader.say(allflex(EID))
    ledger.wait_until(lambda: len(ledger.stored) == 1)
    topic = f"wn/{READER}/down/verdict"
    ledger.client.publish(topic, b"no verdict", qos=1)
    ledger.client.publish(topic, format_verdict(answer(1, Light.GREEN, boot=5)), qos=1)
    ledger.client.publish(topic, format_verdict(answer(1, Light.RED)), qos=1)

    shows(shown, b"red\n")
    edge.stop()
    assert shown.read_bytes() == b"dark\n"
    reader.close()
