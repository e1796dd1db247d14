"""纸张 · PDF pages with Chinese embedded: the font, the missing characters, the parts of a form.

A character the font lacks is drawn as 〓 and its code point logged, so that a rare name is seen to
be incomplete instead of silently shortened.
"""

import io
import logging
from collections.abc import Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from reportlab.lib.colors import HexColor, black, white
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
)
from reportlab.platypus.tables import TableStyle

from app.labels import codes

FONT = "WeiningSansSC"
FONT_FILE = Path(__file__).parents[1] / "static" / "fonts" / "weining-sans-sc.ttf"
MISSING = "〓"
SIGNED = "离线核验：签名码"
INK, MUTE, LINE, ACCENT = black, HexColor("#4d5853"), HexColor("#78837c"), HexColor("#1f6f4a")
Size = tuple[float, float]
Row = tuple[str, str]
logger = logging.getLogger(__name__)


@cache
def font() -> TTFont:
    """The font, registered once."""
    face = TTFont(FONT, str(FONT_FILE))
    pdfmetrics.registerFont(face)
    return face


def printable(text: str) -> str:
    """The text with 〓 for each character the font lacks.

    >>> printable("王大明𪚥")
    '王大明〓'
    """
    glyphs = font().face.charToGlyph
    lacking = sorted({char for char in text if char != "\n" and ord(char) not in glyphs})
    if lacking:
        points = ", ".join(f"U+{ord(char):04X}" for char in lacking)
        logger.warning("no glyph for %s; printed as %s", points, MISSING)
    return "".join(MISSING if char in lacking else char for char in text)


def style(size: float, **more: Any) -> ParagraphStyle:
    """A way of setting text; Chinese breaks between any two characters."""
    font()
    told = {"fontName": FONT, "fontSize": size, "leading": size * 1.4, "wordWrap": "CJK", **more}
    return ParagraphStyle("text", **told)


def words(text: str, size: float, **more: Any) -> Paragraph:
    """A paragraph of plain text."""
    return Paragraph(escape(printable(text)), style(size, **more))


def form(rows: Sequence[Row], *, width: float, size: float, large: str = "") -> Table:
    """Term and value, line by line, in a ruled table; the value of the term `large` stands out."""
    terms = size * 6.2
    cells = [
        [words(term, size, textColor=MUTE), words(value, size * (1.5 if term == large else 1))]
        for term, value in rows
    ]
    ruled = TableStyle(
        [
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
            ("LINEABOVE", (0, 0), (-1, 0), 0.8, INK),
            ("LINEBELOW", (0, -1), (-1, -1), 0.8, INK),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 1),
            ("RIGHTPADDING", (0, 0), (-1, -1), 1),
            ("TOPPADDING", (0, 0), (-1, -1), size * 0.25),
            ("BOTTOMPADDING", (0, 0), (-1, -1), size * 0.35),
        ]
    )
    return Table(cells, colWidths=[terms, width - terms], style=ruled)


def grid(texts: Sequence[str], *, width: float, size: float, columns: int = 3) -> Table:
    """Short texts in columns, none of them broken; runs on over as many pages as it needs."""
    filled = [*texts, *[""] * (-len(texts) % columns)]
    lines = [filled[begin : begin + columns] for begin in range(0, len(filled), columns)]
    cells = [[words(text, size) for text in line] for line in lines]
    tight = TableStyle(
        [("BOTTOMPADDING", (0, 0), (-1, -1), 0), ("LEFTPADDING", (0, 0), (-1, -1), 1)]
    )
    return Table(cells, colWidths=[width / columns] * columns, style=tight)


class Code(Flowable):  # type: ignore[misc]  # reportlab has no types
    """二维码 with its caption below."""

    def __init__(self, link: str, caption: str, *, side: float, size: float) -> None:
        super().__init__()
        self.link, self.side = link, side
        centred = {"alignment": 1, "textColor": MUTE}
        self.caption = words(caption, size, **centred)
        self.width = side
        self.height = side + self.caption.wrap(side, 100 * mm)[1]

    def wrap(self, *_available: float) -> Size:
        """Its own size, whatever room there is."""
        return self.width, self.height

    def draw(self) -> None:
        """The code above, the words below."""
        below = self.height - self.side
        draw_code(self.canv, self.link, at=(0, below), side=self.side)
        self.caption.drawOn(self.canv, 0, 0)


def codes_row(pairs: Sequence[Row], *, width: float, side: float, size: float) -> Table:
    """Codes beside each other, each with what one finds behind it."""
    cells = [Code(link, caption, side=side, size=size) for link, caption in pairs]
    centred = TableStyle(
        [("ALIGN", (0, 0), (-1, -1), "CENTER"), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    )
    return Table([cells], colWidths=[width / len(cells)] * len(cells), style=centred)


def signed_row(text: str, *, width: float, side: float, size: float) -> list[Flowable]:
    """The code with the signed figures, below the others; nothing where there is none."""
    if not text:
        return []
    row = codes_row([(text, SIGNED)], width=width, side=side, size=size)
    return [Spacer(width, size), row]


def draw_code(canvas: Canvas, link: str, *, at: Size, side: float) -> None:
    """A QR code on white, with its quiet zone, drawn as rectangles: sharp at every resolution."""
    matrix = codes.modules(link)
    step = side / len(matrix)
    left, bottom = at
    canvas.setFillColor(white)
    canvas.rect(left, bottom, side, side, stroke=0, fill=1)
    canvas.setFillColor(black)
    path = canvas.beginPath()
    for x, y, length in codes.runs(matrix):
        path.rect(left + x * step, bottom + side - (y + 1) * step, length * step, step)
    canvas.drawPath(path, stroke=0, fill=1)


def notice(text: str, *, width: float, size: float) -> Table:
    """A boxed sentence nobody can overlook."""
    boxed = TableStyle([("BOX", (0, 0), (-1, -1), 1.2, INK), ("ALIGN", (0, 0), (-1, -1), "CENTER")])
    return Table([[words(text, size, alignment=1)]], colWidths=[width], style=boxed)


def pdf(
    story: Sequence[Flowable], *, page: Size, margin: float, title: str, foot: str = ""
) -> bytes:
    """The pages that hold these parts."""
    out = io.BytesIO()
    width, height = page

    def stamp(canvas: Canvas, _document: object) -> None:
        canvas.setFillColor(MUTE)
        canvas.setFont(FONT, 7)
        canvas.drawString(margin, margin * 0.55, printable(foot))
        canvas.drawRightString(width - margin, margin * 0.55, f"第 {canvas.getPageNumber()} 页")

    frame = Frame(margin, margin, width - 2 * margin, height - 2 * margin, 0, 0, 0, 0)
    document = BaseDocTemplate(
        out, pagesize=page, title=title, author="", lang="zh-CN", invariant=1
    )
    document.addPageTemplates(PageTemplate(frames=[frame], onPage=stamp))
    document.build(list(story))
    return out.getvalue()


def height_of(story: Sequence[Flowable], width: float) -> float:
    """How much paper the parts need on a roll of that width."""
    needed: float = sum(
        part.wrap(width, 10_000 * mm)[1] + part.getSpaceBefore() + part.getSpaceAfter()
        for part in story
    )
    return needed
