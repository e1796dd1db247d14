"""The public history page beside a page of the same bytes without Flask, on the same server.

Both are served by granian, one process, and asked by the same eight connections in turn.
"""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from app import config
from app.factory import create_app
from app.labels import printing
from tests.databases import furnish
from tests.world import World
from traceability.base.db import make_engine
from traceability.base.refs import new_ref
from traceability.chain import events
from traceability.chain.kinds import Kind
from traceability.checkpoints import keys, stamps

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

CONNECTIONS = 8
ROUNDS = 5
ROUND_S = 1.5
OTHERS = 5_000  # events of other animals in the same chain
LATE = 99  # percentile
BODY = "BENCH_BODY"
HEADERS = "BENCH_HEADERS"


def plain(_environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """The peer: the same bytes and headers, and nothing else."""
    start_response("200 OK", PLAIN_HEADERS)
    return [PLAIN]


PLAIN = Path(os.environ[BODY]).read_bytes() if BODY in os.environ else b""
PLAIN_HEADERS = [
    (name, value)
    for line in os.environ.get(HEADERS, "").splitlines()
    for name, _, value in [line.partition(": ")]
]


@dataclass
class Load:
    """What one server answered in one round."""

    seconds: list[float] = field(default_factory=list)

    def rate(self, span: float) -> float:
        """Answers a second."""
        return len(self.seconds) / span

    @property
    def late_ms(self) -> float:
        """The 99th percentile."""
        return statistics.quantiles(self.seconds, n=100)[LATE - 1] * 1000


def main() -> None:
    """Ask both in turn; print the rates, the 99th percentiles and their ratios."""
    with tempfile.TemporaryDirectory() as folder:
        path, environ = _furnished(Path(folder))
        with _serving("app.factory:create_app", environ, "--factory") as ours:
            head, body = _once(ours, path)
            (Path(folder) / "body").write_bytes(body)
            kept = [
                line for line in head if not line.lower().startswith(("date", "server", "conn"))
            ]
            peer = environ | {BODY: f"{folder}/body", HEADERS: "\n".join(kept)}
            with _serving("tests.bench.trace:plain", peer) as theirs:
                _compare(path, ours, theirs, len(body))


def _compare(path: str, ours: int, theirs: int, size: int) -> None:
    found: dict[str, list[tuple[float, float]]] = {"without Flask": [], "trace page": []}
    for number in range(-1, ROUNDS):
        for label, port in (("without Flask", theirs), ("trace page", ours)):
            load = _asked(port, path)
            if number >= 0:  # the first round warms up
                found[label].append((load.rate(ROUND_S), load.late_ms))
    print(f"\ntrace page, {size:,} bytes gzipped, {CONNECTIONS} connections")
    for label, rows in found.items():
        rates, lates = [row[0] for row in rows], [row[1] for row in rows]
        print(
            f"  {label:<16} {statistics.median(rates):>8,.0f}/s"
            f" [{min(rates):,.0f}..{max(rates):,.0f}]"
            f"  p99 {statistics.median(lates):.2f} ms [{min(lates):.2f}..{max(lates):.2f}]"
        )
    pairs = list(zip(found["trace page"], found["without Flask"], strict=True))
    faster = [mine[0] / peer[0] for mine, peer in pairs]
    later = [mine[1] / peer[1] for mine, peer in pairs]
    print(
        f"  ratio {statistics.median(faster):.2f} [{min(faster):.2f}..{max(faster):.2f}]"
        f"  p99 ratio {statistics.median(later):.2f} [{min(later):.2f}..{max(later):.2f}]"
    )


def _furnished(folder: Path) -> tuple[str, dict[str, str]]:
    """A database with a stamped animal of ten events among many others; the path of its label."""
    environ = {"DATA_DIR": str(folder), "TRUSTED_PROXIES": "1"}
    engine = make_engine(f"sqlite:///{folder}/platform.db")
    furnish(engine)
    with Session(engine, expire_on_commit=False) as session:
        world = World(engine, session)
        animal = world.at_market(world.animal())
        for _ in range(4):
            world.vaccinate(animal, days_ago=1)
        for _ in range(OTHERS // 1000):
            _others(session, world)
        session.commit()
        world.later(minutes=1)
        stamps.sequence(session, keys.new_signer("demo-bench/chain"), at=world.at)
        session.commit()
        app = create_app(config.load(environ))
        with app.app_context():
            link = printing.animal_link(session, animal)
    engine.dispose()
    return urlsplit(link).path, os.environ | environ


def _others(session: Session, world: World) -> None:
    refs = [new_ref("animal") for _ in range(1000)]
    events.hold(session, *refs)
    by = world.farmer.ref
    for ref in refs:
        events.append(session, Kind.ANIMAL_REGISTERED, ref, at=world.at, by=by, sex="male")
    session.commit()


@contextmanager
def _serving(target: str, environ: dict[str, str], *more: str) -> Iterator[int]:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port)]
    command += ["--workers", "1", "--log-level", "warning", *more, target]
    with subprocess.Popen(command, env=environ) as server:
        try:
            _await(port)
            yield port
        finally:
            server.terminate()


def _await(port: int) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        with closing(socket.socket()) as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("the server did not start")


def _request(path: str, number: int) -> bytes:
    """A phone of its own every eighty looks, so that nobody is slowed down."""
    address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    head = f"GET {path} HTTP/1.1\r\nHost: bench\r\nAccept-Encoding: gzip\r\n"
    return f"{head}X-Forwarded-For: {address}\r\n\r\n".encode()


def _once(port: int, path: str) -> tuple[list[str], bytes]:
    with closing(socket.create_connection(("127.0.0.1", port))) as line:
        _ask(line, _request(path, 1))  # the first look renders
        return _ask(line, _request(path, 1))


def _asked(port: int, path: str) -> Load:
    load, until = Load(), time.perf_counter() + ROUND_S
    threads = [
        Thread(target=_keep_asking, args=(port, path, until, load, number))
        for number in range(CONNECTIONS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return load


def _keep_asking(port: int, path: str, until: float, load: Load, number: int) -> None:
    clock: Callable[[], float] = time.perf_counter
    with closing(socket.create_connection(("127.0.0.1", port))) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        asked = int(clock() * 1000) << 3 | number
        while (begun := clock()) < until:
            asked += CONNECTIONS
            _ask(line, _request(path, asked // (10 * CONNECTIONS)))
            load.seconds.append(clock() - begun)


def _ask(line: socket.socket, request: bytes) -> tuple[list[str], bytes]:
    line.sendall(request)
    told = b""
    while b"\r\n\r\n" not in told:
        told += line.recv(65_536)
    head, _, body = told.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    assert " 200 " in f"{status} ", status
    length = next(int(each[15:]) for each in lines if each.lower().startswith("content-length:"))
    while len(body) < length:
        body += line.recv(65_536)
    return lines, body


if __name__ == "__main__":
    main()
