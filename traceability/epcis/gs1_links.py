"""GS1 链接 · EPC URIs as canonical GS1 Digital Links, as event hash ids need them (CBV 2.0 §8.9).

Source: GS1 EPC Tag Data Standard §6.3, GS1 Digital Link URI Syntax 1.2 §4.11. An identifier that
is not GS1's, or is malformed, stays as it is.

>>> canonical_link("urn:epc:id:sgtin:4012345.011111.9876")
'https://id.gs1.org/01/04012345111118/21/9876'
>>> canonical_link("urn:epc:id:sgln:4012345.00011.0")
'https://id.gs1.org/414/4012345000115'
>>> canonical_link("https://example.com/01/04012345111118/10/L1/21/9876?x=1")
'https://id.gs1.org/01/04012345111118/21/9876'
>>> canonical_link("urn:weining:tag:252052600000001")
'urn:weining:tag:252052600000001'
"""

import re
from dataclasses import dataclass

from traceability.identifiers import gs1
from traceability.identifiers.refusals import IdentifierError

HOST = "https://id.gs1.org"
EPC_URI = re.compile(r"urn:epc:(id|class|idpat):([a-z]+):([0-9]{6,12})\.([^.]*)(?:\.(.+))?")
UNSAFE = str.maketrans({char: f"%{ord(char):02X}" for char in "!()*+,:"})


@dataclass(frozen=True, slots=True)
class Scheme:
    """How an EPC scheme becomes a key: its identifier, digits before the check digit, its serial.

    `serial` is the qualifier's identifier, "" where the serial follows the key directly.
    """

    ai: str
    digits: int | None  # None: a key of letters without a check digit
    indicator: bool = False  # the reference's first digit stands before the company prefix
    serial: str | None = None
    lead: str = ""


SCHEMES = {
    "sgtin": Scheme("01", 13, indicator=True, serial="21"),
    "lgtin": Scheme("01", 13, indicator=True, serial="10"),
    "upui": Scheme("01", 13, indicator=True, serial="235"),
    "itip": Scheme("8006", 13, indicator=True, serial="21"),
    "sscc": Scheme("00", 17, indicator=True),
    "sgln": Scheme("414", 12, serial="254"),
    "pgln": Scheme("417", 12),
    "grai": Scheme("8003", 12, serial="", lead="0"),
    "giai": Scheme("8004", None),
    "gsrn": Scheme("8018", 17),
    "gsrnp": Scheme("8017", 17),
    "gdti": Scheme("253", 12, serial=""),
    "sgcn": Scheme("255", 12, serial=""),
    "ginc": Scheme("401", None),
    "gsin": Scheme("402", 16),
    "cpi": Scheme("8010", None, serial="8011"),
}
FINEST = {"01": ("21", "10", "235"), "414": ("254",), "8006": ("21", "10"), "8010": ("8011",)}
ANYTHING = "*"  # the serial of a pattern
NO_EXTENSION = "0"  # of an SGLN


def canonical_link(uri: str) -> str:
    """The canonical Digital Link of a GS1 identifier; anything else as it is."""
    found = EPC_URI.fullmatch(uri)
    if found is not None and found[2] in SCHEMES:
        return _of_epc(SCHEMES[found[2]], found) or uri
    if uri.startswith(("https://", "http://")):
        return _constrained(uri)
    return uri


def _of_epc(scheme: Scheme, found: re.Match[str]) -> str | None:
    name, company, item, serial = found.group(2, 3, 4, 5)
    if scheme.digits is None:
        given = item if serial is None or scheme.serial is not None else f"{item}.{serial}"
        key = company + given.translate(UNSAFE)
    else:
        plain = item[:1] + company + item[1:] if scheme.indicator else company + item
        if len(plain) != scheme.digits or not plain.isdigit():
            return None
        body = scheme.lead + plain
        key = body + gs1.check_digit(body)
    if name == "itip" and serial is not None:
        piece, total, serial = serial.split(".", 2)
        key += piece + total
    return f"{HOST}/{scheme.ai}/{key}{_serial(scheme, name, serial)}"


def _serial(scheme: Scheme, name: str, serial: str | None) -> str:
    whole = name == "sgln" and serial == NO_EXTENSION
    if serial is None or serial == ANYTHING or scheme.serial is None or whole:
        return ""
    text = serial.translate(UNSAFE)
    return text if scheme.serial == "" else f"/{scheme.serial}/{text}"


def _constrained(uri: str) -> str:
    try:
        ais = gs1.parse_digital_link(uri)
    except IdentifierError:
        return uri
    (key, value), *_rest = ais.items()
    finest = next((ai for ai in FINEST.get(key, ()) if ai in ais), None)
    path = f"{HOST}/{key}/{value.translate(UNSAFE)}"
    return path if finest is None else f"{path}/{finest}/{ais[finest].translate(UNSAFE)}"
