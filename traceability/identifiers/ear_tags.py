"""Ear tag (畜禽标识编码), 15 digits: 1 species, 6 county, 8 serial. Source: 农业部令第67号 第八条.

There is no check digit: species, the county's history and the issued ranges judge it. It is a
string for life and never an electronic id (`eids`): that has 15 digits too.

>>> parse_ear_tag("2 150522 00012345")
EarTag(species=<Species.CATTLE: '2'>, county='150522', serial='00012345')
>>> parse_ear_tag("２５２０５２６-00012345").grouped
'2 520526 00012345'
>>> parse_ear_tag("252242700012345").code  # Weining's code before 2011
'252242700012345'
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from .keystrokes import digits, tidy
from .refusals import IdentifierError
from .region_codes import known_county

TAG_DIGITS = 15
COUNTY = slice(1, 7)
SUFFIXES_MAX = 5_000
SUFFIX = re.compile(r"([0-9]{1,8})(?:[-~～至到]([0-9]{1,8}))?")
BETWEEN = re.compile(r"[、,，;；/\s]+")


class Species(StrEnum):
    """畜种 · the first digit of a tag."""

    PIG = "1"
    CATTLE = "2"
    SHEEP = "3"


SPECIES_LABELS = {Species.PIG: "猪", Species.CATTLE: "牛", Species.SHEEP: "羊"}


@dataclass(frozen=True, slots=True)
class EarTag:
    """耳标 · the printed code, taken apart."""

    species: Species
    county: str
    serial: str

    @property
    def code(self) -> str:
        """The fifteen digits, as stored."""
        return f"{self.species}{self.county}{self.serial}"

    @property
    def grouped(self) -> str:
        """The code as people read it."""
        return f"{self.species} {self.county} {self.serial}"

    def __str__(self) -> str:
        return self.code


def parse_ear_tag(
    text: str, *, species: Species | None = Species.CATTLE, seen_on: date | None = None
) -> EarTag:
    """The ear tag a person typed, a form sent or a sheet held; `species` None allows any.

    Raises:
        IdentifierError: `ear_tag.empty`, `.scientific`, `.not_digits`, `.length`, `.species`,
            `.county`.
    """
    code = digits(text, noun="耳标号", code="ear_tag")
    if len(code) != TAG_DIGITS:
        raise IdentifierError(
            "ear_tag.length",
            f"耳标号应为 15 位数字，现在是 {len(code)} 位：请对照耳标逐位核对",
        )
    if code[0] not in set(Species):
        raise IdentifierError(
            "ear_tag.species", f"耳标号首位 {code[0]} 不是畜种代码：牛的耳标以 2 开头"
        )
    if species is not None and code[0] != species:
        worn, wanted = SPECIES_LABELS[Species(code[0])], SPECIES_LABELS[species]
        raise IdentifierError(
            "ear_tag.species",
            f"这是{worn}的耳标（首位 {code[0]}）：{wanted}的耳标以 {species} 开头，请核对",
        )
    if not known_county(code[COUNTY], seen_on=seen_on):
        raise IdentifierError(
            "ear_tag.county",
            f"耳标号第 2—7 位 {code[COUNTY]} 不是县级行政区划代码：请对照耳标核对，"
            "若读自电子耳标请改在电子耳标栏填写",
        )
    return EarTag(Species(code[0]), code[COUNTY], code[7:])


def expand_suffixes(base: str, suffixes: str) -> list[EarTag]:
    """The tags of a certificate's appendix: one full tag, then the last digits of the others.

    A suffix replaces as many final digits of the base; a range counts up. No tag comes twice.

    >>> [tag.serial for tag in expand_suffixes("252052600012345", "346、351-353")]
    ['00012345', '00012346', '00012351', '00012352', '00012353']

    Raises:
        IdentifierError: as `parse_ear_tag`; `ear_tag.suffix`, `ear_tag.suffix_order`,
            `ear_tag.suffix_count`, `ear_tag.suffix_twice`.
    """
    first = parse_ear_tag(base)
    codes = [first.code]
    text = re.sub(r"\s*([-~～至到])\s*", r"\1", suffixes.replace("—", "-").replace("－", "-"))
    for part in filter(None, BETWEEN.split(text)):
        codes.extend(first.code[: TAG_DIGITS - len(end)] + end for end in _ends(part))
        if len(codes) > SUFFIXES_MAX:
            raise IdentifierError(
                "ear_tag.suffix_count", f"一张附页最多 {SUFFIXES_MAX} 枚耳标：请分开填写"
            )
    if len(set(codes)) < len(codes):
        twice = next(code for code in codes if codes.count(code) > 1)
        raise IdentifierError("ear_tag.suffix_twice", f"耳标 {twice} 在清单里出现两次：请核对")
    return [parse_ear_tag(code) for code in codes]


def _ends(part: str) -> list[str]:
    found = SUFFIX.fullmatch(tidy(part) if "-" not in part else part)
    if found is None:
        raise IdentifierError(
            "ear_tag.suffix", f"看不懂“{part[:20]}”：请写末几位号码，如 346、351-353"
        )
    low, high = found[1], found[2] or found[1]
    if len(low) != len(high) or int(low) > int(high):
        raise IdentifierError("ear_tag.suffix_order", f"号段 {part} 不对：两端位数要相同，前小后大")
    if int(high) - int(low) > SUFFIXES_MAX:
        raise IdentifierError(
            "ear_tag.suffix_count", f"一张附页最多 {SUFFIXES_MAX} 枚耳标：请分开填写"
        )
    return [f"{number:0{len(low)}d}" for number in range(int(low), int(high) + 1)]
