"""主题 · the MQTT topics of one device: it writes below its `up` and reads below its `down`.

>>> parse("wn/xh-scale-01/up/reading")
Topic(device='xh-scale-01', channel=<Channel.READING: 'up/reading'>)
>>> str(Topic("xh-scale-01", Channel.ACK))
'wn/xh-scale-01/down/ack'
"""

import re
from dataclasses import dataclass
from enum import StrEnum

DEVICE = re.compile(r"^[a-z0-9-]{3,32}\Z")
ALL_READINGS = "wn/+/up/reading"
ALL_UP = "wn/+/up/+"


class BadTopicError(ValueError):
    """主题不合规 · no device writes or reads there."""

    code = "device.bad_topic"
    sentence = "主题不符合 wn/<设备>/up|down/<通道> 的约定"


class Channel(StrEnum):
    """通道 · what is said, and in which direction."""

    READING = "up/reading"
    LIVE = "up/live"
    STATUS = "up/status"
    ACK = "down/ack"
    CONFIG = "down/config"
    VERDICT = "down/verdict"


@dataclass(frozen=True, slots=True)
class Topic:
    """主题 · one channel of one device."""

    device: str
    channel: Channel

    def __post_init__(self) -> None:
        if not is_device(self.device):
            raise BadTopicError(self.device)

    def __str__(self) -> str:
        return f"wn/{self.device}/{self.channel.value}"


def is_device(code: str) -> bool:
    """Whether this may be the code of a device, its MQTT client id and its user name.

    >>> is_device("xh-scale-01"), is_device("+"), is_device("磅秤")
    (True, False, False)
    """
    return DEVICE.match(code) is not None


def parse(topic: str) -> Topic:
    """The device and channel of a topic.

    >>> parse("wn/xh-scale-01/up/reading/more")
    Traceback (most recent call last):
    devices.topics.BadTopicError: wn/xh-scale-01/up/reading/more
    """
    root, _, rest = topic.partition("/")
    device, _, channel = rest.partition("/")
    if root != "wn" or channel not in Channel._value2member_map_:
        raise BadTopicError(topic)
    return Topic(device, Channel(channel))
