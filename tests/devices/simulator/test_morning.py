"""A market morning through the real edge and a real broker."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.drivers.formats import one_frame
from devices.messages import ReadingKind
from devices.simulator.__main__ import main
from devices.simulator.crate import Crate, Faults
from devices.simulator.equipment import SCALES
from devices.simulator.morning import Place, Walker, Yard, herd
from devices.stability import Rule, weight_of
from tests.devices.mosquitto import WAIT_SECONDS, Ledger, Mosquitto, wait_until

PLACE = Place.of("xh-crate-01")


@pytest.fixture
def yard(ledger: Ledger, tmp_path: Path) -> Iterator[Yard]:
    opened = Yard([PLACE], broker=ledger.url, outbox=tmp_path / "outbox.db", speed=20)
    opened.open()
    yield opened
    opened.close()


def weights(ledger: Ledger) -> list[int | None]:
    return [reading.weight_g for reading in ledger.readings() if reading.kind is ReadingKind.WEIGHT]


def tags(ledger: Ledger) -> list[str | None]:
    return [reading.eid for reading in ledger.readings() if reading.kind is ReadingKind.TAG]


@pytest.mark.parametrize("name", SCALES)
@pytest.mark.parametrize("weight_g", [0, 425_500, 1_200_000])
def test_simulated_frames_are_the_makers_frames(name: str, weight_g: int) -> None:
    assert one_frame(name, SCALES[name](weight_g, stable=True)).weight_g == weight_g


@pytest.mark.mosquitto
def test_one_animal_is_one_tag_and_one_weight(yard: Yard, ledger: Ledger) -> None:
    crate = yard.crates["xh-crate-01"]

    crate.step_on("156000000000042", 425_700)
    crate.step_off()

    ledger.wait_until(lambda: len(ledger.stored) == 2)
    wait_until(lambda: yard.edge.backlog() == 0)
    assert (tags(ledger), weights(ledger)) == (["156000000000042"], [425_500])
    assert weight_of(ledger.readings()[1].frames, format_name="yaohua-0", rule=Rule(division_g=500))


@pytest.mark.mosquitto
def test_a_whole_herd_arrives_in_order_each_once(yard: Yard, ledger: Ledger) -> None:
    walkers = herd(12)

    yard.play(walkers, pause_seconds=0, stopping=threading.Event())

    ledger.wait_until(lambda: len(ledger.stored) == 24)
    assert tags(ledger) == [walker.eid for walker in walkers]
    assert weights(ledger) == [walker.weight_g for walker in walkers]


@pytest.mark.mosquitto
def test_faults_cost_no_animal_its_weight(yard: Yard, ledger: Ledger) -> None:
    walkers = herd(3, seed=7)
    faults = Faults(crossed=1, repeated=1, garbage=1, unplugged=1)

    yard.play(walkers, pause_seconds=0, stopping=threading.Event(), faults=faults)

    ledger.wait_until(lambda: len(weights(ledger)) >= 3)
    assert weights(ledger) == [walker.weight_g for walker in walkers]
    assert {walker.eid for walker in walkers} == set(tags(ledger))


@pytest.mark.mosquitto
def test_the_command_plays_the_animals_of_a_file(
    broker: Mosquitto, ledger: Ledger, tmp_path: Path
) -> None:
    animals = tmp_path / "animals.json"
    animals.write_text(json.dumps([{"eid": "156000000000042", "weight_g": 425_500}]))
    options = ["--broker", broker.url, "--animals", str(animals), "--speed", "20", "--pause", "0"]
    outbox = ["--outbox", str(tmp_path / "outbox.db"), "--crate", "xh-crate-01"]

    program = subprocess.Popen(
        [sys.executable, "-m", "devices.simulator", *options, *outbox], stderr=subprocess.DEVNULL
    )
    ledger.wait_until(lambda: len(weights(ledger)) >= 2)  # the morning begins anew
    program.terminate()

    assert program.wait(WAIT_SECONDS) == 0
    assert set(weights(ledger)) == {425_500}
    assert set(tags(ledger)) == {"156000000000042"}


def test_the_same_seed_is_the_same_herd() -> None:
    assert herd(50, seed=3) == herd(50, seed=3)
    assert herd(50, seed=3) != herd(50, seed=4)
    assert Walker("156000000000042", 425_500) not in herd(50)


def test_a_crate_that_is_switched_off_lets_nobody_wait() -> None:
    crate = Crate(speed=20)
    crate.close()

    crate.step_on("156000000000042", 425_500)
    crate.step_off()


def test_a_file_without_animals_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "animals.json"
    for text in ("[]", '[{"eid": "1"}]', "no json"):
        empty.write_text(text)
        assert main(["--animals", str(empty)]) == 2
        assert "牛只文件" in capsys.readouterr().err
