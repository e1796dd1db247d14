"""Mobile number (手机号), 11 digits beginning 13 to 19, without the country prefix.

Source: 工业和信息化部《电信网编号计划》(2017).

>>> parse_phone("+86 138-0013-8000"), masked("13800138000")
('13800138000', '138****8000')
"""

import re

from .keystrokes import tidy
from .refusals import IdentifierError

FORM = re.compile(r"(?:\+?86)?(1[3-9][0-9]{9})")


def parse_phone(text: str) -> str:
    """The eleven digits.

    Raises:
        IdentifierError: `phone.form`.
    """
    found = FORM.fullmatch(tidy(text))
    if found is None or not found[1].isascii():
        raise IdentifierError("phone.form", "手机号应为 11 位数字、以 13 至 19 开头：请核对后重填")
    return found[1]


def masked(phone: str) -> str:
    """A number as people who need not know it see it."""
    return f"{phone[:3]}****{phone[-4:]}"
