"""二维码 · a QR code, level M, as SVG path, PNG or rows of modules.

Version and mask are fixed (the version grows only where a link does not fit), so that all labels
of a sheet look alike and no time goes into comparing eight masks.
"""

import struct
import zlib
from collections.abc import Iterator

import qrcode
from qrcode.constants import ERROR_CORRECT_M

VERSION_MIN = 5  # 37 modules a side: room for a short link
MASK = 3
QUIET_MODULES = 4  # ISO/IEC 18004: the white border
ALPHANUMERIC_RUN_MIN = 8  # shorter runs of capitals cost more than they save

PNG_MARK = b"\x89PNG\r\n\x1a\n"

Modules = list[list[bool]]


def modules(text: str) -> Modules:
    """The code with its quiet zone, row by row; True is black."""
    code: qrcode.QRCode[object] = qrcode.QRCode(
        version=VERSION_MIN,
        error_correction=ERROR_CORRECT_M,
        border=QUIET_MODULES,
        mask_pattern=MASK,
    )
    code.add_data(text, optimize=ALPHANUMERIC_RUN_MIN)
    code.make(fit=True)
    matrix: Modules = code.get_matrix()
    return matrix


def runs(matrix: Modules) -> Iterator[tuple[int, int, int]]:
    """The black stretches: column, row, length.

    >>> list(runs([[False, True, True], [True, False, True]]))
    [(1, 0, 2), (0, 1, 1), (2, 1, 1)]
    """
    for y, row in enumerate(matrix):
        begin = None
        for x, black in enumerate([*row, False]):
            if black and begin is None:
                begin = x
            elif not black and begin is not None:
                yield begin, y, x - begin
                begin = None


def svg(text: str, *, label: str = "二维码") -> str:
    """The code as one drawing, black on white whatever the page's colours."""
    matrix = modules(text)
    side = len(matrix)
    path = "".join(f"M{x} {y}h{length}v1h-{length}z" for x, y, length in runs(matrix))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" role="img" '
        f'aria-label="{label}" shape-rendering="crispEdges">'
        f'<path fill="#fff" d="M0 0h{side}v{side}H0z"/><path fill="#000" d="{path}"/></svg>'
    )


def png(text: str, *, module_px: int = 8) -> bytes:
    """The code as a picture: one bit a pixel, written as it stands."""
    matrix = modules(text)
    side = len(matrix) * module_px
    black, white = "0" * module_px, "1" * module_px
    spare = "0" * (-side % 8)
    lines = bytearray()
    for row in matrix:
        bits = "".join(black if dark else white for dark in row) + spare
        lines += (b"\0" + int(bits, 2).to_bytes(len(bits) // 8)) * module_px
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(lines), 6)), (b"IEND", b""))
    return PNG_MARK + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
