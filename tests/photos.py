"""照片 · a real photograph for forms and programs."""

from functools import cache
from io import BytesIO

from PIL import Image


@cache
def jpeg() -> bytes:
    """A small photograph."""
    drawn = BytesIO()
    Image.new("RGB", (64, 48), "sienna").save(drawn, "JPEG")
    return drawn.getvalue()


def upload(name: str = "牛.jpg") -> tuple[BytesIO, str]:
    """What a form sends as its photograph."""
    return BytesIO(jpeg()), name
