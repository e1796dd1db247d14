"""Vehicle plate (机动车号牌): province character, letter, 5 characters (6 for new energy).

Source: GA 36-2018; letters I and O are not used. Trailers end in 挂, buses of schools in 学.

>>> parse_plate("贵f·12345"), parse_plate("贵FD12345"), parse_plate("贵F1234挂")
('贵F12345', '贵FD12345', '贵F1234挂')
"""

import re

from .keystrokes import tidy
from .refusals import IdentifierError

PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
PLATE_CHAR = "[A-HJ-NP-Z0-9]"
FORM = re.compile(
    rf"[{PROVINCES}][A-HJ-NP-Z]{PLATE_CHAR}{{4}}(?:{PLATE_CHAR}{{1,2}}|[挂学警领港澳])"
)


def parse_plate(text: str) -> str:
    """The plate without spaces and dots.

    Raises:
        IdentifierError: `plate.form`.
    """
    plate = tidy(re.sub(r"[·•・.．]", "", text))
    if FORM.fullmatch(plate) is None:
        raise IdentifierError(
            "plate.form", "车牌号不对：应像 贵F12345 或 贵FD12345，请对照车牌核对"
        )
    return plate
