"""The web server: a process of its own that serves, and is gone within seconds when told."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

ANSWER_S = 30.0
GONE_S = 8.0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def answers(address: str) -> bool:
    try:
        with urlopen(f"{address}/healthz", timeout=2) as answer:
            return bool(answer.status)
    except HTTPError as error:
        with error:
            return error.code == 503
    except OSError:
        return False


def test_it_serves_and_ends_when_told(tmp_path: Path) -> None:
    port = free_port()
    environ = {**os.environ, "DATA_DIR": str(tmp_path), "PORT": str(port)}
    process = subprocess.Popen([sys.executable, "-m", "app.server"], env=environ)
    try:
        until = time.monotonic() + ANSWER_S
        while not answers(f"http://127.0.0.1:{port}"):
            assert process.poll() is None, "it ended by itself"
            assert time.monotonic() < until, "no answer"
        process.send_signal(signal.SIGTERM)
        assert process.wait(GONE_S) == 0
    finally:
        process.kill()
        process.wait()
