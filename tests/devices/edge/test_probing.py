"""The probe on a serial line, a socket and a file: it listens, suggests, and sets nothing."""

import json
import os
import pty
import socket
import threading
import tty
from pathlib import Path

import pytest

from devices.edge.__main__ import main

LINE = b"ST,GS,+00%03d.5kg\r\n"
CAPTURE = b"".join(LINE % kg for kg in (0, 12, 268, 425, 431, 512, 640, 75, 300, 211))


def test_a_capture_in_a_file_is_named_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "capture.bin"
    file.write_bytes(CAPTURE)

    assert main(["probe", f"file:{file}"]) == 0

    said = capsys.readouterr().out
    assert "and　A&D 标准格式　把握" in said
    assert "什么也没有改" in said


def test_a_serial_line_is_heard_and_the_bytes_are_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    master, slave = pty.openpty()
    tty.setraw(slave)
    speaker = threading.Timer(0.2, os.write, (master, CAPTURE))
    speaker.start()
    saved = tmp_path / "heard.bin"

    status = main(["probe", os.ttyname(slave), "--seconds", "1", "--json", "--save", str(saved)])

    speaker.join()
    told = json.loads(capsys.readouterr().out)
    assert status == 0
    assert told["source"].endswith("?baud=9600")
    assert told["suggestions"][0]["format"] == "and"
    assert saved.read_bytes() == CAPTURE
    os.close(master)
    os.close(slave)


def test_an_indicator_that_only_answers_is_asked_when_one_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        answering = threading.Thread(target=_answer_sics, args=(server,), daemon=True)
        answering.start()
        source = f"tcp://127.0.0.1:{server.getsockname()[1]}"

        status = main(["probe", source, "--seconds", "3", "--ask", "--json"])

    assert status == 0
    assert json.loads(capsys.readouterr().out)["suggestions"][0]["format"] == "mt-sics"


def _answer_sics(server: socket.socket) -> None:
    line, _ = server.accept()
    with line:
        while heard := line.recv(64):
            if b"SI\r\n" in heard:
                line.sendall(b"S S     425.50 kg\r\n")


@pytest.mark.parametrize("source", ["http://x", "tcp://127.0.0.1:1", "/dev/ttyNONE"])
def test_a_source_that_is_not_there_is_said(
    source: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["probe", source]) == 2
    assert capsys.readouterr().err


def test_silence_ends_with_advice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "silent.bin"
    file.write_bytes(b"")

    assert main(["probe", f"file:{file}"]) == 1
    assert "检查接线" in capsys.readouterr().out
