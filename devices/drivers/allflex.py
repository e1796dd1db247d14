r"""Allflex 阅读器 · one ASCII line a tag, in every variant that ISO readers are known to send.

Sources: Allflex RS320 manual (`LA`, `LR` lines); AFX-100 manual ("TIRIS S2000" and general formats
and the power-on line `STX CR LF`); field captures of an RS420 (ISO 24631-6 style) and of Shearwell
(16 digits). The order of attempts is fixed, so that no line has two meanings.

>>> decoder = Allflex()
>>> [frame.eid for frame in decoder.feed(b"LA 982 000001088420\r\n0826071339300045\r")]
['982000001088420', '826071339300045']
>>> decoder.feed(b"LR 0006 0000000018514243\r\n")[0].error
'not_iso'
"""

import re

from devices.drivers.frames import Frame, Lines
from devices.drivers.tags import hexadecimal, tag

PRINTABLE = bytes(range(0x21, 0x7F))
RS420 = re.compile(r"^1000000(\d{3})(\d{12})\d{12}$")
INDUSTRIAL = re.compile(r"^[#LXG]?R[ ,;\t]*\d")
LINE = re.compile(
    r"^[#LXGA]?[A-Z]?[ ,;\t]*"  # model and type letters
    r"(?:\d{5}[ ,;\t]+[01][ ,;\t]+)?"  # reserved number, data block flag
    r"0?(\d{3})[ ,;\t]*(\d{12})"
    r"(?:[,;\s].*|-[A-Z].*)?$"  # what a session file adds
)
JOINED = re.compile(r"^[#LXG]?A\d{5}[01]0?(\d{3})(\d{12})$")
HEX_FIELDS = re.compile(
    r"^[#LXG]?A[ ,;\t]*[0-9A-F]{4}[ ,;\t]*[01][ ,;\t]*([0-9A-F]{3})[ ,;\t]*([0-9A-F]{10})$"
)
RESTART = re.compile(r"[LXG#][AR][ ,;\t]*\d")


class Allflex(Lines):
    """Lines of a reader."""

    def __init__(self) -> None:
        super().__init__(read_line)


def read_line(raw: bytes) -> Frame:
    r"""The tag of one line.

    >>> read_line(b"\x02\r\n").error
    'power_on'
    >>> read_line(b"\x021000000982000001088420250101093000\r").eid
    '982000001088420'
    """
    line = raw.replace(b"\0", b"").rpartition(b"\x02")[2].rstrip(b"\r\n\x03")
    while line and line[0] not in PRINTABLE:
        line = line[1:]
    if not line:
        return Frame(raw, error="power_on" if b"\x02" in raw else "not_a_tag")
    try:
        text = line.decode("ascii").rstrip(" ")
    except UnicodeDecodeError:
        return Frame(raw, error="not_a_tag")
    return _read(raw, text) or _read_after_cut(raw, text) or Frame(raw, error="not_a_tag")


def _read(raw: bytes, text: str) -> Frame | None:
    if parts := RS420.match(text):
        return tag(raw, parts[1] + parts[2])
    if INDUSTRIAL.match(text):
        return Frame(raw, error="not_iso")
    if parts := LINE.match(text) or JOINED.match(text):
        return tag(raw, parts[1] + parts[2])
    if parts := HEX_FIELDS.match(text):
        return tag(raw, f"{parts[1]}.{parts[2]}")
    return hexadecimal(raw, text)


def _read_after_cut(raw: bytes, text: str) -> Frame | None:
    """The whole line behind one that was cut without an end: letters begin a line, nothing else."""
    starts = [found.start() for found in RESTART.finditer(text) if found.start()]
    return _read(raw, text[starts[-1] :]) if starts else None
