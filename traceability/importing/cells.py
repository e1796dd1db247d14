"""单元格 · one cell read as what its column means; several spellings in, one value out."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import TypeVar

from traceability.identifiers.refusals import IdentifierError

Value = TypeVar("Value", bound=StrEnum)
YEAR_MIN = 1950
BY_MARKS = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*[日号]?")
SOLID = re.compile(r"(\d{4})(\d{2})(\d{2})")
MIDNIGHT = re.compile(r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$")


def plain(text: str) -> str:
    """Half-width characters, no marks that cannot be seen, no blanks around.

    >>> plain(" ２０２４年 ")
    '2024年'
    """
    return unicodedata.normalize("NFKC", text).replace("\ufeff", "").strip()


def day(text: str, *, header: str) -> date:
    """A day as people write it: year, month, day.

    >>> [day(each, header="日期").isoformat() for each in ("2024-3-5", "2024年3月5日", "20240305")]
    ['2024-03-05', '2024-03-05', '2024-03-05']

    Raises:
        IdentifierError: `import.no_day`, `import.bad_day`.
    """
    given = MIDNIGHT.sub("", plain(text))
    if not given:
        raise IdentifierError("import.no_day", f"请填写{header}")
    found = BY_MARKS.fullmatch(given) or SOLID.fullmatch(given)
    read = date.min if found is None else _date(*(int(part) for part in found.groups()))
    if read.year < YEAR_MIN:
        raise IdentifierError(
            "import.bad_day", f"{header}“{given[:20]}”看不懂：请按 年-月-日 写，如 2024-03-05"
        )
    return read


def _date(year: int, month: int, number: int) -> date:
    """A day of the calendar; one that there never was is no day at all."""
    try:
        return date(year, month, number)
    except ValueError:
        return date.min


def choice(
    text: str, labels: Mapping[Value, str], *, header: str, also: Mapping[str, Value] | None = None
) -> Value:
    """One of a list, by its Chinese label or a spelling known from other registers.

    Raises:
        IdentifierError: `import.unknown_choice`.
    """
    given = plain(text)
    for value, label in labels.items():
        if given in {label, value.value}:
            return value
    if also is not None and given in also:
        return also[given]
    raise IdentifierError(
        "import.unknown_choice",
        f"{header}“{given[:20]}”不在名单里：请填 {'、'.join(labels.values())}",
    )


def words(text: str, *, header: str, longest: int, required: bool = True) -> str:
    """Free text of at most so many characters.

    Raises:
        IdentifierError: `import.empty`, `import.too_long`.
    """
    given = plain(text)
    if not given.isprintable():
        given = "".join(each for each in given if each.isprintable())
    if required and not given:
        raise IdentifierError("import.empty", f"请填写{header}")
    if len(given) > longest:
        raise IdentifierError("import.too_long", f"{header}不超过 {longest} 个字")
    return given
