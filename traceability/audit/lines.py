"""各主体的进度 · where every line stands while the events are read, and the quick look at each.

The quick look asks everything of an event and answers only yes or no. Whatever is not plainly
sound goes to the careful look of `links`, which alone names damage; so both give one report.
"""

import gc
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

import orjson

from traceability.base import canon, clock
from traceability.chain.body import FUTURE_MAX, LATE_AFTER, prefix
from traceability.chain.kinds import Kind

CLOCK = timedelta(seconds=1)  # stamps are cut to milliseconds
KINDS: Final = frozenset(kind.value for kind in Kind)
NEEDED: Final = frozenset(
    {"v", "alg", "kind", "at", "recorded_at", "subjects", "public", "private"}
)
LINK: Final = frozenset({"ref", "seq", "prev"})
REF: Final = re.compile(rb'"([a-z][a-z_]{1,23}:[0-9a-f]{32})"')
LATEST: Final = FUTURE_MAX + CLOCK
EARLIEST: Final = -(LATE_AFTER + CLOCK)
unstamped: Final = lru_cache(4_096)(clock.unstamp)

Stored = Sequence[Any]
"""Of an event: number, prefix of its digest, bytes, what it corrects, salt, private part."""

Standing = tuple[int, str, datetime, datetime]
"""Of a line: how many events, the last one's digest, the newest instant and record time in it."""


@dataclass(slots=True)
class Lines:
    """Where each subject's line stands after the events read so far."""

    subject_ids: Mapping[str, int]
    newest: dict[str, Standing] = field(default_factory=dict)
    events: int = 0
    strays: bool = False  # an index lists events that are not there
    after: int = 0  # number of the event read last
    ended: bool = False  # every event is read

    def move(self, ref: str, newest: tuple[int, str], *, at: datetime, recorded: datetime) -> None:
        """Take one event more into the line of a subject."""
        before = self.newest.get(ref)
        if before is not None:
            at, recorded = max(at, before[2]), max(recorded, before[3])
        self.newest[ref] = (*newest, at, recorded)


@contextmanager
def rarely_collected() -> Iterator[None]:
    """Collect rubbish a hundred times less often: rows in their thousands are none."""
    before = gc.get_threshold()
    gc.set_threshold(100 * before[0], *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def is_sound(stored: Stored, linked: dict[int, int], mentioned: set[int], lines: Lines) -> bool:
    """Whether nothing at all is wrong with an event; if so, its lines are moved on."""
    try:
        _, head, canonical, corrects, salt, secret = stored
        digest = sha256(canonical)
        body = orjson.loads(canonical)
        at, recorded_at = unstamped(body["at"]), unstamped(body["recorded_at"])
        sound = (
            prefix(digest.digest()) == head
            and corrects is None
            and salt is not None
            and secret is not None
            and _is_plain(body, canonical)
            and sha256(salt + secret).hexdigest() == body["private"]
            and (EARLIEST <= at - recorded_at <= LATEST or _is_marked_late(body, at, recorded_at))
            and _is_indexed(body, canonical + secret, mentioned, lines.subject_ids)
            and type(orjson.loads(secret)) is dict
            and _follows(body["subjects"], linked, recorded_at, lines)
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return False
    if sound:
        moved = digest.hexdigest()
        for link in body["subjects"]:
            lines.move(link["ref"], (link["seq"], moved), at=at, recorded=recorded_at)
    return sound


def _is_plain(body: dict[str, Any], canonical: bytes) -> bool:
    """Canonical, with the fields of every event and none that needs a closer look."""
    if not (body.keys() == NEEDED or body.keys() == NEEDED | {"group"}):
        return False
    if not (type(body["v"]) is int and type(body["alg"]) is str and body["kind"] in KINDS):
        return False
    canon.require(body["public"])
    return type(body.get("group", "")) is str and canon.dumped(body) == canonical


def _is_marked_late(body: Mapping[str, Any], at: datetime, recorded_at: datetime) -> bool:
    return at <= recorded_at and body["public"].get("late") is True


def _is_indexed(
    body: Mapping[str, Any], told: bytes, mentioned: set[int], subject_ids: Mapping[str, int]
) -> bool:
    """Whether the references an event names are those of the index; quotes need a closer look."""
    if b"\\" in told:
        return False
    named = set(REF.findall(told)).difference(link["ref"].encode() for link in body["subjects"])
    return {subject_ids[ref.decode()] for ref in named} == mentioned


def _follows(
    links: list[dict[str, Any]], linked: dict[int, int], recorded_at: datetime, lines: Lines
) -> bool:
    """Whether an event takes up each of its lines where that line stands."""
    told = {}
    for link in links:
        ref, seq = link["ref"], link["seq"]
        before = lines.newest.get(ref)
        if link.keys() != LINK or type(seq) is not int:
            return False
        if before is None:
            if seq != 1 or link["prev"] is not None:
                return False
        elif (
            seq != before[0] + 1
            or link["prev"] != before[1]
            or recorded_at < before[3] - FUTURE_MAX
        ):
            return False
        told[lines.subject_ids[ref]] = seq
    return told == linked and len(told) == len(links)
