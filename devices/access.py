"""主题权限 · who may write and read which topic; the embedded broker's whole rule, pure.

`deploy/mosquitto/acl` says the same to mosquitto. A device writes below its own `up` and reads
below its own `down`; the platform's account reads every `up` and writes every `down`; nobody
else does anything, and nobody reads `$SYS`.
"""

import re

from .devices import is_code

DOWN = re.compile(r"wn/[a-z0-9-]{3,32}/down/[a-z]+")
UP_FILTER = re.compile(r"(?:\$share/[a-z0-9-]+/)?wn/(?:\+|[a-z0-9-]{3,32})/up/(?:#|\+|[a-z]+)")
DOWN_FILTER = re.compile(r"wn/(?P<code>[a-z0-9-]{3,32})/down/(?:#|\+|[a-z]+)")
OWN_UP = re.compile(r"wn/(?P<code>[a-z0-9-]{3,32})/up/[a-z]+")


def may_connect(name: str, client_id: str, *, server: str) -> bool:
    """Whether an account may use a client id: a device only its own, the platform its prefix.

    So no device can end another's connection by taking its client id.

    >>> may_connect("crate-1", "crate-1", server="platform")
    True
    >>> may_connect("crate-1", "platform:ingest", server="platform")
    False
    >>> may_connect("platform", "platform:ingest", server="platform")
    True
    """
    if name == server:
        return client_id.startswith(f"{server}:")
    return is_code(name) and client_id == name


def may_publish(name: str, topic: str, *, server: str) -> bool:
    """Whether an account may write to a topic.

    >>> may_publish("crate-1", "wn/crate-1/up/reading", server="platform")
    True
    >>> may_publish("crate-1", "wn/crate-2/up/reading", server="platform")
    False
    >>> may_publish("crate-1", "wn/crate-1/down/ack", server="platform")
    False
    """
    if name == server:
        return DOWN.fullmatch(topic) is not None
    own = OWN_UP.fullmatch(topic)
    return own is not None and own["code"] == name


def may_subscribe(name: str, topic_filter: str, *, server: str) -> bool:
    """Whether an account may read what a filter matches; wildcards only below its own `down`.

    >>> may_subscribe("crate-1", "wn/crate-1/down/#", server="platform")
    True
    >>> may_subscribe("crate-1", "wn/+/down/ack", server="platform")
    False
    >>> may_subscribe("crate-1", "#", server="platform")
    False
    >>> may_subscribe("platform", "wn/+/up/reading", server="platform")
    True
    """
    if name == server:
        return UP_FILTER.fullmatch(topic_filter) is not None
    own = DOWN_FILTER.fullmatch(topic_filter)
    return own is not None and own["code"] == name
