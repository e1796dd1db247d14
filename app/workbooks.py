"""工作簿 · a list as .xlsx to download: headers, widths, text as text."""

import io
from collections.abc import Iterable, Mapping

import xlsxwriter
from flask import Response

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def written(title: str, columns: Mapping[str, int], lines: Iterable[tuple[str, ...]]) -> bytes:
    """Lines under their headers (header → width in characters), every cell a text."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet(title)
    text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    bold = book.add_format({"bold": True})
    for column, (header, width) in enumerate(columns.items()):
        sheet.set_column(column, column, width, text)
        sheet.write_string(0, column, header, bold)
    for number, cells in enumerate(lines, start=1):
        for column, cell in enumerate(cells):
            sheet.write_string(number, column, cell, text)
    sheet.freeze_panes(1, 1)
    sheet.repeat_rows(0)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    book.close()
    return out.getvalue()


def answer(book: bytes, name: str) -> Response:
    """A workbook to download."""
    response = Response(book, content_type=WORKBOOK)
    response.headers["Content-Disposition"] = f"attachment; filename={name}"
    return response
