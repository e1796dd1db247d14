"""Resident identity number (公民身份号码), 18 characters: 6 area, 8 birth, 3 order, 1 check.

Source: GB 11643-1999; the check follows ISO 7064 MOD 11-2. The area is where the number was
first given and is only a hint: retired codes such as 522427 are as good as today's.

>>> parse_resident_id("52242719900307378x")
ResidentId(code='52242719900307378X', born_on=datetime.date(1990, 3, 7), area='522427')
"""

import re
from dataclasses import dataclass
from datetime import date

from .keystrokes import tidy
from .refusals import IdentifierError

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"
FORM = re.compile(r"[1-9][0-9]{16}[0-9X]")
ID_CHARS = 18
OLD_ID_CHARS = 15
EARLIEST = date(1850, 1, 1)


@dataclass(frozen=True, slots=True)
class ResidentId:
    """公民身份号码 · private; never shown on a public page."""

    code: str
    born_on: date
    area: str

    @property
    def masked(self) -> str:
        """What a clerk sees: the first six and the last two.

        >>> parse_resident_id("52242719900307378X").masked
        '522427**********8X'
        """
        return f"{self.code[:6]}{'*' * 10}{self.code[-2:]}"


def check_character(body: str) -> str:
    """The last character that the first seventeen digits ask for.

    >>> check_character("52242719900307378")
    'X'
    """
    total = sum(int(digit) * weight for digit, weight in zip(body, WEIGHTS, strict=True))
    return CHECKS[total % 11]


def parse_resident_id(text: str, *, on: date | None = None) -> ResidentId:
    """The number a person gave; `on` is the day by which its bearer must be born.

    Raises:
        IdentifierError: `resident_id.length`, `.form`, `.birth`, `.check`.
    """
    code = tidy(text)
    if len(code) == OLD_ID_CHARS and code.isdigit():
        raise IdentifierError(
            "resident_id.length", "15 位的旧身份证号已停用：请填写第二代身份证上的 18 位号码"
        )
    if len(code) != ID_CHARS:
        raise IdentifierError(
            "resident_id.length", f"身份证号应为 18 位，现在是 {len(code)} 位：请对照身份证核对"
        )
    if FORM.fullmatch(code) is None:
        raise IdentifierError(
            "resident_id.form", "身份证号前 17 位是数字，末位是数字或 X：请对照身份证核对"
        )
    born_on = _birth(code)
    if born_on is None or born_on < EARLIEST or (on is not None and born_on > on):
        raise IdentifierError(
            "resident_id.birth", "身份证号第 7—14 位不是真实的出生日期：请对照身份证核对"
        )
    if check_character(code[:-1]) != code[-1]:
        raise IdentifierError(
            "resident_id.check", "身份证号校验位不符，可能抄错一位：请对照身份证逐位核对"
        )
    return ResidentId(code, born_on, code[:6])


def _birth(code: str) -> date | None:
    try:
        return date(int(code[6:10]), int(code[10:12]), int(code[12:14]))
    except ValueError:
        return None
