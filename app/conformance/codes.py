"""编码检验 · suites for the numbers and codes of the trade: `traceability.identifiers`."""

import re
from collections.abc import Callable
from datetime import date

from app.conformance.answers import Answer, BadLine, Line, day, octets, text
from traceability.identifiers import eids, gs1
from traceability.identifiers.ear_tags import parse_ear_tag
from traceability.identifiers.farm_codes import parse_farm_code
from traceability.identifiers.phones import parse_phone
from traceability.identifiers.plates import parse_plate
from traceability.identifiers.refusals import IdentifierError
from traceability.identifiers.region_codes import CODE_DIGITS, region_on, spans
from traceability.identifiers.resident_ids import parse_resident_id
from traceability.identifiers.uscc import parse_uscc
from traceability.regions import published_codes

FRAME_HEX = re.compile(r"[0-9A-Fa-f]{32}")
WORD_HEX = re.compile(r"(?:0[xX])?([0-9A-Fa-f]{16})")


def _region(value: str, on: date | None) -> None:
    code = value.strip()
    if code in published_codes():
        return
    if not spans(code):
        why = (
            "没有这个行政区划代码" if len(code) == CODE_DIGITS else "行政区划代码应为 6、9 或 12 位"
        )
        raise IdentifierError("region.unknown", why)
    if on is not None and region_on(code, on) is None:
        raise IdentifierError("region.not_then", f"{on} 时没有这个行政区划代码")


KINDS: dict[str, Callable[[str, date | None], object]] = {
    "ear_tag": lambda value, on: parse_ear_tag(value, species=None, seen_on=on),
    "farm_code": lambda value, _on: parse_farm_code(value),
    "phone": lambda value, _on: parse_phone(value),
    "plate": lambda value, _on: parse_plate(value),
    "region": _region,
    "resident_id": lambda value, on: parse_resident_id(value, on=on),
    "uscc": lambda value, _on: parse_uscc(value),
}


def cn_id(line: Line) -> Answer:
    """Whether a Chinese number is what it claims to be, on a day if one is given."""
    kind, on = text(line, "kind"), day(line, "on")
    if kind not in KINDS:
        raise BadLine("unknown_kind", f"kind 应为 {'、'.join(KINDS)} 之一")
    value = line.get("value")
    if not isinstance(value, str):
        return {"ok": False, "reason": "not_text", "detail": "号码要作为文本给出"}
    try:
        KINDS[kind](value, on)
    except IdentifierError as refusal:
        return {"ok": False, "reason": refusal.code, "detail": refusal.sentence}
    return {"ok": True, "reason": None}


def check_digit(line: Line) -> Answer:
    """Whether a number closes with the right check digit."""
    kind = text(line, "kind").lower()
    value = line.get("value")
    if kind in {"uscc", "resident_id"}:
        return {"ok": cn_id({"kind": kind, "value": value})["ok"]}
    if kind not in gs1.LENGTHS:
        known = "、".join([*gs1.LENGTHS, "uscc", "resident_id"])
        raise BadLine("unknown_kind", f"kind 应为 {known} 之一")
    return {"ok": isinstance(value, str) and gs1.is_gs1_key(kind, value)}


def digital_link(line: Line) -> Answer:
    """The application identifiers of a Digital Link address."""
    return {"ais": gs1.parse_digital_link(text(line, "uri"))}


def tag_frame(line: Line) -> Answer:
    """What an electronic tag says, from the air, as a word or as people write it."""
    if "bits128" in line:
        frame = eids.decode_frame(_bits(text(line, "bits128")))
        return _tag(frame.eid, frame.crc_ok)
    if "hex64" in line:
        found = WORD_HEX.fullmatch(text(line, "hex64").strip())
        if found is None:
            raise BadLine("bad_input", "字段 hex64 应为 16 位十六进制")
        return _tag(eids.from_word(int.from_bytes(octets(found[1], "hex64"))), None)
    return _tag(eids.parse_eid(text(line, "text")), None)


def _bits(given: str) -> str:
    plain = re.sub(r"\s", "", given)
    return f"{int(plain, 16):0128b}" if FRAME_HEX.fullmatch(plain) else plain


def _tag(eid: eids.Eid, crc_ok: bool | None) -> Answer:  # noqa: FBT001 - the third answer is "cannot tell"
    return {
        "country": eid.country,
        "national": eid.national,
        "animal": eid.animal,
        "crc_ok": crc_ok,
    }
