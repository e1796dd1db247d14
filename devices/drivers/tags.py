"""标签帧 · the frame of an electronic tag, judged by the parser of `traceability`."""

import re

from devices.drivers.frames import Frame
from traceability.identifiers.eids import parse_eid
from traceability.identifiers.refusals import IdentifierError

HEXADECIMAL = re.compile(r"^(?:[0-9A-Fa-f]{3}\.[0-9A-Fa-f]{10}|[0-9A-Fa-f]{16})$")
CONTROL = bytes(range(0x21)) + b"\x7f\xff"  # and 0xff, which a line gives as it is plugged in
ERRORS = {"eid.country": "country_unknown", "eid.national": "eid_range"}


def tag(raw: bytes, text: str) -> Frame:
    """The frame of a number as a reader writes it.

    A printed ear tag read as a tag would be of country 252, which does not exist.

    >>> tag(b"", "982000001088420").eid
    '982000001088420'
    >>> tag(b"", "252052600012345").error
    'country_unknown'
    """
    try:
        return Frame(raw, eid=str(parse_eid(text)))
    except IdentifierError as refusal:
        return Frame(raw, error=ERRORS.get(refusal.code, "not_a_tag"))


def told(raw: bytes) -> str:
    r"""What a line says, without its control characters at either end.

    >>> told(b"\x00\x02LA 982 000001088420\r\n"), told(b"98\xff2\r")
    ('LA 982 000001088420', '98ÿ2')
    """
    return raw.strip(CONTROL).decode("latin-1")


def hexadecimal(raw: bytes, text: str) -> Frame | None:
    """A tag written as country.number, as its word, or as its word with the bits reversed.

    >>> [hexadecimal(b"", form).eid for form in ("3E7.1CBE991A14", "8000F9DCBE991A14",
    ...     "2858997D3B9F0001")]
    ['999123456789012', '999123456789012', '999123456789012']
    """
    return tag(raw, text) if HEXADECIMAL.match(text) else None
