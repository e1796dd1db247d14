"""用语 · the public fields of an event in Chinese, one short phrase each; pure."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from app import filters
from registry.doubts import CHOICE_LABELS, Choice
from registry.projects import STAGE_LABELS, Stage
from traceability.animals import (
    BREED_LABELS,
    ORIGIN_LABELS,
    SEX_LABELS,
    Breed,
    Origin,
    Sex,
)
from traceability.chain.kinds import SPECS, Kind
from traceability.holdings import HOLDING_KIND_LABELS, HoldingKind
from traceability.identifiers.certificates import CERTIFICATE_FORM_LABELS, CertificateForm
from traceability.quarantine.declarations import PURPOSE_LABELS, Purpose
from traceability.quarantine.disposal import DISPOSAL_METHOD_LABELS, DisposalMethod
from traceability.treatments import DISEASE_LABELS, Disease
from traceability.weighings import BASIS_LABELS, Basis

Places = Mapping[str, str]
Words = Callable[[Any], str]
MISSING = filters.MISSING
COUNTY_DIGITS = 6


def _of(enum: type[StrEnum], labels: Mapping[Any, str]) -> Words:
    """A code in its label; one that a later version knows stays as it is."""
    return lambda value: labels[enum(value)] if value in set(enum) else str(value)


def month(text: str) -> str:
    """A month as people write it.

    >>> month("2025-05")
    '2025年5月'
    """
    year, _, number = text.partition("-")
    return f"{year}年{int(number)}月"


EVIDENCE_LABELS = {"device": "设备读数", "imported": "原有登记导入"}
FIELDS: dict[str, tuple[str, Words]] = {
    "ear_tag": ("耳标", filters.tag),
    "old_ear_tag": ("原耳标", filters.tag),
    "eid": ("电子耳标", str),
    "breed": ("品种", _of(Breed, BREED_LABELS)),
    "sex": ("性别", _of(Sex, SEX_LABELS)),
    "born_month": ("出生", month),
    "origin": ("来源", _of(Origin, ORIGIN_LABELS)),
    "disease": ("预防", _of(Disease, DISEASE_LABELS)),
    "dose_no": ("", lambda number: f"第 {number} 针"),
    "given_on": ("日期", filters.cn_date),
    "clear_on": ("休药期满", filters.cn_date),
    "purpose": ("用途", _of(Purpose, PURPOSE_LABELS)),
    "head_count": ("", lambda count: f"{count} 头"),
    "shown": ("", lambda shown: "照片公开" if shown else "照片不公开"),
    "passed": ("", lambda passed: "检查合格" if passed else "检查不合格"),
    "form": ("种类", _of(CertificateForm, CERTIFICATE_FORM_LABELS)),
    "number": ("编号", str),
    "certificate_number": ("检疫证明", str),
    "valid_until": ("有效期至", filters.cn_date),
    "basis": ("", _of(Basis, BASIS_LABELS)),
    "name": ("名称", str),
    "stage": ("阶段", _of(Stage, STAGE_LABELS)),
    "doubt_key": ("存疑条目", str),
    "choice": ("取舍", _of(Choice, CHOICE_LABELS)),
    "percent": ("完成", lambda percent: f"{percent}%"),
    "due_on": ("计划", filters.cn_date),
    "reached_on": ("完成日期", filters.cn_date),
    "period": ("时期", str),
    "unit": ("单位", str),
    "host_place": ("所在地", str),
    "partner": ("对口", str),
    "evidence_level": ("依据", lambda level: EVIDENCE_LABELS.get(level, str(level))),
    "event_type": ("类型", str),
    "method": ("方法", _of(DisposalMethod, DISPOSAL_METHOD_LABELS)),
}
"""Field → its name and how its value reads. A field that is not listed is left to the proof."""

PHRASES: dict[Kind, tuple[str, ...]] = {
    Kind.CERTIFICATE_ISSUED: ("form", "number", "purpose", "head_count", "valid_until"),
    Kind.CLUSTER_LOADED: ("name", "host_place", "partner"),
    Kind.CLUSTER_REVISED: ("name", "host_place", "partner"),
}
"""Kinds of which fewer fields are shown, or in another order than the alphabet's."""

ORDER = tuple(FIELDS)


def value_of(name: str, value: Any) -> str:
    """The value of a field in words; a strange one is shown as it stands."""
    if value is None or value == "":
        return MISSING
    try:
        return FIELDS[name][1](value)
    except (ValueError, TypeError, AttributeError):
        return str(value)


def phrases_of(kind: Kind, public: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What an event says, field by field: the field's name, if it needs one, and its value.

    >>> phrases_of(Kind.IMMUNISATION_GIVEN, {"disease": "fmd", "dose_no": 2})
    [('预防', '口蹄疫'), ('', '第 2 针')]
    """
    names = PHRASES.get(kind, ORDER)
    return [
        (FIELDS[name][0], value_of(name, public[name]))
        for name in names
        if public.get(name) not in (None, "")
    ]


def place_of(public: Mapping[str, Any], places: Places) -> str:
    """Where: the township and what kind of place, or from where to where."""
    if "from_township" in public:
        return f"{_spot(public, 'from_', places)} → {_spot(public, 'to_', places)}"
    return _spot(public, "", places)


def home_of(public: Mapping[str, Any], places: Places) -> str:
    """The township with its county: where an animal was registered."""
    code = public.get("township") or ""
    name = places.get(code, MISSING)
    county = places.get(code[:COUNTY_DIGITS], "")
    return name if name.startswith(county) else f"{county}{name}"


def _spot(public: Mapping[str, Any], side: str, places: Places) -> str:
    township = public.get(f"{side}township")
    kind = public.get(f"{side}kind" if side else "place_kind")
    known = HOLDING_KIND_LABELS[HoldingKind(kind)] if kind in set(HoldingKind) else ""
    return f"{places.get(township or '', '')}{known}"


def title_of(kind: Kind) -> str:
    """The name of what happened."""
    return SPECS[kind].label
