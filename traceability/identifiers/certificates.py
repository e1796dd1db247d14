"""Certificate number (检疫证明编号) of the platform's own record, and official ones as printed.

Own: form, county, year, six-digit serial within county and year, as 检疫处理通知单 are counted
(农业农村部 2022 填写规范: year + 6-digit serial per county). The official certificate's number
is a text given by another system: it is tidied and kept, never taken apart.

>>> str(parse_certificate_number("db-520526-2026-000123"))
'DB-520526-2026-000123'
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from .keystrokes import CHARS_MAX, tidy
from .refusals import IdentifierError
from .region_codes import known_county


class CertificateForm(StrEnum):
    """检疫证明种类 · what is certified, and whether it leaves the province."""

    ANIMAL_A = "DA"
    ANIMAL_B = "DB"
    PRODUCT_A = "CA"
    PRODUCT_B = "CB"


CERTIFICATE_FORM_LABELS = {
    CertificateForm.ANIMAL_A: "动物A",
    CertificateForm.ANIMAL_B: "动物B",
    CertificateForm.PRODUCT_A: "产品A",
    CertificateForm.PRODUCT_B: "产品B",
}
FORM = re.compile(r"(D[AB]|C[AB])([0-9]{6})((?:19|20)[0-9]{2})([0-9]{6})")
OFFICIAL = re.compile(r"[0-9A-Z\u4e00-\u9fff()〔〕\[\]]{4,32}")
SERIAL_MAX = 999_999


@dataclass(frozen=True, slots=True)
class CertificateNumber:
    """检疫证明编号 · unique in the platform."""

    form: CertificateForm
    county: str
    year: int
    serial: int

    def __post_init__(self) -> None:
        assert 1 <= self.serial <= SERIAL_MAX

    def __str__(self) -> str:
        return f"{self.form}-{self.county}-{self.year}-{self.serial:06d}"


def parse_certificate_number(text: str) -> CertificateNumber:
    """The platform's own number, typed or scanned.

    Raises:
        IdentifierError: `certificate_number.form`, `certificate_number.county`.
    """
    found = FORM.fullmatch(tidy(text))
    if found is None or int(found[4]) == 0:
        raise IdentifierError(
            "certificate_number.form", "检疫证明编号应像 DB-520526-2026-000123：请对照证明核对"
        )
    if not known_county(found[2]):
        raise IdentifierError(
            "certificate_number.county",
            f"编号中的 {found[2]} 不是县级行政区划代码：请对照证明核对",
        )
    return CertificateNumber(CertificateForm(found[1]), found[2], int(found[3]), int(found[4]))


def parse_official_number(text: str) -> str:
    """The number printed on an official certificate.

    >>> parse_official_number(" 52 0012 3456 ")
    '5200123456'

    Raises:
        IdentifierError: `certificate_number.official`.
    """
    code = tidy(text) if len(text) <= CHARS_MAX else ""
    if OFFICIAL.fullmatch(code) is None:
        raise IdentifierError(
            "certificate_number.official",
            "官方检疫证明编号应为 4 至 32 位字母、数字：请对照证明核对",
        )
    return code
