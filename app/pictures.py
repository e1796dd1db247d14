"""图片 · a photograph drawn anew: upright, bounded in pixels, freed of place, time and device.

What a camera writes beside the picture (EXIF) tells where a farmer lives; it never gets in.
"""

from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from traceability import evidence
from traceability.base.errors import RuleViolation

FORMATS = ("JPEG", "PNG", "WEBP")
PIXELS_MAX = 40_000_000
SIDE_MAX = 1600  # of what is kept
PUBLIC_SIDE_MAX = 640  # of what a visitor's telephone loads
QUALITY = 82
PUBLIC_QUALITY = 68

Image.MAX_IMAGE_PIXELS = None  # `_opened` judges the size by the header, with our own words


def tidy(data: bytes, *, side_max: int = SIDE_MAX, quality: int = QUALITY) -> bytes:
    """The same picture as a JPEG of at most so many pixels a side, without what lies beside it.

    Raises:
        RuleViolation: `evidence.unreadable_picture`, `evidence.too_many_pixels`.
    """
    try:
        image = _opened(data)
        image.draft("RGB", (side_max, side_max))
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((side_max, side_max))
        drawn = BytesIO()
        _flat(upright).save(drawn, "JPEG", quality=quality, optimize=True)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        sentence = "这张照片打不开，请重新拍一张"
        raise RuleViolation("evidence.unreadable_picture", sentence) from error
    return drawn.getvalue()


def without_traces(data: bytes) -> bytes:
    """A photograph without place, time and device; every other file byte for byte.

    Raises:
        RuleViolation: `evidence.unreadable_picture`, `evidence.too_many_pixels`.
    """
    is_picture = (evidence.media_type_of(data) or "").startswith(evidence.PICTURE)
    return tidy(data) if is_picture else data


def _opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data), formats=FORMATS)
    width, height = image.size
    if width * height > PIXELS_MAX:
        raise RuleViolation("evidence.too_many_pixels", "照片超过 4000 万像素，请缩小后再传")
    return image


def _flat(image: Image.Image) -> Image.Image:
    """On white where it was transparent."""
    if image.mode == "RGB":
        return image
    layered = image.convert("RGBA")
    white = Image.new("RGBA", layered.size, "white")
    return Image.alpha_composite(white, layered).convert("RGB")


def for_everybody(data: bytes) -> bytes:
    """The small picture of a public page.

    Raises:
        RuleViolation: as `tidy`.
    """
    return tidy(data, side_max=PUBLIC_SIDE_MAX, quality=PUBLIC_QUALITY)
