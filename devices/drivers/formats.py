"""格式 · every format that is built, by name, with the maker's document it rests on.

The format is a property of the device and never guessed. Not built, for want of a maker's document:
`cas`, Agrident's binary frames.

>>> one_frame("yaohua-0", bytes.fromhex("022b30303432353531314303")).weight_g
425500
>>> one_frame("allflex", b"LA 982 000001088420").eid
'982000001088420'
>>> one_frame("toledo", bytes.fromhex("022b3020")).error
'cut'
"""

from collections.abc import Callable
from dataclasses import dataclass

from devices.drivers.a_and_d import AandD
from devices.drivers.allflex import Allflex
from devices.drivers.digi_star import DigiStar
from devices.drivers.frames import Decoder, Frame
from devices.drivers.icar_json import IcarJson
from devices.drivers.mt_sics import MtSics
from devices.drivers.toledo import Toledo
from devices.drivers.tru_test_rw import TruTestRw
from devices.drivers.yaohua import Yaohua0, Yaohua1
from devices.drivers.yaohua_a12e import YaohuaA12e


@dataclass(frozen=True, slots=True)
class Format:
    """数据格式 · `kind` is what it reads; `tells_stable` whether a frame says so itself."""

    name: str
    label: str
    kind: str  # "tag" or "weight"
    decoder: Callable[[], Decoder]
    document: str
    tells_stable: bool = False


FORMATS: dict[str, Format] = {
    known.name: known
    for known in (
        Format("allflex", "Allflex／ISO 阅读器", "tag", Allflex, "Allflex RS320、AFX-100 手册"),
        Format("yaohua-0", "耀华 A9/A26 格式0", "weight", Yaohua0, "XK3190-A9+、A26 说明书"),
        Format("yaohua-1", "耀华 A9/A26 格式1", "weight", Yaohua1, "XK3190-A9+、A26 说明书"),
        Format("yaohua-a12e", "耀华 A12(E)", "weight", YaohuaA12e, "XK3190-A12(E) 说明书"),
        Format(
            "toledo",
            "托利多连续输出",
            "weight",
            Toledo,
            "IND245/IND445、Fairbanks 手册",
            tells_stable=True,
        ),
        Format(
            "mt-sics", "MT-SICS", "weight", MtSics, "MT-SICS Reference Manual", tells_stable=True
        ),
        Format("and", "A&D 标准格式", "weight", AandD, "A&D AD-4401 手册", tells_stable=True),
        Format(
            "tru-test-rw",
            "Tru-Test {RW}",
            "weight",
            TruTestRw,
            "Tru-Test S3 手册",
            tells_stable=True,
        ),
        Format("digi-star", "Digi-Star 逗号格式", "weight", DigiStar, "Digi-Star 抓包记录"),
        Format("icar-json", "ICAR ADE 称重 JSON", "weight", IcarJson, "ICAR ADE 1.4"),
    )
}


def one_frame(name: str, raw: bytes) -> Frame:
    """The one frame that these bytes are, alone; a line may come without its end."""
    decoder = FORMATS[name].decoder()
    frames = decoder.feed(raw) + decoder.close()
    if not frames:
        decoder = FORMATS[name].decoder()
        frames = decoder.feed(raw + b"\r")
    if len(frames) != 1:
        return Frame(raw, error="malformed" if frames else "cut")
    return frames[0]
