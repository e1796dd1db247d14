"""推送 · one stream for a desk: the crate's live weight, and that something has changed.

What the crate shows now comes over MQTT and is stored nowhere; what has been stored is asked of
the database, five times a second, in short reading transactions. The stream names only the newest
version; the page then fetches what it shows, so that a lost link loses nothing.
"""

import json
import time
from collections import Counter
from collections.abc import Iterator
from threading import Lock

from flask import Flask

from app import database, mqtt, whoami
from app.desk import standing
from app.desk.crates import Crate
from app.factory import settings_of
from app.server import STREAMS_MAX
from devices.gateway import GatewaySettings
from devices.live import LiveFrames
from traceability.base.errors import Refusal

LIVE = "platform.live"
PART = "desk"
POLL_S = 0.2
HEARTBEAT_S = 10.0
STREAM_S = 600.0  # then the browser comes again, and its account is looked at anew
LIVE_S = 3.0  # a weight older than this is no longer what the crate shows
PER_ACCOUNT_MAX = 6
RETRY_S = 3


class TooManyStreams(Refusal):
    """推送已满 · the page asks now and then instead."""

    status = 503


class Streams:
    """How many streams are open, in all and for each account."""

    def __init__(self, limit: int = STREAMS_MAX) -> None:
        self._limit = limit
        self._open: Counter[int] = Counter()
        self._lock = Lock()

    def enter(self, account_id: int) -> None:
        """Take a place.

        Raises:
            TooManyStreams: `desk.streams_full`.
        """
        with self._lock:
            full = self._open.total() >= self._limit
            if full or self._open[account_id] >= PER_ACCOUNT_MAX:
                raise TooManyStreams("desk.streams_full", "实时推送已满，页面改为定时刷新")
            self._open[account_id] += 1

    def leave(self, account_id: int) -> None:
        """Give the place back."""
        with self._lock:
            self._open[account_id] -= 1


streams = Streams()
_starting = Lock()


def live_of(app: Flask) -> LiveFrames:
    """The live frames of this process; it begins to listen when the first desk looks."""
    with _starting:
        if LIVE not in app.extensions:
            account = mqtt.account(settings_of(app))
            reach = GatewaySettings(
                url=account.url, name=account.name, password=account.password, part=PART
            )
            app.extensions[LIVE] = LiveFrames(reach, whoami.now)
            app.extensions[LIVE].start()
        found = app.extensions[LIVE]
    assert isinstance(found, LiveFrames)
    return found


def shown(live: LiveFrames, crate: Crate) -> dict[str, object]:
    """What the crate shows now, as the page understands it."""
    frame = live.newest(crate.scale or "")
    state = live.state(crate.scale or "")
    fresh = frame is not None and (whoami.now() - frame.received_at).total_seconds() < LIVE_S
    return {
        "weight_g": frame.value.weight_g if frame is not None and fresh else None,
        "stable": frame.value.stable if frame is not None and fresh else None,
        "online": None if state is None else state.value.online,
        "backlog": 0 if state is None else state.value.backlog,
    }


def stream(app: Flask, crate: Crate, place_id: int, *, known: str) -> Iterator[bytes]:
    """The events of one desk until its time is over; `known` is what the page already shows."""
    live = live_of(app)
    end = time.monotonic() + STREAM_S
    told, beaten, asked, seen = "", time.monotonic(), 0.0, 0
    yield f"retry: {RETRY_S * 1000}\n\n".encode()
    while (now := time.monotonic()) < end:
        if now - asked >= POLL_S:
            asked = now
            newest = _version(app, crate, place_id)
            if newest != known:
                known, beaten = newest, now
                yield f"event: changed\nid: {newest}\ndata: {newest}\n\n".encode()
        if (text := json.dumps(shown(live, crate))) != told:
            told, beaten = text, now
            yield f"event: live\ndata: {text}\n\n".encode()
        if now - beaten >= HEARTBEAT_S:
            beaten = now
            yield b": \n\n"
        seen = live.wait(seen, seconds=POLL_S)


def _version(app: Flask, crate: Crate, place_id: int) -> str:
    with app.app_context(), database.reading() as session:
        return standing.version(session, crate, place_id, at=whoami.now())
