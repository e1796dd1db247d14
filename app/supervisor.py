"""总管 · starts every part of the platform as a process of its own and keeps it running.

What dies or falls silent is restarted, later each time it happens again. SIGINT and SIGTERM stop
the parts in order within five seconds; a part leads its own process group, so nothing it started
stays behind. A supervisor that is killed takes its parts with it (see `lifeline`).
"""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app import config, welcome
from app.lifeline import NAME_LABELS, Name, beat_file

STOP_S = 4.5  # everything is gone by then
WAVE_S = 1.5  # what one wave may take before the next is told
LOOK_S = 0.1
SILENT_S = 6.0  # a heartbeat that stands still so long means stopped or hung
STEADY_S = 30.0  # a part that ran this long starts again at once
PAUSE_S = (0.2, 0.5, 1.0, 2.0, 4.0)
LOG_BYTES_MAX = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """部件 · one process: its name, what people call it, its command, when it is told to stop."""

    name: str
    label: str
    command: Sequence[str]
    wave: int = 0  # lower waves stop first


@dataclass(slots=True)
class Child:
    """A part as it runs now."""

    part: Part
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    due: float = 0.0
    deaths: int = 0
    beat: float = 0.0
    beat_seen: float = 0.0

    @property
    def is_gone(self) -> bool:
        """Whether no process of it is left to wait for."""
        return self.process is None or self.process.poll() is not None


class Supervisor:
    """总管 · the loop that starts, watches and stops the parts."""

    def __init__(
        self,
        parts: Sequence[Part],
        data_dir: Path,
        say: Callable[[str], None] = print,
    ) -> None:
        self.children = [Child(part) for part in parts]
        self.run_dir = data_dir / "run"
        self.log_dir = data_dir / "log"
        self.print = say
        self.asked_to_stop = 0

    def run(self, while_waiting: Callable[[], bool] = lambda: True) -> None:
        """Keep the parts running until asked to stop; ask `while_waiting` until it says True."""
        for folder in (self.run_dir, self.log_dir):
            folder.mkdir(parents=True, exist_ok=True)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        ready = False
        try:
            while not self.asked_to_stop:
                for child in self.children:
                    try:
                        self._tend(child)
                    except OSError as error:  # no process, no disk: later perhaps
                        child.due = time.monotonic() + PAUSE_S[-1]
                        self.say(f"{child.part.label}暂时无法启动：{error.strerror}")
                ready = ready or while_waiting()
                time.sleep(LOOK_S)
        finally:
            self.stop()

    def say(self, line: str) -> None:
        """Tell whoever watches; nobody may be watching any more."""
        with contextlib.suppress(OSError):
            self.print(line)

    def _ask_to_stop(self, _number: int, _frame: object) -> None:
        self.asked_to_stop += 1

    def _tend(self, child: Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.due:
                self._start(child)
            return
        if child.process.poll() is None:
            if not self._is_silent(child):
                return
            self.say(f"{child.part.label}无响应，强制重启")
        _signal_group(child.process, signal.SIGKILL)
        status = child.process.wait()
        child.deaths = 0 if now - child.started > STEADY_S else child.deaths + 1
        pause_s = PAUSE_S[min(child.deaths, len(PAUSE_S) - 1)]
        child.process, child.due = None, now + pause_s
        log = self.log_dir / f"{child.part.name}.log"
        self.say(f"{child.part.label}已退出（{status}），{pause_s:g} 秒后重启；日志 {log}")

    def _is_silent(self, child: Child) -> bool:
        """Whether its heartbeat stands still, by our own clock, which sleeps when we do."""
        with contextlib.suppress(FileNotFoundError):
            beat = self._beat(child).stat().st_mtime
            if beat != child.beat:
                child.beat, child.beat_seen = beat, time.monotonic()
        return time.monotonic() - child.beat_seen > SILENT_S

    def _beat(self, child: Child) -> Path:
        return beat_file(self.run_dir, child.part.name)

    def _start(self, child: Child) -> None:
        self._beat(child).unlink(missing_ok=True)
        with self._log(child.part.name) as log:
            child.process = subprocess.Popen(  # noqa: S603 # our own commands
                [*child.part.command, "--parent", str(os.getpid())],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        child.started = time.monotonic()
        child.beat_seen = child.started + STEADY_S  # it may take that long to import and begin

    @contextlib.contextmanager
    def _log(self, name: str) -> Iterator[IO[bytes]]:
        path = self.log_dir / f"{name}.log"
        if path.exists() and path.stat().st_size > LOG_BYTES_MAX:
            path.replace(path.with_suffix(".log.1"))
        with path.open("ab") as log:
            yield log

    def stop(self) -> None:
        """Tell one wave after the other to end; kill what is left when time is up."""
        deadline = time.monotonic() + STOP_S
        for wave in sorted({child.part.wave for child in self.children}):
            running = [child for child in self.children if child.part.wave == wave]
            for child in running:
                if child.process:
                    _signal_group(child.process, signal.SIGTERM)
            self._wait(running, min(deadline, time.monotonic() + WAVE_S))
        self._wait(self.children, deadline)
        for child in self.children:
            if child.process:
                _signal_group(child.process, signal.SIGKILL)
                child.process.wait()
            self._beat(child).unlink(missing_ok=True)

    def _wait(self, children: Sequence[Child], until: float) -> None:
        """Until all are gone, time is up, or somebody is impatient enough to ask again."""
        while time.monotonic() < until and self.asked_to_stop < 2:  # noqa: PLR2004 # the second Ctrl-C
            if all(child.is_gone for child in children):
                return
            time.sleep(LOOK_S / 2)


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Signal a part and everything it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


@contextlib.contextmanager
def only_one(data_dir: Path) -> Iterator[None]:
    """One supervisor for one data folder.

    Raises:
        config.ConfigurationError: another one runs there, or the folder cannot be written.
    """
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        lock = (data_dir / "supervisor.lock").open("w")
    except OSError as error:
        sentence = f"不能写入数据目录 {data_dir}（{error.strerror}）；可用 DATA_DIR 指定别处"
        raise config.ConfigurationError([sentence]) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            sentence = f"平台已在运行（数据目录 {data_dir}）；请先在原窗口按 Ctrl-C"
            raise config.ConfigurationError([sentence]) from error
        yield


def main() -> None:
    """Start the platform as the environment describes it."""
    try:
        settings = config.load()
        if settings.is_production:
            from app import installation  # the demonstration's supervisor stays small

            installation.require_real(settings)
        with only_one(settings.data_dir):
            welcome.require_free_ports(settings)
            greeting = welcome.Greeting(settings)
            greeting.begin()
            Supervisor(parts(settings), settings.data_dir).run(greeting.is_ready)
            greeting.end()
    except config.ConfigurationError as error:
        sys.exit(str(error))


def parts(settings: config.Settings) -> list[Part]:
    """What runs here; the embedded broker only where no other is named."""

    def part(name: Name, wave: int) -> Part:
        command = (sys.executable, "-m", "app.processes", name)
        return Part(name, NAME_LABELS[name], command, wave)

    embedded = [part(Name.BROKER, 2)] if settings.mqtt_url is None else []
    play = [] if settings.is_production or settings.mqtt_url else [part(Name.EQUIPMENT, 0)]
    first = (Name.INGEST, Name.WORKER, Name.SCHEDULER, Name.WEB)
    return [*embedded, part(Name.SEQUENCER, 1), *(part(name, 0) for name in first), *play]


if __name__ == "__main__":
    main()
