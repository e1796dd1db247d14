"""提醒渠道 · what every way of reaching a person promises, and the one HTTP call all of them make.

`SENT` means that the provider has taken the message in and said so; nobody claims that it was
read. What may go better later is `AGAIN`; what never will is `REFUSED`, with the reason.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http.client import HTTPException
from typing import Any, Protocol
from urllib.error import HTTPError
from urllib.request import Request, urlopen

TIMEOUT_S = 8.0
ANSWER_BYTES_MAX = 64 * 1024


class Channel(StrEnum):
    """渠道."""

    SMS = "sms"
    WECHAT = "wechat"


CHANNEL_LABELS = {Channel.SMS: "短信", Channel.WECHAT: "微信"}
assert CHANNEL_LABELS.keys() == set(Channel)


class Fate(StrEnum):
    """一次发送的结果."""

    SENT = "sent"
    AGAIN = "again"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt, in words for people; `receipt` is the provider's own number."""

    fate: Fate
    words: str
    receipt: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """What leaves the platform: a kind of news and an address to look at; no name, no tag."""

    key: str  # the delivery's own, for a provider that knows repeats
    to: str
    label: str
    url: str


class Adapter(Protocol):
    """A way of reaching a person."""

    def send(self, message: Message) -> Outcome:
        """Hand one message to the provider; never raises for what the network does."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back: status 0 where nothing did."""

    status: int
    body: Mapping[str, Any]


def call(request: Request, *, timeout_s: float) -> Answered:
    """One HTTP call; silence, a cut line and an answer that is no JSON are answers too."""
    try:
        with urlopen(request, timeout=timeout_s) as answer:  # noqa: S310 - http(s) only
            return Answered(answer.status, _read(answer.read(ANSWER_BYTES_MAX)))
    except HTTPError as error:
        with error:
            return Answered(error.code, _read(error.read(ANSWER_BYTES_MAX)))
    except (OSError, HTTPException):
        return Answered(0, {})


def _read(data: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(data)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
