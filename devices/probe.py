r"""探测 · which format captured bytes may be in, with how much confidence and why; it sets nothing.

A person sets the format, the unit and the division in the device's record, with the indicator's
manual and nameplate at hand; this tells what the bytes speak for. The range is on the nameplate
only and is never suggested.

>>> line = b"ST,GS,+00%03d.%dkg\r\n"
>>> weights = (divmod(tenths, 10) for tenths in range(0, 6000, 95))
>>> best = probe(b"".join(line % weight for weight in weights)).suggestions[0]
>>> best.format, best.unit, best.division_g, best.confidence > 80
('and', 'kg', 500, True)
>>> probe(b"hello world").suggestions
()
"""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from math import gcd

from devices.drivers.formats import FORMATS, TAG, Format
from devices.drivers.frames import ERROR_LABELS, Frame

CAPTURE_BYTES_MAX = 65_536
FRAMES_ENOUGH = 8  # whole frames that make a guess as sure as it gets
CONFIDENCE_MAX = {True: 99, False: 90}  # with and without a check in every frame
UNKNOWN_MAKE_MAX = 70  # the same line is sent by several makes
SUGGESTIONS_MAX = 6
WEIGHTS_FOR_DIVISION = 3
DIVISIONS_G = tuple(step * 10**power for power in range(5, -1, -1) for step in (5, 2, 1))
FOREIGN = ("malformed", "checksum", "cut", "line_too_long", "not_a_tag")  # not of this format
PRINTABLE = frozenset(range(0x20, 0x7F)) | {0x02, 0x03, 0x0A, 0x0D}
PRINTABLE_SHARE = 0.9
SILENT = "没有收到字节：检查接线和串口号；应答方式的仪表要有人问才回答"
GARBLED = "没有一种格式读得出：多半是波特率、数据位或校验不对，也可能是没有做的格式"
UNKNOWN = "字节是文字，但没有一种格式读得出：把这段抓包连同仪表型号发给平台管理员"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """建议 · what speaks for one format; `confidence` in hundredths, never 100."""

    format: str
    label: str
    kind: str
    confidence: int
    frames: int  # whole frames of this format
    foreign: int  # frames that this format cannot read
    unit: str | None  # as the frames say; None where they do not, "other" where not kilograms
    division_g: int | None
    tells_stable: bool
    reasons: tuple[str, ...]
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """探测结果 · suggestions, the most likely first, and what to try where there are none."""

    length: int
    line: str | None  # data bits and parity, where the bytes tell that they are not 8N
    suggestions: tuple[Suggestion, ...]
    advice: tuple[str, ...]


def probe(capture: bytes) -> Findings:
    """What these bytes speak for; at most the first 64 KiB are looked at."""
    data = capture[:CAPTURE_BYTES_MAX]
    line = parity_of(data)
    plain = bytes(byte & 0x7F for byte in data) if line else data
    found = [each for known in FORMATS.values() if (each := _suggest(known, plain))]
    found.sort(key=lambda each: -each.confidence)
    advice = [] if found else [_advice(plain)]
    if line:
        words = {"E": "偶", "O": "奇"}[line[1]]
        advice.insert(0, f"每个字节的第 8 位是{words}校验位：串口应设为 7 位数据、{words}校验")
    return Findings(
        length=len(capture),
        line=line,
        suggestions=tuple(found[:SUGGESTIONS_MAX]),
        advice=tuple(advice),
    )


def parity_of(data: bytes) -> str | None:
    """`7E` or `7O` where every byte has a parity bit in front; None else.

    >>> parity_of(b"425.5"), parity_of(bytes([0xB4, 0xB2, 0x35, 0x2E, 0x35]))
    (None, '7E')
    """
    ones = {byte.bit_count() % 2 for byte in data}
    if len(ones) != 1 or not any(byte & 0x80 for byte in data):
        return None
    return "7O" if ones.pop() else "7E"


def _suggest(known: Format, data: bytes) -> Suggestion | None:
    decoder = known.decoder()
    frames = decoder.feed(data) + decoder.close()
    own = [frame for frame in frames if frame.error not in FOREIGN]
    read = [frame for frame in own if frame.error is None or frame.error == "not_kg"]
    if not read:
        return None
    weights = [frame.weight_g for frame in own if frame.weight_g is not None]
    division_g = division_of(weights)
    return Suggestion(
        format=known.name,
        label=known.label,
        kind=known.kind,
        confidence=_confidence(known, own, frames, data),
        frames=len(own),
        foreign=len(frames) - len(own),
        unit=_unit(known, own),
        division_g=division_g,
        tells_stable=known.tells_stable,
        reasons=tuple(_reasons(known, own, frames, division_g)),
        examples=tuple(_shown(frame) for frame in read[:3]),
    )


def _confidence(known: Format, own: list[Frame], frames: list[Frame], data: bytes) -> int:
    mine = b"".join(frame.raw for frame in own)
    others = len(data) - len(mine) - (_line_ends(data) - _line_ends(mine))
    covered = len(mine) / (len(mine) + max(others, 0))
    agreed = len(own) / len(frames)
    enough = min(1.0, (len(own) + 1) / (FRAMES_ENOUGH + 1))
    most = CONFIDENCE_MAX[known.checked]
    if known.kind == TAG and not known.checked:
        most = UNKNOWN_MAKE_MAX - (known.name == "allflex")  # which reads the lines of all makes
    return round(most * min(1.0, covered + 0.1) * agreed * enough)


def _line_ends(data: bytes) -> int:
    return data.count(b"\r") + data.count(b"\n")


def _unit(known: Format, own: list[Frame]) -> str | None:
    if any(frame.error == "not_kg" for frame in own):
        return "other"
    return "kg" if known.tells_unit else None


def division_of(weights: list[int]) -> int | None:
    """The coarsest usual division that all weights are multiples of; None where few differ.

    >>> division_of([425_500, 426_000, 431_500, 12_500]), division_of([500_000, 500_000])
    (500, None)
    """
    different = {abs(weight_g) for weight_g in weights if weight_g}
    if len(different) < WEIGHTS_FOR_DIVISION:
        return None
    common: int = reduce(gcd, different)
    found: int = next(division for division in DIVISIONS_G if common % division == 0)
    return found


def _reasons(
    known: Format, own: list[Frame], frames: list[Frame], division_g: int | None
) -> list[str]:
    said = [f"{len(own)} 帧合乎这种格式，{len(frames) - len(own)} 帧不合"]
    if known.checked:
        said.append("帧里有校验，校验相符")
    errors = Counter(frame.error for frame in own if frame.error)
    said += [f"{count} 帧：{ERROR_LABELS[error]}" for error, count in sorted(errors.items())]
    if known.kind == TAG:
        return said
    if not known.tells_unit:
        said.append("这种格式不带单位：请看仪表屏幕，须是千克")
    elif errors["not_kg"]:
        said.append("仪表不在千克：请先在仪表菜单改成千克")
    if division_g:
        said.append(f"不同的重量都是 {division_g} 克的整数倍；分度值以铭牌为准")
    else:
        said.append("不同的重量太少，看不出分度值；请让重量变化几次再抓，或看铭牌")
    said.append("帧里有稳定标志" if known.tells_stable else "没有稳定标志：要填连续几帧相同算稳定")
    return said


def _shown(frame: Frame) -> str:
    if frame.eid is not None:
        return frame.eid
    if frame.weight_g is None:
        return ERROR_LABELS[frame.error or "malformed"]
    moving = {True: "（稳定）", False: "（晃动）", None: ""}[frame.stable]
    return f"{Decimal(frame.weight_g) / 1000:f} 公斤{moving}"


def _advice(data: bytes) -> str:
    if not data.strip(b"\0"):
        return SILENT
    printable = sum(byte in PRINTABLE for byte in data) / len(data)
    return UNKNOWN if printable >= PRINTABLE_SHARE else GARBLED
