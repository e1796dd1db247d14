"""Unified social credit code (统一社会信用代码), 18 characters, check character modulo 31.

Source: GB 32100-2015. Letters I, O, S, V, Z are not used; rural collectives begin with N.

>>> parse_uscc("91110000600037341l")
'91110000600037341L'
"""

import re

from .keystrokes import tidy
from .refusals import IdentifierError

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
FORM = re.compile(rf"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}")
USCC_CHARS = 18


def check_character(body: str) -> str:
    """The eighteenth character that the first seventeen ask for.

    >>> check_character("91110000600037341")
    'L'
    """
    total = sum(ALPHABET.index(char) * pow(3, place, 31) for place, char in enumerate(body))
    return ALPHABET[-total % 31]


def parse_uscc(text: str) -> str:
    """The code in its normal form.

    Raises:
        IdentifierError: `uscc.length`, `uscc.form`, `uscc.check`.
    """
    code = tidy(text)
    if len(code) != USCC_CHARS:
        raise IdentifierError(
            "uscc.length", f"统一社会信用代码应为 18 位，现在是 {len(code)} 位：请对照营业执照核对"
        )
    if FORM.fullmatch(code) is None:
        raise IdentifierError(
            "uscc.form",
            "统一社会信用代码第 3—8 位是数字，且不使用字母 I、O、S、V、Z：请对照营业执照核对",
        )
    if check_character(code[:-1]) != code[-1]:
        raise IdentifierError(
            "uscc.check", "统一社会信用代码校验位不符，可能抄错一位：请对照营业执照逐位核对"
        )
    return code
