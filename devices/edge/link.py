"""连接 · the MQTT connection of one device: sends what waits, forgets what the server stored.

A broker's PUBACK promises nothing: it may die with the message. Only `down/ack`, sent after the
server's commit, empties the outbox; whatever is not acknowledged is sent again.
"""

import logging
import ssl
import threading
import time
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from devices import messages
from devices.edge.config import ConfigError, EdgeConfig, PortConfig
from devices.edge.lamp import Lamp
from devices.edge.outbox import Outbox
from devices.messages import Live, MalformedError, Status
from devices.topics import Channel, Topic

logger = logging.getLogger(__name__)

FIRMWARE = "weining-edge 0.1.0"
KEEPALIVE_SECONDS = 10
RECONNECT_SECONDS_MAX = 4
WINDOW = 200  # readings under way at once
RESEND_SECONDS = 3.0
STATUS_SECONDS = 30.0
LIVE_SECONDS = 0.2  # at most five a second
TICK_SECONDS = 0.5


class Link:
    """连接 · of one device; its own thread sends, paho's thread receives."""

    def __init__(
        self, config: EdgeConfig, port: PortConfig, outbox: Outbox, *, lamp: Lamp | None = None
    ) -> None:
        self._device, self._outbox, self._lamp = port.device, outbox, lamp
        self._sent: dict[tuple[int, int], float] = {}
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._work = threading.Event()
        self._stopping = threading.Event()
        self._live_at = self._status_at = float("-inf")
        self._client = self._make_client(config, port)
        self._thread = threading.Thread(target=self._run, name=f"link-{port.device}", daemon=True)

    def _make_client(self, config: EdgeConfig, port: PortConfig) -> Client:
        client = Client(CallbackAPIVersion.VERSION2, client_id=port.device, protocol=MQTTv311)
        client.username_pw_set(port.device, port.secret())
        if config.encrypted:
            try:
                context = ssl.create_default_context(cafile=config.ca_file or None)
            except OSError as error:
                raise ConfigError(f"读不到证书 {config.ca_file}：{error.strerror}") from None
            client.tls_set_context(context)
        client.will_set(self._topic(Channel.STATUS), self._status(online=False), qos=0)
        client.reconnect_delay_set(1, RECONNECT_SECONDS_MAX)
        client.max_inflight_messages_set(WINDOW)
        client.max_queued_messages_set(2 * WINDOW)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_disconnect = self._on_disconnect
        client.on_message = self._on_message
        client.connect_async(*config.address, keepalive=KEEPALIVE_SECONDS)
        return client

    def start(self) -> None:
        """Connect, and keep connected."""
        self._client.loop_start()
        self._thread.start()

    def stop(self) -> None:
        """Say goodbye; what is not acknowledged stays in the outbox."""
        self._stopping.set()
        self._work.set()
        self._thread.join(5)
        if self._ready.is_set():
            self._client.publish(self._topic(Channel.STATUS), self._status(online=False))
        self._client.disconnect()
        self._client.loop_stop()

    def wake(self) -> None:
        """There is a new reading in the outbox."""
        self._work.set()

    def show(self, live: Live, *, monotonic: float) -> bool:
        """Send a value for the screen; False if too soon after the last, or nobody is there."""
        if not self._ready.is_set() or monotonic - self._live_at < LIVE_SECONDS:
            return False
        self._live_at = monotonic
        self._client.publish(self._topic(Channel.LIVE), messages.format_live(live))
        return True

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._work.wait(TICK_SECONDS)
            self._work.clear()
            if not self._ready.is_set():
                continue
            try:
                self._send(monotonic=time.monotonic())
            except Exception:  # The next tick tries again; a link must not end while others run.
                logger.exception("%s：发送失败，稍后重试", self._device)

    def _send(self, *, monotonic: float) -> None:
        if monotonic - self._status_at >= STATUS_SECONDS:
            self._status_at = monotonic
            self._client.publish(self._topic(Channel.STATUS), self._status(online=True))
        for entry in self._outbox.oldest(self._device, limit=WINDOW):
            key = (entry.boot, entry.seq)
            with self._lock:
                if monotonic - self._sent.get(key, float("-inf")) < RESEND_SECONDS:
                    continue
                self._sent[key] = monotonic
            info = self._client.publish(self._topic(Channel.READING), entry.payload, qos=1)
            if info.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
                return

    def _topic(self, channel: Channel) -> str:
        return str(Topic(self._device, channel))

    def _status(self, *, online: bool) -> bytes:
        backlog = self._outbox.backlog(self._device)
        return messages.format_status(Status(online=online, backlog=backlog, firmware=FIRMWARE))

    def _on_connect(
        self,
        client: Client,
        _data: Any,
        _flags: ConnectFlags,
        code: ReasonCode,
        _more: Properties | None,
    ) -> None:
        if code.is_failure:
            logger.warning("%s：服务器拒绝连接（%s），请检查设备编号和密码", self._device, code)
            return
        client.drop_out_messages()  # the outbox sends again, in order, whatever matters
        heard = [Channel.ACK] if self._lamp is None else [Channel.ACK, Channel.VERDICT]
        client.subscribe([(self._topic(channel), 1) for channel in heard])

    def _on_subscribe(self, *_: Any) -> None:
        """Only now can an acknowledgement arrive; only now does sending make sense."""
        with self._lock:
            self._sent.clear()
        self._status_at = float("-inf")
        self._ready.set()
        self._work.set()
        logger.info("%s：已连接，待发 %d 条", self._device, self._outbox.backlog(self._device))

    def _on_disconnect(self, *_: Any) -> None:
        if self._ready.is_set():
            logger.warning("%s：连接断开，读数继续存盘，连上后补发", self._device)
        self._ready.clear()

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        try:
            if message.topic == self._topic(Channel.VERDICT):
                self._light(bytes(message.payload))
            else:
                self._let_go(bytes(message.payload))
        except MalformedError as error:
            logger.warning("%s：应答不合规，未采用：%s", self._device, error.sentence)
        except Exception:  # One bad message must not end the network thread.
            logger.exception("%s：应答未能处理，将重发", self._device)

    def _light(self, payload: bytes) -> None:
        verdict = messages.parse_verdict(payload)
        if self._lamp is not None:
            self._lamp.told(verdict, monotonic=time.monotonic())

    def _let_go(self, payload: bytes) -> None:
        ack = messages.parse_ack(payload)
        seqs = ack.stored + ack.set_aside
        self._outbox.drop(self._device, ack.boot, seqs)
        with self._lock:
            for seq in seqs:
                self._sent.pop((ack.boot, seq), None)
        self._work.set()
