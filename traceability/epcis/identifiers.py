"""标识 · our references as URIs that stay the same in every installation, and back.

    animal:…   → urn:weining:obj:animal:…      holding:… → urn:weining:loc:holding:…
    party:…    → urn:weining:party:party:…     certificate:… → urn:weining:bt:certificate:…
    a tag's number → urn:weining:tag:252052600000001

A party with a GS1 company prefix would be told by its GS1 keys; the register keeps none yet.

>>> uri_of("animal:" + "0" * 32)[:28]
'urn:weining:obj:animal:00000'
>>> ref_of("urn:weining:obj:animal:" + "0" * 32)
'animal:00000000000000000000000000000000'
"""

import re

from traceability.base.refs import REF, prefix_of

CLASSES = {
    "animal": "obj",
    "holding": "loc",
    "party": "party",
    "instrument": "device",
    "device": "device",
}
OTHERWISE = "bt"  # papers and records: business transactions
OURS = re.compile(rf"urn:weining:(?:obj|loc|party|device|bt):({REF.pattern})")
TAG = re.compile(r"urn:weining:tag:([0-9]{15})")
EVENT = re.compile(r"urn:weining:event:([0-9a-f]{64})")


def uri_of(ref: str) -> str:
    """The URI of what a reference names."""
    return f"urn:weining:{CLASSES.get(prefix_of(ref), OTHERWISE)}:{ref}"


def ref_of(uri: object) -> str | None:
    """The reference in one of our URIs; None for anybody else's."""
    found = OURS.fullmatch(uri) if isinstance(uri, str) else None
    return None if found is None else found[1]


def tag_uri(number: str) -> str:
    """The URI of a tag by the number on it, printed or electronic."""
    return f"urn:weining:tag:{number}"


def tag_of(uri: object) -> str | None:
    """The number in the URI of a tag."""
    found = TAG.fullmatch(uri) if isinstance(uri, str) else None
    return None if found is None else found[1]


def event_uri(digest: bytes) -> str:
    """The URI of an event by its digest in the chain."""
    return f"urn:weining:event:{digest.hex()}"


def digest_of(uri: object) -> bytes | None:
    """The digest in the URI of an event of the chain."""
    found = EVENT.fullmatch(uri) if isinstance(uri, str) else None
    return None if found is None else bytes.fromhex(found[1])
