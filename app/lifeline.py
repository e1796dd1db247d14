"""生命线 · what ties a part of the platform to its supervisor.

A part touches its file in the run folder once a second, so that the supervisor and `/healthz`
notice one that is stopped. If the supervisor is killed, the kernel tells its children on Linux, and
everywhere each part looks for itself whether its parent is still there.
"""

import contextlib
import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

BEAT_S = 1.0
LOOK_S = 0.25
GRACE_S = 4.0  # how long an orphan may tidy up before it is killed
PR_SET_PDEATHSIG = 1


class Name(StrEnum):
    """部件名 · a process of the platform."""

    BROKER = "broker"
    SEQUENCER = "sequencer"
    INGEST = "ingest"
    WORKER = "worker"
    SCHEDULER = "scheduler"
    WEB = "web"
    EQUIPMENT = "equipment"


NAME_LABELS = {
    Name.BROKER: "消息代理",
    Name.SEQUENCER: "排序盖章",
    Name.INGEST: "设备收件",
    Name.WORKER: "后台任务",
    Name.SCHEDULER: "定时任务",
    Name.WEB: "网页服务",
    Name.EQUIPMENT: "演示设备",
}


def beat_file(run_dir: Path, name: str) -> Path:
    """The file a part touches while it lives."""
    return run_dir / f"{name}.beat"


def attach(parent: int | None, beat: Callable[[], None] | None) -> None:
    """Begin to beat, and end with the parent if there is one. Call it first, in the main thread."""
    if parent is not None:
        ask_kernel()
        if os.getppid() != parent:  # it died before we could ask
            sys.exit(1)
    threading.Thread(target=_live, args=(parent, beat), name="lifeline", daemon=True).start()


def ask_kernel() -> None:
    """On Linux, have SIGTERM sent to this process when its parent dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _live(parent: int | None, beat: Callable[[], None] | None) -> None:
    next_beat = time.monotonic()
    while parent is None or os.getppid() == parent:
        if beat is not None and time.monotonic() >= next_beat:
            with contextlib.suppress(OSError):  # a full disk must not end the part
                beat()
            next_beat = time.monotonic() + BEAT_S
        time.sleep(LOOK_S)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_S)
    os.killpg(os.getpgrp(), signal.SIGKILL)  # a part leads a group of its own
