"""Farm code (养殖代码), 10 digits: 6 county, 4 sequence; the number of the 养殖档案.

Source: 农业部令第67号《畜禽标识和养殖档案管理办法》第十八条.

>>> parse_farm_code("520526 0127")
FarmCode(county='520526', sequence='0127')
"""

from dataclasses import dataclass

from .keystrokes import digits
from .refusals import IdentifierError
from .region_codes import known_county

FARM_CODE_DIGITS = 10


@dataclass(frozen=True, slots=True)
class FarmCode:
    """养殖代码 · a registered farm within its county."""

    county: str
    sequence: str

    def __str__(self) -> str:
        return self.county + self.sequence


def parse_farm_code(text: str) -> FarmCode:
    """The farm code a person typed.

    Raises:
        IdentifierError: `farm_code.empty`, `.scientific`, `.not_digits`, `.length`, `.county`.
    """
    code = digits(text, noun="养殖代码", code="farm_code")
    if len(code) != FARM_CODE_DIGITS:
        raise IdentifierError(
            "farm_code.length", f"养殖代码应为 10 位数字，现在是 {len(code)} 位：请核对养殖档案"
        )
    if not known_county(code[:6]):
        raise IdentifierError(
            "farm_code.county", f"养殖代码前 6 位 {code[:6]} 不是县级行政区划代码：请核对养殖档案"
        )
    return FarmCode(code[:6], code[6:])
