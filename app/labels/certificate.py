"""检疫记录单 · the platform's own record of a certificate on paper; it never imitates the form.

The official certificate is a controlled form of another system; this sheet says so itself.
"""

from dataclasses import dataclass
from datetime import date, datetime

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer

from app import filters
from app.labels import paper
from traceability.identifiers.capitals import count_in_capitals

TITLE = "检疫证明登记记录"
NOT_OFFICIAL = "平台检疫记录，非官方证明"
MARGIN = 20 * mm


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateRecord:
    """检疫记录单 · what the sheet says."""

    number: str
    official_number: str | None
    form: str
    purpose: str
    owner: str
    origin: str
    destination: str
    plate: str | None
    vet: str
    issued_at: datetime
    valid_until: date
    revoked: bool
    ear_tags: tuple[str, ...]
    link: str
    signed: str = ""  # the same figures, signed

    @property
    def rows(self) -> list[paper.Row]:
        """Term and value."""
        count = len(self.ear_tags)
        return [
            ("平台编号", self.number),
            ("官方证号", self.official_number or "未登记"),
            ("种类", self.form),
            ("用途", self.purpose),
            ("货主", self.owner),
            ("启运地", self.origin),
            ("到达地", self.destination),
            ("车牌", self.plate or "—"),
            ("头数", f"{count_in_capitals(count)}头（{count}）"),
            ("签发时间", filters.cn_datetime(self.issued_at)),
            ("有效期至", f"{filters.cn_date(self.valid_until)}（含当日）"),
            ("官方兽医", self.vet),
        ]


def certificate_pdf(record: CertificateRecord) -> bytes:
    """The record on A4."""
    width = A4[0] - 2 * MARGIN
    revoked = [paper.notice("这份证明已经作废", width=width, size=15)] if record.revoked else []
    story: list[Flowable] = [
        paper.words(TITLE, 20, alignment=1),
        Spacer(width, 8),
        paper.notice(NOT_OFFICIAL, width=width, size=14),
        Spacer(width, 8),
        *revoked,
        paper.form(record.rows, width=width, size=11),
        Spacer(width, 8),
        paper.words("耳标", 11, textColor=paper.MUTE),
        paper.grid([filters.tag(tag) for tag in record.ear_tags], width=width, size=11),
        Spacer(width, 12),
        paper.codes_row([(record.link, "扫码核对这份记录")], width=width, side=44 * mm, size=9.5),
        *paper.signed_row(record.signed, width=width, side=52 * mm, size=9.5),
    ]
    return paper.pdf(story, page=A4, margin=MARGIN, title=TITLE, foot=NOT_OFFICIAL)
