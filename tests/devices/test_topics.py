"""Where devices write and read."""

import pytest

from devices.topics import BadTopicError, Channel, Topic, parse


@pytest.mark.parametrize("channel", Channel)
def test_every_channel_is_read_back(channel: Channel) -> None:
    topic = Topic("xh-scale-01", channel)

    assert parse(str(topic)) == topic


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "wn",
        "wn/xh-scale-01",
        "wn/xh-scale-01/up",
        "wn/xh-scale-01/up/other",
        "wn/xh-scale-01/up/reading/",
        "wn/+/up/reading",
        "wn/#",
        "$SYS/broker/uptime",
        "wn/AB/up/reading",
        "wn/xh\n/up/reading",
        f"wn/{'a' * 33}/up/reading",
        "xx/xh-scale-01/up/reading",
    ],
)
def test_other_topics_are_refused(topic: str) -> None:
    with pytest.raises(BadTopicError) as refusal:
        parse(topic)

    assert refusal.value.code == "device.bad_topic"
