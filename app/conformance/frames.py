"""设备检验 · suites for what readers and scales send: `devices.drivers` and `devices.stability`."""

from dataclasses import replace

from app.conformance.answers import Answer, BadLine, Line, integer, octets, octets_list, text
from devices.drivers.formats import FORMATS, Format, one_frame
from devices.drivers.frames import Frame, Profile, in_profile
from devices.stability import ERROR_LABELS, Rule, Watch

READER = "allflex"  # accepts every line form of rules of the trade for readers


def reader_line(line: Line) -> Answer:
    """The electronic number in one line of a reader, of any make unless a format is named."""
    raw = text(line, "text").encode("utf-8", errors="surrogatepass")
    name = text(line, "format") if "format" in line else READER
    frame = one_frame(_known(name, "tag").name, raw)
    if frame.eid is None:
        raise _refused(frame)
    return {"eid": frame.eid}


def scale_frame(line: Line) -> Answer:
    """The weight in one frame of a scale."""
    known, profile = _known(text(line, "format"), "weight"), _profile(line)
    frame = in_profile(one_frame(known.name, octets(line.get("hex"), "hex")), profile)
    if profile is Profile.TRADE and frame.weight_g is not None:
        frame = Watch(_rule(line, equal_frames=1)).see(frame)
        frame = replace(frame, stable=frame.stable if known.tells_stable else None)
    if frame.weight_g is None:
        raise _refused(frame)
    return {"weight_g": frame.weight_g, "stable": frame.stable}


def scale_stream(line: Line) -> Answer:
    """Every frame of a stream that arrives in pieces."""
    known, profile = _known(text(line, "format"), "weight"), _profile(line)
    equal_frames = integer(line, "n", default=Rule().equal_frames)
    if equal_frames < 1:
        raise BadLine("bad_input", "字段 n 应为正整数")
    decoder, watch = known.decoder(), Watch(_rule(line, equal_frames=equal_frames))
    frames = [frame for chunk in octets_list(line, "chunks") for frame in decoder.feed(chunk)]
    frames += decoder.close()
    if profile is Profile.TRADE:
        frames = [watch.see(frame) for frame in frames]
    return {"frames": [_frame(frame) for frame in frames]}


def formats(_line: Line) -> Answer:
    """The formats that are built, with the maker's document each rests on."""
    rows = [
        {
            "format": each.name,
            "reads": each.kind,
            "label": each.label,
            "document": each.document,
            "checked": each.checked,
            "tells_stable": each.tells_stable,
        }
        for each in FORMATS.values()
    ]
    return {"formats": rows}


def _known(name: str, kind: str) -> Format:
    known = FORMATS.get(name)
    if known is None or known.kind != kind:
        word = "称重" if kind == "weight" else "阅读器"
        raise BadLine("unknown_format", f"没有{word}格式 {name}：用 SUITE=formats 列出已有格式")
    return known


def _rule(line: Line, *, equal_frames: int) -> Rule:
    """What the device record says of the scale; 0, the default, is no limit."""
    told = {name: integer(line, name, default=0) for name in ("division_g", "min_g", "max_g")}
    if min(told.values()) < 0:
        raise BadLine("bad_input", "字段 division_g、min_g、max_g 应为 0 或正整数")
    return Rule(equal_frames=equal_frames, **told)


def _profile(line: Line) -> Profile:
    try:
        return Profile(line.get("profile", Profile.DISPLAY))
    except ValueError as error:
        raise BadLine("bad_input", "字段 profile 应为 display 或 trade") from error


def _refused(frame: Frame) -> BadLine:
    code = frame.error or "malformed"
    return BadLine(code, ERROR_LABELS[code])


def _frame(frame: Frame) -> Answer:
    if frame.weight_g is None:
        return {"error": frame.error or "malformed"}
    return {"weight_g": frame.weight_g, "stable": frame.stable}
