"""成交凭证 · the receipt of a sale, for its two parties: A4, A5 or an 80 mm roll.

It names both parties and the price, so it is never public; its codes lead to pages that show
neither.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from reportlab.lib.pagesizes import A4, A5
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer

from app import filters
from app.labels import paper
from traceability.base.units import PRICE_UNIT_LABELS, PriceUnit
from traceability.identifiers.capitals import amount_in_capitals
from traceability.identifiers.short_codes import grouped

ROLL_WIDTH = 80 * mm
TITLE = "牲畜交易成交凭证"


class ReceiptSize(StrEnum):
    """纸张大小."""

    A4 = "a4"
    A5 = "a5"
    ROLL = "80mm"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """过磅 · the scale, its verification and the evidence behind a weight."""

    serial_no: str
    certificate_no: str | None
    valid_until: date | None
    at: datetime
    frames_sha256: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """成交凭证 · what a receipt says."""

    code: str
    market: str
    sold_at: datetime
    state: str
    cancelled: bool
    seller: str
    buyer: str
    operator: str
    ear_tag: str
    tag_check: str
    breed: str
    sex: str
    weight_g: int
    price_unit: PriceUnit
    price_fen: int
    amount_fen: int
    weighed: Weighed | None  # None: the weighing was set free when the sale was cancelled
    animal_link: str
    receipt_link: str
    signed: str = ""  # the same figures, signed

    @property
    def price_per_kg_fen(self) -> int:
        """The price of a kilogram, from the price as agreed."""
        match self.price_unit:
            case PriceUnit.PER_KG:
                return self.price_fen
            case PriceUnit.PER_JIN:
                return self.price_fen * 2
            case PriceUnit.PER_HEAD:
                return (self.amount_fen * 1000 + self.weight_g // 2) // self.weight_g

    @property
    def price_words(self) -> str:
        """The price as agreed, and per kilogram beside it."""
        agreed = f"{filters.yuan_number(self.price_fen)} {PRICE_UNIT_LABELS[self.price_unit]}"
        if self.price_unit is PriceUnit.PER_KG:
            return agreed
        about = "约合" if self.price_unit is PriceUnit.PER_HEAD else "合"
        return f"{agreed}（{about} {filters.yuan_number(self.price_per_kg_fen)} 元/公斤）"

    @property
    def rows(self) -> list[paper.Row]:
        """Term and value, in the order people read a bill."""
        weight = f"{filters.kg(self.weight_g)}（{filters.jin(self.weight_g)}）"
        return [
            ("凭证编号", grouped(self.code)),
            ("市场", self.market),
            ("成交时间", filters.cn_datetime(self.sold_at)),
            ("卖方", self.seller),
            ("买方", self.buyer),
            ("耳标", f"{filters.tag(self.ear_tag)}（查询码 {grouped(self.tag_check)}）"),
            ("牛只", f"{self.breed} · {self.sex}"),
            ("活重", weight),
            ("单价", self.price_words),
            ("金额", filters.yuan(self.amount_fen)),
            ("大写", amount_in_capitals(self.amount_fen)),
            ("状态", self.state),
            *self._weighing_rows,
            ("经办人", self.operator),
        ]

    @property
    def _weighing_rows(self) -> list[paper.Row]:
        weighed = self.weighed
        if weighed is None:
            return []
        until = filters.cn_date(weighed.valid_until)
        return [
            ("过磅时间", filters.cn_datetime(weighed.at)),
            ("秤编号", weighed.serial_no),
            ("检定证书", f"{weighed.certificate_no or '—'}，有效至 {until}"),
            ("过磅指纹", weighed.frames_sha256[:8].hex()),
        ]


def receipt_pdf(receipt: Receipt, size: ReceiptSize = ReceiptSize.A5) -> bytes:
    """The receipt on that paper."""
    if size is ReceiptSize.ROLL:
        story = _story(receipt, width=ROLL_WIDTH - 8 * mm, text=9, side=34 * mm)
        height = paper.height_of(story, ROLL_WIDTH - 8 * mm) + 16 * mm
        return paper.pdf(story, page=(ROLL_WIDTH, height), margin=4 * mm, title=TITLE)
    page, margin = (A4, 20 * mm) if size is ReceiptSize.A4 else (A5, 12 * mm)
    text, side = (11, 44 * mm) if size is ReceiptSize.A4 else (9, 34 * mm)
    story = _story(receipt, width=page[0] - 2 * margin, text=text, side=side)
    return paper.pdf(
        story, page=page, margin=margin, title=TITLE, foot="仅供买卖双方留存，请勿公开"
    )


def _story(receipt: Receipt, *, width: float, text: float, side: float) -> list[Flowable]:
    heading = paper.words(TITLE, text * 1.7, alignment=1)
    void = "本笔成交已撤销，凭证无效"
    cancelled = [paper.notice(void, width=width, size=text * 1.3)] if receipt.cancelled else []
    links = [
        (receipt.animal_link, "扫码看这头牛的经历"),
        (receipt.receipt_link, "扫码核对这张凭证"),
    ]
    below: list[Flowable] = []
    if width < ROLL_WIDTH:
        below = paper.signed_row(receipt.signed, width=width, side=side * 1.3, size=text * 0.85)
    elif receipt.signed:
        links.append((receipt.signed, paper.SIGNED))
    return [
        heading,
        Spacer(width, text * 0.6),
        *cancelled,
        paper.form(receipt.rows, width=width, size=text, large="金额"),
        Spacer(width, text * 0.8),
        paper.codes_row(links, width=width, side=side, size=text * 0.85),
        *below,
    ]
