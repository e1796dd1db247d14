"""Serial lines, TCP ports and files."""

import os
import pty
import socket
import tty
from pathlib import Path

import pytest

from devices.edge.config import ConfigError
from devices.edge.sources import EndedError, open_source


def test_a_pseudo_terminal_is_a_serial_line() -> None:
    master, slave = pty.openpty()
    tty.setraw(slave)
    source = open_source(f"serial://{os.ttyname(slave)}?baud=4800&parity=E&bits=7")

    os.write(master, b"=05.5240")
    data = b""
    while len(data) < 8:
        data += source.read()

    assert data == b"=05.5240"
    assert source.read() == b""
    source.close()
    os.close(master)
    os.close(slave)


def test_a_tcp_port_is_read_until_the_other_side_hangs_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        source = open_source(f"tcp://127.0.0.1:{server.getsockname()[1]}")
        scale, _ = server.accept()
    assert source.read() == b""

    scale.sendall(b"[425.5]")
    assert source.read() == b"[425.5]"

    scale.close()
    with pytest.raises(EndedError):
        source.read()
    source.close()


def test_a_capture_is_read_once(tmp_path: Path) -> None:
    capture = tmp_path / "capture.bin"
    capture.write_bytes(b"[425.5]")
    source = open_source(f"file:{capture}")

    assert source.read() == b"[425.5]"
    with pytest.raises(EndedError):
        source.read()
    assert not source.endless
    source.close()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "tcp://nowhere",
        "http://x",
        "serial:///dev/tty?baud=fast",
        "serial:///dev/tty?speed=9600",
    ],
)
def test_an_address_that_says_nothing_is_refused(address: str) -> None:
    with pytest.raises(ConfigError):
        open_source(address)


def test_a_device_that_is_not_there_is_an_error_of_the_moment() -> None:
    with pytest.raises(OSError, match="ttyNONE"):
        open_source("/dev/ttyNONE")
