"""Public code (公开码) and printed check (防伪码): what stands on a label beside the tag.

A public code is 80 random bits in Crockford's base 32, unrelated to tag or id, so that nobody
can walk from one animal to the next. A visitor who types a tag also types the tag's printed
8-character check: 40 bits of HMAC-SHA256 under the label key. Source: Crockford, Base 32
(2002), without its check symbol: I and L are read as 1, O as 0, U is never used.

>>> parse_public_code("olab-cdef-ghjk-mnpq"), grouped("01ABCDEFGHJKMNPQ")
('01ABCDEFGHJKMNPQ', '01AB-CDEF-GHJK-MNPQ')
"""

import hmac
import re
import secrets
from hashlib import sha256

from .keystrokes import tidy
from .refusals import IdentifierError

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PUBLIC_CODE_CHARS = 16
PUBLIC_CODE_BYTES = 10
TAG_CHECK_CHARS = 8
TAG_CHECK_BYTES = 5
LOOKALIKES = str.maketrans("OIL", "011")


def encode(data: bytes) -> str:
    """Bytes as base 32; the length must be a multiple of five.

    >>> encode(bytes(5)), encode(bytes.fromhex("ffffffffff"))
    ('00000000', 'ZZZZZZZZ')
    """
    assert len(data) % 5 == 0
    number, chars = int.from_bytes(data), len(data) * 8 // 5
    return "".join(ALPHABET[number >> 5 * place & 31] for place in reversed(range(chars)))


def new_public_code() -> str:
    """A fresh public code."""
    return encode(secrets.token_bytes(PUBLIC_CODE_BYTES))


def normalise(text: str, *, chars: int) -> str | None:
    """What a person typed, as it was printed; None when it cannot be such a code."""
    code = tidy(text).translate(LOOKALIKES)
    return code if re.fullmatch(f"[{ALPHABET}]{{{chars}}}", code) else None


def parse_public_code(text: str) -> str:
    """The sixteen characters of a public code.

    Raises:
        IdentifierError: `public_code.form`.
    """
    code = normalise(text, chars=PUBLIC_CODE_CHARS)
    if code is None:
        raise IdentifierError(
            "public_code.form", "溯源码应为 16 位字母和数字：请直接扫描标签上的二维码"
        )
    return code


def grouped(code: str) -> str:
    """A code in groups of four, as printed."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def tag_check(ear_tag: str, *, key: bytes) -> str:
    """The eight characters printed beside an ear tag number.

    >>> tag_check("252052600012345", key=b"label key of an example")
    '67QAKRGB'
    """
    mac = hmac.digest(key, b"ear_tag:" + ear_tag.encode(), sha256)
    return encode(mac[:TAG_CHECK_BYTES])


def is_tag_check(text: str, ear_tag: str, *, key: bytes) -> bool:
    """Whether a typed check belongs to a tag; takes the same time for every answer.

    >>> is_tag_check("0000-0000", "252052600012345", key=b"label key of an example")
    False
    """
    typed = normalise(text, chars=TAG_CHECK_CHARS) or "0" * TAG_CHECK_CHARS
    return hmac.compare_digest(typed, tag_check(ear_tag, key=key))
