r"""耀华 XK3190 指令方式 · the indicator answers when it is asked: address, command, weight, XOR.

Sources: 上海耀华 XK3190-A9+, XK3190-A23p and XK3190-DS3 manuals, chapter serial communication,
command mode. The host asks `02 address command XOR XOR 03`; an answer to B (gross), C (tare) or
D (net) has fourteen bytes: `02 address command sign 6×digit decimals XOR XOR 03`. Its handshake
answer and the question itself, which a two-wire line echoes, are no frames. Like the continuous
formats it does not tell whether the weight is stable.

>>> frame, = YaohuaCommand().feed(b"\x02AB+004255135\x03".replace(b"35\x03", check(b"AB+0042551")))
>>> frame.weight_g, frame.stable
(425500, None)
>>> question("A").hex(" ")
'02 41 42 30 33 03'
"""

import re

from devices.drivers.frames import Frame, grams, weight
from devices.drivers.yaohua import exclusive_or

START, END = 0x02, 0x03
LENGTH = 14  # bytes of an answer with a weight
ANSWER = re.compile(rb"^\x02[A-Z]([BCD])([+-])([0-9]{6})([0-4])([0-9A-F]{2})\x03$")
GROSS = b"B"


def check(data: bytes) -> bytes:
    r"""The XOR in two hexadecimal characters, and the end.

    >>> check(b"AB")
    b'03\x03'
    """
    return f"{exclusive_or(data):02X}".encode() + bytes([END])


def question(address: str) -> bytes:
    """What asks the indicator of this address (A to Z) for its gross weight."""
    asked = address.encode() + GROSS
    return bytes([START]) + asked + check(asked)


class YaohuaCommand:
    """Cuts answers from 02 to 03; a shorter one is a question or a handshake."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that these bytes complete."""
        self._buffer += data
        frames: list[Frame] = []
        while (end := self._buffer.find(END)) >= 0:
            begin = self._buffer.rfind(START, 0, end)
            if begin >= 0 and end - begin == LENGTH - 1:
                frames.append(read_answer(bytes(self._buffer[begin : end + 1])))
            del self._buffer[: end + 1]
        begin = self._buffer.rfind(START)
        del self._buffer[: max(begin, len(self._buffer) - LENGTH) if begin >= 0 else None]
        return frames

    def close(self) -> list[Frame]:
        """Nothing: an answer without its end was cut."""
        self._buffer.clear()
        return []


def read_answer(raw: bytes) -> Frame:
    """The weight of one answer."""
    parts = ANSWER.match(raw)
    if parts is None:
        return Frame(raw, error="malformed")
    if exclusive_or(raw[1:-3]) != int(parts[5], 16):
        return Frame(raw, error="checksum")
    if parts[1] == b"C":
        return Frame(raw, error="tare")
    sign, digits, decimals = parts[2].decode(), parts[3].decode(), int(parts[4])
    return weight(raw, grams(sign + digits, decimals))
