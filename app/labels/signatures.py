"""签名码 · a second code on certificates and receipts: signed figures, checkable offline.

It is an address whose fragment carries the figures and an Ed25519 signature over all that stands
before `&sig=`; a phone opens the page, and the fragment never leaves the phone. The key is derived
from the label key and published as a vkey. Pure; the format: docs/chain-format.md, section 10.

>>> key = paper_key(b"label key of an example, 32 bytes")
>>> text = signed("https://wn.example/c/01ABCDEFGHJKMNPQ", {"no": "DB-1"}, key=key, name="wn/paper")
>>> checked(text, [verifier(key, name="wn/paper")])
{'v': '1', 'no': 'DB-1'}
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from hashlib import sha256
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from traceability.checkpoints.notes import ED25519, Verifier

VERSION = "1"
INFO = b"weining paper signature v1"
SEED_BYTES = 32
MARK = "&sig="
DIGEST_CHARS = 32


class BadPaper(ValueError):
    """签名码有误 · malformed, changed, or signed by none of the known keys."""


def paper_key(label_key: bytes) -> Ed25519PrivateKey:
    """The key that signs papers; whoever has it has the label key."""
    seed = HKDF(SHA256(), SEED_BYTES, salt=None, info=INFO).derive(label_key)
    return Ed25519PrivateKey.from_private_bytes(seed)


def verifier(key: Ed25519PrivateKey, *, name: str) -> Verifier:
    """The public half, as it is published."""
    return Verifier(name, ED25519, key.public_key().public_bytes_raw())


def name_of(public_url: str) -> str:
    """What the key is called: the site, and what it signs.

    >>> name_of("https://suyuan.example.gov.cn")
    'suyuan.example.gov.cn/paper'
    """
    return f"{urlsplit(public_url).netloc}/paper"


def signed(link: str, told: Mapping[str, str], *, key: Ed25519PrivateKey, name: str) -> str:
    """The address to print: link, figures, key id and signature; ASCII throughout."""
    key_id = verifier(key, name=name).key_id.hex()
    text = f"{link}#{urlencode({'v': VERSION, **told, 'key': key_id})}"
    signature = base64.urlsafe_b64encode(key.sign(text.encode("ascii")))
    return f"{text}{MARK}{signature.decode().rstrip('=')}"


def checked(text: str, known: Sequence[Verifier]) -> dict[str, str]:
    """The figures of a signed address.

    Raises:
        BadPaper: not such an address, an unknown key, or a signature that does not fit.
    """
    body, found, coded = text.rpartition(MARK)
    told = dict(parse_qsl(body.partition("#")[2]))
    try:
        signature = base64.b64decode(coded + "==", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadPaper("签名的写法不对") from error
    if base64.urlsafe_b64encode(signature).decode().rstrip("=") != coded:
        raise BadPaper("签名的写法不对")
    if not found or not body.isascii() or told.get("v") != VERSION:
        raise BadPaper("不是签名码")
    mine = [each for each in known if each.key_id.hex() == told.get("key")]
    if not any(each.accepts(body, signature) for each in mine):
        raise BadPaper("签名无效，内容可能被改动")
    return {name: value for name, value in told.items() if name != "key"}


def digest_of(rows: Sequence[tuple[str, str]]) -> str:
    """A fingerprint of everything the paper says, names included, which the code does not show.

    >>> digest_of([("卖方", "王大明")])
    '557a4a1fe76a0c9cc1ffd68ca70def33'
    """
    said = "".join(f"{term}\t{value}\n" for term, value in rows)
    return sha256(said.encode()).hexdigest()[:DIGEST_CHARS]
