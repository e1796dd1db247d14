"""时间 · instants are aware UTC, days are Chinese.

`.date()` on a UTC instant is the wrong day from midnight to 08:00 in China, so only this module
may say on which day an instant falls.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
STAMP_CHARS = 24


def utc(at: datetime) -> datetime:
    """The same instant in UTC.

    Raises:
        ValueError: a naive datetime names no instant.
    """
    if at.tzinfo is None:
        raise ValueError("a naive datetime names no instant")
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def legal_day(at: datetime) -> date:
    """The calendar day on which an instant falls for the law.

    >>> legal_day(datetime(2026, 11, 21, 16, 30, tzinfo=UTC))
    datetime.date(2026, 11, 22)
    """
    return utc(at).astimezone(CHINA).date()


def start_of(day: date) -> datetime:
    """The instant at which a legal day begins.

    >>> start_of(date(2026, 11, 22)).isoformat()
    '2026-11-21T16:00:00+00:00'
    """
    return datetime.combine(day, time(), CHINA).astimezone(UTC)


def end_of(day: date) -> datetime:
    """The instant at which a legal day is over; the first that no longer belongs to it."""
    return start_of(day + timedelta(days=1))


def from_local(text: str) -> datetime:
    """The instant of a Chinese date and time without its zone, as forms give it.

    >>> from_local("2026-11-22T06:10").isoformat()
    '2026-11-21T22:10:00+00:00'

    Raises:
        ValueError: not a date and time, or one with a zone.
    """
    local = datetime.fromisoformat(text)
    if local.tzinfo is not None:
        raise ValueError("a local time has no zone")
    return local.replace(tzinfo=CHINA).astimezone(UTC)


@lru_cache(maxsize=4_096)  # a transaction stamps one instant thousands of times
def stamp(at: datetime) -> str:
    """An instant as the chain writes it: UTC, milliseconds, `Z`.

    >>> stamp(datetime(2026, 11, 22, 6, 12, 3, 123999, tzinfo=UTC))
    '2026-11-22T06:12:03.123Z'
    """
    return f"{utc(at).isoformat(timespec='milliseconds')[: STAMP_CHARS - 1]}Z"


def unstamp(text: str) -> datetime:
    """The instant that `stamp` wrote.

    >>> unstamp("2026-11-22T06:12:03.123Z").microsecond
    123000

    Raises:
        ValueError: not exactly that form.
    """
    at = datetime.fromisoformat(text)
    if at.tzinfo is None or stamp(at) != text:
        raise ValueError("not a time as the chain writes it")
    return at


def to_ms(at: datetime) -> datetime:
    """The instant as the chain keeps it: whole milliseconds.

    >>> to_ms(datetime(2026, 11, 22, 6, 12, 3, 123999, tzinfo=UTC)).microsecond
    123000
    """
    at = utc(at)
    beyond = at.microsecond % 1000
    return at.replace(microsecond=at.microsecond - beyond) if beyond else at
