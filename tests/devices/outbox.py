"""An edge's outbox for tests: repeats, shuffles, replays, and a ledger of its own."""

import random
import threading
import time

from paho.mqtt.client import MQTTMessage

from devices.credentials import Account
from devices.messages import parse_ack
from tests.devices.yard import Edge, raw_digest, tag, weight

WINDOW = 100
RESEND_SECONDS = 1.0
DUPLICATES = 0.05
REPLAYS = 0.02
Key = tuple[int, int]


class Outbox(Edge):
    """Keeps each reading until the application acknowledgement names it."""

    def __init__(self, port: int, account: Account, *, readings: int, seed: int) -> None:
        super().__init__(port, account)
        self._random = random.Random(f"{seed} {account.name}")
        make = tag if account.name.startswith("reader") else weight
        half = readings // 2
        keys = [(boot, seq) for boot in (1, 2) for seq in range(1, half + 1)]
        self.payloads = {(boot, seq): make(seq, boot=boot) for boot, seq in keys}
        self.ledger = {key: raw_digest(payload) for key, payload in self.payloads.items()}
        self._unsent = keys
        self._unacked: dict[Key, bytes] = {}
        self.acked: set[Key] = set()
        self._news = threading.Condition()
        self._stop = threading.Event()
        self.client.reconnect_delay_set(min_delay=1, max_delay=1)
        self.client.on_connect = lambda _c, _u, _f, reason, _p: self._on_connect(str(reason))
        self._thread = threading.Thread(target=self._run)

    def start(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(20)
        super().__exit__()

    def send_the_day_again(self) -> None:
        """A captured day is replayed: every message once more, in any order."""
        keys = sorted(self.payloads)
        self._random.shuffle(keys)
        with self._news:
            self.acked.clear()
            self._unsent = keys

    def _on_connect(self, answer: str) -> None:
        self.answer.append(answer)
        self.client.subscribe(f"wn/{self.code}/down/ack", qos=1)

    def _run(self) -> None:
        silence = time.monotonic()
        while not self._stop.is_set():
            with self._news:
                if self._news.wait(0.02) or not self._unacked:
                    silence = time.monotonic()
                messages = self._next(late=time.monotonic() - silence > RESEND_SECONDS)
            if messages and self.client.is_connected():
                silence = time.monotonic()
                for payload in messages:
                    self.client.publish(f"wn/{self.code}/up/reading", payload, qos=1)

    def _next(self, *, late: bool) -> list[bytes]:
        if not self.client.is_connected():
            return []
        messages = list(self._unacked.values()) if late else []
        while self._unsent and len(self._unacked) < WINDOW:
            key = self._unsent.pop(0)
            self._unacked[key] = self.payloads[key]
            messages.append(self.payloads[key])
            if self._random.random() < DUPLICATES:
                messages.append(self.payloads[key])
            if self.acked and self._random.random() < REPLAYS:
                messages.append(self.payloads[self._random.choice(sorted(self.acked))])
        self._random.shuffle(messages)
        return messages

    def _on_message(self, _client: object, _userdata: object, message: MQTTMessage) -> None:
        ack = parse_ack(bytes(message.payload))
        assert not ack.set_aside
        with self._news:
            for key in ((ack.boot, seq) for seq in ack.stored):
                self.acked.add(key)
                self._unacked.pop(key, None)
            self._news.notify_all()
