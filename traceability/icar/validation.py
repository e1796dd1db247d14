"""校验 · whether an ICAR resource is one: ADE's schema with formats asserted, and what it forgets.

ADE leaves time, source and units open; an exchange cannot. A field it does not know is refused and
not lost in silence.
"""

import json
import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import best_match

from traceability.epcis.validation import FORMATS, Fault, is_instant
from traceability.icar.vocabulary import GRAM, KILOGRAM

SCHEMA_FILE = Path(__file__).parent / "data" / "icar-ade-1.4.json"
G_PER_UNIT = {KILOGRAM: 1000, GRAM: 1}
WEIGHT_G_MAX = 2_000_000  # no cow weighs two tonnes
FAULTS_MAX = 20
SHOWN_CHARS_MAX = 60
NUMBERS = {"measurement", "resolution", "timeOffFeed", "doseQuantity"}
QUANTITY_MAX = 10**9
META_CHARS_MAX = 200
WHY = {
    "required": "缺少必填内容",
    "enum": "不是允许的值",
    "type": "类型不对",
    "format": "格式不对",
    "minimum": "数值太小",
    "minLength": "不能为空",
}


@cache
def _definitions() -> dict[str, Any]:
    """ADE's definitions, each object closed against fields that ADE does not have."""
    found: dict[str, Any] = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))["$defs"]
    closed = {"additionalProperties": False}
    return {name: each | (closed if "properties" in each else {}) for name, each in found.items()}


@cache
def _validator(resource_type: str) -> Draft202012Validator:
    """The validator of one resource type."""
    name = resource_type[:1].upper() + resource_type[1:]
    schema = {"$ref": f"#/$defs/{name}", "$defs": _definitions()}
    return Draft202012Validator(schema, format_checker=FORMATS)


def faults(told: object, resource_type: str) -> list[Fault]:
    """Everything wrong with a resource that should be of a type, up to twenty faults."""
    return list(dict.fromkeys(islice(_faults(told, resource_type), FAULTS_MAX)))


def _faults(told: object, resource_type: str) -> Iterator[Fault]:
    if not isinstance(told, dict):
        yield Fault("$", "icar.bad_resource", "应为一个 JSON 对象")
        return
    if told.get("resourceType") != resource_type:
        yield Fault("$.resourceType", "icar.wrong_resource", f"这个网址只收 {resource_type}")
        return
    yield from _zone_faults(told)
    yield from _unit_faults(told)
    yield from _number_faults(told)
    for error in _validator(resource_type).iter_errors(told):
        yield _told(error)
    yield from _missing_faults(told)


def _told(error: ValidationError) -> Fault:
    """The error that tells most, where alternatives failed."""
    closest = best_match([error]) or error
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in closest.absolute_path)
    path = "$" + "".join(steps)
    keyword = str(closest.validator)
    if keyword == "additionalProperties":
        known = closest.schema["properties"]
        extra = "、".join(name for name in closest.instance if name not in known)
        return Fault(path, "icar.unknown_field", f"ICAR 没有这个字段：{extra[:SHOWN_CHARS_MAX]}")
    if keyword == "required":
        missing = [name for name in closest.validator_value if name not in closest.instance]
        return Fault(path, "icar.bad_resource", f"{path} 缺少必填内容：{'、'.join(missing)}")
    text = json.dumps(closest.instance, ensure_ascii=False, default=str)[:SHOWN_CHARS_MAX]
    why = WHY.get(keyword, "不符合 ICAR ADE 的规定")
    return Fault(path, "icar.bad_resource", f"{path} {why}：{text}")


def _zone_faults(told: Mapping[str, Any]) -> Iterator[Fault]:
    when = told.get("eventDateTime")
    if isinstance(when, str) and not is_instant(when) and is_instant(f"{when}Z"):
        sentence = "eventDateTime 没有时区，请写成 2026-11-22T06:12:03+08:00 或末尾带 Z"
        yield Fault("$.eventDateTime", "icar.no_zone", sentence)


def _unit_faults(told: Mapping[str, Any]) -> Iterator[Fault]:
    weight = told.get("weight")
    if isinstance(weight, dict) and _units_of(weight) not in G_PER_UNIT:
        shown = _units_of(weight)[:SHOWN_CHARS_MAX]
        sentence = f"重量单位 {shown} 不能精确换算：只收 KGM（公斤）或 GRM（克）"
        yield Fault("$.weight.units", "icar.unknown_unit", sentence)


def _units_of(weight: Mapping[str, Any]) -> str:
    return str(weight.get("units") or KILOGRAM)


def _number_faults(told: Mapping[str, Any]) -> Iterator[Fault]:
    for part in (told, told.get("weight"), told.get("dose")):
        for name, number in part.items() if isinstance(part, dict) else ():
            plain = isinstance(number, int | float) and not isinstance(number, bool)
            if plain and name in NUMBERS and not 0 <= number <= QUANTITY_MAX:
                yield Fault(name, "icar.out_of_range", f"{name} 的数值超出合理范围，请核对")
                return
    grams = grams_of(told)
    if grams is not None and not 0 < grams <= WEIGHT_G_MAX:
        sentence = "一头牛的重量应大于 0、不超过 2,000 公斤，请核对数值和单位"
        yield Fault("$.weight.measurement", "icar.out_of_range", sentence)


def grams_of(told: Mapping[str, Any]) -> Decimal | None:
    """The weight a resource tells, in grams; None where it tells none that can be read.

    >>> grams_of({"weight": {"measurement": 385.5, "units": "KGM"}})
    Decimal('385500.0')
    """
    weight = told.get("weight")
    if not isinstance(weight, dict):
        return None
    number, scale = weight.get("measurement"), G_PER_UNIT.get(_units_of(weight))
    if scale is None or not isinstance(number, int | float) or isinstance(number, bool):
        return None
    if not math.isfinite(number) or abs(number) > QUANTITY_MAX:
        return None
    return Decimal(str(number)) * scale


def _missing_faults(told: Mapping[str, Any]) -> Iterator[Fault]:
    meta = told.get("meta")
    given = [meta.get(name) for name in ("source", "sourceId")] if isinstance(meta, dict) else []
    named = [each for each in given if isinstance(each, str) and each.strip()]
    if len(named) < len(("source", "sourceId")):
        sentence = "请给出 meta.source 和 meta.sourceId，重复送来时靠它们认出是同一件事"
        yield Fault("$.meta", "icar.no_source", sentence)
    elif any(len(each) > META_CHARS_MAX for each in named):
        sentence = f"meta.source 和 meta.sourceId 各不超过 {META_CHARS_MAX} 个字符"
        yield Fault("$.meta", "icar.no_source", sentence)
    if told.get("eventDateTime") is None:
        yield Fault("$.eventDateTime", "icar.no_time", "请给出发生时间 eventDateTime，带时区")
