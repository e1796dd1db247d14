"""标签 · the label of an animal: one of 60 × 40 mm, or A4 sheets of three by eight.

The number is grouped as on the tag itself; below it the check that a visitor types where a code
cannot be scanned.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from app import filters
from app.labels import paper
from app.labels.paper import ACCENT, FONT, INK, MUTE, Size, printable
from traceability.identifiers.short_codes import grouped

SINGLE: Size = (60 * mm, 40 * mm)
COLUMNS, ROWS = 3, 8
PER_SHEET = COLUMNS * ROWS
CELL: Size = (A4[0] / COLUMNS, A4[1] / ROWS)  # 70 × 37.1 mm, as the usual sheets are cut
TITLE = "威宁肉牛追溯标签"


@dataclass(frozen=True, slots=True)
class Label:
    """标签 · what a label says."""

    ear_tag: str
    tag_check: str
    link: str
    kind: str  # breed and sex


def single_pdf(labels: Iterable[Label]) -> bytes:
    """One label a page, for a label printer."""
    out, canvas = _begin(SINGLE)
    for label in labels:
        _draw(canvas, label, at=(0, 0), size=SINGLE)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def sheet_pdf(labels: Sequence[Label]) -> bytes:
    """Sheets of 24 labels."""
    out, canvas = _begin(A4)
    for begin in range(0, len(labels), PER_SHEET):
        for place, label in enumerate(labels[begin : begin + PER_SHEET]):
            row, column = divmod(place, COLUMNS)
            corner = (column * CELL[0], A4[1] - (row + 1) * CELL[1])
            _draw(canvas, label, at=corner, size=CELL)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _begin(page: Size) -> tuple[io.BytesIO, Canvas]:
    paper.font()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=page, invariant=1, lang="zh-CN")
    canvas.setTitle(TITLE)
    return out, canvas


def _draw(canvas: Canvas, label: Label, *, at: Size, size: Size) -> None:
    left, bottom, height = at[0] + 3 * mm, at[1], size[1]
    side = min(height - 5 * mm, 32 * mm)
    right = at[0] + size[0] - side - 1.5 * mm
    paper.draw_code(canvas, label.link, at=(right, bottom + (height - side) / 2), side=side)
    top = bottom + height
    *front, serial = filters.tag_parts(label.ear_tag)
    lines = (
        (ACCENT, 7, 6.5, "威宁肉牛追溯"),
        (INK, 9, 12.5, " ".join(front)),
        (INK, 13.5, 18, serial),
        (MUTE, 6.5, 22.5, label.kind),
        (MUTE, 6.5, 28, "查询码"),
        (INK, 9.5, 32.5, grouped(label.tag_check)),
    )
    for colour, points, down, text in lines:
        canvas.setFillColor(colour)
        canvas.setFont(FONT, points)
        canvas.drawString(left, top - down * mm, printable(text))
