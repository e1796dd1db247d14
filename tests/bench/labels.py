"""A label's code beside the naive call of the same library: the same link, the same answer."""

import io

import qrcode
import qrcode.image.svg
import zxingcpp
from PIL import Image

from app.labels import codes
from app.labels.links import LinkKind, short_link
from app.labels.sheet import Label, sheet_pdf
from tests.bench.timing import rates

COUNT = 20
SITE = "https://suyuan.weining.gov.cn"
LINKS = [
    short_link(SITE, LinkKind.ANIMAL, f"01ABCDEFGHJKMN{number:02d}", head=bytes(32), key=b"k" * 32)
    for number in range(COUNT)
]


def main() -> None:
    """PNG and SVG against `qrcode.make`; then labels on sheets."""
    assert {_read(codes.png(link)) for link in LINKS} == {_read(_png(link)) for link in LINKS}
    rates(
        "a code as PNG",
        {"qrcode.make": lambda: _all(_png), "codes.png": lambda: _all(codes.png)},
    )
    rates(
        "a code as SVG",
        {"qrcode.make, SvgPathImage": lambda: _all(_svg), "codes.svg": lambda: _all(codes.svg)},
    )
    labels = [Label("252052600012345", "67QAKRGB", link, "威宁黄牛 · 母") for link in LINKS]
    rates("labels on A4 sheets, PDF", {"sheet_pdf": lambda: len(sheet_pdf(labels)) and COUNT})


def _all(draw: "object") -> int:
    assert callable(draw)
    for link in LINKS:
        draw(link)
    return COUNT


def _png(link: str) -> bytes:
    out = io.BytesIO()
    qrcode.make(link).save(out)
    return out.getvalue()


def _svg(link: str) -> bytes:
    out = io.BytesIO()
    qrcode.make(link, image_factory=qrcode.image.svg.SvgPathImage).save(out)
    return out.getvalue()


def _read(picture: bytes) -> str:
    (found,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)).convert("L"))
    return str(found.text)


if __name__ == "__main__":
    main()
