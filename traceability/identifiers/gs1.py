"""GS1 keys (GS1 标识代码): GTIN, GLN, SSCC with their check digits, and Digital Link addresses.

Sources: GS1 General Specifications §7.9 (check digit), GS1 Digital Link URI Syntax 1.4
(uncompressed). Only what a label may carry is judged: the key, its qualifiers in their order,
and data attributes by their identifiers.

>>> is_gs1_key("gtin", "6901234567892"), is_gs1_key("sscc", "106141412345678908")
(True, True)
>>> parse_digital_link("https://id.example.cn/01/06901234567892/10/B7/21/A1?17=261231")
{'01': '06901234567892', '10': 'B7', '21': 'A1', '17': '261231'}
"""

import re
from datetime import date
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from .keystrokes import tidy
from .refusals import IdentifierError

LENGTHS = {
    "gtin": (8, 12, 13, 14),
    "gtin-8": (8,),
    "gtin-12": (12,),
    "gtin-13": (13,),
    "gtin-14": (14,),
    "ean": (8, 13),
    "upc": (12,),
    "gln": (13,),
    "sscc": (18,),
    "gsin": (17,),
    "gsrn": (18,),
}
URI_CHARS_MAX = 2000
GTIN_DIGITS = 14
TEXT = r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]"  # GS1 character set 82
NUMBER_KEYS = {  # a key of digits whose last is the check digit, and its length
    "00": 18,
    "01": 14,
    "402": 17,
    "410": 13,
    "411": 13,
    "412": 13,
    "413": 13,
    "414": 13,
    "415": 13,
    "416": 13,
    "417": 13,
    "8017": 18,
    "8018": 18,
}
FORMS = {
    "02": r"[0-9]{14}",
    "10": TEXT + "{1,20}",
    "21": TEXT + "{1,20}",
    "22": TEXT + "{1,20}",
    "235": TEXT + "{1,28}",
    "253": r"[0-9]{13}" + TEXT + "{0,17}",
    "254": TEXT + "{1,20}",
    "255": r"[0-9]{13}[0-9]{0,12}",
    "401": TEXT + "{1,30}",
    "7040": r"[0-9]" + TEXT + "{3}",
    "8003": r"0[0-9]{13}" + TEXT + "{0,16}",
    "8004": TEXT + "{1,30}",
    "8006": r"[0-9]{18}",
    "8010": r"[#\-/0-9A-Z]{1,30}",
    "8011": r"[1-9][0-9]{0,11}|0",
    "8013": TEXT + "{1,25}",
    "8019": r"[0-9]{1,10}",
}
QUALIFIERS: dict[str, tuple[str, ...]] = {  # primary keys and what may follow, in this order
    "00": (),
    "01": ("22", "10", "21", "235"),
    "253": (),
    "255": (),
    "401": (),
    "402": (),
    "414": ("254", "7040"),
    "415": ("8020",),
    "417": ("7040",),
    "8003": (),
    "8004": ("7040",),
    "8006": ("22", "10", "21"),
    "8010": ("8011",),
    "8013": (),
    "8017": ("8019",),
    "8018": ("8019",),
}
DATES = {"11", "12", "13", "15", "16", "17"}
AI = re.compile(r"[0-9]{2,4}")


def check_digit(body: str) -> str:
    """The digit that closes a key: weights 3 and 1 from the right, to the next ten.

    >>> check_digit("690123456789")
    '2'
    """
    total = sum(int(char) * (1 if at % 2 else 3) for at, char in enumerate(reversed(body)))
    return str(-total % 10)


def is_gs1_key(kind: str, value: str) -> bool:
    """Whether a number has the length of its kind and the right check digit."""
    code = tidy(value)
    if kind not in LENGTHS or len(code) not in LENGTHS[kind]:
        return False
    return _closes(code)


def _closes(code: str) -> bool:
    return code.isascii() and code.isdigit() and check_digit(code[:-1]) == code[-1]


def parse_digital_link(uri: str) -> dict[str, str]:
    """The application identifiers of a Digital Link address: key, qualifiers, attributes.

    Raises:
        IdentifierError: `digital_link.uri`, `.no_key`, `.order`, `.twice`, `.value`.
    """
    parts = _split(uri)
    segments = [unquote(segment) for segment in parts.path.strip("/").split("/")]
    found: dict[str, str] = {}
    pairs = [*_path_pairs(segments), *_attributes(parts.query)]
    for ai, given in pairs:
        if ai in found:
            raise IdentifierError("digital_link.twice", f"链接里 ({ai}) 出现两次：请重新生成")
        value = given.zfill(GTIN_DIGITS) if ai == "01" and len(given) in LENGTHS["gtin"] else given
        if not _well_formed(ai, value):
            raise IdentifierError("digital_link.value", f"链接里 ({ai}) 的值不对：请核对标签")
        found[ai] = value
    return found


def _split(uri: str) -> SplitResult:
    refusal = IdentifierError(
        "digital_link.uri", "这不是 http 或 https 开头的 GS1 数字链接：请核对"
    )
    if len(uri) > URI_CHARS_MAX:
        raise refusal
    try:
        parts = urlsplit(uri.strip())
        host = parts.hostname
    except ValueError as error:
        raise refusal from error
    if parts.scheme.lower() not in {"http", "https"} or not host:
        raise refusal
    return parts


def _path_pairs(segments: list[str]) -> list[tuple[str, str]]:
    """Pairs from the right, back to the primary key; what stands before it is the site's own."""
    for start in range(len(segments) - 2, -1, -2):
        if segments[start] in QUALIFIERS:
            pairs = list(zip(segments[start::2], segments[start + 1 :: 2], strict=True))
            allowed = QUALIFIERS[segments[start]]
            ais = [ai for ai, _value in pairs[1:]]
            if len(set(ais)) < len(ais):
                raise IdentifierError("digital_link.twice", "链接里同一标识出现两次：请重新生成")
            if ais != [ai for ai in allowed if ai in ais]:
                raise IdentifierError(
                    "digital_link.order", "链接里限定标识的种类或顺序不对：请重新生成"
                )
            return pairs
    raise IdentifierError("digital_link.no_key", "链接里没有 GS1 主标识（如 01 商品条码）：请核对")


def _attributes(query: str) -> list[tuple[str, str]]:
    pairs = parse_qsl(query.replace(";", "&"), keep_blank_values=True)
    return [(name, value) for name, value in pairs if AI.fullmatch(name)]


def _well_formed(ai: str, value: str) -> bool:
    if ai in NUMBER_KEYS:
        return len(value) == NUMBER_KEYS[ai] and _closes(value)
    if ai in DATES:
        return _is_date(value)
    return re.fullmatch(FORMS.get(ai, TEXT + "{1,90}"), value) is not None


def _is_date(value: str) -> bool:
    if re.fullmatch(r"[0-9]{6}", value) is None:
        return False
    year, month, day = int(value[:2]) + 2000, int(value[2:4]), int(value[4:])
    try:
        date(year, month, day or 1)  # day 00: the end of the month
    except ValueError:
        return False
    return True
