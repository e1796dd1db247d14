"""校验 · whether an EPCIS 2.0 document is one: the official schema, with formats asserted.

The envelope and each event are judged apart, so that one bad event among thousands is named by
its number and the others stay good. `judge_event` adds what no schema says: an undeclared prefix,
an offset that contradicts the instant, a quantity nobody can weigh.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator, FormatChecker, ValidationError
from jsonschema.exceptions import best_match

from traceability.epcis.vocabulary import CONTEXTS, EVENT_TYPES, PREFIXES

SCHEMA_FILE = Path(__file__).parent / "data" / "EPCIS-JSON-Schema.json"
QUANTITY_MAX = 10**12  # more than every animal in the world weighs, in any unit
FAULTS_MAX = 1_000
VALUE_CHARS_MAX = 60
URI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.\-]*:(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+"
)
DATE_TIME = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.(\d+))?(?:[Zz]|[+\-](\d{2}):(\d{2}))", re.ASCII
)
OFFSET = re.compile(r"([+\-]\d{2}:\d{2})$", re.ASCII)
NO_OFFSET = {"+00:00", "-00:00"}
FORMATS = FormatChecker(formats=())
QUANTITIES = {"quantity", "value", "minValue", "maxValue", "meanValue", "sDev", "percValue"}
WHY = {
    "required": "缺少必填内容",
    "format": "格式不对",
    "pattern": "格式不对",
    "enum": "不是允许的值",
    "type": "类型不对",
    "propertyNames": "没有这个字段，扩展字段要带前缀",
    "additionalProperties": "没有这个字段",
    "minItems": "不能为空",
    "uniqueItems": "有重复",
    "anyOf": "不符合要求",
    "not": "不允许出现",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """错误 · one thing wrong: where, a code for programs, a sentence for people."""

    path: str
    code: str
    sentence: str


def is_uri(value: object) -> bool:
    """Whether a text is a URI with its scheme (RFC 3986); what is no text is another rule's.

    >>> is_uri("urn:epc:id:sgtin:1.2.3"), is_uri("no scheme"), is_uri("https://牛.cn/")
    (True, False, False)
    """
    return not isinstance(value, str) or URI.fullmatch(value) is not None


def is_instant(value: object) -> bool:
    """Whether a text is an RFC 3339 instant with its offset.

    >>> is_instant("2026-11-22T06:12:03+08:00"), is_instant("2026-11-22T06:12:03")
    (True, False)
    >>> is_instant("2026-02-30T06:12:03Z"), is_instant("2026-11-22T06:12:03+25:00")
    (False, False)
    """
    if not isinstance(value, str):
        return True
    found = DATE_TIME.fullmatch(value)
    if found is None:
        return False
    whole = value if found[1] is None else value.replace(f".{found[1]}", "", 1)
    try:
        datetime.fromisoformat(whole.upper().replace(":60", ":59", 1))
    except ValueError:
        return False
    return True


FORMATS.checks("uri")(is_uri)
FORMATS.checks("date-time")(is_instant)


@cache
def _definitions() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))["definitions"]
    return found


@cache
def _whole(name: str) -> Any:
    return _inlined(_definitions()[name])


def _inlined(part: Any) -> Any:
    """A part of the schema with every reference replaced by what it names: five times faster."""
    if isinstance(part, list):
        return [_inlined(each) for each in part]
    if not isinstance(part, dict):
        return part
    if isinstance(reference := part.get("$ref"), str):
        return _whole(reference.removeprefix("#/definitions/"))
    return {key: _inlined(each) for key, each in part.items()}


@cache
def _validator(name: str) -> Draft7Validator:
    """The validator of one definition of the schema."""
    return Draft7Validator(_whole(name), format_checker=FORMATS)


def faults(document: object) -> list[Fault]:
    """Everything wrong with a document or with one event by itself, up to a thousand faults."""
    return list(dict.fromkeys(islice(_faults(document), FAULTS_MAX)))


def _faults(document: object) -> Iterator[Fault]:
    if not isinstance(document, dict):
        yield Fault("$", "epcis.not_an_object", "EPCIS 文件应为一个 JSON 对象")
        return
    kind = document.get("type")
    if not (isinstance(kind, str) and kind in {"EPCISDocument", "EPCISQueryDocument"}):
        if "@context" not in document:
            yield Fault("$", "epcis.no_context", "单个事件要带 @context")
        yield from event_faults(document, "$")
        return
    yield from envelope_faults(document)
    path = "$.epcisBody" if kind == "EPCISDocument" else "$.epcisBody.queryResults.resultsBody"
    listed = events_of(document)
    for number, event in enumerate(listed if isinstance(listed, list) else []):
        yield from event_faults(event, f"{path}.eventList[{number}]")


def envelope_faults(document: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with a document around its events."""
    query = document.get("type") == "EPCISQueryDocument"
    name = "epcisQueryDocument" if query else "epcisDocument"
    errors = _validator(name).iter_errors(_without_events(document))
    yield from (_told(error, "$") for error in errors)


def _without_events(document: Mapping[str, Any]) -> dict[str, Any]:
    """The same document with an empty list of events."""
    body = document.get("epcisBody")
    if not isinstance(body, dict):
        return dict(document)
    if isinstance(body.get("eventList"), list):
        return {**document, "epcisBody": {**body, "eventList": []}}
    results: Any = body.get("queryResults")
    inner: Any = results.get("resultsBody") if isinstance(results, dict) else None
    if not (isinstance(inner, dict) and isinstance(inner.get("eventList"), list)):
        return dict(document)
    emptied = {**results, "resultsBody": {**inner, "eventList": []}}
    return {**document, "epcisBody": {**body, "queryResults": emptied}}


def events_of(document: Mapping[str, Any]) -> Any:
    """The events of a document; None where it has no list of them."""
    body: Any = document.get("epcisBody")
    if document.get("type") == "EPCISQueryDocument":
        for step in ("queryResults", "resultsBody"):
            body = body.get(step) if isinstance(body, dict) else None
    return body.get("eventList") if isinstance(body, dict) else None


def event_faults(event: object, path: str) -> Iterator[Fault]:
    """What the schema says against one event."""
    if not isinstance(event, dict):
        yield Fault(path, "epcis.not_an_object", "事件应为一个 JSON 对象")
        return
    kind = event.get("type")
    name = kind if isinstance(kind, str) and kind in EVENT_TYPES else "Extended-Event"
    for error in _validator(name).iter_errors(event):
        yield _told(error, path)


def _told(error: ValidationError, path: str) -> Fault:
    """The error that tells most, where alternatives failed."""
    closest = best_match([error]) or error
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in closest.absolute_path)
    keyword = str(closest.validator)
    shown = _shown(closest, keyword)
    why = WHY.get(keyword, "不符合 EPCIS 2.0 的规定")
    return Fault(path + "".join(steps), f"epcis.schema_{keyword.lower()}", f"{why}：{shown}")


def _shown(error: ValidationError, keyword: str) -> str:
    if keyword == "required":
        missing = [name for name in error.validator_value if name not in error.instance]
        return "、".join(missing)
    text = json.dumps(error.instance, ensure_ascii=False, default=str)
    return text if len(text) <= VALUE_CHARS_MAX else f"{text[:VALUE_CHARS_MAX]}…"


def judge_event(event: Mapping[str, Any], context: object = None) -> Iterator[Fault]:
    """What is wrong with an event that the schema lets pass."""
    yield from _context_faults(event, context)
    if not _offsets_agree(event):
        sentence = f"eventTime 的时区与 eventTimeZoneOffset（{event['eventTimeZoneOffset']}）不一致"
        yield Fault("eventTimeZoneOffset", "epcis.offset_mismatch", sentence)
    for path, number in _numbers(event):
        if not math.isfinite(number) or abs(number) > QUANTITY_MAX:
            yield Fault(path, "epcis.quantity_out_of_range", f"数量 {number:g} 超出合理范围")
        elif number < 0 and path.endswith("quantity"):
            yield Fault(path, "epcis.quantity_out_of_range", f"数量 {number:g} 不能为负")


def _offsets_agree(event: Mapping[str, Any]) -> bool:
    """An instant in UTC agrees with every offset; one with another offset than stated with none."""
    found = OFFSET.search(event["eventTime"])
    return found is None or found[1] in {event["eventTimeZoneOffset"], *NO_OFFSET}


def _context_faults(event: Mapping[str, Any], context: object) -> Iterator[Fault]:
    declared = set(PREFIXES)
    for each in (context, event.get("@context")):
        for part in each if isinstance(each, list) else [each]:
            if isinstance(part, dict):
                declared |= part.keys()
            elif isinstance(part, str) and part not in CONTEXTS:
                sentence = f"不认识的 @context：{part}；请改用 GS1 的 EPCIS 2.0 上下文"
                yield Fault("@context", "epcis.unknown_context", sentence)
    for name in sorted(_names(event)):
        prefix, colon, local = name.partition(":")
        known = prefix in declared or prefix in {"urn", "http", "https"} or not colon
        if not known and not local.startswith("//"):
            sentence = f"扩展字段 {name} 的前缀没有在 @context 里说明"
            yield Fault(name, "epcis.unknown_context", sentence)


def _names(value: object) -> set[str]:
    if isinstance(value, dict):
        inner = [_names(each) for key, each in value.items() if key != "@context"]
        return {*value}.union(*inner)
    if isinstance(value, list):
        return set().union(*(_names(each) for each in value))
    return set()


def _numbers(value: object, path: str = "") -> Iterator[tuple[str, float]]:
    if isinstance(value, dict):
        for key, each in value.items():
            plain = isinstance(each, int | float) and not isinstance(each, bool)
            if plain and key in QUANTITIES:
                yield f"{path}{key}", _finite(each)
            else:
                yield from _numbers(each, f"{path}{key}.")
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from _numbers(each, f"{path}{number}.")


def _finite(number: float) -> float:
    """The number as a float; an integer too long for one is infinite."""
    try:
        return float(number)
    except OverflowError:
        return math.inf
