"""A broker and a server for the market morning."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.devices.mosquitto import Ledger, Mosquitto, running


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with running(tmp_path) as started:
        yield started


@pytest.fixture
def ledger(broker: Mosquitto) -> Iterator[Ledger]:
    server = Ledger(broker.port)
    yield server
    server.close()
