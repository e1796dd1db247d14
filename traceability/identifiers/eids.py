"""Electronic ear tag (电子耳标), ISO 11784: country 3 digits, national number 12 digits.

Sources: ISO 11784:1996 with amendments (64-bit word, "bit 1" = most significant), ISO 11785
(FDX-B frame), GB/T 20563-2006. The printed 15 digits cannot be carried (38 bits hold at most
274,877,906,943), so an `eid` and an `ear_tag` are joined by a table, never computed.

>>> eid = parse_eid("999123456789012")
>>> eid.dot_hex, eid.hex64, eid.reversed_hex
('3E7.1CBE991A14', '8000F9DCBE991A14', '2858997D3B9F0001')
>>> {str(parse_eid(form)) for form in (eid.dot_hex, eid.hex64, eid.reversed_hex)}
{'999123456789012'}
"""

import re
from dataclasses import dataclass

from .country_codes import is_tag_country
from .ear_tags import Species
from .keystrokes import SCIENTIFIC, tidy
from .refusals import IdentifierError

EID_DIGITS = 15
NATIONAL_MAX = 2**38 - 1
COUNTRY_MAX = 2**10 - 1
WORD_BITS, WORD_BYTES = 64, 8
HEADER = "00000000001"
FRAME_BITS, CRC_BITS, TRAILER_BITS, GROUP_BITS = 128, 16, 24, 8
KERMIT = 0x8408  # x^16 + x^12 + x^5 + 1, reflected

DECIMAL = re.compile(r"0?([0-9]{3})([0-9]{12})")
DOT_HEX = re.compile(r"([0-9A-F]{1,3})\.([0-9A-F]{1,10})")
HEX_WORD = re.compile(r"(?:0X)?([0-9A-F]{16})")


@dataclass(frozen=True, slots=True)
class Eid:
    """电子耳标号 · what a tag says of itself."""

    country: int
    national: int
    animal: bool = True
    retag: int = 0  # how often the animal was tagged anew, 3 bits
    user: int = 0  # user information, 5 bits
    reserved: int = 0  # 6 bits
    data_block: bool = False

    def __post_init__(self) -> None:
        assert 0 <= self.country <= COUNTRY_MAX
        assert 0 <= self.national <= NATIONAL_MAX

    def __str__(self) -> str:
        return f"{self.country:03d}{self.national:012d}"

    @property
    def word(self) -> int:
        """The 64-bit word."""
        return (
            self.animal << 63
            | self.retag << 60
            | self.user << 55
            | self.reserved << 49
            | self.data_block << 48
            | self.country << 38
            | self.national
        )

    @property
    def hex64(self) -> str:
        """The word in hexadecimal."""
        return f"{self.word:016X}"

    @property
    def reversed_hex(self) -> str:
        """The word with its bits in the order in which they come from the air."""
        return f"{_reversed(self.word):016X}"

    @property
    def dot_hex(self) -> str:
        """Country and national number in hexadecimal."""
        return f"{self.country:X}.{self.national:010X}"


def _reversed(word: int) -> int:
    return int(f"{word:0{WORD_BITS}b}"[::-1], 2)


def from_word(word: int) -> Eid:
    """What a 64-bit word says; whether the country exists is for the reader to judge.

    >>> from_word(0x8000842098B29BA0)
    Eid(country=528, national=140000795552, animal=True, retag=0, user=0, reserved=0, \
data_block=False)
    """
    assert 0 <= word < 1 << WORD_BITS
    return Eid(
        country=word >> 38 & COUNTRY_MAX,
        national=word & NATIONAL_MAX,
        animal=bool(word >> 63),
        retag=word >> 60 & 0b111,
        user=word >> 55 & 0b11111,
        reserved=word >> 49 & 0b111111,
        data_block=bool(word >> 48 & 1),
    )


def parse_eid(text: str) -> Eid:
    """An electronic number in any of its four display forms.

    Raises:
        IdentifierError: `eid.form`, `eid.scientific`, `eid.country`, `eid.national`.
    """
    plain = tidy(text)
    if SCIENTIFIC.fullmatch(plain):
        raise IdentifierError(
            "eid.scientific",
            "电子耳标号被电子表格改成了科学计数法，末尾数字已丢失：请把该列设为文本后重新填写",
        )
    found = DECIMAL.fullmatch(plain)
    if found and (len(plain) == EID_DIGITS or is_tag_country(int(found[1]))):
        return _checked(int(found[1]), int(found[2]))
    if found := DOT_HEX.fullmatch(plain):
        return _checked(int(found[1], 16), int(found[2], 16))
    if found := HEX_WORD.fullmatch(plain):
        return _from_either_order(int(found[1], 16))
    raise IdentifierError(
        "eid.form", "电子耳标号应为 15 位数字（3 位国家代码加 12 位编号）：请用读写器重新读取"
    )


def _checked(country: int, national: int) -> Eid:
    if not is_tag_country(country):
        printed = str(country)[0] in set(Species)
        remedy = "若是印刷的耳标号，请填到耳标号一栏" if printed else "请用读写器重新读取"
        raise IdentifierError("eid.country", f"国家代码 {country:03d} 不存在：{remedy}")
    if national > NATIONAL_MAX:
        raise IdentifierError(
            "eid.national", "电子耳标后 12 位超出 38 位二进制所能表示的范围：请用读写器重新读取"
        )
    return Eid(country, national)


def _from_either_order(word: int) -> Eid:
    readings = [from_word(word), from_word(_reversed(word))]
    real = [eid for eid in readings if is_tag_country(eid.country) and not eid.reserved]
    if not real:
        raise IdentifierError("eid.country", "这 16 位十六进制里没有有效的国家代码：请重新读取")
    return max(real, key=lambda eid: (not (eid.retag or eid.user or eid.data_block), eid.animal))


def crc_kermit(data: bytes) -> int:
    """CRC-16/KERMIT: reflected, begins at 0, no final exclusive-or.

    >>> hex(crc_kermit(bytes.fromhex("55a46859c0f90000"))), hex(crc_kermit(b"123456789"))
    ('0x8a1c', '0x2189')
    """
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(GROUP_BITS):
            crc = crc >> 1 ^ (KERMIT if crc & 1 else 0)
    return crc


@dataclass(frozen=True, slots=True)
class Frame:
    """电子耳标帧 · the 128 bits of an FDX-B tag, and whether its check holds."""

    eid: Eid
    crc_ok: bool
    trailer: int


def encode_frame(eid: Eid, *, trailer: int = 0) -> str:
    """The 128 bits in the order of the air: least significant first, a 1 after each eight.

    >>> decode_frame(encode_frame(parse_eid("982000001088420"))).crc_ok
    True
    """
    crc = crc_kermit(eid.word.to_bytes(WORD_BYTES, "little"))
    body = f"{trailer:024b}{crc:016b}{eid.word:064b}"[::-1]
    groups = (body[start : start + GROUP_BITS] for start in range(0, len(body), GROUP_BITS))
    return HEADER + "".join(group + "1" for group in groups)


def decode_frame(bits: str) -> Frame:
    """What 128 received bits say; a failed check is said, a broken frame is refused.

    Raises:
        IdentifierError: `tag_frame.length`, `tag_frame.header`, `tag_frame.control`.
    """
    if len(bits) != FRAME_BITS or set(bits) - {"0", "1"}:
        raise IdentifierError("tag_frame.length", "电子耳标帧应为 128 个 0 或 1：请重新读取")
    if not bits.startswith(HEADER):
        raise IdentifierError("tag_frame.header", "电子耳标帧头应为 00000000001：请重新读取")
    rest = bits[len(HEADER) :]
    step = GROUP_BITS + 1
    groups = [rest[start : start + step] for start in range(0, len(rest), step)]
    if any(group[-1] != "1" for group in groups):
        raise IdentifierError("tag_frame.control", "电子耳标帧的控制位不为 1：请重新读取")
    body = "".join(group[:-1] for group in groups)[::-1]
    trailer, check = int(body[:TRAILER_BITS], 2), int(body[TRAILER_BITS:-WORD_BITS], 2)
    word = int(body[-WORD_BITS:], 2)
    crc_ok = crc_kermit(word.to_bytes(WORD_BYTES, "little")) == check
    return Frame(from_word(word), crc_ok, trailer)
