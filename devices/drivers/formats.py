"""格式 · every format that is built, by name, with the maker's document it rests on.

The format is a property of the device and never guessed. Not built, for want of a document:
Agrident's binary frames, session files of stick readers; docs/devices.md gives the reasons.

>>> one_frame("yaohua-0", bytes.fromhex("022b30303432353531314303")).weight_g
425500
>>> one_frame("allflex", b"LA 982 000001088420").eid
'982000001088420'
>>> one_frame("toledo", bytes.fromhex("022b3020")).error
'cut'
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from devices.drivers import a_and_d, mt_sics, tru_test_rw, yaohua_command
from devices.drivers.a_and_d import AandD
from devices.drivers.agrident import Agrident
from devices.drivers.allflex import Allflex
from devices.drivers.cas import Cas
from devices.drivers.digi_star import DigiStar
from devices.drivers.display_forms import DisplayForms
from devices.drivers.fdx_b import FdxB
from devices.drivers.frames import Decoder, Frame
from devices.drivers.gallagher import Gallagher
from devices.drivers.icar_json import IcarJson
from devices.drivers.mt_sics import MtSics
from devices.drivers.plain_digits import PlainDigits
from devices.drivers.rs420 import Rs420
from devices.drivers.shearwell import Shearwell
from devices.drivers.toledo import Toledo
from devices.drivers.tru_test_reader import TruTestReader
from devices.drivers.tru_test_rw import TruTestRw
from devices.drivers.yaohua import Yaohua0, Yaohua1
from devices.drivers.yaohua_a12e import YaohuaA12e
from devices.drivers.yaohua_command import YaohuaCommand

TAG, WEIGHT = "tag", "weight"
FARM_SOFTWARE = "农场软件资料（无原厂文件）"


@dataclass(frozen=True, slots=True)
class Format:
    """数据格式 · `kind` is what it reads; `tells_stable` whether a frame says so itself.

    `tells_unit` is whether a frame says so itself, else the indicator must have been set to
    kilograms; `checked` whether a check guards its bytes; `ask` is what makes it answer, if it may
    have to be asked, and `only_asked` whether it never speaks unasked.
    """

    name: str
    label: str
    kind: str
    decoder: Callable[[], Decoder]
    document: str
    tells_stable: bool = False
    tells_unit: bool = False
    checked: bool = False
    ask: bytes = b""
    only_asked: bool = False


def _reader(name: str, label: str, decoder: Callable[[], Decoder], document: str) -> Format:
    return Format(name, label, TAG, decoder, document, checked=name == "fdx-b")


READERS = (
    _reader("allflex", "Allflex／ISO 阅读器（各种写法）", Allflex, "Allflex RS320、AFX-100 手册"),
    _reader("rs420", "Allflex RS420（ISO 24631-6）", Rs420, "RS420 抓包记录"),
    _reader("tru-test", "Tru-Test／Datamars 阅读器", TruTestReader, FARM_SOFTWARE),
    _reader("gallagher", "Gallagher HR 阅读器", Gallagher, "行业通用行（无原厂文件）"),
    _reader("agrident", "Agrident ASCII", Agrident, "用户资料（原厂手册只见二进制方式）"),
    _reader("shearwell", "Shearwell 16 位数字", Shearwell, FARM_SOFTWARE),
    _reader("digits", "纯数字 15／16 位", PlainDigits, "ISO 11784"),
    _reader("display-forms", "十六进制四种写法", DisplayForms, "ISO 11784"),
    _reader("fdx-b", "FDX-B 128 位帧（CRC）", FdxB, "ISO 11784、ISO 11785"),
)
SCALES = (
    Format(
        "yaohua-0", "耀华 A9/A26 格式0", WEIGHT, Yaohua0, "XK3190-A9+、A26 说明书", checked=True
    ),
    Format("yaohua-1", "耀华 A9/A26 格式1", WEIGHT, Yaohua1, "XK3190-A9+、A26 说明书"),
    Format(
        "yaohua-command",
        "耀华指令方式（应答）",
        WEIGHT,
        YaohuaCommand,
        "XK3190-A9+、A23p、DS3 说明书",
        checked=True,
        ask=yaohua_command.question("A"),
        only_asked=True,
    ),
    Format(
        "yaohua-a12e",
        "耀华 A12(E)",
        WEIGHT,
        YaohuaA12e,
        "XK3190-A12(E) 说明书",
        tells_unit=True,
        checked=True,
    ),
    Format(
        "toledo",
        "托利多连续输出",
        WEIGHT,
        Toledo,
        "IND245/IND445、Fairbanks 手册",
        tells_stable=True,
        tells_unit=True,
        checked=True,
    ),
    Format(
        "mt-sics",
        "MT-SICS",
        WEIGHT,
        MtSics,
        "MT-SICS Reference Manual",
        tells_stable=True,
        tells_unit=True,
        ask=mt_sics.ASK,
    ),
    Format(
        "cas",
        "CAS 22 字节格式",
        WEIGHT,
        Cas,
        "CAS CI-400、CI-600D、NT-200 手册",
        tells_stable=True,
        tells_unit=True,
    ),
    Format(
        "and",
        "A&D 标准格式",
        WEIGHT,
        AandD,
        "A&D AD-4402、AD-4406A、AD-4410 手册",
        tells_stable=True,
        tells_unit=True,
        ask=a_and_d.ASK,
    ),
    Format(
        "tru-test-rw",
        "Tru-Test {RW}",
        WEIGHT,
        TruTestRw,
        "Tru-Test S3 手册",
        tells_stable=True,
        ask=tru_test_rw.ASK,
    ),
    Format(
        "digi-star",
        "Digi-Star 逗号格式",
        WEIGHT,
        DigiStar,
        "Digi-Star SW4600EID 手册",
        tells_unit=True,
    ),
    Format("icar-json", "ICAR ADE 称重 JSON", WEIGHT, IcarJson, "ICAR ADE 1.4", tells_unit=True),
)
ONE_FRAMES_KEPT = 1_024
FORMATS: dict[str, Format] = {known.name: known for known in (*READERS, *SCALES)}


@lru_cache(maxsize=ONE_FRAMES_KEPT)
def one_frame(name: str, raw: bytes) -> Frame:
    """The one frame that these bytes are, alone; a line may come without its end.

    A stable weight is proved by equal frames, so the same bytes are asked about again and again.
    """
    decoder = FORMATS[name].decoder()
    frames = decoder.feed(raw) + decoder.close()
    if not frames:
        decoder = FORMATS[name].decoder()
        frames = decoder.feed(raw + b"\r")
    if len(frames) != 1:
        return Frame(raw, error="malformed" if frames else "cut")
    return frames[0]
