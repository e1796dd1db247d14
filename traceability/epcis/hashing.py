"""事件散列编号 · an id that anybody computes from an event's content (CBV 2.0 §8.9).

The pre-hash string names the fields in one fixed order and writes every value in one form; its
SHA-256 stands in an RFC 6920 `ni` URI. Who told the event, when it was recorded, its id and an
error declaration do not count. Checked against the vectors of the reference implementation
(RalphTro/epcis-event-hash-generator, see tests/vectors/epcis).
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any

from traceability.epcis.gs1_links import canonical_link
from traceability.epcis.vocabulary import PREFIXES

Prefixes = Mapping[str, str]
Writer = Callable[[str, Any, Prefixes], str]

CBV = "https://ref.gs1.org/cbv/"
VOC = "https://ref.gs1.org/voc/"
URNS = {  # the old names of CBV words, and the new
    "urn:epcglobal:cbv:bizstep:": f"{CBV}BizStep-",
    "urn:epcglobal:cbv:disp:": f"{CBV}Disp-",
    "urn:epcglobal:cbv:btt:": f"{CBV}BTT-",
    "urn:epcglobal:cbv:sdt:": f"{CBV}SDT-",
    "urn:epcglobal:cbv:er:": f"{CBV}ER-",
}
IGNORED = {"@context", "type", "eventID", "recordTime", "errorDeclaration", "rdfs:comment"}
NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")
QUANTITY = ("epcClass", "quantity", "uom")
METADATA = (
    "time",
    "startTime",
    "endTime",
    "deviceID",
    "deviceMetadata",
    "rawData",
    "dataProcessingMethod",
    "bizRules",
)
REPORT = (
    "type",
    "exception",
    "deviceID",
    "deviceMetadata",
    "rawData",
    "dataProcessingMethod",
    "time",
    "microorganism",
    "chemicalSubstance",
    "value",
    "component",
    "stringValue",
    "booleanValue",
    "hexBinaryValue",
    "uriValue",
    "minValue",
    "maxValue",
    "meanValue",
    "sDev",
    "percRank",
    "percValue",
    "uom",
    "coordinateReferenceSystem",
)
TIMES = {"eventTime", "time", "startTime", "endTime"}


def event_hash(event: Mapping[str, Any], context: object = None) -> str:
    """The event hash id of an event; `context` is its document's, if it stood in one."""
    digest = sha256(pre_hash(event, context).encode()).hexdigest()
    return f"ni:///sha-256;{digest}?ver=CBV2.0"


def pre_hash(event: Mapping[str, Any], context: object = None) -> str:
    """The string that is hashed: ordered fields, then extensions in their order."""
    prefixes = prefixes_of(context, event.get("@context"))
    told = [f"eventType={event['type']}"]
    told += [write(name, event[name], prefixes) for name, write in ORDER.items() if name in event]
    rest = [_extension(key, event[key], prefixes) for key in event if key not in {*ORDER, *IGNORED}]
    rest += _inner_extensions(event, prefixes)
    return "".join(told + sorted(rest))


def prefixes_of(*contexts: object) -> dict[str, str]:
    """The prefixes that contexts declare, beside those of the GS1 context."""
    found = dict(PREFIXES)
    for context in contexts:
        for part in context if isinstance(context, list) else [context]:
            if isinstance(part, dict):
                found |= {k: v for k, v in part.items() if isinstance(v, str)}
    return found


def instant(text: str) -> str:
    """An instant in UTC with milliseconds, the fourth decimal rounded half up.

    >>> instant("2020-03-04T11:00:30.9995+01:00")
    '2020-03-04T10:00:31.000Z'
    """
    try:
        at = datetime.fromisoformat(text.strip()).astimezone(UTC)
    except (ValueError, OverflowError):
        return text
    at += timedelta(microseconds=500)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"


def value_of(value: Any, prefixes: Prefixes, word: str = "") -> str:
    """A value in its one form; `word` begins the URI of a bare CBV word.

    >>> value_of(26.0, {}), value_of("0.50", {}), value_of("departing", {}, CBV + "BizStep-")
    ('26', '0.5', 'https://ref.gs1.org/cbv/BizStep-departing')
    """
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value).strip()
    if NUMBER.fullmatch(text):
        return _number(text)
    prefix, colon, local = text.partition(":")
    if colon and prefix in prefixes and not local.startswith("//"):
        return prefixes[prefix] + local
    if word and not colon:
        return word + text
    for old, new in URNS.items():
        if text.startswith(old):
            return new + text.removeprefix(old)
    return canonical_link(text)


def _number(text: str) -> str:
    number = float(text)
    if number in {float("inf"), float("-inf")}:
        return text
    return str(int(number)) if number == int(number) else str(number)


def _plain(name: str, value: Any, prefixes: Prefixes, word: str = "") -> str:
    if name in TIMES:
        return f"{name}={instant(str(value))}"
    return f"{name}={value_of(value, prefixes, word)}"


def _each(name: str, value: Any, prefixes: Prefixes, word: str = "") -> str:
    values = value if isinstance(value, list) else [value]
    return "".join(sorted(_plain(name, each, prefixes, word) for each in values))


def _epcs(name: str, value: Sequence[Any], prefixes: Prefixes) -> str:
    return name + _each("epc", value, prefixes) if value else ""


def _quantities(name: str, value: Sequence[Mapping[str, Any]], prefixes: Prefixes) -> str:
    rows = ["quantityElement" + _ordered(each, QUANTITY, prefixes) for each in value]
    return name + "".join(sorted(rows)) if rows else ""


WORDS_OF = {"type": VOC, "exception": f"{VOC}SensorAlertType-", "component": f"{CBV}Comp-"}


def _ordered(row: Mapping[str, Any], names: Sequence[str], prefixes: Prefixes) -> str:
    return "".join(
        _plain(name, row[name], prefixes, WORDS_OF.get(name, "")) for name in names if name in row
    )


def _persistent(name: str, value: Mapping[str, Any], prefixes: Prefixes) -> str:
    parts = [_each(k, value[k], prefixes, f"{CBV}Disp-") for k in ("set", "unset") if k in value]
    return name + "".join(parts)


def _place(name: str, value: Mapping[str, Any], prefixes: Prefixes) -> str:
    return name + _plain("id", value["id"], prefixes)


def _typed(name: str, value: Sequence[Mapping[str, Any]], prefixes: Prefixes, word: str) -> str:
    key = name.removesuffix("List")
    rows = []
    for row in value:
        kind = _plain("type", row["type"], prefixes, word) if "type" in row else ""
        rows.append(kind + _plain(key, row[key], prefixes))
    return name + "".join(sorted(rows)) if rows else ""


def _sensors(_name: str, value: Sequence[Mapping[str, Any]], prefixes: Prefixes) -> str:
    return "".join(sorted(_sensor(each, prefixes) for each in value))


def _sensor(element: Mapping[str, Any], prefixes: Prefixes) -> str:
    metadata = _ordered(element.get("sensorMetadata", {}), METADATA, prefixes)
    reports = [
        f"sensorReport{_ordered(each, REPORT, prefixes)}" for each in element["sensorReport"]
    ]
    head = f"sensorMetadata{metadata}" if metadata else ""
    return "sensorElement" + head + "".join(sorted(reports))


def _key(key: str, prefixes: Prefixes) -> str:
    prefix, colon, local = key.partition(":")
    return f"{{{prefixes[prefix]}}}{local}" if colon and prefix in prefixes else key


def _extension(key: str, value: Any, prefixes: Prefixes) -> str:
    name = _key(key, prefixes)
    if isinstance(value, list):
        return "".join(sorted(_extension(key, each, prefixes) for each in value))
    if isinstance(value, dict):
        inner = [_extension(k, v, prefixes) for k, v in value.items() if k not in IGNORED]
        return name + "".join(sorted(inner))
    return "" if value is None else f"{name}={value_of(value, prefixes)}"


def _inner_extensions(event: Mapping[str, Any], prefixes: Prefixes) -> list[str]:
    """Extensions inside standard fields: CBV 2.0 tells them at the end, under the field's name."""
    found = []
    for name in ("readPoint", "bizLocation"):
        place = event.get(name, {})
        inner = sorted(_extension(k, v, prefixes) for k, v in place.items() if k != "id")
        if inner:
            found.append(name + "".join(inner))
    elements = [_sensor_extensions(each, prefixes) for each in event.get("sensorElementList", [])]
    if any(elements):
        found.append("sensorElementList" + "".join(sorted(filter(None, elements))))
    return found


def _sensor_extensions(element: Mapping[str, Any], prefixes: Prefixes) -> str:
    rows: list[tuple[str, Any, Sequence[str]]] = [
        ("sensorMetadata", element.get("sensorMetadata", {}), METADATA)
    ]
    rows += [("sensorReport", each, REPORT) for each in element["sensorReport"]]
    rows.append(("", element, ("sensorMetadata", "sensorReport")))
    told = []
    for name, row, known in rows:
        inner = sorted(_extension(k, v, prefixes) for k, v in row.items() if k not in known)
        told.append(name + "".join(inner) if inner else "")
    return f"sensorElement{''.join(sorted(told))}" if any(told) else ""


ORDER: dict[str, Writer] = {
    "eventTime": _plain,
    "eventTimeZoneOffset": lambda name, value, _prefixes: f"{name}={value}",
    "certificationInfo": _each,
    "epcList": _epcs,
    "parentID": _plain,
    "inputEPCList": _epcs,
    "childEPCs": _epcs,
    "quantityList": _quantities,
    "childQuantityList": _quantities,
    "inputQuantityList": _quantities,
    "outputEPCList": _epcs,
    "outputQuantityList": _quantities,
    "action": _plain,
    "transformationID": _plain,
    "bizStep": partial(_plain, word=f"{CBV}BizStep-"),
    "disposition": partial(_plain, word=f"{CBV}Disp-"),
    "persistentDisposition": _persistent,
    "readPoint": _place,
    "bizLocation": _place,
    "bizTransactionList": partial(_typed, word=f"{CBV}BTT-"),
    "sourceList": partial(_typed, word=f"{CBV}SDT-"),
    "destinationList": partial(_typed, word=f"{CBV}SDT-"),
    "sensorElementList": _sensors,
}
"""The canonical order of the fields (CBV 2.0, table of §8.9.2); what is not here is extension."""
