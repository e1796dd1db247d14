"""An indicator that speaks only when asked, on a pseudo-terminal: asked, answered, believed."""

import os
import pty
import threading
import tty
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.drivers.yaohua_command import check, question
from devices.edge.config import ConfigError, EdgeConfig, PortConfig
from devices.edge.program import Edge
from tests.devices.mosquitto import Ledger

SCALE = "xh-scale-09"


class Yaohua:
    """An indicator in command mode; it answers its own address only, and errs when told to."""

    def __init__(self, address: str) -> None:
        self.grams, self.spoiled, self.asked = 0, 0, 0
        self._question = question(address)
        self._address = address.encode()
        self._master, slave = pty.openpty()
        tty.setraw(slave)
        self.path = os.ttyname(slave)
        self._slave = slave
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        heard = b""
        while True:
            try:
                heard = (heard + os.read(self._master, 64))[-64:]
            except OSError:
                return
            while self._question in heard:
                heard = heard.partition(self._question)[2]
                self.asked += 1
                os.write(self._master, self._answer())

    def _answer(self) -> bytes:
        body = self._address + b"B+%06d1" % (self.grams // 100)
        answer = b"\x02" + body + check(body)
        if self.spoiled:
            self.spoiled -= 1
            return answer[:5] + b"9" + answer[6:]
        return answer

    def close(self) -> None:
        os.close(self._slave)
        os.close(self._master)


@pytest.fixture
def indicator() -> Iterator[Yaohua]:
    plugged = Yaohua("B")
    yield plugged
    plugged.close()


@pytest.mark.mosquitto
def test_an_asked_indicator_gives_one_reading_and_no_misread_digit(
    indicator: Yaohua, ledger: Ledger, tmp_path: Path
) -> None:
    port = PortConfig(
        device=SCALE,
        source=indicator.path,
        format="yaohua-command",
        division_g=500,
        equal_frames=3,
        ask_ms=100,
        ask="hex:" + question("B").hex(" "),
    )
    edge = Edge(EdgeConfig(broker=ledger.url, outbox=tmp_path / "outbox.db", ports=(port,)))
    edge.start()
    try:
        ledger.wait_until(lambda: indicator.asked > 2)
        indicator.spoiled, indicator.grams = 2, 425_500
        ledger.wait_until(lambda: len(ledger.stored) == 1)
    finally:
        edge.stop()

    assert [reading.weight_g for reading in ledger.readings()] == [425_500]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ask_ms": 0}, "应答方式"),
        ({"ask_ms": 50}, "ask_ms"),
        ({"ask_ms": 5000}, "ask_ms"),
        ({"ask_ms": 200, "ask": "hex:0"}, "十六进制"),
        ({"ask_ms": 200, "format": "toledo"}, "没有读数命令"),
    ],
)
def test_a_port_that_could_not_ask_is_refused(changes: dict[str, object], words: str) -> None:
    told = {"device": SCALE, "source": "/dev/x", "format": "yaohua-command", **changes}

    with pytest.raises(ConfigError) as refusal:
        PortConfig(**told)  # type: ignore[arg-type]

    assert words in refusal.value.sentence
