"""实时值 · the newest live value and state of each device, for the screens of one process.

Nothing here is stored and nothing of it is traded on: a screen shows what the crate shows now.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from . import gateway, messages, topics
from .gateway import GatewaySettings
from .messages import Live, Status
from .topics import Channel

if TYPE_CHECKING:
    from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

DEVICES_MAX = 10_000
FILTERS = ("wn/+/up/live", "wn/+/up/status")
logger = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Seen(Generic[T]):
    """A value with the instant at which this process received it."""

    value: T
    received_at: datetime


class LiveFrames:
    """实时画面 · listens to all devices and keeps the newest value of each."""

    def __init__(self, settings: GatewaySettings, now: Callable[[], datetime]) -> None:
        self._settings = settings
        self._now = now
        self._frames: dict[str, Seen[Live]] = {}
        self._states: dict[str, Seen[Status]] = {}
        self._changed = threading.Condition()
        self._version = 0
        self._client = gateway.make_client(settings)
        self._client.on_connect = self._on_connect
        self._client.on_message = self._on_message

    def start(self) -> None:
        """Begin to listen, in a thread of its own; reconnects by itself."""
        gateway.connect(self._client, self._settings)

    def stop(self) -> None:
        """Listen no longer."""
        self._client.disconnect()
        self._client.loop_stop()

    def newest(self, code: str) -> Seen[Live] | None:
        """The newest live value of a device, if it has sent one."""
        return self._frames.get(code)

    def state(self, code: str) -> Seen[Status] | None:
        """The newest state of a device, if it has sent one."""
        return self._states.get(code)

    def wait(self, version: int, *, seconds: float) -> int:
        """Wait until something newer than `version` has come, at most so long; the new version."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != version, timeout=seconds)
            return self._version

    def _on_connect(
        self,
        client: "Client",
        _userdata: object,
        _flags: "ConnectFlags",
        reason: "ReasonCode",
        _properties: "Properties | None",
    ) -> None:
        if reason.is_failure:
            logger.error("broker refuses the live listener: %s", reason)
            return
        client.subscribe([(each, 0) for each in FILTERS])

    def _on_message(self, _client: "Client", _userdata: object, message: "MQTTMessage") -> None:
        try:
            self._take(topics.parse(message.topic), bytes(message.payload))
        except ValueError as error:  # one bad message must not end the network thread
            logger.info("live message not understood: %s", error)

    def _take(self, topic: topics.Topic, payload: bytes) -> None:
        known = topic.device in self._frames or topic.device in self._states
        if not known and len(self._frames) + len(self._states) >= DEVICES_MAX:
            return
        if topic.channel is Channel.LIVE:
            self._frames[topic.device] = Seen(messages.parse_live(payload), self._now())
        elif topic.channel is Channel.STATUS:
            self._states[topic.device] = Seen(messages.parse_status(payload), self._now())
        with self._changed:
            self._version += 1
            self._changed.notify_all()
