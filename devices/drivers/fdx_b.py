r"""FDX-B 空中帧 · the 128 bits of an ISO 11785 tag as they come from the air, written 0 and 1.

Sources: ISO 11784:1996 and ISO 11785:1996 (GB/T 20563-2006): header `00000000001`, the word least
significant bit first in groups of eight with a 1 behind each, CRC-16/KERMIT, 24 bits of trailer.
The header occurs nowhere else in a frame. A frame whose check fails is a misread tag, never a tag.

>>> from traceability.identifiers.eids import encode_frame, parse_eid
>>> bits = encode_frame(parse_eid("982000001088420")).encode()
>>> FdxB().feed(b"0110" + bits)[0].eid
'982000001088420'
>>> FdxB().feed(bits[:20] + (b"0" if bits[20:21] == b"1" else b"1") + bits[21:])[0].error
'checksum'
"""

from devices.drivers.frames import FixedFrames, Frame
from devices.drivers.tags import tag
from traceability.identifiers.eids import FRAME_BITS, HEADER, decode_frame
from traceability.identifiers.refusals import IdentifierError


class FdxB(FixedFrames):
    """Frames of one reader that passes the bits on."""

    def __init__(self) -> None:
        super().__init__(HEADER.encode(), FRAME_BITS, read_bits)


def read_bits(raw: bytes) -> Frame | None:
    """The tag of 128 bits; None where they are no frame."""
    try:
        found = decode_frame(raw.decode("latin-1"))
    except IdentifierError:
        return None
    if not found.crc_ok:
        return Frame(raw, error="checksum")
    return tag(raw, str(found.eid)) if found.eid.animal else Frame(raw, error="not_iso")
