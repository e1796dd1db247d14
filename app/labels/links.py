"""短链接 · the https link in a printed QR code: whose page it is, and a seal over what was printed.

`PUBLIC_URL/t/<code>/<seal>`: the code is 80 random bits; the seal is 64 bits of HMAC-SHA256 under
the label key, so that an invented link is recognised, and the first 8 bytes of the subject's head
digest at printing, so that a rollback after printing is recognised. Pure.

>>> key, head = b"label key of an example", bytes(range(32))
>>> link = short_link("https://wn.example", LinkKind.ANIMAL, "01ABCDEFGHJKMNPQ", head=head, key=key)
>>> link
'https://wn.example/t/01ABCDEFGHJKMNPQ/5H24E792Q1Y79000820C20A1G7'
>>> kind, code, seal = parse_link(link)
>>> open_seal(seal, kind, code, key=key).hex()
'0001020304050607'
"""

import hmac
import re
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import urlsplit

from traceability.identifiers.short_codes import ALPHABET, PUBLIC_CODE_CHARS, encode

LINK_CHARS_MAX = 90
MAC_BYTES = 8
HEAD_BYTES = 8
SEAL_BYTES = MAC_BYTES + HEAD_BYTES
SEAL_CHARS = 26  # 128 bits, five a character
CODE_HEX_DIGITS = 20  # of a reference: 80 bits, sixteen characters
BITS_PER_CHAR = 5
PATH = re.compile(
    f"([trcp])/([{ALPHABET}]{{{PUBLIC_CODE_CHARS}}})(?:/([{ALPHABET}]{{{SEAL_CHARS}}}))?"
)


class LinkKind(StrEnum):
    """链接种类 · the letter in the address says whose history it opens."""

    ANIMAL = "t"
    RECEIPT = "r"
    CERTIFICATE = "c"
    PROJECT = "p"


class ParsedLink(NamedTuple):
    """短链接, taken apart; nothing is verified yet."""

    kind: LinkKind
    code: str
    seal: str | None


def short_link(public_url: str, kind: LinkKind, code: str, *, head: bytes, key: bytes) -> str:
    """The address to print for a subject whose newest event has that digest."""
    link = f"{public_url}/{kind}/{code}/{seal_of(kind, code, head=head, key=key)}"
    assert len(link) <= LINK_CHARS_MAX, "PUBLIC_URL is too long for a QR code on a label"
    return link


def plain_link(public_url: str, kind: LinkKind, code: str) -> str:
    """The address without a seal, for a screen."""
    return f"{public_url}/{kind}/{code}"


def parse_link(link: str) -> ParsedLink | None:
    """What a scanned address says; None if it is not one of ours.

    >>> parse_link("https://wn.example/c/01ABCDEFGHJKMNPQ")
    ParsedLink(kind=<LinkKind.CERTIFICATE: 'c'>, code='01ABCDEFGHJKMNPQ', seal=None)
    >>> parse_link("https://wn.example/x/01ABCDEFGHJKMNPQ") is None
    True
    """
    parts = urlsplit(link).path.rsplit("/", 3)
    found = next((match for n in (2, 3) if (match := PATH.fullmatch("/".join(parts[-n:])))), None)
    return None if found is None else ParsedLink(LinkKind(found[1]), found[2], found[3])


def seal_of(kind: LinkKind, code: str, *, head: bytes, key: bytes) -> str:
    """The 26 characters that vouch for a code and for its record at printing."""
    printed = head[:HEAD_BYTES]
    number = int.from_bytes(_mac(kind, code, printed, key) + printed)
    places = reversed(range(SEAL_CHARS))
    return "".join(ALPHABET[number >> BITS_PER_CHAR * place & 31] for place in places)


def open_seal(seal: str, kind: LinkKind, code: str, *, key: bytes) -> bytes | None:
    """The head digest's first bytes as printed; None for an invented seal, in the same time.

    >>> open_seal("0" * 26, LinkKind.ANIMAL, "01ABCDEFGHJKMNPQ", key=b"k") is None
    True
    """
    formed = len(seal) == SEAL_CHARS and set(seal) <= set(ALPHABET)
    number = 0
    for char in seal if formed else "Z" * SEAL_CHARS:
        number = number << BITS_PER_CHAR | ALPHABET.index(char)
    claimed = (number % (1 << 8 * SEAL_BYTES)).to_bytes(SEAL_BYTES)
    mac, printed = claimed[:MAC_BYTES], claimed[MAC_BYTES:]
    genuine = hmac.compare_digest(mac, _mac(kind, code, printed, key))
    return printed if genuine and formed and number >> 8 * SEAL_BYTES == 0 else None


def _mac(kind: LinkKind, code: str, printed: bytes, key: bytes) -> bytes:
    message = f"link:{kind}:{code}:".encode() + printed
    return hmac.digest(key, message, sha256)[:MAC_BYTES]


def code_of_ref(ref: str) -> str:
    """The public code of a subject that is public by itself: a project, a cluster.

    >>> code_of_ref("project:00000000001111111111222222222222")
    '00000000248H248H'
    """
    return encode(bytes.fromhex(ref.partition(":")[2][:CODE_HEX_DIGITS]))


def hex_of_code(code: str) -> str:
    """The beginning of the reference behind such a code.

    >>> hex_of_code("00000000248H248H")
    '00000000001111111111'
    """
    number = 0
    for char in code:
        number = number << BITS_PER_CHAR | ALPHABET.index(char)
    return f"{number:0{CODE_HEX_DIGITS}x}"
