"""键入 · undoes what keyboards, spreadsheets and people do to a code before it is judged."""

import re
import unicodedata

from .refusals import IdentifierError

CHARS_MAX = 200
SEPARATORS = re.compile(r"[\s\-‐‑‒–—−]+")
INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
SCIENTIFIC = re.compile(r"[+-]?[0-9](?:\.[0-9]+)?[eE]\+?[0-9]+")


def tidy(text: str) -> str:
    """Half-width characters in upper case, without spaces, hyphens and invisible marks.

    >>> tidy("２ 520526-00012345 ")
    '252052600012345'
    """
    if len(text) > CHARS_MAX:
        text = text[: CHARS_MAX + 1]  # far too long for any code; the form check refuses it
    plain = INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return SEPARATORS.sub("", plain).upper()


def digits(text: str, *, noun: str, code: str) -> str:
    """The digits of a typed number; what a spreadsheet mangled is refused with the way out.

    >>> digits("１5 6-7", noun="号码", code="farm_code")
    '1567'

    Raises:
        IdentifierError: `….empty`, `….scientific`, `….not_digits`.
    """
    plain = tidy(text)
    if not plain:
        raise IdentifierError(f"{code}.empty", f"请填写{noun}")
    if SCIENTIFIC.fullmatch(plain):
        raise IdentifierError(
            f"{code}.scientific",
            f"{noun}被电子表格改成了科学计数法，末尾数字已丢失：请把该列设为文本后重新填写原号码",
        )
    if not (plain.isascii() and plain.isdigit()):
        raise IdentifierError(f"{code}.not_digits", f"{noun}只能是数字：请核对后重新填写")
    return plain
