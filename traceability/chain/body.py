"""正文 · an event's bytes: public part, salted commitment, links; pure, no database.

One event or many thousand, appended singly or in bulk, are written here and nowhere else. The
format is described in `docs/chain-format.md`.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from traceability.base import canon, clock
from traceability.base.db import Recording
from traceability.base.errors import RuleViolation
from traceability.base.refs import is_ref
from traceability.chain.kinds import SPECS, Kind

SUBJECTS_MAX = 4
ALGORITHM = "sha256"
FUTURE_MAX = timedelta(seconds=120)  # a clock may be that wrong, no more
LATE_AFTER = timedelta(minutes=30)  # later than that is a late entry, 补录
RESERVED = frozenset({"by", "on_behalf_of", "late", "late_reason", "confirmed_by"})
PREFIX_BYTES = 4


class Link(NamedTuple):
    """An event's place in the line of one subject."""

    ref: str
    seq: int
    prev: str | None


class Written(NamedTuple):
    """写好的事件 · the bytes to be stored, and what they were made of."""

    kind: Kind
    at: datetime
    recorded_at: datetime
    links: tuple[Link, ...]
    public: Mapping[str, Any]
    private: Mapping[str, Any]
    group: str | None
    corrects: bytes | None
    salt: bytes
    secret: bytes  # the private part's canonical bytes
    canonical: bytes
    digest: bytes


def parts(
    kind: Kind,
    *,
    at: datetime,
    by: str,
    on_behalf_of: str | None,
    data: Mapping[str, Any],
    entry: Recording,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The public and the private part, with the marks of a late entry.

    Raises:
        RuleViolation: `chain.in_future`, `chain.late_without_reason`.
    """
    assert not RESERVED & data.keys(), "a field name that the chain itself uses"
    if at > entry.recorded_at + FUTURE_MAX:
        raise RuleViolation("chain.in_future", "发生时间在将来，请核对日期和时间")
    names = SPECS[kind].public
    public: dict[str, Any] = {}
    private: dict[str, Any] = {}
    for name, value in data.items():
        (public if name in names else private)[name] = value
    if at < entry.recorded_at - LATE_AFTER:
        if not entry.late_reason:
            raise RuleViolation(
                "chain.late_without_reason", "这件事发生已超过 30 分钟，补录请写明原因"
            )
        public["late"] = True
        private["late_reason"] = entry.late_reason
    if entry.confirmed_by is not None:
        private["confirmed_by"] = entry.confirmed_by
    private["by"] = by
    if on_behalf_of is not None:
        private["on_behalf_of"] = on_behalf_of
    return public, private


def write(
    kind: Kind,
    links: tuple[Link, ...],
    *,
    at: datetime,
    recorded_at: datetime,
    public: Mapping[str, Any],
    private: Mapping[str, Any],
    salt: bytes,
    group: str | None = None,
    corrects: bytes | None = None,
) -> Written:
    """The event's canonical bytes and digest."""
    secret = canon.canonical(private)
    canon.require(
        {"public": public, "group": group}
    )  # all else below is ours: text, numbers and hexadecimal
    told: dict[str, Any] = {
        "alg": ALGORITHM,
        "at": clock.stamp(at),
        "kind": kind.value,
        "private": canon.sha256(salt + secret).hex(),
        "public": public,
        "recorded_at": clock.stamp(recorded_at),
        "subjects": [{"prev": prev, "ref": ref, "seq": seq} for ref, seq, prev in links],
        "v": SPECS[kind].v,
    }
    if group is not None:
        told["group"] = group
    if corrects is not None:
        told["corrects"] = corrects.hex()
    canonical = canon.dumped(told)
    return Written(
        kind,
        clock.to_ms(at),
        clock.to_ms(recorded_at),
        links,
        public,
        private,
        group,
        corrects,
        salt,
        secret,
        canonical,
        canon.sha256(canonical),
    )


def prefix(digest: bytes) -> int:
    r"""The first bytes of a digest as a signed number: what an event is looked up by.

    >>> prefix(bytes.fromhex("00000102") + bytes(28)), prefix(b"\xff" * 32)
    (258, -1)
    """
    return int.from_bytes(digest[:PREFIX_BYTES], signed=True)


def fields(body: Mapping[str, Any]) -> dict[str, Any]:
    """Kind, times and correction of an event as its bytes tell them."""
    corrects = body.get("corrects")
    return {
        "kind": Kind(body["kind"]),
        "at": clock.unstamp(body["at"]),
        "recorded_at": clock.unstamp(body["recorded_at"]),
        "corrects": None if corrects is None else bytes.fromhex(corrects),
    }


def mentioned(
    subjects: Sequence[str], public: Mapping[str, Any], private: Mapping[str, Any] | None
) -> set[str]:
    """The references an event names beside its subjects."""
    found: set[str] = set()
    _find_refs(public.values(), found)
    if private is not None:
        _find_refs(private.values(), found)
    return found.difference(subjects)


def _find_refs(values: Iterable[Any], found: set[str]) -> None:
    for each in values:
        if isinstance(each, str):
            if ":" in each and is_ref(each):
                found.add(each)
        elif isinstance(each, dict):
            _find_refs(each.values(), found)
        elif isinstance(each, list | tuple):
            _find_refs(each, found)
