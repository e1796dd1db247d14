"""表格 · a CSV or XLSX file as rows of text, line by line.

CSV is read as a stream, UTF-8 with or without mark, or GB18030 as offices in China save it. Of a
workbook the first sheet is read; a number cell gives its digits, a day cell its day.
"""

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from python_calamine import CalamineError, CalamineWorkbook

from traceability.identifiers.refusals import IdentifierError
from traceability.importing.columns import ImportKind, Mapping, mapping_of

CELL_CHARS_MAX = 1_000
HEADER_LINES_MAX = 10  # titles and notes that may stand above the header
SAMPLE_BYTES = 256 * 1024
EXACT_BELOW = 10**15  # a spreadsheet keeps fifteen digits of a number
UNPACKED_BYTES_MAX = 4 * 1024**3
BLANK = re.compile(r"[\s\x00]*")
Lines = Iterator[tuple[int, list[str]]]


def lines_of(file: IO[bytes], filename: str) -> Lines:
    """The lines of a file with their numbers, the first being 1.

    Raises:
        IdentifierError: `import.unknown_format`, `import.unreadable`.
    """
    begin = file.read(8)
    file.seek(0)
    suffix = Path(filename).suffix.lower()
    if begin.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return _workbook(file)
    if suffix in {".csv", ".txt", ""}:
        return _csv(file)
    raise IdentifierError("import.unknown_format", "只收 CSV 和 Excel（.xlsx）文件，请另存后再传")


def _csv(file: IO[bytes]) -> Lines:
    encoding = _encoding(file)
    text = io.TextIOWrapper(_Unclosed(file), encoding=encoding, newline="", errors="strict")
    sample = text.read(4096)
    text.seek(0)
    marks = max(",\t;", key=sample.partition("\n")[0].count)
    reader = csv.reader(text, delimiter=marks)
    try:
        for number, cells in enumerate(reader, start=1):
            yield number, [cell[:CELL_CHARS_MAX] for cell in cells]
    except (csv.Error, UnicodeDecodeError) as error:
        where = reader.line_num + 1
        raise IdentifierError("import.unreadable", f"第 {where} 行起读不出来：{error}") from error


class _Unclosed(io.BufferedReader):
    """A reader whose wrapper, when it goes, leaves the file open."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(_Raw(file))


class _Raw(io.RawIOBase):
    def __init__(self, file: IO[bytes]) -> None:
        self.file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self.file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()


def _encoding(file: IO[bytes]) -> str:
    """UTF-8 if all of it is, GB18030 otherwise; read in blocks."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    try:
        while block := file.read(SAMPLE_BYTES):
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "gb18030"
    finally:
        file.seek(0)
    return "utf-8-sig"


def _workbook(file: IO[bytes]) -> Lines:
    _require_small(file)
    try:
        book = CalamineWorkbook.from_filelike(file)
        sheet = book.get_sheet_by_index(0)
        for number, cells in enumerate(sheet.iter_rows(), start=(sheet.start or (0, 0))[0] + 1):
            yield number, [_said(cell) for cell in cells]
    except (CalamineError, zipfile.BadZipFile, IndexError, ValueError) as error:
        raise IdentifierError("import.unreadable", "工作簿读不出来：请另存为 .xlsx 再传") from error


def _require_small(file: IO[bytes]) -> None:
    """Refuse a workbook that unpacks to more than a machine should take."""
    if not zipfile.is_zipfile(file):
        file.seek(0)
        return
    with zipfile.ZipFile(file) as archive:
        size = sum(each.file_size for each in archive.infolist())
    file.seek(0)
    if size > UNPACKED_BYTES_MAX:
        raise IdentifierError("import.too_large", "工作簿太大：请另存为 CSV 再传")


def _said(cell: Any) -> str:
    """A cell as text; a number too long for a spreadsheet shows that it lost digits."""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        whole = cell.is_integer()
        return str(int(cell)) if whole and abs(cell) < EXACT_BELOW else f"{cell:.15g}".upper()
    if isinstance(cell, datetime | date):
        return cell.isoformat()[:10]
    return str(cell)[:CELL_CHARS_MAX]


def rows_of(
    file: IO[bytes], filename: str, kind: ImportKind
) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a file by column, empty ones left out; the header is looked for first.

    Raises:
        IdentifierError: what `lines_of` refuses, `import.columns_missing`, `import.column_twice`,
            `import.no_rows`.
    """
    lines = lines_of(file, filename)
    mapping = _header(lines, kind)
    for number, cells in lines:
        if not all(BLANK.fullmatch(cell) for cell in cells):
            yield number, mapping.row(cells)


def _header(lines: Lines, kind: ImportKind) -> Mapping:
    """The first line that names every needed column; a title may stand above it."""
    first: IdentifierError | None = None
    for number, cells in lines:
        if all(BLANK.fullmatch(cell) for cell in cells):
            continue
        try:
            return mapping_of(kind, cells)
        except IdentifierError as refusal:
            if first is None or refusal.code == "import.column_twice":
                first = refusal
        if number >= HEADER_LINES_MAX:
            break
    raise first or IdentifierError("import.no_rows", "文件是空的：没有表头，也没有内容")
